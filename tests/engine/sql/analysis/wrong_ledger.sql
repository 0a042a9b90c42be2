### 208 unknown-table
select debtref from «dat_debthed where debtheadid = ?
### 208 unknown-table
select h.debtref from dbo.dat_trans t join «dbo.dat_debtheads h on h.debtheadid = t.debtheadid
### 208 unknown-table
select p.partyid from dat_party p where exists (select 1 from «dat_adress a where a.partyid = p.partyid)
### 208 unknown-table
select debtref from «sales.dat_debthead
### 208 unknown-table
with sums as (select accountid, sum(transamount) as amount from dat_trans group by accountid) select s.amount from «summs s
### 208 unknown-table
select x.n from (select count(*) as n from «dat_paiment) x
### 208 unknown-table
select a.accountid from dat_account a cross apply (select top 1 t.transid from «dat_tran t where t.accountid = a.accountid order by t.transid) x
### 208 unknown-table
select partyid from dat_party union all select partyid from «dat_parties
### 207 unknown-column
select dh.«debtreff from dat_debthead dh
### 207 unknown-column
select «debtreff from dat_debthead
### 207 unknown-column
select t.transid from dat_trans t where t.«amount > 0
### 207 unknown-column
select t.transid from dat_trans t join dat_account a on a.«acountid = t.accountid
### 207 unknown-column
select t.accountid, sum(t.transamount) as s from dat_trans t group by t.accountid having sum(t.«amount) > 0
### 207 unknown-column
select t.transid from dat_trans t order by t.«transdte
### 207 unknown-column
select sum(t.transamount) as amount from dat_trans t where «amount > 5
### 207 unknown-column
select year(t.transdate) as y, count(*) as n from dat_trans t group by «y
### 207 unknown-column
select accountid, count(*) as n from dat_trans group by accountid having «n > 1
### 207 unknown-column
select partyid from dat_party where isprotected = «true
### 207 unknown-column
select partyid from dat_party where partyname = «"Reims"
### 207 unknown-column
select c.«total from (select count(*) as n from dat_trans) c
### 207 unknown-column
with c as (select accountid, count(*) as n from dat_trans group by accountid) select c.«cnt from c
### 207 unknown-column
with c (a, b) as (select accountid, count(*) from dat_trans group by accountid) select c.«accountid from c
### 207 unknown-column
select partyid from dat_party p where p.partyid in (select l.«partyidd from dat_ledgeraccount l)
### 207 unknown-column
select (select max(t.«transdte) from dat_trans t where t.accountid = a.accountid) as latest from dat_account a
### 207 unknown-column
select case when p.«protected = 1 then 'x' else p.partyname end as name from dat_party p
### 207 unknown-column
select p.partyid from dat_party p order by «surname
### 207 unknown-column
select v.«c from (values (1, 2)) as v (a, b)
### 207 unknown-column
select row_number() over (partition by t.«account order by t.transid) as n from dat_trans t
### 4104 unknown-column
select «d.debtref from dat_debthead dh
### 4104 unknown-column
select «dat_debthead.debtref from dat_debthead dh
### 4104 unknown-column
select t.transid from dat_trans t where «x.accountid = 1
### 4104 unknown-column
select t.transid from dat_trans t join dat_account a on a.accountid = «b.accountid join dat_account b on b.accountid = t.accountid
### 4104 unknown-column
select t.transid from dat_trans t, dat_account a join dat_client c on c.clientid = a.clientid and «t.accountid = a.accountid
### 4104 unknown-column
select a.accountid from dat_account a join (select t.transid from dat_trans t where t.accountid = «a.accountid) x on 1 = 1
### 4104 unknown-column
select count(*) as n from dat_trans t where exists (select 1 from dat_account x where x.accountid = t.accountid) and «x.clientid = 1
### 107 unknown-column
select «x.* from dat_trans t
### 209 ambiguous-column
select «accountid from dat_trans t join dat_ledgeraccount la on la.accountid = t.accountid
### 209 ambiguous-column
select t.transid from dat_trans t join dat_account a on a.accountid = t.accountid where «accountid = 5
### 209 ambiguous-column
select t.transid from dat_trans t join dat_account a on «accountid = a.accountid
### 209 ambiguous-column
select x.n from (select count(*) as n from dat_trans t join dat_account a on a.accountid = t.accountid group by «accountid) x
### 8120 group-by
select t.accountid, «t.transid, count(*) as n from dat_trans t group by t.accountid
### 8120 group-by
select «debtref, sum(principal) as paid from dat_debthead
### 8120 group-by
select year(transdate) as y, «transdate as d, count(*) as n from dat_trans group by year(transdate)
### 8120 group-by
select month(«transdate) as y, count(*) as n from dat_trans group by year(transdate)
### 8120 group-by
select cast(«transdate as varchar(10)) as d, count(*) as n from dat_trans group by convert(varchar(10), transdate, 120)
### 8120 group-by
select «* from dat_account group by accountid
### 8120 group-by
select (select max(x.transid) from dat_trans x where x.accountid = «t.debtheadid) as m from dat_trans t group by t.accountid
### 8120 group-by
select accountid, row_number() over (order by «transid) as n from dat_trans group by accountid
### 8120 group-by
select accountid, sum(«transamount) over () as n from dat_trans group by accountid
### 8120 group-by
select x.accountid from (select «accountid, max(transid) as m from dat_trans) x
### 8120 group-by
select a.accountid, case when «a.clientid = 1 then count(*) else 0 end as n from dat_account a group by a.accountid
### 8120 group-by
select «accountid from dat_trans having count(*) > 1
### 8120 group-by
select «accountid from dat_trans order by count(*)
### 8121 group-by
select accountid from dat_trans group by accountid having «transamount > 0
### 8127 group-by
select accountid from dat_trans group by accountid order by «transdate
### 8127 group-by
select accountid, count(*) as n from dat_trans group by accountid order by n, max(transid), «transid
### 130 group-by
select sum(«count(*)) as s from dat_trans
### 130 group-by
select accountid, max(1 + «sum(transamount)) as s from dat_trans group by accountid
### 130 group-by
select sum((«select minorunits from cde_currency where currencycode = 'SEK')) as s from dat_trans
### 130 group-by
select count(case when exists («select 1 from dat_account a where a.accountid = t.accountid) then 1 end) as n from dat_trans t
### 147 group-by
select accountid from dat_trans where «sum(transamount) > 1
### 147 group-by
select accountid from dat_trans where transid = «max(transid)
### 147 group-by
select accountid from dat_trans where transid = 1 and «count(*) > 1
### 1015 group-by
select t.transid from dat_trans t join dat_account a on a.accountid = «max(t.accountid)
### 144 group-by
select count(*) as n from dat_trans group by «sum(transamount)
### 144 group-by
select count(*) as n from dat_trans group by («select 1)
### 164 group-by
select count(*) as n from dat_trans group by «1
### 164 group-by
select count(*) as n from dat_trans group by «'x'
### 164 group-by
select a.accountid, (select count(*) from dat_trans t group by «a.clientid) as n from dat_account a
### 4108 group-by
select transid from dat_trans where «row_number() over (order by transid) = 1
### 4108 group-by
select accountid from dat_trans group by accountid having «rank() over (order by accountid) = 1
### 4108 group-by
select count(*) as n from dat_trans group by «row_number() over (order by transid)
### 4108 group-by
select t.transid from dat_trans t join dat_account a on «count(*) over () = a.accountid
### 4109 group-by
select sum(«row_number() over (order by transid)) as n from dat_trans
### 4109 group-by
select rank() over (order by «count(*) over ()) as n from dat_trans
### 10753 compile-error
select «row_number() as n from dat_trans
### 4112 compile-error
select «row_number() over (partition by accountid) as n from dat_trans
### 4112 compile-error
select «lag(transid) over () as n from dat_trans
### 10759 compile-error
select «count(distinct accountid) over () as n from dat_trans
### 108 unknown-column
select partyid from dat_party order by «2
### 108 unknown-column
select partyid from dat_party order by partyid, «0
### 108 unknown-column
select partyid from dat_party union select clientid from dat_client order by «2
### 408 compile-error
select partyid from dat_party order by «'partyname'
### 5308 compile-error
select row_number() over (order by «1) as n from dat_party
### 145 compile-error
select distinct partyid from dat_party order by «partyname
### 145 compile-error
select distinct partyname as name from dat_party p order by «p.birthdate
### 145 compile-error
select distinct partyid from dat_party order by «len(partyname)
### 104 compile-error
select partyid from dat_party union select clientid from dat_client order by «partyname
### 104 compile-error
select partyid from dat_party union all select clientid from dat_client order by «partyid + 1
### 104 compile-error
select partyid as a from dat_party union all select clientid as b from dat_client order by «b
### 169 compile-error
select partyid from dat_party order by partyid, «partyid desc
### 169 compile-error
select p.partyid, p.partyname from dat_party p order by p.partyname, p.birthdate, «p.partyname
### 209 ambiguous-column
select l.accountid, p.accountid from dat_ledgeraccount l join dat_account p on p.accountid = l.accountid order by «accountid
### 1033 compile-error
select x.partyid from (select partyid from dat_party «order by partyid) x
### 1033 compile-error
with x as (select partyid from dat_party «order by partyid) select partyid from x
### 1033 compile-error
select partyid from dat_party where partyid in (select partyid from dat_ledgeraccount «order by partyid)
### 1033 compile-error
select (select partyid from dat_ledgeraccount «order by partyid) as p from dat_party
### 1033 compile-error
select partyid from dat_party where exists (select 1 from dat_ledgeraccount «order by partyid)
### 1033 compile-error
(select partyid from dat_party «order by partyid) union all select 1
### 10741 compile-error
select top 5 partyid from dat_party order by partyid «offset 5 rows
### 1062 compile-error
select top 5 with «ties partyid from dat_party
### 205 compile-error
select partyid from dat_party union select «partyid, partyname from dat_party
### 205 compile-error
select partyid, partyname from dat_party union all select partyid, partyname from dat_party union all select «clientid from dat_client
### 205 compile-error
select partyid from dat_party except select «* from dat_account
### 205 compile-error
with c as (select partyid, partyname from dat_party union all select «clientid from dat_client) select c.partyid, c.anything from c
### 205 compile-error
select x.a from (select partyid as a from dat_party intersect select «clientid, clientname from dat_client) x
### 116 compile-error
select partyid from dat_party where partyid in (select partyid, «clientid from dat_ledgeraccount)
### 116 compile-error
select (select partyid, «partyname from dat_party where partyid = 1) as p from dat_account
### 116 compile-error
select partyid from dat_party where partyid = (select partyid, «clientid from dat_ledgeraccount)
### 116 compile-error
select partyid from dat_party where partyid in (select «* from dat_ledgeraccount)
### 116 compile-error
select partyid from dat_party where partyid > all (select partyid, «clientid from dat_ledgeraccount)
### 1013 compile-error
select 1 as one from dat_party join «dat_party on 1 = 1
### 1011 compile-error
select 1 as one from dat_party p join dat_account «p on 1 = 1
### 1011 compile-error
select 1 as one from dat_party p cross apply (select 1 as n) «p
### 1012 compile-error
select 1 as one from dat_account join dat_party «dat_account on 1 = 1
### 239 compile-error
with c as (select 1 as a), «c as (select 2 as b) select 1 as one from c
### 8155 compile-error
select x.m from (select partyid, «max(birthdate) from dat_party group by partyid) x
### 8155 compile-error
with c as (select «count(*) from dat_party) select 1 as one from c
### 8155 compile-error
select 1 as one from (values (1, 2)) «v
### 8156 compile-error
select x.partyid from (select p.partyid, «l.partyid from dat_party p join dat_ledgeraccount l on l.partyid = p.partyid) x
### 8156 compile-error
with c (a, «a) as (select 1, 2) select 1 as one from c
### 8158 compile-error
with «c (a) as (select 1, 2) select a from c
### 8158 compile-error
select x.a from (select 1 as p, 2 as q) as «x (a)
### 8159 compile-error
select x.a from (select 1 as p, 2 as q) as «x (a, b, c)
### 8159 compile-error
with «c (a, b) as (select 1) select a from c
### 10709 compile-error
select v.a from (values (1, 2), («3)) as v (a, b)
### 174 compile-error
select «len(partyname, 5) as n from dat_party
### 174 compile-error
select «isnull(partyname) as n from dat_party
### 174 compile-error
select «isnull(partyname, 'a', 'b') as n from dat_party
### 189 compile-error
select «charindex('a') as n from dat_party
### 174 compile-error
select «dateadd(day, 1) as n from dat_party
### 174 compile-error
select «datediff(day, birthdate) as n from dat_party
### 174 compile-error
select «getdate(1) as n from dat_party
### 174 compile-error
select «replace(partyname, 'a') as n from dat_party
### 174 compile-error
select «iif(partyid = 1, 2) as n from dat_party
### 189 compile-error
select «round(balance) as n from vw_accountbalance
### 174 compile-error
select «left(partyname) as n from dat_party
### 189 compile-error
select «concat(partyname) as n from dat_party
### 174 compile-error
select «row_number(partyid) over (order by partyid) as n from dat_party
### 174 compile-error
select «sum() as n from dat_party
### 189 compile-error
select «format(birthdate) as n from dat_party
### 2750 compile-error
select cast(partyid as «decimal(50, 2)) as n from dat_party
### 192 compile-error
select cast(partyid as «decimal(5, 6)) as n from dat_party
### 131 compile-error
select cast(partyname as «varchar(9000)) as n from dat_party
### 2717 compile-error
select convert(«nvarchar(5000), partyname) as n from dat_party
### 2716 compile-error
select cast(partyid as «int(5)) as n from dat_party
### 1002 compile-error
select cast(birthdate as «datetime2(9)) as n from dat_party
### 1001 compile-error
select cast(partyname as «char(0)) as n from dat_party
### 102 compile-error
select cast(partyname as «char(max)) as n from dat_party
### 206 type-mismatch
select partyid from dat_party where birthdate = «5
### 206 type-mismatch
select partyid from dat_party where birthdate in ('2026-01-01', «2026)
### 206 type-mismatch
select partyid from dat_party where birthdate between «1 and '2026-01-01'
### 206 type-mismatch
select clientid from dat_client where uniqueid = «7
### 206 type-mismatch
select p.partyid from dat_party p join dat_address a on «a.validfrom = p.partyid
### 206 type-mismatch
select p.partyid from dat_party p where «p.calltime > p.birthdate
### 206 type-mismatch
select partyid from dat_party where «birthdate + 1 > '2026-01-01'
### 8117 type-mismatch
select «validto - validfrom as days from dat_address
### 8117 type-mismatch
select «city - street as x from dat_address
### 402 type-mismatch
select «isprotected + isprotected as x from dat_party
### 8117 type-mismatch
select «sum(partyname) as s from dat_party
### 8117 type-mismatch
select «avg(birthdate) as s from dat_party
### 8117 type-mismatch
select «max(isprotected) as s from dat_party
### 8117 type-mismatch
select «sum(isprotected) as s from dat_party
### 206 type-mismatch
select case when partyid = 1 then birthdate else «0 end as x from dat_party
### 206 type-mismatch
select coalesce(birthdate, «0) as x from dat_party
### 206 type-mismatch
select isnull(uniqueid, «0) as x from dat_client
### 206 type-mismatch
select partyid, birthdate from dat_party union all select partyid, «0 from dat_party
### 245 type-mismatch warning
select partyid from dat_party where partyid = «'abc'
### 245 type-mismatch warning
select partyid from dat_party where partyid in (1, 2, «'three')
### 241 type-mismatch warning
select partyid from dat_party where birthdate = «'never'
### 241 type-mismatch warning
select partyid from dat_party where birthdate > «'2026-02-30'
### 8169 type-mismatch warning
select clientid from dat_client where uniqueid = «'Reims'
### 8114 type-mismatch warning
select debtheadid from dat_debthead where principal > «'much'
### 245 type-mismatch warning
select debtheadid from dat_debthead where debtref = «4711
### 245 type-mismatch warning
select «'no ' + partyid as x from dat_party
### 0 type-mismatch warning
select partyid from dat_party where languagecode = «'swe'
### 0 type-mismatch warning
select accountid from dat_account where currencycode in ('SEK', «'EURO')
