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
### 10756 compile-error
SELECT t.AlbumId, «SUM(t.Milliseconds) OVER (PARTITION BY t.AlbumId ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run FROM Track AS t
### 4194 compile-error
SELECT «AVG(i.Total) OVER (ORDER BY i.InvoiceDate RANGE 7 PRECEDING) AS a FROM Invoice AS i
### 10754 compile-error
SELECT g.Name, «PERCENTILE_DISC(0.5) OVER (PARTITION BY g.GenreId) AS m FROM Genre AS g JOIN Track AS t ON t.GenreId = g.GenreId
### 10753 compile-error
SELECT t.GenreId, «PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY t.Milliseconds) AS m FROM Track AS t GROUP BY t.GenreId
### 207 unknown-column
SELECT p.BillingCountry, p.«[2011] FROM (SELECT BillingCountry, YEAR(InvoiceDate) AS y, Total FROM Invoice) AS s PIVOT (SUM(Total) FOR y IN ([2009], [2010])) AS p
### 207 unknown-column
SELECT p.Rock FROM (SELECT GenreId, Milliseconds FROM Track) AS s PIVOT (AVG(Milliseconds) FOR «Genre IN (Rock, Jazz)) AS p
### 8167 type-mismatch
SELECT u.v FROM (SELECT CustomerId, FirstName, LastName FROM Customer) AS c UNPIVOT (v FOR k IN (FirstName, «LastName)) AS u
### 8120 group-by
SELECT a.Name, «al.Title, COUNT(*) AS n FROM Artist AS a JOIN Album AS al ON al.ArtistId = a.ArtistId GROUP BY a.ArtistId, a.Name
### 207 unknown-column
SELECT t.Name, t.Milliseconds / 60000 AS Minutes FROM Track AS t WHERE «Minutes > 5
### 4104 unknown-column
SELECT c.LastName, x.Spent FROM Customer AS c JOIN (SELECT SUM(i.Total) AS Spent FROM Invoice AS i WHERE i.CustomerId = «c.CustomerId) AS x ON x.Spent > 40
### 209 ambiguous-column
SELECT «CustomerId, SUM(Total) AS t FROM Invoice AS i JOIN Customer AS c ON c.CustomerId = i.CustomerId GROUP BY c.CustomerId
### 145 compile-error
SELECT DISTINCT a.Name FROM Artist AS a JOIN Album AS al ON al.ArtistId = a.ArtistId ORDER BY «al.Title
### 245 type-mismatch warning
SELECT i.InvoiceId FROM Invoice AS i WHERE YEAR(i.InvoiceDate) = «'last year'
### 4127 compile-error
SELECT «COALESCE(NULL, NULL, NULL) AS x FROM Genre
### 4151 compile-error
SELECT «NULLIF(NULL, t.UnitPrice) AS x FROM Track AS t
