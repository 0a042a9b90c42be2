### 240 type-mismatch
with t as (select EmployeeID, cast(0 as tinyint) as depth from Employees where ReportsTo is null union all select e.EmployeeID, «t.depth + 1 from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, depth from t
### 240 type-mismatch
with t as (select EmployeeID, LastName as path from Employees where ReportsTo is null union all select e.EmployeeID, «t.path + N'/' + e.LastName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, path from t
### 240 type-mismatch
with t as (select EmployeeID, LastName from Employees where ReportsTo is null union all select e.EmployeeID, «e.FirstName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, LastName from t
### 240 type-mismatch
with n as (select 1 as i union all select cast(«n.i + 1 as bigint) from n where n.i < 10) select i from n
### 240 type-mismatch
with n as (select 1 as i, 1.0 as f union all select n.i + 1, «n.f * 2 from n where n.i < 10) select i, f from n
### 240 type-mismatch
with t as (select EmployeeID, N'' as boss from Employees where ReportsTo is null union all select e.EmployeeID, «t.boss + e.LastName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, boss from t
### 240 type-mismatch
with t as (select EmployeeID, null as boss from Employees where ReportsTo is null union all select e.EmployeeID, «e.LastName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, boss from t
### 205 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select «e.EmployeeID, e.LastName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 252 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union select e.EmployeeID from Employees e join «t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 252 compile-error
with t as (select e.EmployeeID from Employees e join «t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 253 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo join «t as u on u.EmployeeID = e.EmployeeID) select EmployeeID from t
### 460 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select distinct «e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 461 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select top 1 «e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 462 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e left join «t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 462 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from t join Employees e on t.EmployeeID = e.ReportsTo left outer join «Orders o on o.EmployeeID = e.EmployeeID) select EmployeeID from t
### 465 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e where e.ReportsTo in (select t.EmployeeID from «t)) select EmployeeID from t
### 465 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e where exists (select 1 from «t where t.EmployeeID = e.ReportsTo)) select EmployeeID from t
### 467 compile-error
with t as (select EmployeeID, 0 as n from Employees where ReportsTo is null union all select e.EmployeeID, count(*) from Employees e join t on t.EmployeeID = e.ReportsTo group by «e.EmployeeID) select EmployeeID, n from t
### 467 compile-error
with n as (select 1 as i union all select «max(n.i) + 1 from n) select i from n
### 467 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo group by «e.EmployeeID) select EmployeeID from t
### 246 compile-error
with t as (select e.EmployeeID from Employees e join «t on t.EmployeeID = e.ReportsTo union all select EmployeeID from Employees where ReportsTo is null) select EmployeeID from t
### 466 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join «t on t.EmployeeID = e.ReportsTo except select EmployeeID from Employees) select EmployeeID from t
### 207 unknown-column
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.«ID = e.ReportsTo) select EmployeeID from t
### 208 unknown-table
with a as (select b.x from «b), b as (select 1 as x) select x from a
### 8158 compile-error
with «t (id, boss, depth) as (select EmployeeID, ReportsTo from Employees where ReportsTo is null union all select e.EmployeeID, e.ReportsTo from Employees e join t on t.id = e.ReportsTo) select id from t
### 8155 compile-error
with «t as (select EmployeeID, 0 from Employees where ReportsTo is null union all select e.EmployeeID, 1 from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 252 compile-error
with Orders as (select OrderID, ShipVia from «Orders where ShipVia = 1) select OrderID from Orders
### 252 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select EmployeeID from Employees where City = 'London' union select e.EmployeeID from Employees e join «t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### 462 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select x.EmployeeID from (select e.EmployeeID from Employees e right join «t on t.EmployeeID = e.ReportsTo) x) select EmployeeID from t
### 465 compile-error
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join Orders o on o.EmployeeID = e.EmployeeID and exists (select 1 from «t where t.EmployeeID = e.ReportsTo)) select EmployeeID from t
### 156 sql-syntax
select o.OrderID from Orders o where o.Freight > 10 «join Customers c on c.CustomerID = o.CustomerID
### 156 sql-syntax
select CustomerID, count(*) as n from Orders group by CustomerID «where ShipVia = 1
### 156 sql-syntax
select CustomerID, count(*) as n from Orders having count(*) > 1 «group by CustomerID
### 156 sql-syntax
select OrderID from Orders order by OrderID «where ShipVia = 2
### 1033 compile-error
select t.OrderID from (select OrderID from Orders «order by OrderDate) t
### 1033 compile-error
with c as (select CustomerID from Customers «order by City) select CustomerID from c
### 1033 compile-error
select CompanyName from Customers where CustomerID in (select CustomerID from Orders «order by OrderDate desc)
### 10741 compile-error
select top 5 OrderID from Orders order by OrderID «offset 5 rows
### 102 sql-syntax
select OrderID from Orders limit «5
### 174 compile-error
select «left(CompanyName) as a from Customers
### 174 compile-error
select «isnull(Region) as a from Customers
### 174 compile-error
select «replace(City, 'a') as a from Customers
### 174 compile-error
select «dateadd(day, OrderDate) as a from Orders
### 189 compile-error
select «round(Freight) as a from Orders
### 1007 compile-error
select cast(Freight as «decimal(50, 2)) as a from Orders
### 131 compile-error
select cast(CompanyName as «varchar(9000)) as a from Customers
### 192 compile-error
select cast(Freight as «decimal(5, 7)) as a from Orders
### 281 compile-error
select convert(varchar(10), OrderDate, «199) as a from Orders
### 448 compile-error
select City from Customers order by City collate «Latin1_General_XX_AS
### 9820 compile-error warning
select OrderDate at time zone «'Central Europe Time' as a from Orders
### 147 group-by
select CustomerID from Orders where «sum(Freight) > 100 group by CustomerID
### 4108 group-by
select OrderID from Orders where «row_number() over (order by OrderID) = 1
### 4108 group-by
select CustomerID, count(*) as n from Orders group by CustomerID, «row_number() over (order by CustomerID)
### 130 group-by
select sum(«count(*)) as n from Orders group by CustomerID
### 130 group-by
select avg((«select max(UnitPrice) from Products)) as n from Orders
### 208 unknown-table
with recent as (select OrderID from Orders) select OrderID from «recents
### 207 unknown-column
select UnitPrice * UnitsInStock as worth from Products where «worth > 100
### 207 unknown-column
select UnitPrice * 2 as twice, «twice + 1 as more from Products
### 207 unknown-column
select year(OrderDate) as y, count(*) as n from Orders group by «y
### 207 unknown-column
select CustomerID, count(*) as n from Orders group by CustomerID having «n > 3
### 1011 compile-error
select o.OrderID from Orders o join Customers «o on o.CustomerID = o.CustomerID
### 207 unknown-column
select ProductName from Products where Discontinued = «true
### 207 unknown-column
select CompanyName from Customers where City = «"Reims"
### 206 type-mismatch
select OrderID from Orders where cast(OrderDate as date) = «20260101
### 206 type-mismatch
select OrderID from Orders where cast(OrderDate as date) between «1 and 2
### 402 type-mismatch
select «CompanyName - City as a from Customers
### 8117 type-mismatch
select «sum(CompanyName) as a from Customers
### 8117 type-mismatch
select «avg(OrderDate) as a from Orders
### 8117 type-mismatch
select «max(Discontinued) as a from Products
### 245 type-mismatch warning
select OrderID from Orders where EmployeeID = «'Buchanan'
### 241 type-mismatch warning
select OrderID from Orders where OrderDate > «'yesterday'
### 245 type-mismatch warning
select OrderID from Orders where ShipVia in (1, «'two')
### 241 type-mismatch warning
select cast(«'2026-02-30' as date) as d from Shippers
### 108 unknown-column
select CompanyName, City from Customers order by «3
### 205 compile-error
select CustomerID, City from Customers union all select «CustomerID from Orders
### 116 compile-error
select OrderID from Orders where CustomerID in (select CustomerID, «City from Customers)
### 116 compile-error
select OrderID, (select CompanyName, «City from Customers c where c.CustomerID = o.CustomerID) as x from Orders o
### 145 compile-error
select distinct City from Customers order by «CompanyName
### 104 compile-error
select City from Customers union select ShipCity from Orders order by «ShipCity
### 8120 group-by
select ShipCountry, «ShipCity, sum(Freight) as f from Orders group by ShipCountry
### 8120 group-by
select «OrderID, max(Freight) as f from Orders
### 8121 group-by
select ShipCountry from Orders group by ShipCountry having «Freight > 10
### 102 sql-syntax
select OrderID from Orders where ShipVia = 1 «and
### 102 sql-syntax
select OrderID«, from Orders
### 4104 unknown-column
select o.OrderID from Orders o where «Orders.ShipVia = 1
### 4104 unknown-column
select c.CompanyName from Orders o, (select CompanyName from Customers where CustomerID = «o.CustomerID) c
### 4104 unknown-column
select o.OrderID from Orders o join Customers c on c.CustomerID = «x.CustomerID join Shippers x on x.ShipperID = o.ShipVia
### 209 ambiguous-column
select «CustomerID from Orders o join Customers c on c.CustomerID = o.CustomerID
### 10729 compile-error
select v.a from (values (1, 2), («3)) v (a, b)
### 8155 compile-error
select x.a from (select «max(Freight) from Orders) x
### 102 compile-error
select x.a from («select max(Freight) as a from Orders)
### 4112 compile-error
select OrderID, «row_number() over (partition by CustomerID) as n from Orders
### 10753 compile-error
select OrderID, «row_number() as n from Orders
### 10759 compile-error
select «count(distinct CustomerID) over (partition by ShipVia) as n from Orders
### 1023 compile-error
select datediff(«'day', OrderDate, ShippedDate) as d from Orders
### 402 type-mismatch
select OrderID from Orders where OrderID % 2.5 = «ShippedDate % 2
### 8116 type-mismatch
select «substring(OrderID, 1, 2) as a from Orders
### 529 type-mismatch
select cast(«OrderDate as uniqueidentifier) as a from Orders
### 529 type-mismatch
select cast(«5 as date) as a from Orders
### 529 type-mismatch
select cast(«EmployeeID as uniqueidentifier) as a from Orders
### 306 type-mismatch
select Notes, count(*) as n from Employees group by «Notes
### 402 type-mismatch
select EmployeeID from Employees where «Notes = N'x'
### 248 type-mismatch warning
select OrderID from Orders where ShipVia = «'99999999999'
### 244 type-mismatch warning
select ProductName from Products where UnitsInStock > «'40000'
### 245 type-mismatch warning
select case ShipVia when «'one' then 1 else 2 end as x from Orders
### 245 type-mismatch warning
select nullif(ShipVia, «'x') as a from Orders
### 206 type-mismatch
select nullif(cast(OrderDate as date), «0) as a from Orders
### 206 type-mismatch
select case cast(OrderDate as date) when «0 then 1 end as a from Orders
### 529 type-mismatch
select try_cast(cast(«OrderDate as date) as int) as a from Orders
### 529 type-mismatch
select convert(int, cast(«OrderDate as date)) as a from Orders
### 8169 type-mismatch warning
select OrderID from Orders where newid() = «'x'
### 245 type-mismatch warning
select OrderID from Orders where isnull(EmployeeID, 0) = «'none'
