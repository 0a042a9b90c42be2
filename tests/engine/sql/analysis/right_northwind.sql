### styles that SQL Server has, and those that it overlooks
select convert(varchar(10), OrderDate, 23) as a, convert(nvarchar(30), OrderDate, 126) as b, convert(char(8), OrderDate, 112) as c, convert(varchar(30), OrderDate, 22) as d, convert(varchar(20), OrderID, 999) as e, convert(datetime, '1997-01-31', 120) as f, convert(varbinary(8), CustomerID, 2) as g from Orders
### collations of all kinds
select CompanyName collate Latin1_General_100_CI_AS_SC_UTF8 as a, City collate latin1_general_bin2 as b, City collate database_default as c, City collate SQL_Latin1_General_CP1_CI_AS as d, City collate Japanese_XJIS_140_CS_AS_KS_WS_VSS as e, City collate SQL_EBCDIC277_2_CP1_CS_AS as f, City collate Indic_General_90_CI_AI as g from Customers
### time zones, in any case, and from a column
select OrderDate at time zone 'UTC' as a, OrderDate at time zone 'central european standard time' as b, OrderDate at time zone N'Central Standard Time (Mexico)' as c, OrderDate at time zone ShipCity as d from Orders
### texts that become what stands beside them
select OrderID from Orders where OrderDate = '' or Freight > '$1,000.50' or EmployeeID = ' 5 ' or OrderDate > '31 Jan 1997' or OrderDate < '1/2/1998 3:04PM' or ShipVia in ('1', '2', '')
### texts that are converted
select cast('7' as int) as a, cast('' as int) as b, try_cast('x' as int) as c, try_convert(date, 'x') as d, cast('true' as bit) as e, cast('1e3' as float) as f, convert(date, '20 November 2026') as g
### a text beside what is a text in the end
select isnull(convert(varchar(10), ShippedDate, 23), 'none') as a, coalesce(Region, 'none') as b, case when Region is null then 'none' else Region end as c, isnull(ShippedDate, '') as d, isnull(EmployeeID, '0') as e from Orders o join Customers c on c.CustomerID = o.CustomerID
### a number's text beside numbers
select coalesce(EmployeeID, '0') as a, iif(Freight > 1, Freight, '0') as b from Orders union all select 1, '2'
### a text that a query makes of a date, beside a number
select t.day from (select convert(char(8), OrderDate, 112) as day from Orders) t where t.day > 19970101
### datetime and numbers, as far as they go together
select OrderDate + 1 as a, OrderDate - ShippedDate as b, OrderDate + '01:00' as c, 2 + OrderDate as d from Orders
### substrings of what is a string
select substring(CompanyName, 1, 2) as a, substring(cast(CustomerID as varbinary(5)), 1, 2) as b, substring('abc', 2, 1) as c from Customers
### one value counted distinctly
select count(distinct CustomerID) as a, sum(distinct Freight) as b, count(all EmployeeID) as c from Orders
### passed over in an order, and all the other places of the word
select o.OrderID, row_number() over (order by o.OrderID) as offset from Orders o order by o.OrderID offset 5 rows fetch next 5 rows only
### TOP in one SELECT and OFFSET in another
select t.OrderID from (select top 5 OrderID from Orders order by OrderDate) t order by t.OrderID offset 1 rows fetch first 2 rows only
### ORDER BY where it may stand inside
select t.n, (select top 1 ProductName from Products order by UnitPrice desc) as dearest from (select top 3 ProductName as n from Products order by UnitPrice) t cross apply (select OrderID from Orders order by OrderID offset 0 rows) x
### words of dates as columns
select t.day, t.month from (select day(OrderDate) as day, month(OrderDate) as month from Orders) t where datediff(day, 0, 1) = 1 and t.day = 1
### types that the parser has not
select cast('/1/' as hierarchyid).GetLevel() as a, cast(CompanyName as sysname) as b from Customers
### names like those of clauses, in brackets
select o.[order], o.[group] from (select OrderID as [order], ShipVia as [group] from Orders) o order by o.[order]
### texts as long as their columns
select CompanyName from Customers where CustomerID = 'ALFKI' and Country = 'Fifteen letters' and City like '%longer than the column is%' and CustomerID = 'ALFKI   '
### a bit beside a text and a number
select ProductName from Products where Discontinued = 'false' or Discontinued = 0 or Discontinued in (0, 1)
### ntext where it may stand
select CategoryName, Description from Categories where Description is not null and Description like N'%sweet%' and cast(Description as nvarchar(max)) = N'x'
### joins nested in parentheses
select c.CompanyName, d.Quantity from Customers c inner join (Orders o inner join ([Order Details] d inner join Products p on p.ProductID = d.ProductID) on d.OrderID = o.OrderID) on o.CustomerID = c.CustomerID
