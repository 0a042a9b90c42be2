### computed JSON
select p.FullName, p.SearchName, p.OtherLanguages, json_value(p.CustomFields, '$.Title') as title, isjson(p.UserPreferences) as ok, json_query(p.UserPreferences, 'lax $.table') as q from Application.People p where json_value(p.CustomFields, N'$.HireDate') is not null
### all of the past
select c.CityName, c.ValidFrom, c.ValidTo from Application.Cities for system_time all as c where c.CityID = 5 order by c.ValidFrom
### between two times
select c.CityName from Application.Cities for system_time between '2013-01-01' and '2016-01-01' c
### contained in
select c.CityName from Application.Cities for system_time contained in ('2013-01-01', '2016-01-01T00:00:00') c
### a computed bit and a computed date
select t.IsFinalized, i.ConfirmedDeliveryTime, i.ConfirmedReceivedBy from Sales.CustomerTransactions t join Sales.Invoices i on i.CustomerID = t.CustomerID where t.IsFinalized = 1 and i.ConfirmedDeliveryTime > dateadd(day, 2, cast(i.InvoiceDate as datetime2))
### dates against each other's types
select o.OrderID from Sales.Orders o where o.OrderDate = cast(sysdatetime() as date) or o.PickingCompletedWhen > o.OrderDate or o.OrderDate >= '20130101' or o.OrderDate < getutcdate()
### times at zones
select o.PickingCompletedWhen at time zone 'Pacific Standard Time' at time zone 'UTC' as a, switchoffset(todatetimeoffset(o.PickingCompletedWhen, '+02:00'), '-08:00') as b, datetimefromparts(2026, 1, 1, 0, 0, 0, 0) as c, sysdatetimeoffset() as d from Sales.Orders o
### tags of an item
select s.StockItemName, t.value as tag from Warehouse.StockItems s cross apply openjson(s.Tags) t where s.Photo is null
### JSON columns with types
select p.PersonID, j.Title, j.Since, j.Langs from Application.People p outer apply openjson(p.CustomFields) with (Title nvarchar(50), Since date '$.HireDate', Rate decimal(9, 2) '$.CommissionRate', Langs nvarchar(max) '$.OtherLanguages' as json) as j
### a function of two arguments
select c.CustomerName, Website.CalculateCustomerPrice(c.CustomerID, '2016-01-01') as price, Website.CalculateCustomerPrice(c.CustomerID, o.OrderDate) as p2 from Sales.Customers c join Sales.Orders o on o.CustomerID = c.CustomerID
### tables of one name in two schemas
select s.CustomerName, w.CityName, w.PrimaryContact, w.DeliveryLocation from Sales.Customers s inner join Website.Customers w on w.CustomerID = s.CustomerID
### those, by their schemas
select Sales.Customers.CustomerName, Website.Customers.CityName from Sales.Customers join Website.Customers on Website.Customers.CustomerID = Sales.Customers.CustomerID
### an inline function applied
select c.CityName, a.AccessResult from Application.Cities c cross apply Application.DetermineCustomerAccess(c.CityID) a
### an order of what a CASE tells
select top 20 l.Description, l.ExtendedPrice from Sales.InvoiceLines l order by case when l.TaxRate > 10 then 0 else 1 end, l.ExtendedPrice desc
### growing sums of decimals
select l.InvoiceID, sum(l.ExtendedPrice) as a, sum(l.Quantity * l.UnitPrice * (1 + l.TaxRate / 100.0)) as b, cast(avg(l.UnitPrice) as decimal(18, 2)) as c from Sales.InvoiceLines l group by l.InvoiceID having sum(l.ExtendedPrice) <> sum(l.Quantity * l.UnitPrice)
### compare with the newest
select c.CityName from Application.Cities c where c.ValidFrom = (select max(a.ValidFrom) from Application.Cities_Archive a where a.CityID = c.CityID)
### bigints, and what they are divided by
select sum(c.LatestRecordedPopulation) / count_big(*) as mean, sum(c.LatestRecordedPopulation) * 1.0 / count(*) as exact from Application.Cities c
### greatest by a subquery, and least in HAVING
select c.CustomerID from Sales.Customers c where c.CreditLimit > (select top 1 x.CreditLimit from Sales.Customers x where x.CreditLimit is not null order by x.CreditLimit) and coalesce(c.CreditLimit, 0) >= isnull(nullif(c.CreditLimit, 0), 1)
### bytes as text
select p.PersonID, convert(varchar(200), p.HashedPassword, 1) as hex, cast('' as xml).value('xs:base64Binary("AA==")', 'varbinary(10)') as b from Application.People p where p.HashedPassword is not null and datalength(p.HashedPassword) > 0x10
### all of the past, no as
select c.CityName from Application.Cities for system_time all c where c.CityID = 5
### all of the past, no alias
select CityName from Application.Cities for system_time all where CityID = 5
### from to
select CityName from Application.Cities for system_time from '2013-01-01' to '2016-01-01' as c
### json modify and for json without wrapper
select c.CustomerName, json_modify(N'{}', '$.a', c.CustomerName) as j, (select o.OrderID as [id], o.OrderDate as [when.date] from Sales.Orders o where o.CustomerID = c.CustomerID for json path, include_null_values, without_array_wrapper) as k from Sales.Customers c
### json path with quotes
select json_value(p.CustomFields, '$."a b"[0].c') as v from Application.People p
### rows of date from a spread
select d.d, count(o.OrderID) as n from (values (cast('2016-01-01' as date)), ('2016-01-02')) d (d) left join Sales.Orders o on o.OrderDate = d.d group by d.d
### is distinct via exists except
select i.InvoiceLineID from Sales.InvoiceLines i where exists (select i.UnitPrice except select i.ExtendedPrice)
### aggregates of json
select i.InvoiceID, '[' + string_agg('"' + string_escape(i.Description, 'json') + '"', ',') + ']' as j from Sales.InvoiceLines i group by i.InvoiceID
### datetime2 arithmetic by functions
select dateadd(ns, 100, o.PickingCompletedWhen) as a, datediff(mcs, o.PickingCompletedWhen, sysutcdatetime()) as b, cast(o.PickingCompletedWhen as time(3)) as c, convert(date, o.PickingCompletedWhen) as d, datetrunc(month, o.OrderDate) as e from Sales.Orders o
### 2022 functions
select greatest(l.UnitPrice, l.TaxRate, 0) as a, least(l.Quantity, 5) as b from Sales.InvoiceLines l where l.Quantity is not distinct from 5
### masked columns and persisted ones
select p.LogonName, p.SearchName from Application.People p where p.SearchName like N'%a%' and p.IsPermittedToLogon = 'true' order by p.LogonName
### grouped by a computed column
select t.IsFinalized, year(t.TransactionDate) as y, sum(t.AmountExcludingTax) as s, count(distinct t.CustomerID) as c from Sales.CustomerTransactions t group by t.IsFinalized, year(t.TransactionDate) having sum(t.AmountExcludingTax) > 0
### geography aggregated and compared
select c.CityID, c.Location.STAsText() as wkt, c.Location.STGeometryType() as t from Application.Cities c where c.Location.STIntersects(c.Location) = 1 and c.Location.STSrid = 4326
### the archive and the table by union
select CityID, CityName, ValidFrom from Application.Cities union all select a.CityID, a.CityName, a.ValidFrom from Application.Cities_Archive as a order by CityID, ValidFrom desc
### date beside texts, datetime2 and functions
select i.InvoiceID from Sales.Invoices i where i.InvoiceDate >= '2016-01-01' and i.InvoiceDate < i.LastEditedWhen and i.InvoiceDate = cast(getdate() as date) and i.InvoiceDate <> eomonth(i.InvoiceDate)
### a bit made by CASE
select t.CustomerTransactionID from Sales.CustomerTransactions t where t.IsFinalized = 1 and isnull(t.FinalizationDate, '9999-12-31') > t.TransactionDate
### JSON and OPENJSON
select p.PersonID, j.value from Application.People p cross apply openjson(p.OtherLanguages) j where json_value(p.CustomFields, '$.Title') = N'x'
### as of a time
SELECT c.CityName, c.LatestRecordedPopulation FROM Application.Cities FOR SYSTEM_TIME AS OF '2016-06-01T00:00:00' AS c WHERE c.CityID IN (1, 2, 3)
### now beside then
SELECT n.CityID, n.LatestRecordedPopulation - t.LatestRecordedPopulation AS Growth FROM Application.Cities AS n INNER JOIN Application.Cities FOR SYSTEM_TIME AS OF '2014-01-01' AS t ON t.CityID = n.CityID WHERE n.LatestRecordedPopulation <> t.LatestRecordedPopulation
### languages as rows
SELECT p.FullName, l.[key] AS Pos, l.value AS Lang FROM Application.People AS p CROSS APPLY OPENJSON(p.CustomFields, '$.OtherLanguages') AS l WHERE ISJSON(p.CustomFields) > 0 AND l.[type] = 1
### nested OPENJSON
SELECT s.StockItemID, j.Made, t.value AS Tag FROM Warehouse.StockItems AS s CROSS APPLY OPENJSON(s.CustomFields) WITH (Made nvarchar(30) '$.CountryOfManufacture', Tags nvarchar(max) '$.Tags' AS JSON) AS j OUTER APPLY OPENJSON(j.Tags) AS t
### a delivery's events
SELECT i.InvoiceID, JSON_VALUE(i.ReturnedDeliveryData, '$.Events[0].Event') AS First, CAST(JSON_VALUE(i.ReturnedDeliveryData, '$.Events[1].EventTime') AS datetime2(0)) AS At, DATEDIFF(HOUR, i.InvoiceDate, i.ConfirmedDeliveryTime) AS Hours FROM Sales.Invoices AS i
### lines as JSON beside their sum
SELECT i.InvoiceID, JSON_QUERY((SELECT l.Description AS name, l.Quantity AS qty, l.ExtendedPrice AS price FROM Sales.InvoiceLines AS l WHERE l.InvoiceID = i.InvoiceID ORDER BY l.InvoiceLineID FOR JSON PATH)) AS Lines, (SELECT SUM(l.ExtendedPrice) FROM Sales.InvoiceLines AS l WHERE l.InvoiceID = i.InvoiceID) AS Total FROM Sales.Invoices AS i
### moving average by RANGE
SELECT t.CustomerID, t.TransactionDate, SUM(t.AmountExcludingTax) OVER (PARTITION BY t.CustomerID ORDER BY t.TransactionDate RANGE UNBOUNDED PRECEDING) AS R, AVG(t.AmountExcludingTax) OVER (PARTITION BY t.CustomerID ORDER BY t.TransactionDate ROWS BETWEEN 6 PRECEDING AND 1 FOLLOWING) AS A FROM Sales.CustomerTransactions AS t
### gaps and islands
WITH d AS (SELECT DISTINCT CustomerID, OrderDate FROM Sales.Orders), g AS (SELECT CustomerID, OrderDate, DATEADD(DAY, -ROW_NUMBER() OVER (PARTITION BY CustomerID ORDER BY OrderDate), OrderDate) AS grp FROM d) SELECT CustomerID, MIN(OrderDate) AS Von, MAX(OrderDate) AS Bis, COUNT(*) AS n FROM g GROUP BY CustomerID, grp HAVING COUNT(*) > 2
### weeks from Monday
SELECT DATEADD(WEEK, DATEDIFF(WEEK, 0, o.OrderDate), 0) AS Monday, COUNT_BIG(*) AS n FROM Sales.Orders AS o GROUP BY DATEADD(WEEK, DATEDIFF(WEEK, 0, o.OrderDate), 0)
### the old month's first day
SELECT DATEADD(MONTH, DATEDIFF(MONTH, 0, o.OrderDate), 0) AS M, DATEADD(d, -1, DATEADD(mm, DATEDIFF(m, 0, o.OrderDate) + 1, 0)) AS E, CONVERT(date, DATEADD(qq, DATEDIFF(qq, 0, o.OrderDate), 0)) AS Q, DATEPART(iso_week, o.OrderDate) AS W, DATENAME(month, o.OrderDate) + ' ' + CAST(YEAR(o.OrderDate) AS char(4)) AS N FROM Sales.Orders AS o
### local time of the pick
SELECT o.OrderID, CAST(o.PickingCompletedWhen AT TIME ZONE 'UTC' AT TIME ZONE 'Central European Standard Time' AS datetime2(0)) AS Local, DATEPART(tz, o.PickingCompletedWhen AT TIME ZONE 'UTC') AS Shift, FORMAT(o.PickingCompletedWhen, 'yyyy-MM-dd HH:mm') AS F, CONVERT(varchar(30), o.PickingCompletedWhen, 126) AS Iso FROM Sales.Orders AS o
### days left
SELECT i.InvoiceID, CASE WHEN DATEDIFF(DAY, i.InvoiceDate, SYSDATETIME()) > 30 THEN N'overdue' WHEN i.InvoiceDate = CONVERT(date, SYSDATETIME()) THEN N'today' ELSE CONCAT(30 - DATEDIFF(DAY, i.InvoiceDate, SYSDATETIME()), N' days') END AS Due FROM Sales.Invoices AS i
### credit in bands
SELECT b.Band, COUNT(c.CustomerID) AS n FROM (VALUES (1, 0, 1000.00), (2, 1000, 2500), (3, 2500, 99999999)) AS b(Band, Lo, Hi) LEFT JOIN Sales.Customers AS c ON c.CreditLimit >= b.Lo AND c.CreditLimit < b.Hi GROUP BY b.Band
### cold rooms by sensor
SELECT t.ColdRoomSensorNumber, MAX(t.Temperature) - MIN(t.Temperature) AS Span, VAR(t.Temperature) AS V, STDEVP(t.Temperature) AS S, CHECKSUM_AGG(t.ColdRoomSensorNumber) AS C FROM Warehouse.ColdRoomTemperatures AS t WITH (SNAPSHOT) GROUP BY t.ColdRoomSensorNumber
### the sensor's JSON
SELECT v.VehicleTemperatureID, v.Temperature, JSON_VALUE(v.FullSensorData, '$.Recordings[0].temperature') + 0.0 AS T2 FROM Warehouse.VehicleTemperatures AS v WHERE v.IsCompressed = 0 AND v.VehicleRegistration LIKE N'WWI-[0-9][0-9][0-9]-A'
### approximate and exact
SELECT APPROX_COUNT_DISTINCT(o.CustomerID) AS a, COUNT(DISTINCT o.CustomerID) AS c, MIN(o.OrderDate) AS f, MAX(o.PickingCompletedWhen) AS l FROM Sales.Orders AS o
### split and join again
SELECT c.CustomerID, STRING_AGG(w.value, '|') WITHIN GROUP (ORDER BY w.ordinal) AS Words FROM Sales.Customers AS c CROSS APPLY STRING_SPLIT(c.CustomerName, ' ', 1) AS w GROUP BY c.CustomerID
### a comma join with APPLY
SELECT c.CustomerName, a.AccessResult FROM Sales.Customers AS c, Application.Cities AS ct CROSS APPLY Application.DetermineCustomerAccess(ct.CityID) AS a WHERE ct.CityID = c.DeliveryCityID
### max of three dates
SELECT c.CustomerID, (SELECT MAX(d.v) FROM (VALUES (CAST(o.OrderDate AS datetime2)), (o.PickingCompletedWhen), (i.LastEditedWhen)) AS d(v)) AS Newest FROM Sales.Customers AS c JOIN Sales.Orders AS o ON o.CustomerID = c.CustomerID LEFT JOIN Sales.Invoices AS i ON i.CustomerID = c.CustomerID
### bit functions
SELECT p.PersonID, CAST(p.IsPermittedToLogon AS int) AS L, IIF(p.LogonName IS NULL OR p.LogonName = N'NO LOGON', 0, 1) AS HasLogon, CONVERT(bit, 'true') AS T, p.IsPermittedToLogon ^ 1 AS Neg FROM Application.People AS p WHERE p.IsPermittedToLogon = 1
### hashed
SELECT p.PersonID, CONVERT(char(64), HASHBYTES('SHA2_256', CONCAT(p.FullName, p.LogonName)), 2) AS H, CHECKSUM(p.FullName, p.PersonID) AS C, DATALENGTH(p.HashedPassword) AS L FROM Application.People AS p
### intersect of three
SELECT CustomerID FROM Sales.Orders INTERSECT SELECT CustomerID FROM Sales.Invoices INTERSECT (SELECT CustomerID FROM Sales.CustomerTransactions WHERE IsFinalized = 0 UNION SELECT CustomerID FROM Sales.Customers WHERE CreditLimit IS NULL) ORDER BY CustomerID DESC
### tax by line
SELECT l.InvoiceID, ROUND(SUM(l.UnitPrice * l.Quantity * l.TaxRate / 100), 2) AS Tax, CEILING(SUM(l.ExtendedPrice)) AS Up, SIGN(SUM(l.ExtendedPrice) - 100) AS Over100, POWER(CAST(1.1 AS decimal(9, 4)), 2) AS P, ABS(-SUM(l.Quantity)) AS Q, FLOOR(AVG(l.TaxRate)) AS R, LOG(SUM(l.Quantity) + 1) AS Lg FROM Sales.InvoiceLines AS l GROUP BY l.InvoiceID
