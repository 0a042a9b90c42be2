### the guide's
select la.uniqueid as invoiceguid, dh.debtref as invoicenumber, sum(-t.transamount) as paidamount, ? as [secret] from dat_ledgeraccount la inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ? where la.ledgeraccountid = ? group by la.uniqueid, dh.debtref
### any case
SELECT LA.UNIQUEID AS InvoiceGuid FROM DBO.DAT_LEDGERACCOUNT LA WHERE la.LedgerAccountID = ?
### brackets and quotes around names
select [la].[uniqueid] as g, "la"."statuscode" as s from [dbo].[dat_ledgeraccount] as [la]
### a table's own name before a column, with and without its schema
select dat_trans.transid as a, dbo.dat_trans.accountid as b from dbo.dat_trans where dbo.dat_trans.transid = ?
### an inner name hides an outer one
select t.transid from dat_trans t where exists (select 1 from dat_account t where t.clientid = 1)
### an unqualified outer column in a subquery
select debtref from dat_debthead where exists (select 1 from cde_currency where minorunits = debtheadid)
### ORDER BY an alias
select t.transid as number, t.transdate as day from dat_trans t order by day, number
### ORDER BY an output of two that the tables have
select t.accountid from dat_trans t join dat_account a on a.accountid = t.accountid order by accountid
### ORDER BY what is not selected
select t.transid from dat_trans t order by t.transdate desc, transamount
### alias = expression
select total = sum(t.transamount), 'n' = count(*) from dat_trans t
### a CTE that another uses
with a as (select accountid, clientid from dat_account), b as (select a.clientid, count(*) as n from a group by a.clientid) select b.n, c.clientname from b join dat_client c on c.clientid = b.clientid
### a CTE that hides a table
with dat_trans as (select 1 as one) select one from dat_trans
### a recursive CTE
with n (i, d) as (select 1, cast('2026-01-01' as date) union all select i + 1, dateadd(day, 1, d) from n where i < 10) select i, d from n where n.i > 2
### a recursive CTE without a list of columns
with tree as (select accountid, 0 as depth from dat_account where accountid = 1 union all select a.accountid, depth + 1 from dat_account a join tree on tree.accountid = a.clientid) select accountid, depth from tree
### a derived table with columns after its alias
select d.a, d.b from (select transid, transdate from dat_trans) as d (a, b)
### APPLY sees what stands before it
select a.accountid, x.latest from dat_account a outer apply (select max(t.transdate) as latest from dat_trans t where t.accountid = a.accountid) x
### joins in parentheses
select a.accountid, c.clientname, t.transid from dat_trans t left join (dat_account a join dat_client c on c.clientid = a.clientid) on a.accountid = t.accountid
### joins nested two deep in parentheses
select a.accountid, p.partyname from ((dat_account a join dat_ledgeraccount l on l.accountid = a.accountid) join dat_party p on p.partyid = l.partyid) left join dat_client c on c.clientid = a.clientid
### joins nested by the order of ON
select t.transid, c.clientname from dat_trans t left join dat_account a join dat_client c on c.clientid = a.clientid on a.accountid = t.accountid
### a comma, and WHERE that sees both
select t.transid from dat_trans t, dat_account a where a.accountid = t.accountid
### VALUES
select v.code, s.statustext from (values ('A', 1), ('B', 2)) as v (code, n) join cde_status s on s.statuscode = v.code
### set operations
select partyid as id from dat_party union select clientid from dat_client except select accountid from dat_account order by id
### set operations in parentheses
(select partyid from dat_party) union all (select clientid from dat_client union select accountid from dat_account)
### a subquery's column that only the outer query has
select partyid from dat_party where partyid in (select partyid from dat_account)
### date parts are no columns
select datepart(iso_week, t.transdate) as w, datename(dw, t.transdate) as d, datediff(mi, t.transdate, getdate()) as m, dateadd(q, 1, t.transdate) as q, datetrunc(month, t.transdate) as f, date_bucket(week, 2, t.transdate) as b from dat_trans t
### OPENJSON
select j.[key], j.value, j.type from openjson(?) j
### OPENJSON with columns
select o.id, o.name from openjson(?) with (id int '$.id', name nvarchar(50) '$.n') as o join dat_party p on p.partyid = o.id
### STRING_SPLIT
select s.value from string_split('a,b', ',') s
### a table of another database
select x.anything, t.transid from dat_trans t join archive.dbo.dat_old x on x.whatever = t.transid
### a column that may be in the table of another database
select anything from dat_trans t join archive.dbo.dat_old x on x.whatever = t.transid
### PIVOT
select p.[1] as one, p.accountid from (select accountid, transtype, transamount from dat_trans) s pivot (sum(transamount) for transtype in ([1], [2])) p
### stars below the outermost level
select x.transid, x.clientid from (select t.*, a.clientid from dat_trans t join dat_account a on a.accountid = t.accountid) x
### EXISTS with a star
select p.partyid from dat_party p where exists (select * from dat_address a where a.partyid = p.partyid)
### COLLATE names no column
select p.partyid from dat_party p where p.partyname collate latin1_general_bin2 = 'x' order by p.partyname collate latin1_general_bin2
### functions without parentheses and conversions
select current_timestamp as now, convert(varchar(10), t.transdate, 120) as d, cast(t.transamount as decimal(10, 2)) as a, try_convert(int, '5') as i from dat_trans t
### a named window
select row_number() over w as n, sum(t.transamount) over (w rows unbounded preceding) as s from dat_trans t window w as (partition by t.accountid order by t.transid)
### a view
select v.balance, a.city from vw_accountbalance v join vw_currentaddress a on a.partyid = v.accountid
### grouped, aggregated, and constants
select t.accountid, sum(t.transamount) as s, count(*) as n, max(t.transdate) as latest, 'x' as kind, ? as given, getdate() as now from dat_trans t group by t.accountid having count(*) > 1 and t.accountid > 5 order by t.accountid, s
### grouped expressions again
select year(t.transdate) as y, datepart(year, t.transdate) as z, case when t.transamount > 0 then 'in' else 'out' end as way, count(*) as n from dat_trans t group by year(t.transdate), case when t.transamount > 0 then 'in' else 'out' end order by year(t.transdate)
### grouped columns in expressions
select t.accountid * 2 + 1 as a, concat(t.accountid, '-', t.transtype) as c, sum(t.transamount) / count(*) as avg from dat_trans t group by t.accountid, t.transtype
### grouped under another qualifier
select transtype, t.accountid from dat_trans t group by t.transtype, accountid
### grouping sets
select t.accountid, t.transtype, sum(t.transamount) as s, grouping(t.accountid) as g, grouping_id(t.accountid, t.transtype) as i from dat_trans t group by grouping sets ((t.accountid, t.transtype), (t.accountid), ())
### rollup and cube
select t.accountid, t.transtype, sum(t.transamount) as s from dat_trans t group by rollup (t.accountid, t.transtype)
### the older form
select t.accountid, t.transtype, count(*) as s from dat_trans t group by t.accountid, t.transtype with cube
### a window over groups
select t.accountid, sum(sum(t.transamount)) over (order by t.accountid) as running, rank() over (order by count(*) desc, t.accountid) as place from dat_trans t group by t.accountid
### a subquery in HAVING, with an aggregate of the query around it
select t.accountid from dat_trans t group by t.accountid having exists (select 1 from dat_account a where a.accountid = max(t.accountid))
### an aggregate in a subquery of WHERE
select t.transid from dat_trans t where t.transamount > (select avg(x.transamount) from dat_trans x where x.accountid = t.accountid)
### an aggregate without GROUP BY, and a subquery that names no ungrouped column
select max(t.transid) as m, (select count(*) from dat_account) as n from dat_trans t
### GROUP BY all of a star's columns
select x.* from (select accountid, clientid from dat_account) x group by x.accountid, x.clientid
### HAVING without GROUP BY
select count(*) as n from dat_trans having count(*) > 0
### STRING_AGG in its order
select t.accountid, string_agg(t.transtype, ',') within group (order by t.transid) as types from dat_trans t group by t.accountid
### DISTINCT in aggregates
select count(distinct t.accountid) as n, sum(distinct t.transamount) as s from dat_trans t
### a window in ORDER BY
select t.transid from dat_trans t order by row_number() over (partition by t.accountid order by t.transdate), sum(t.transamount) over (partition by t.accountid)
### windows beside columns
select t.transid, row_number() over (partition by t.accountid order by t.transdate desc, t.transid) as n, lag(t.transamount, 1, 0) over (order by t.transid) as before, first_value(t.transid) over (order by t.transdate rows between unbounded preceding and current row) as f, percentile_cont(0.5) within group (order by t.transamount) over (partition by t.accountid) as median from dat_trans t
### the newest of each by a derived table
select x.transid from (select t.transid, row_number() over (partition by t.accountid order by t.transid desc) as n from dat_trans t) x where x.n = 1
### ORDER BY by number, alias and expression
select t.transid, t.transamount * 2 as twice from dat_trans t order by 2 desc, t.transdate, len(t.transtext), 1
### ORDER BY with DISTINCT, by what is selected
select distinct t.accountid, upper(t.transtype) as kind, t.transdate from dat_trans t order by kind, t.transdate desc, accountid
### ORDER BY with DISTINCT, by an expression of the list
select distinct year(t.transdate) as y, t.accountid from dat_trans t order by year(t.transdate), t.accountid
### ORDER BY with DISTINCT and a star
select distinct * from dat_account order by clientid
### ORDER BY no order in a window
select row_number() over (order by (select null)) as n from dat_trans
### ORDER BY of a set operation
select partyid as id, partyname as name from dat_party union all select clientid, clientname from dat_client order by name, 1 desc
### ORDER BY under a collation
select p.partyname as name from dat_party p order by name collate latin1_general_bin2
### ORDER BY two columns of one name
select l.accountid, p.accountid as other from dat_ledgeraccount l join dat_account p on p.accountid = l.accountid order by l.accountid, p.accountid
### ORDER BY inside with TOP, OFFSET and FOR JSON
select x.partyid, (select a.city from dat_address a where a.partyid = x.partyid order by a.addressid for json path) as cities from (select top 10 partyid from dat_party order by partyname) x where x.partyid in (select partyid from dat_address order by addressid offset 1 rows fetch next 5 rows only)
### ORDER BY of the whole in parentheses
(select partyid from dat_party) order by partyid
### TOP with ties
select top 5 with ties partyid from dat_party order by partyname
### OFFSET with FETCH
select partyid from dat_party order by partyid offset 10 rows fetch next 5 rows only
### EXISTS with several columns
select p.partyid from dat_party p where exists (select a.city, a.street from dat_address a where a.partyid = p.partyid)
### one column by a star
select partyid from dat_party where partyid in (select * from (select partyid from dat_address) a)
### equal widths by stars
select * from dat_account union all select accountid, accounttype, clientid, currencycode from dat_account
### names by the list behind the alias
select x.a, v.c from (select count(*), max(partyid) from dat_party) as x (a, b) cross join (values (1, 'one'), (2, 'two')) as v (c, d)
### a CTE with names by its list
with c (n, m) as (select count(*), max(partyid) from dat_party) select n, m from c
### columns without a name where none is needed
select p.partyid from dat_party p where exists (select count(*) from dat_address) and p.partyid = (select max(partyid) from dat_address)
### FOR XML in a derived table
select x.doc from (select partyid from dat_party for xml path('')) as x (doc)
### one table under two aliases
select a.partyid from dat_party a join dat_party b on b.partyid = a.partyid
### one alias in two scopes
select p.partyid from dat_party p where p.partyid in (select p.partyid from dat_address p) and exists (select 1 from dat_party p)
### arguments in all their numbers
select round(t.transamount, 2) as a, round(t.transamount, 0, 1) as b, str(5) as c, str(5, 10, 2) as d, log(5) as e, log(8, 2) as f, eomonth(t.transdate) as g, eomonth(t.transdate, 1) as h, charindex('a', t.transtext) as i, charindex('a', t.transtext, 3) as j, lag(t.transid) over (order by t.transid) as k, lag(t.transid, 2) over (order by t.transid) as l, format(t.transdate, 'd') as m, format(t.transdate, 'd', 'sv-SE') as n, ltrim(t.transtext) as o, quotename(t.transtype) as p, rand() as q, concat(1, 2, 3, 4) as r, coalesce(t.paymentid, t.debtheadid, 0) as s, choose(2, 'a', 'b', 'c') as u, json_query(t.transtext) as v, substring(t.transtext, 1, 2) as w, datefromparts(2026, 1, 2) as x, pi() as y, newid() as z from dat_trans t
### functions in functions
select len(replace(upper(left(t.transtext, 5)), 'a', concat(',', '('))) as n, isnull(nullif(t.transtext, ''), ', ') as m from dat_trans t
### names of functions that are no calls
select x.left_shift as l, rank.a as r, year.b as y from (values (1)) as x (left_shift) cross join (values (1)) as rank (a) cross join (values (2)) as [year] (b)
### a CTE called like a function
with rank (a, b) as (select 1, 2) select a, b from rank
### types to their limits
select cast(t.transid as decimal(38, 38)) as a, cast(t.transtext as varchar(8000)) as b, cast(t.transtext as nvarchar(4000)) as c, cast(t.transtext as nvarchar(max)) as d, cast(getdate() as datetime2(7)) as e, cast(getdate() as time(0)) as f, cast(1 as float(53)) as g, cast(1 as numeric) as h, convert(char(8000), 'x') as i, cast('x' as varbinary(max)) as j, cast(1 as real) as k from dat_trans t
### types of OPENJSON
select o.a, o.b from openjson(?) with (a decimal(10, 2), b nvarchar(max) as json, c char(10) '$.c') o
### numbers, strings and dates that convert
select t.transid from dat_trans t where t.transid = '18142' and t.transid in ('1', ' 2 ', '-3', '') and t.transamount > '1.50' and t.transdate = '20260131' and t.transdate >= '2026-01-31' and t.transdate < 'January 5, 2026' and t.transdate <> '' and t.transamount > 5 and t.transid > 1.5
### a date beside a datetime
select t.transid from dat_trans t join dat_payment p on p.receivedat > t.transdate where p.receivedat > 45000 and p.receivedat + 1 > getdate() and t.transdate > getdate() - 7
### bits
select p.partyid from dat_party p where p.isprotected = 1 and p.isprotected <> 'true' and p.isprotected = 'False' and p.isprotected in (0, '1')
### GUIDs
select c.clientid from dat_client c where c.uniqueid = '6F9619FF-8B86-D011-B42D-00C04FC964FF' or c.uniqueid = '{6f9619ff-8b86-d011-b42d-00c04fc964ff}' or c.uniqueid = newid() or c.uniqueid in (cast('6F9619FF-8B86-D011-B42D-00C04FC964FF' as uniqueidentifier))
### strings of their column's length, with blanks behind it
select a.accountid from dat_account a where a.currencycode = 'SEK' and a.currencycode = 'SEK   ' and a.accounttype like '%DEBTOR AND MORE%' and a.currencycode > 'longer than three'
### money, and a text that is money
select p.paymentid from dat_payment p where p.amount > '1,000.50' and p.amount > $5 and p.amount < '€5'
### strings joined
select 'no ' + cast(p.partyid as varchar(10)) as a, p.partyname + ' ' + p.email as b, concat('no ', p.partyid) as c, p.partyid + '5' as d from dat_party p
### aggregates of what they take
select sum(p.partyid) as a, avg(p.creditscore) as b, max(p.partyname) as c, min(p.birthdate) as d, sum(cast(p.isprotected as int)) as e, max(case when p.isprotected = 1 then 1 else 0 end) as f, count(p.isprotected) as g, max(p.calltime) as h from dat_party p
### branches of kinds that convert
select case when p.partyid = 1 then p.birthdate else null end as a, case p.partyid when 1 then '1' when 2 then 2 else 3.5 end as b, coalesce(p.birthdate, getdate()) as c, isnull(p.creditscore, 0) as d, iif(p.partyid = 1, p.birthdate, '2026-01-01') as e from dat_party p
### a date, a number and a datetime, which both become
select case p.partyid when 1 then p.birthdate when 2 then 0 else getdate() end as a from dat_party p
### set operations of kinds that convert
select p.partyid, p.birthdate from dat_party p union all select '7', getdate() union all select null, null
### arguments of any type
select p.partyid from dat_party p where p.birthdate = ? and p.partyname = ? and p.partyid in (?, ?) and p.calltime > ?
### EXISTS over groups, whose SELECT list nobody reads
select p.partyid from dat_party p where exists (select * from dat_address a where a.partyid = p.partyid group by a.city having count(*) > 1)
### an aggregate in an order of its own
select t.accountid, approx_percentile_cont(0.5) within group (order by t.transamount) as median from dat_trans t group by t.accountid
### VALUES applied
select t.transid, v.kind, v.amount from dat_trans t cross apply (values ('a', t.transamount), ('b', t.transamount * 2)) as v (kind, amount)
### an aggregate of the statistics
select var(t.transamount) as a, varp(t.transamount) as b, stdev(t.transamount) as c, stdevp(t.transamount) as d, checksum_agg(t.transid) as e, count_big(*) as f, approx_count_distinct(t.accountid) as g from dat_trans t
### IGNORE NULLS, and RESPECT NULLS
select lag(t.transid) ignore nulls over (order by t.transid) as a, first_value(t.transid) respect nulls over (partition by t.accountid order by t.transid) as b from dat_trans t
### windows over frames
select sum(t.transamount) over (partition by t.accountid order by t.transdate, t.transid rows between 2 preceding and current row) as s, count(*) over () as n, max(t.transdate) over (partition by t.accountid) as m from dat_trans t
### one more, 1
select t.transid from dat_trans as t where t.transid in (select top (1) with ties x.transid from dat_trans x order by x.transdate)
### one more, 2
select u.accountid from (select a.accountid from dat_account a union all select b.accountid from dat_account b) u order by u.accountid
### one more, 3
select a = 1 union all select 2 order by a
### one more, 4
select t.accountid, (select top 1 d.debtref from dat_debthead d where d.accountid = t.accountid order by d.debtheadid) as r, count(*) n from dat_trans t group by t.accountid
### one more, 5
select t.accountid from dat_trans t group by t.accountid order by (select null)
### one more, 6
select t.accountid from dat_trans t group by t.accountid order by count(*) desc, max(transdate)
### one more, 7
select isnull(cast(p.birthdate as varchar(10)), 0) a, isnull(p.birthdate, '') b, coalesce(p.birthdate, '1900-01-01') c, case when 1=1 then p.birthdate else '' end d from dat_party p where p.birthdate = '' and p.calltime between '08:00' and '17:00' and p.birthdate >= dateadd(year, -18, getdate()) and year(p.birthdate) = '1990' and p.creditscore > '0.5' and convert(date, '2026-01-01') = p.birthdate and p.isprotected = 'true'
### one more, 8
select t.accountid as id, sum(t.transamount) as total from dat_trans t group by t.accountid union all select a.accountid, null from dat_account a order by id
### one more, 9
with a as (select accountid, row_number() over (order by accountid) rn from dat_account) select x.accountid from a x left join a y on y.rn = x.rn + 1 where y.rn is null
### one more, 10
select p.partyid, stuff((select ',' + a.city from dat_address a where a.partyid = p.partyid order by a.city for xml path('')), 1, 1, '') as cities from dat_party p
### one more, 11
select p.partyid from dat_party p where p.partyid not in (select l.partyid from dat_ledgeraccount l where l.partyid = p.partyid) order by case when p.partyname is null then 1 else 0 end, p.partyname
### one more, 12
select top (select count(*) from dat_account) partyid from dat_party order by partyid
### one more, 13
select x.d from (select dateadd(day, v.number, '2026-01-01') as d from (values (0),(1),(2)) as v(number)) x
### one more, 14
select t.transid from dbo.dat_trans t inner join dbo.dat_account on dat_account.accountid = t.accountid where dbo.dat_account.clientid = 1
### one more, 15
select format(sum(t.transamount), 'N2', 'sv-SE') s, iif(count(*) > 1, 'many', 'one') k from dat_trans t
### one more, 16
select p.partyname from dat_party p where p.partyname = 'x' collate Latin1_General_CI_AI group by p.partyname having min(p.birthdate) > '1990-01-01'
### one more, 17
select c.x from dat_trans t cross apply (select t.transid as x union all select t.accountid) c
### one more, 18
select distinct t.accountid, count(*) over (partition by t.accountid) n from dat_trans t order by n desc
### one more, 19
select j.value from dat_note n cross apply openjson(n.notetext, '$.a') j where j.[type] = 1
### one more, 20
select p.partyid % 2 m, -p.partyid n, ~p.partyid o, p.partyid & 1 q, 5.0 / 2 r, '1' + '2' s from dat_party p group by p.partyid
### one more, 21
select count(*) as n, t.accountid + 1 as k from dat_trans t group by t.accountid + 1
### one more, 22
select t.accountid from dat_trans t where exists (select top 1 1 from dat_account) or (select count(*) from dat_account) > 5
### one more, 23
select getdate() - 1 as y, cast(getdate() as date) d, datediff(day, 0, getdate()) n, dateadd(day, datediff(day, 0, getdate()), 0) z
