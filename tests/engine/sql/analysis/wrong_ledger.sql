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
