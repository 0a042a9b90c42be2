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
