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
