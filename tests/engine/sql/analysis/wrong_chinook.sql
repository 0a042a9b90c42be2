### 240 type-mismatch
with e as (select EmployeeId, HireDate as since from Employee where ReportsTo is null union all select m.EmployeeId, cast(«m.HireDate as date) from Employee m join e on e.EmployeeId = m.ReportsTo) select EmployeeId, since from e
### 207 unknown-column
with e as (select EmployeeId, 0 as depth from Employee where ReportsTo is null union all select m.EmployeeId, e.depth + 1 from Employee m join e on e.EmployeeId = m.ReportsTo) select EmployeeId, e.«level from e
### 206 type-mismatch
with e as (select EmployeeId, cast(HireDate as date) as since from Employee where ReportsTo is null union all select m.EmployeeId, e.since from Employee m join e on e.EmployeeId = m.ReportsTo) select EmployeeId from e where since > «5
### 209 ambiguous-column
select «Name from Track t join Genre g on g.GenreId = t.GenreId
### 207 unknown-column
select t.«Title from Track t
### 8156 compile-error
select x.Name from (select t.Name, «g.Name from Track t join Genre g on g.GenreId = t.GenreId) x
### 4104 unknown-column
select i.InvoiceId from Invoice i where exists (select 1 from InvoiceLine l where l.InvoiceId = i.InvoiceId) and «l.Quantity > 1
### 8127 group-by
select GenreId, count(*) as n from Track group by GenreId order by «Milliseconds
### 147 group-by
select i.InvoiceId from Invoice i join InvoiceLine l on l.InvoiceId = i.InvoiceId and «sum(l.Quantity) > 2
