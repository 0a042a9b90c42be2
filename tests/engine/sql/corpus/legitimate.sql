### the guide's query
select
  la.uniqueid as invoiceguid, dh.debtref as invoicenumber,
  sum(-t.transamount) as paidamount, ? as [secret]
from dat_ledgeraccount la
inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ?
where la.ledgeraccountid = ?
group by la.uniqueid, dh.debtref
### the same in upper case
SELECT LA.UNIQUEID AS InvoiceGuid, SUM(-T.TRANSAMOUNT) AS PaidAmount FROM DBO.DAT_LEDGERACCOUNT LA INNER JOIN DBO.DAT_TRANS T ON T.ACCOUNTID = LA.ACCOUNTID WHERE LA.LEDGERACCOUNTID = ? GROUP BY LA.UNIQUEID
### semicolons around
;; select debtref as number from dat_debthead where debtheadid = ? ;
### comments, nested too, with quotes and placeholders in them
/* it's a /* nested ? "comment" */ [ */ select debtref -- the client's ? own 'number'
as number from dat_debthead /* ' */ where debtheadid = ? -- end
### a placeholder in a string, a name and a comment is none
select 'what?' as question, "odd?" as quoted, [odd?] as bracketed, ? as real_one /* ? */ from t
### every kind of alias
select a as one, b two, [c d] as "three four", five = e, f as [six], g 'seven' from t
### equals alias of an expression
select total = sum(amount) + 1, kind = case when count(*) > 1 then 'many' else 'one' end from dat_trans
### doubled delimiters
select 'it''s' as a, [b]]c] as b, "d""e" as c, N'Å ä ''ö''' as d from t
### names with letters of all kinds
select t.belopp_å as summa, t.[ärende nr] as nr, t.a$b, t.c#d, t.e@f, t._g from dat_händelse t
### three-part columns
select dbo.dat_trans.transid from dbo.dat_trans where dbo.dat_trans.transid = ?
### numbers of all kinds
select 1 as a, -1 as b, 1.5 as c, .5 as d, 1. as e, 1e3 as f, 1.5E-3 as g, 0x1F as h, $12.50 as i, +2 as j from t
### arithmetic and bits
select a + b * c - d / e % f as x, (a & 1) | (b ^ 2) as y, ~c as z, -(-a) as w from t
### comparisons
select a from t where a = 1 and b <> 2 and c != 3 and d < 4 and e > 5 and f <= 6 and g >= 7 and h !< 8 and i !> 9
### predicates
select a from t where a like 'x[a-c]%' escape '!' and b not like ? and c between ? and ? and d not between 1 and 2 and e in (?, ?, 3) and f not in (1) and g is null and h is not null and not (i = 1 or j = 2)
### subquery predicates
select a from t where exists (select 1 from u where u.a = t.a) and not exists (select * from v) and b in (select b from w) and c = any (select c from x) and d > all (select d from y) and e <> some (select 1)
### scalar subqueries
select (select max(b) from u where u.id = t.id) as newest, (select count(*) from v) as howmany from t where a > (select avg(a) from t)
### simple and searched case, nested
select case a when 1 then 'x' when 2 then case when b = 1 then 'y' else 'z' end else null end as kind, case when a is null then 0 end as flag from t
### casts
select cast(a as int) as a, cast(b as decimal(18, 2)) as b, cast(c as varchar(max)) as c, convert(nvarchar(10), d, 112) as d, try_cast(e as date) as e, try_convert(datetime2(3), f) as f, cast(g as real) as g, cast(h as float(24)) as h, cast(i as double precision) as i, cast(j as uniqueidentifier) as j, cast(k as xml) as k, cast(l as money) as l, cast(m as nvarchar) as m from t
### strings
select upper(rtrim(a)) as a, lower(ltrim(b)) as b, left(c, 3) as c, right(d, 2) as d, substring(e, 1, 5) as e, len(f) as f, datalength(g) as g, charindex('x', h, 2) as h, replace(i, 'a', 'b') as i, stuff(j, 1, 2, '') as j, reverse(k) as k, replicate('0', 3) as l, space(2) as m, concat(a, b, ?) as n, concat_ws(', ', a, b) as o, trim(p) as p, trim('.' from q) as q, quotename(r) as r, patindex('%x%', s) as s, str(u, 10, 2) as u, char(65) as v, nchar(66) as w, ascii(x) as x, unicode(y) as y, format(z, 'N2') as z, translate(a, 'abc', 'xyz') as aa, string_escape(b, 'json') as bb, soundex(c) as cc, difference(c, d) as dd, parsename(e, 1) as ee from t
### string aggregation
select string_agg(a, ', ') as plain, string_agg(convert(nvarchar(max), b), ';') within group (order by c desc, d) as ordered from t
### dates
select getdate() as a, sysdatetime() as b, getutcdate() as c, sysutcdatetime() as d, sysdatetimeoffset() as e, current_timestamp as f, dateadd(day, -?, g) as g, datediff(month, h, i) as h, datepart(weekday, j) as j, datename(month, k) as k, year(l) as l, month(m) as m, day(n) as n, eomonth(o) as o, eomonth(p, 1) as p, datefromparts(2026, 11, ?) as q, datetime2fromparts(2026, 1, 2, 3, 4, 5, 6, 7) as r, isdate(s) as s, switchoffset(u, '+01:00') as u, todatetimeoffset(v, '+02:00') as v, dateadd(dd, 1, w) as w, datediff_big(ms, x, y) as x, datetrunc(hour, y) as y, date_bucket(week, 2, z) as z from t
### time zones
select a at time zone 'Central European Standard Time' at time zone 'UTC' as utc from t
### a column called date, with aliases
select t.date, date as d, t.time as clock, text, name, value, type, status, level, state from t
### words of other dialects are names
select limit, offset, first, next, qualify, interval, array, format, rows, lateral, ilike, using, returning, true from t
### mathematics
select abs(a) as a, ceiling(b) as b, floor(c) as c, round(d, 2) as d, round(e, 2, 1) as e, power(f, 2) as f, sqrt(g) as g, square(h) as h, exp(i) as i, log(j) as j, log(j, 2) as jj, log10(k) as k, sign(l) as l, pi() as m, sin(n) as n, cos(o) as o, tan(p) as p, asin(q) as q, acos(r) as r, atan(s) as s, atn2(u, v) as u, degrees(w) as w, radians(x) as x, cot(y) as y, rand(1) as z from t
### nulls and choices
select isnull(a, 0) as a, coalesce(b, c, ?) as b, nullif(d, '') as d, iif(e > 1, 'x', 'y') as e, choose(f, 'a', 'b') as f, greatest(g, h) as g, least(g, h) as h from t
### checksums and such
select checksum(a, b) as a, binary_checksum(*) as b, hashbytes('SHA2_256', c) as c, newid() as d, isnumeric(e) as e from t
### json
select json_value(a, '$.b') as b, json_query(a, '$.c') as c, json_query(a) as d, isjson(a) as e, json_modify(a, '$.f', ?) as f from t
### openjson with columns
select j.id, j.name, j.parts from t cross apply openjson(t.doc, '$.lines') with (id int '$.id', name nvarchar(50), amount decimal(10, 2) '$.amt', parts nvarchar(max) '$.p' as json) as j where t.id = ?
### openjson without columns, with reserved names in brackets
select j.[key], j.value, j.type from t outer apply openjson(t.doc) j
### string_split
select s.value from t cross apply string_split(t.tags, ',') s
### aggregates
select count(*) as a, count(distinct b) as b, count_big(c) as c, sum(d) as d, sum(distinct e) as e, avg(f * 1.0) as f, min(g) as g, max(h) as h, stdev(i) as i, stdevp(i) as ii, var(j) as j, varp(k) as k, checksum_agg(l) as l, approx_count_distinct(m) as m from t
### group by and having
select a, b, count(*) as n from t where c = ? group by a, b having count(*) > 1 and sum(d) > ? order by n desc, a asc
### group by expressions
select year(d) as y, month(d) as m, sum(a) as a from t group by year(d), month(d)
### rollup, cube, grouping sets
select a, b, grouping(a) as ga, grouping_id(a, b) as gab, sum(c) as c from t group by rollup(a, b)
### cube
select a, b, sum(c) as c from t group by cube(a, b)
### grouping sets
select a, b, sum(c) as c from t group by grouping sets ((a, b), (a), ())
### with rollup
select a, sum(b) as b from t group by a with rollup
### top with order
select top (1) a from t order by b desc
### top without parentheses
select top 5 a, b from t order by a
### distinct top
select distinct top (10) percent a from t order by a
### top with ties and a parameter
select top (?) with ties a from t order by b
### offset and fetch
select a from t order by a offset ? rows fetch next ? rows only
### offset and fetch with numbers
select a from t order by a, b desc offset 10 rows fetch first 5 rows only
### offset alone
select a from t order by a offset 10 rows
### joins of all kinds
select a.x from a inner join b on a.i = b.i left join c on c.i = b.i left outer join d on d.i = c.i right join e on e.i = d.i full outer join f on f.i = e.i cross join g
### nested joins
select a.x from a left join (b inner join c on c.i = b.i) on b.i = a.i
### comma joins
select a.x, b.y from dat_a a, dat_b as b where a.i = b.i
### join hints
select a.x from a inner hash join b on a.i = b.i left loop join c on c.i = b.i inner merge join d on d.i = c.i
### cross and outer apply
select a.x, n.amount from a cross apply (select top (1) b.amount from b where b.i = a.i order by b.d desc) n outer apply (select max(c.d) as d from c where c.i = a.i) m
### derived tables with column lists
select d.one, d.two from (select a, b from t) as d (one, two)
### table value constructor
select v.a, v.b from (values (1, 'x'), (2, 'y'), (?, ?)) as v (a, b)
### table value constructor joined
select t.a, k.name from t inner join (values ('P', 'paid'), ('O', 'open')) k(code, name) on k.code = t.kind
### common table expressions
with paid as (select accountid, sum(amount) as amount from dat_trans group by accountid), newest (accountid, d) as (select accountid, max(transdate) from dat_trans group by accountid) select p.amount, n.d from paid p inner join newest n on n.accountid = p.accountid where p.accountid = ?
### recursive common table expression
with tree as (select id, parentid, 0 as depth from node where id = ? union all select n.id, n.parentid, t.depth + 1 from node n inner join tree t on t.id = n.parentid) select id, depth from tree option (maxrecursion 50)
### a CTE before a parenthesized union
with c as (select a from t) (select a from c) union all (select b from u)
### union, intersect, except
select a from t union all select b from u union select c from v except select d from w intersect select e from x order by a
### parenthesized set operations
(select a from t union select b from u) except (select c from v)
### hole in every branch
select a as x, ? as [secret] from t union all select b, ? from u
### window functions
select row_number() over (partition by a order by b desc, c) as rn, rank() over (order by d) as r, dense_rank() over (order by e) as dr, ntile(4) over (order by f) as n, lag(g, 1, 0) over (partition by a order by b) as prev, lead(h) over (order by b) as nxt, first_value(i) over (order by b) as fv, last_value(j) over (order by b rows between unbounded preceding and unbounded following) as lv, sum(k) over (partition by a order by b rows between 2 preceding and current row) as running, avg(l) over (order by b rows unbounded preceding) as av, count(*) over () as total, percent_rank() over (order by m) as pr, cume_dist() over (order by n) as cd, percentile_cont(0.5) within group (order by o) over (partition by a) as med, sum(p) over (order by q range between unbounded preceding and current row) as rg from t
### ignore nulls
select first_value(a) ignore nulls over (order by b) as a, lag(c) respect nulls over (order by b) as c from t
### named window
select sum(a) over w as a, avg(b) over (w order by c) as b from t window w as (partition by d)
### pivot
select p.[1] as jan, p.[2] as feb from (select month(d) as m, amount from t) s pivot (sum(amount) for m in ([1], [2])) as p
### unpivot
select u.kind, u.amount from (select fee, interest from t) s unpivot (amount for kind in (fee, interest)) as u
### for json in a subquery
select t.id, (select l.a, l.b from l where l.t = t.id order by l.a for json path, include_null_values, root('lines')) as lines from t
### for json auto
select (select a, b from t for json auto, without_array_wrapper) as doc
### for xml in a subquery
select (select a as [@id], b from t for xml path('row'), root('rows'), type) as doc
### the old way to join strings
select stuff((select ', ' + l.name from l where l.t = t.id order by l.name for xml path(''), type).value('.', 'nvarchar(max)'), 1, 2, '') as names from t
### for xml raw and explicit options
select (select a from t for xml raw('r'), elements xsinil) as x, (select a from t for xml auto, elements) as y
### table hints that neither lock nor write
select a from t with (index(ix_a)), u with (forceseek), v with (forceseek (ix (c, d))), w x with (noexpand), y with (readcommitted), z with (snapshot), q with (index = ix_q), r with (index = (ix_r), noexpand), s (noexpand)
### query hints
select a from t option (recompile, maxdop 1, optimize for unknown, hash join, fast 10, label = 'x', use hint ('FORCE_LEGACY_CARDINALITY_ESTIMATION', 'DISABLE_OPTIMIZER_ROWGOAL'))
### collations
select a collate Latin1_General_100_BIN2 as a from t where b = ? collate Finnish_Swedish_CI_AS order by c collate database_default
### temporal table
select a from dbo.t for system_time as of ? as h where h.id = ?
### temporal ranges
select a from t for system_time all union all select a from t for system_time between ? and ? union all select a from t for system_time from ? to ? union all select a from t for system_time contained in (?, ?)
### sampling
select a from t tablesample (10 percent) repeatable (7)
### full text
select a from t where contains(a, 'debt') and freetext(b, 'late payment') and contains((a, b), ?)
### is distinct from
select a from t where a is distinct from b and c is not distinct from ?
### select without from
select ? as [secret], 1 as one
### long list
select a from t where a in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
### a column after all operators
select a, * from t where a % 2 = 0
### qualified star
select t.*, u.b from t, u
### exists with a constant
select case when exists (select 1 from t where id = ?) then 1 else 0 end as found
### columns called like statements
select t.send, t.get, t.move, t.[exec], t.[go], receive, enable from t
### strings that look like attacks
select 'exec xp_cmdshell; drop table t --' as a, N'/* */ ; waitfor delay ''0:0:9''' as b from t
### bracketed names that are reserved
select [select].[from] as [where], [order].[group] from [table] as [select], [user] as [order]
### line breaks of both kinds and tabs
select a,	b
from t
where a = ?
### a two-part table in a subquery of a subquery
select a from (select b.a from (select c.a from dbo.t c) b) x
### aggregates with filters in case
select sum(case when kind = 'P' then amount else 0 end) as paid, sum(iif(kind = 'I', amount, 0)) as interest from dat_trans where accountid = ?
### arithmetic over aggregates with cast
select cast(sum(a) * 100.0 / nullif(sum(b), 0) as decimal(9, 2)) as share from t
### row limits by window
select x.a from (select a, row_number() over (order by b) as rn from t) x where x.rn between ? and ?
### balance with correlated sums
select la.accountid, isnull((select sum(t.transamount) from dat_trans t where t.accountid = la.accountid and t.bookdate <= ?), 0) as balance from dat_ledgeraccount la
### left join that finds what is missing
select a.id from a left join b on b.id = a.id where b.id is null
### multiple conditions in a join
select a.id from a inner join b on b.id = a.id and (b.kind = ? or b.kind is null) and b.d >= dateadd(month, -1, a.d)
### a union below a from
select u.a from (select a from t union all select b from v) u where u.a = ?
### intersect of nulls
select a from t where exists (select a intersect select b)
### concatenation with plus
select a + ' ' + isnull(b, '') + N'Å' as name from t
### like with a pattern from a column
select a from t where b like '%' + c + '%'
### greatest of three by values
select (select max(v) from (values (a), (b), (c)) x(v)) as newest from t
### datetimeoffset literal casts
select cast('2026-11-24T10:20:30.123+01:00' as datetimeoffset(3)) as d
### deep but sane parentheses
select ((((a + ((b)))))) as a from t where (((a = 1) and ((b = 2)) or (not (c = 3))))
### percent as an operator and a keyword
select top (50) percent a % 10 as d from t order by a % 10
### a table and a column of the same name
select status.status from status where status.status = ?
### quoted alias in order by
select a as "my alias" from t order by "my alias"
### grouping by nothing
select count(*) as n from t group by ()
### a string as an alias before its expression
select 'total' = a + b, top5 = 1, N'and more' = c from t
### a string as an alias behind top
select top (5) 'a' = a from t order by a
### a subquery with its alias before it
select total = (select sum(b) from u) from t
### joins nested two deep in parentheses
select a.x from ((t a inner join u b on a.i = b.i) inner join v c on c.i = b.i) left join w on w.i = a.i
### a type in brackets
select cast(a as [int]) as x, cast(b as [varchar](10)) as y, convert([decimal](10, 2), c) as z from t
### blanks that prose has
select a as x from t where b = 1
### an operator with a blank inside
select a from t where a > = 1 and b < > 2 and c ! = 3 and d < = 4
### the culture of a parse
select parse(a as date using 'sv-SE') as d, try_parse(b as int using N'en-US') as i from t
### the collation of a json column
select j.a from t cross apply openjson(t.b) with (a nvarchar(20) collate Latin1_General_BIN2 '$.a', b int) j
### short names of date parts
select datepart(w, d) as weekday, datename(dw, d) as name from t
### clauses in an order that looks wrong and is right
select a, string_agg(b, ',') within group (order by b) as bs from t where a is distinct from c and c in (select c from u where d = 1 group by c having count(*) > 1) group by a having max(b) > (select min(b) from v) order by a
### joins in parentheses behind an on
select a.x from (a join (b join c on b.i = c.i) on a.i = b.i) where a.x = 1 union all select x from d where x = 2 order by x
### JSON_OBJECT and JSON_ARRAY
select json_object('id': a, 'name': b absent on null) as j, json_array(a, b, 'c') as k, json_object() as e, json_object('a': null, 'b': json_array(1, 2)) as l from t
### PIVOT behind joins, and a derived table first in a join in parentheses
select p.a, p.[1] from t join u on u.b = t.b pivot (sum(c) for d in ([1], [2])) as p union all select s.n, v.a from ((select 1 as n) s join v on v.n = s.n) left join w on w.a = v.a
### PIVOT behind APPLY
select p.a, p.[x] from t cross apply (values ('x', t.b), ('y', t.c)) v (k, n) pivot (max(n) for k in ([x], [y])) as p
### hints behind TABLESAMPLE
select x.a from t as x tablesample system (10 percent) repeatable (5) with (readcommitted) join u tablesample (100 rows) with (index(1)) on u.a = x.a
