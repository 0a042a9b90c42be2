### the best of each group by APPLY
select a.Name, t.Name as track, t.Minutes from Artist a cross apply (select top (1) x.Name, x.Milliseconds / 60000.0 as Minutes from Track x join Album al on al.AlbumId = x.AlbumId where al.ArtistId = a.ArtistId order by x.Milliseconds desc) t
### the best of each group by ROW_NUMBER
select r.Name, r.Total from (select c.FirstName + N' ' + c.LastName as Name, i.Total, row_number() over (partition by c.CustomerId order by i.Total desc, i.InvoiceId) as n from Customer c join Invoice i on i.CustomerId = c.CustomerId) as r where r.n = 1
### apply of apply
select x.InvoiceId, z.n from Invoice x outer apply (select sum(l.Quantity) as q from InvoiceLine l where l.InvoiceId = x.InvoiceId) y outer apply (select y.q * 2 as n) z where z.n > 2
### apply of names, used in all clauses
select v.total, count(*) as n from InvoiceLine l cross apply (select l.UnitPrice * l.Quantity) v (total) where v.total > 1 group by v.total having v.total < 100 order by v.total
### not exists and not in
select t.TrackId from Track t where not exists (select * from InvoiceLine l where l.TrackId = t.TrackId) and t.GenreId not in (select GenreId from Genre where Name like N'%Rock%')
### a running total through a view
select c.Country, c.[Year], c.Total, c.Place, c.[Share], sum(c.Total) over (partition by c.Country order by c.[Year]) as running from Countries c where c.Place <= 3
### year as a column without brackets
select s.Year, s.Total from SalesByCountry s where s.Year between 2009 and 2012
### time from milliseconds
select TrackId, convert(varchar(8), dateadd(ms, Milliseconds, 0), 108) as length, cast(dateadd(ms, Milliseconds, '00:00') as time(0)) as t from Track
### full names by CONCAT of everything
select concat(FirstName, N' ', LastName, ' <', Email, '>', SupportRepId, null) as who from Customer
### a self join by greater
select a.InvoiceId, b.InvoiceId as later from Invoice a join Invoice b on b.CustomerId = a.CustomerId and b.InvoiceDate > a.InvoiceDate and datediff(day, a.InvoiceDate, b.InvoiceDate) <= 30
### compared as rows by INTERSECT
select a.TrackId from Track a join Track b on b.TrackId = a.TrackId + 1 where exists (select a.Composer, a.GenreId intersect select b.Composer, b.GenreId)
### ages
select EmployeeId, datediff(yy, BirthDate, HireDate) - case when dateadd(yy, datediff(yy, BirthDate, HireDate), BirthDate) > HireDate then 1 else 0 end as age from Employee
### a named window is not there before 2022, a subquery is
select i.InvoiceId, i.Total - (select avg(x.Total) from Invoice x where x.BillingCountry = i.BillingCountry) as beyond from Invoice i
### three parts of a name in the select list
select dbo.Customer.FirstName, dbo.Customer.LastName from dbo.Customer where dbo.Customer.Country = N'Canada'
### numeric with other numbers
select sum(UnitPrice * Quantity) as total, cast(sum(UnitPrice * Quantity) as decimal(10, 2)) / nullif(count(*), 0) as mean, 100.0 * sum(Quantity) / (select sum(Quantity) from InvoiceLine) as share from InvoiceLine
### an unpivoted track
select u.what, u.amount from (select TrackId, Milliseconds, Bytes from Track) t unpivot (amount for what in (Milliseconds, Bytes)) as u where u.TrackId = 1
### a star in EXISTS and in a CTE
with t as (select * from Track where GenreId is not null) select t.Name, g.Name as genre from t inner join Genre g on t.GenreId = g.GenreId
### a case-sensitive search
select Name from Artist where Name collate Latin1_General_CS_AS = N'AC/DC' collate Latin1_General_CS_AS
### bits of arithmetic in TOP
select top (2 + 3) Name from Genre order by Name
### union in EXISTS
select c.CustomerId from Customer c where exists (select 1 from Invoice i where i.CustomerId = c.CustomerId union all select 1 from Employee e where e.EmployeeId = c.SupportRepId)
### union in IN
select t.Name from Track t where t.TrackId in (select TrackId from InvoiceLine union select TrackId from Track where UnitPrice > 1)
### a scalar subquery in CASE, in IN and in BETWEEN
select case when (select count(*) from Genre) > 3 then 'many' else 'few' end as a from Track where TrackId between (select min(TrackId) from InvoiceLine) and (select max(TrackId) from InvoiceLine) and GenreId in (1, (select max(GenreId) from Genre))
### subquery in ORDER BY
select a.Name from Artist a order by (select count(*) from Album al where al.ArtistId = a.ArtistId) desc, a.Name
### subquery in a function
select isnull((select top 1 Title from Album al where al.ArtistId = a.ArtistId order by Title), 'none') as t, coalesce((select max(AlbumId) from Album), 0) as n from Artist a
### subquery in HAVING
select AlbumId, count(*) as n from Track group by AlbumId having count(*) > (select avg(x.n) from (select count(*) as n from Track group by AlbumId) x)
### CTE within EXISTS chain with UNION and column lists
with a (id) as (select TrackId from Track union all select InvoiceId from Invoice), b as (select id, count(*) over () as n from a) select distinct id, n from b order by id offset 0 rows
### INTERSECT of VALUES
select x.v from (values (1), (2.5), (null)) x (v) intersect select TrackId from Track
### decimal types beside each other
select Total from Invoice union all select UnitPrice from Track union all select 1 union all select '2.5'
### greatest date per group with ties
select top 1 with ties CustomerId, InvoiceDate from Invoice order by row_number() over (partition by CustomerId order by InvoiceDate desc)
### a view joined with its own table
select c.Country, t.Track from Countries c join TrackInfo t on t.Minutes > c.Place
### rows in different cases of names with unicode
select N'Ä' + Name as [ä] from Artist order by [Ä]
### the old outer total
select isnull(BillingCountry, 'total') as c, sum(Total) as s from Invoice group by BillingCountry with cube
### nested functions of text with numbers
select left(Name, 5) + '...' + ltrim(str(TrackId)) + char(10) + cast(UnitPrice as varchar(20)) as t, len(Name) + datalength(Name) as n, replace(Name, ' ', '') as r, substring(Name, charindex(' ', Name) + 1, len(Name)) as s from Track
### ids by CONVERT and PARSE
select parse('12/31/2009' as date using 'en-US') as a, try_parse('1,5' as numeric(3, 1) using 'de-DE') as b, convert(int, '5') as c, try_cast(Name as int) as d from Track
### values in the anchor
with n as (select v.i from (values (1), (2)) v (i) union all select n.i + 2 from n where n.i < 10) select i from n
### a bigint all the way
with n as (select cast(1 as bigint) as i union all select n.i * 2 from n where n.i < 1000) select i from n
### int beside an int's expression of columns
with e as (select EmployeeId, EmployeeId * 10 as code from Employee where ReportsTo is null union all select m.EmployeeId, e.code + m.EmployeeId from Employee m, e where e.EmployeeId = m.ReportsTo) select EmployeeId, code from e
### running totals
select i.InvoiceId, sum(i.Total) over (partition by i.CustomerId order by i.InvoiceDate rows between unbounded preceding and current row) as t from Invoice i
### EXCEPT and INTERSECT
select Name from Genre except select Name from Artist intersect select Title from Album
### a name that two tables have, with qualifiers
select t.Name, g.Name as genre from Track t join Genre g on g.GenreId = t.GenreId where g.Name = N'Rock' order by t.Name, genre
### nested derived tables
select y.n from (select x.GenreId, x.n from (select GenreId, count(*) as n from Track group by GenreId) x where x.n > 1) y order by y.GenreId
### an aggregate of its own columns alone
select i.InvoiceId from Invoice i where i.Total > (select sum(l.Quantity * l.UnitPrice) from InvoiceLine l where l.InvoiceId = i.InvoiceId)
### an outer column beside an aggregate, and alone in one
select i.InvoiceId, (select sum(l.Quantity) * i.Total from InvoiceLine l where l.InvoiceId = i.InvoiceId) as x, (select max(i.Total) from InvoiceLine l) as y from Invoice i group by i.InvoiceId, i.Total
### an aggregate of what is applied to
select i.InvoiceId, x.s from Invoice i cross apply (select sum(l.Quantity * i.Total) as s from InvoiceLine l where l.InvoiceId = i.InvoiceId) x
### an aggregate of the grouped query in a subquery
select i.CustomerId from Invoice i group by i.CustomerId having exists (select 1 from InvoiceLine l where sum(i.Total) > l.Quantity)
### recursion as people write it, 36
with e as (select EmployeeId, FirstName + N' ' + LastName as name from Employee where ReportsTo is null union all select m.EmployeeId, m.FirstName + N' ' + m.LastName from Employee m join e on e.EmployeeId = m.ReportsTo) select EmployeeId, name from e
### recursion as people write it, 37
with e as (select EmployeeId, upper(FirstName) as name, getdate() as now, newid() as k from Employee where ReportsTo is null union all select m.EmployeeId, upper(m.FirstName), getdate(), newid() from Employee m join e on e.EmployeeId = m.ReportsTo) select EmployeeId, name from e
### minutes and seconds
SELECT t.Name, CONVERT(varchar(8), DATEADD(ms, t.Milliseconds, 0), 108) AS Length, CONCAT(t.Milliseconds / 60000, ':', RIGHT(CONCAT('0', t.Milliseconds / 1000 % 60), 2)) AS L2, FORMAT(t.Bytes / 1048576.0, 'N1') + ' MB' AS Size FROM Track t
### top three of each genre with ties
SELECT x.Genre, x.Name, x.n FROM (SELECT g.Name AS Genre, t.Name, SUM(l.Quantity) AS n, DENSE_RANK() OVER (PARTITION BY g.GenreId ORDER BY SUM(l.Quantity) DESC) AS r FROM Genre g JOIN Track t ON t.GenreId = g.GenreId JOIN InvoiceLine l ON l.TrackId = t.TrackId GROUP BY g.GenreId, g.Name, t.TrackId, t.Name) AS x WHERE x.r <= 3
### bosses' names as a path
WITH tree AS (SELECT EmployeeId, ReportsTo, CAST(LastName AS nvarchar(400)) AS Path, 1 AS Depth FROM Employee WHERE ReportsTo IS NULL UNION ALL SELECT e.EmployeeId, e.ReportsTo, CAST(tree.Path + N' / ' + e.LastName AS nvarchar(400)), tree.Depth + 1 FROM Employee e INNER JOIN tree ON tree.EmployeeId = e.ReportsTo) SELECT REPLICATE('.', (Depth - 1) * 2) + Path AS Name, Depth FROM tree ORDER BY Path
### years across
SELECT BillingCountry, ISNULL([2009], 0) AS y2009, ISNULL([2010], 0) AS y2010 FROM (SELECT BillingCountry, YEAR(InvoiceDate) AS y, Total FROM Invoice) AS src PIVOT (SUM(Total) FOR y IN ([2009], [2010])) AS pvt WHERE [2010] > 10
### years across by CASE
SELECT i.BillingCountry, SUM(CASE YEAR(i.InvoiceDate) WHEN 2009 THEN i.Total ELSE 0 END) AS y2009, SUM(CASE WHEN i.InvoiceDate >= '20100101' AND i.InvoiceDate < '20110101' THEN i.Total END) AS y2010, COUNT(DISTINCT CASE WHEN i.Total > 10 THEN i.CustomerId END) AS Big FROM Invoice i GROUP BY i.BillingCountry
### ages
SELECT e.FirstName, DATEDIFF(YEAR, e.BirthDate, GETDATE()) - CASE WHEN DATEADD(YEAR, DATEDIFF(YEAR, e.BirthDate, GETDATE()), e.BirthDate) > GETDATE() THEN 1 ELSE 0 END AS Age, CAST(e.HireDate - e.BirthDate AS int) / 365 AS Hired, FLOOR(CAST(GETDATE() - e.BirthDate AS float) / 365.25) AS A2 FROM Employee e
### customers without an invoice this year
SELECT c.CustomerId, COALESCE(NULLIF(c.Company, ''), c.FirstName + N' ' + c.LastName) AS Name FROM Customer AS c LEFT JOIN Invoice AS i ON i.CustomerId = c.CustomerId AND i.InvoiceDate >= DATEFROMPARTS(YEAR(GETDATE()), 1, 1) WHERE i.InvoiceId IS NULL
### e-mail's host
SELECT SUBSTRING(c.Email, CHARINDEX('@', c.Email) + 1, LEN(c.Email)) AS Host, COUNT(*) AS n, MIN(c.Email) AS Sample FROM Customer c WHERE c.Email LIKE '%_@_%._%' GROUP BY SUBSTRING(c.Email, CHARINDEX('@', c.Email) + 1, LEN(c.Email)) HAVING COUNT(*) > 1
### share of the total by a scalar subquery
SELECT i.BillingCountry, SUM(i.Total) AS t, CAST(100.0 * SUM(i.Total) / (SELECT SUM(Total) FROM Invoice) AS decimal(5, 2)) AS Pct FROM Invoice AS i GROUP BY i.BillingCountry HAVING SUM(i.Total) > (SELECT AVG(s) FROM (SELECT SUM(Total) AS s FROM Invoice GROUP BY BillingCountry) AS a)
### FOR XML of albums
SELECT a.Name, (SELECT al.Title AS [@title], (SELECT t.Name FROM Track t WHERE t.AlbumId = al.AlbumId FOR XML PATH('track'), TYPE) FROM Album al WHERE al.ArtistId = a.ArtistId FOR XML PATH('album'), ROOT('albums')) AS X FROM Artist a
### the same artist twice
SELECT a.Name, b.ArtistId, DIFFERENCE(a.Name, b.Name) AS D, SOUNDEX(a.Name) AS S FROM Artist a JOIN Artist b ON a.ArtistId < b.ArtistId AND SOUNDEX(a.Name) = SOUNDEX(b.Name)
### nearest by CROSS APPLY and ties
SELECT t.TrackId, n.TrackId AS Near FROM Track t CROSS APPLY (SELECT TOP (1) WITH TIES o.TrackId FROM Track o WHERE o.AlbumId = t.AlbumId AND o.TrackId <> t.TrackId ORDER BY ABS(o.Milliseconds - t.Milliseconds)) n
### tracks per disc by arithmetic
SELECT AlbumId, SUM(Milliseconds) / 60000.0 AS Minutes, SUM(CAST(Bytes AS bigint)) AS Bytes, COUNT(*) / 20 + 1 AS Discs, SUM(UnitPrice) * 0.9 AS Bundle, COUNT(Composer) * 1.0 / COUNT(*) AS Known FROM Track GROUP BY AlbumId
### aliases by equals, and strings as names
SELECT [Track Name] = t.Name, 'Price in €' = t.UnitPrice, "Album" = (SELECT Title FROM Album WHERE AlbumId = t.AlbumId) FROM Track AS t WHERE t.UnitPrice >= .99 AND t.Name > N'M'
### everything in one HAVING
SELECT COUNT(*) AS n FROM Invoice HAVING MIN(InvoiceDate) < '2010-01-01' AND MAX(Total) >= 20
### a CASE that tests with LIKE and IN
SELECT TrackId, CASE WHEN Composer LIKE N'%/%' THEN 'many' WHEN Composer IN (N'AC/DC', N'Queen') THEN 'band' WHEN Composer IS NULL THEN 'none' ELSE LEFT(Composer, 1) END AS Kind FROM Track WHERE Name LIKE '100[%]%' OR Name LIKE '%\_%' ESCAPE '\'
