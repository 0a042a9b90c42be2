### authors by the length of their keys
select a.au_id, a.au_lname + ', ' + a.au_fname as name, len(a.au_id) as n from authors a where a.au_id like '[0-9][0-9][0-9]-%' and a.contract = 1 and a.state in ('CA', 'UT')
### the classic of sums
select t.type, avg(t.price) as mean, sum(isnull(t.ytd_sales, 0)) as sold, max(t.pubdate) as newest from titles t group by t.type having count(*) > 1 order by 1
### old joins by commas
select t.title, p.pub_name, s.qty from titles t, publishers p, sales s where t.pub_id = p.pub_id and s.title_id = t.title_id and s.ord_date >= '9/14/94'
### a roll-up with names for all
select case when grouping(t.type) = 1 then 'all' else t.type end as type, case when grouping(t.pub_id) = 1 then 'all' else t.pub_id end as pub_id, count(t.title_id) as n from titles t group by t.type, t.pub_id with rollup
### the view's columns
select v.title, v.au_ord, v.price * 1.1 as dearer, datalength(i.pr_info) as size from titleview v join pub_info i on i.pub_id = v.pub_id where v.au_ord = 1
### employees' codes
select e.emp_id, substring(e.emp_id, 1, 1) + e.minit as letters, e.job_lvl - j.min_lvl as above, datediff(yy, e.hire_date, getdate()) as years from employee e join jobs j on j.job_id = e.job_id where right(e.emp_id, 1) = 'F'
