### names of all letters
select n.[Elev Id] as elev, n.Frånvaro as borta, n.[Group] as grupp from Närvaro n
### a table joined with itself
select t.FirstName, m.LastName as manager from Teacher t left join Teacher m on m.Id = t.ManagerId
### ORDER BY a column that two tables have, and the outputs once
select p.Id, c.Title from Pupil p left join Class c on c.Id = p.ClassId order by Id
### three levels of subqueries
select p.FirstName from Pupil p where exists (select 1 from Grade g where g.PupilId = p.Id and exists (select 1 from Class c where c.Id = p.ClassId and c.Room = g.Subject))
### a view
select v.FullName from PupilOfClass v where v.Title is not null
### a function
select dbo.AverageOf(p.Id) as average from Pupil p
### a tree of teachers
with tree as (select t.Id, t.ManagerId, 0 as Level from Teacher t where t.ManagerId is null union all select t.Id, t.ManagerId, tree.Level + 1 from Teacher t join tree on tree.Id = t.ManagerId) select tree.Id, max(tree.Level) as deepest from tree group by tree.Id order by tree.Id
### a date grouped by its parts
select year(g.GivenAt) as y, month(g.GivenAt) as m, avg(cast(g.Mark as decimal(5, 2))) as average from Grade g group by year(g.GivenAt), month(g.GivenAt) having avg(cast(g.Mark as decimal(5, 2))) > 2 order by y, m
### CASE in an aggregate
select g.Subject, sum(case when g.Mark > 3 then 1 else 0 end) as passed, count(case when g.Remark is null then g.PupilId end) as silent from Grade g group by g.Subject
### SELECT of a grouped name with its blanks
select n.[Elev Id], sum(cast(n.Frånvaro as int)) as dagar from Närvaro n group by n.[Elev Id] order by n.[Elev Id]
### text that is not compared
select t.Id, t.Notes as notes from Teacher t where t.Notes like '%x%' and t.Notes is not null and cast(t.Notes as varchar(max)) = 'x'
### smalldatetime counts as a number
select t.Id from Teacher t where t.HiredOn > 40000 and t.HiredOn + 30 < getdate()
### tinyint beside texts of digits
select g.PupilId from Grade g where g.Mark = '5' and g.Mark in ('1', '2')
### a path of varchar(100) cast on both sides
with c as (select Id, cast(LastName as varchar(100)) as path from Teacher where ManagerId is null union all select t.Id, cast(concat(c.path, '/', t.LastName) as varchar(100)) from Teacher t join c on c.Id = t.ManagerId) select Id, path from c where path like 'A%'
### the column itself
with c as (select Id, LastName, Salary from Teacher where ManagerId is null union all select t.Id, t.LastName, t.Salary from Teacher t inner join c on c.Id = t.ManagerId) select Id, LastName, Salary * 1.1 as more from c
### in a derived table's WITH there is another
with c as (select Id from Teacher), d as (select c.Id from c left join Teacher t on t.ManagerId = c.Id) select distinct Id from d
