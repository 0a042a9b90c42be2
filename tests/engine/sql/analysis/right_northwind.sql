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
### TOP over a tie, with brackets and a percent
select top (5) with ties p.ProductName, p.UnitPrice from Products as p order by p.UnitPrice desc
### top percent
select top 10 percent OrderID, Freight from dbo.Orders order by Freight desc
### the same alias in the outer and the inner query
select o.OrderID from Orders o where exists (select 1 from Orders o where o.EmployeeID = 3)
### an inner name that is only outside, without a qualifier
select CustomerID from Customers where exists (select * from [Order Details] where Quantity > len(CompanyName))
### correlated twice deep
select c.CompanyName from Customers c where (select count(*) from Orders o where o.CustomerID = c.CustomerID and (select sum(d.Quantity) from [Order Details] d where d.OrderID = o.OrderID and c.Country = 'UK') > 10) > 2
### grouped by the parts of a date, as they are
select year(OrderDate) as y, datepart(quarter, OrderDate) as q, count(*) as n from Orders group by year(OrderDate), datepart(quarter, OrderDate) order by y, q
### ORDER BY an aggregate that is not selected
select Country from Customers group by Country order by count(*) desc, Country
### HAVING without GROUP BY
select count(*) as n from Orders having count(*) > 10
### grouped columns within an expression
select Country + '/' + City as place, max(CompanyName) as last from Customers group by Country, City
### an expression of grouped ones, in CASE
select case when grouping(Country) = 1 then 'all' else Country end as country, count(*) as n from Customers group by rollup (Country)
### grouping sets
select Country, City, grouping_id(Country, City) as level, count(*) as n from Customers group by grouping sets ((Country), (Country, City), ())
### old rollup
select Country, City, count(*) as n from Customers group by Country, City with rollup
### cube over an expression
select isnull(ShipCountry, 'none') as c, year(OrderDate) as y, sum(Freight) as f from Orders group by cube (ShipCountry, year(OrderDate))
### window over an aggregate
select CustomerID, sum(Freight) as f, rank() over (order by sum(Freight) desc) as place, sum(sum(Freight)) over () as everything from Orders group by CustomerID
### frames
select OrderID, sum(Freight) over (partition by CustomerID order by OrderDate rows between 2 preceding and current row) as a, avg(Freight) over (order by OrderID rows unbounded preceding) as b, first_value(Freight) over (partition by EmployeeID order by OrderDate range between unbounded preceding and unbounded following) as c from Orders
### lag with all it may have
select OrderID, lag(Freight, 1, 0) over (partition by CustomerID order by OrderDate) as before, lead(OrderDate) over (order by OrderDate) as after, ntile(4) over (order by Freight) as quarter from Orders
### percentiles
select distinct EmployeeID, percentile_cont(0.5) within group (order by Freight) over (partition by EmployeeID) as median from Orders
### row_number without an order that matters
select OrderID, row_number() over (order by (select null)) as n from Orders
### strings joined in an order
select CategoryID, string_agg(cast(ProductName as nvarchar(max)), N', ') within group (order by ProductName) as names from Products group by CategoryID
### the old way with FOR XML
select c.CategoryName, stuff((select ', ' + p.ProductName from Products p where p.CategoryID = c.CategoryID order by p.ProductName for xml path(''), type).value('.', 'nvarchar(max)'), 1, 2, '') as names from Categories c
### the old way without TYPE
select c.CategoryName, stuff((select ', ' + p.ProductName from Products p where p.CategoryID = c.CategoryID for xml path('')), 1, 2, '') as names from Categories c
### a join of all kinds
select e.LastName, m.LastName as manager, t.TerritoryDescription from Employees e left join Employees m on m.EmployeeID = e.ReportsTo full outer join EmployeeTerritories et on et.EmployeeID = e.EmployeeID right join Territories t on t.TerritoryID = et.TerritoryID cross join Region r where r.RegionID = t.RegionID
### ON far from its join
select o.OrderID from Orders o join [Order Details] d join Products p on p.ProductID = d.ProductID on d.OrderID = o.OrderID
### commas and joins, as far as ON may see
select c.CompanyName, o.OrderID, s.CompanyName as shipper from Customers c, Orders o left join Shippers s on s.ShipperID = o.ShipVia where o.CustomerID = c.CustomerID
### a double-quoted name with blanks as a qualifier
select "Order Details".Quantity, "Order Details"."UnitPrice" from "Order Details" where "Order Details".Discount between 0 and 0.25
### database's own spelling in another case
SELECT CUSTOMERID, companyname FROM CUSTOMERS WHERE customerid LIKE 'A%' ORDER BY COMPANYNAME
### money against text and numbers
select OrderID from Orders where Freight >= 10 and Freight < 1e3 and Freight <> '12.5' and Freight in ($5, 7.50, 8)
### ternary logic and ranges of strings
select CompanyName from Customers where not (Country = 'UK' or Region is null) and City between 'A' and 'M' and PostalCode like '[0-9][0-9]%' escape '!'
### ANY, SOME and ALL
select ProductName from Products where UnitPrice > all (select UnitPrice from Products where CategoryID = 1) or UnitPrice = any (select max(UnitPrice) from Products) or SupplierID <> some (select SupplierID from Suppliers)
### set operations with names from the first, in ORDER BY
select City as place, 'c' as kind from Customers union select City, 's' from Suppliers union all select City, 'e' from Employees order by place, kind
### INTERSECT binds more than UNION
select City from Customers except select City from Suppliers intersect select City from Employees
### parentheses round branches
(select City from Customers union select City from Suppliers) except (select City from Employees)
### NULL beside what has a type
select CompanyName, Fax from Customers union all select CompanyName, null from Shippers
### VALUES as a table
select v.code, v.label, c.CompanyName from (values (1, 'one'), (2, 'two'), (3, null)) as v (code, label) left join Shippers c on c.ShipperID = v.code
### a table constructor in APPLY
select o.OrderID, x.kind, x.at from Orders o cross apply (values ('ordered', o.OrderDate), ('required', o.RequiredDate), ('shipped', o.ShippedDate)) x (kind, at) where x.at is not null
### max over columns by VALUES
select o.OrderID, (select max(v.d) from (values (o.OrderDate), (o.RequiredDate), (o.ShippedDate)) v (d)) as latest from Orders o
### a CTE that uses another, twice
with a as (select CustomerID, count(*) as n from Orders group by CustomerID), b (id, n) as (select CustomerID, n from a where n > 3) select x.id, y.n from b x join b y on y.id = x.id
### recursion
with chain as (select EmployeeID, ReportsTo, 0 as depth, cast(LastName as nvarchar(200)) as path from Employees where ReportsTo is null union all select e.EmployeeID, e.ReportsTo, c.depth + 1, cast(c.path + N' > ' + e.LastName as nvarchar(200)) from Employees e join chain c on c.EmployeeID = e.ReportsTo) select EmployeeID, depth, path from chain order by path option (maxrecursion 50)
### numbers by recursion
with n as (select 1 as i union all select i + 1 from n where i < 31) select i, dateadd(day, i, '19970101') as d from n
### a CTE with a name of a table
with Orders as (select top 3 OrderID, Freight from dbo.Orders order by OrderID) select o.OrderID from Orders o
### PIVOT over a derived table
select p.ShipCountry, p.[1996], p.[1997] from (select ShipCountry, year(OrderDate) as y, Freight from Orders) s pivot (sum(Freight) for y in ([1996], [1997])) as p order by p.ShipCountry
### date functions of every kind
select datename(weekday, OrderDate) as a, datefromparts(year(OrderDate), 1, 1) as b, datediff_big(second, OrderDate, ShippedDate) as c, isdate('x') as d, day(eomonth(OrderDate)) as e, dateadd(hh, -1, OrderDate) as f, datepart(iso_week, OrderDate) as g, format(OrderDate, 'yyyy-MM', 'en-US') as h from Orders
### text functions of every kind
select left(CompanyName, 3) as a, right('000' + cast(len(City) as varchar(10)), 3) as b, charindex(' ', CompanyName, 2) as c, patindex('%[0-9]%', Address) as d, replicate('x', 3) as e, reverse(City) as f, space(2) as g, stuff(City, 1, 1, '') as h, translate(Phone, '()', '[]') as i, quotename(City, '(') as j, concat_ws(';', City, Region, null) as k, unicode(City) as l, nchar(64) as m, str(1.5, 5, 2) as n, soundex(City) as o, trim('. ' from City) as p from Customers
### numbers of every kind
select abs(Freight) as a, ceiling(Freight) as b, power(2, 3) as c, round(Freight, 1, 1) as d, sign(Freight) as e, sqrt(16) as f, log(10, 2) as g, pi() as h, rand() as i, checksum(OrderID) as j, square(2.0) as k, atn2(1, 2) as l, OrderID % 2 as m, OrderID & 1 as n, ~OrderID as o, -Freight as p, + OrderID as q from Orders
### CASE in both forms, nested and compared
select case ShipVia when 1 then 'a' when 2 then N'b' else null end as a, case when Freight > 10 then 1 when Freight is null then 0.5 end as b, iif(ShippedDate is null, 'open', iif(ShippedDate > RequiredDate, 'late', 'good')) as c, choose(ShipVia, 'x', 'y') as d, nullif(ShipRegion, '') as e, coalesce(ShipRegion, ShipCity, 'none') as f from Orders
### a sum over CASE
select sum(case when Discontinued = 1 then 1 else 0 end) as a, count(case when UnitsInStock = 0 then 1 end) as b, avg(cast(UnitsInStock as float)) as c, min(distinct UnitPrice) as d, var(UnitPrice) as e, stdevp(UnitPrice) as f, count_big(*) as g, checksum_agg(ProductID) as h from Products
### views of views
select i.CustomerName, i.Salesperson, i.ExtendedPrice, s.Subtotal, c.CategorySales from Invoices i join [Order Subtotals] s on s.OrderID = i.OrderID cross join [Category Sales for 1997] c where i.ExtendedPrice > 10
### a view with a star, all of it
select a.ProductID, a.ProductName, a.CategoryName, a.UnitsInStock from [Alphabetical list of products] a where a.Discontinued = 0
### paging
select OrderID from Orders order by OrderDate desc, OrderID offset (10 * 2) rows fetch next 10 rows only
### ORDER BY by number, alias, column that is not selected, and collation
select CompanyName as n, City from Customers order by 2 desc, n collate Latin1_General_BIN, Country, len(CompanyName)
### ORDER BY an alias that is a column as well
select upper(City) as City from Customers order by City
### DISTINCT ordered by what it has
select distinct Country, City as town from Customers order by Country, town desc
### hints of queries and tables
select o.OrderID from Orders o with (index = 0) inner hash join [Order Details] d with (forceseek) on d.OrderID = o.OrderID option (recompile, maxdop 1, hash join, optimize for unknown)
### JSON of a part
select o.OrderID, (select d.ProductID, d.Quantity from [Order Details] d where d.OrderID = o.OrderID for json path) as lines from Orders o
### openjson of a text
select j.[key], j.[value], j.[type] from openjson('{"a":1}') j
### openjson with columns
select o.OrderID, j.a, j.b from Orders o cross apply openjson(o.ShipName, '$.x') with (a int '$.a', b nvarchar(20) '$.b.c', c nvarchar(max) as json) j
### string_split with a join
select p.ProductName, s.value from Products p cross apply string_split(p.QuantityPerUnit, ' ') s where s.value <> ''
### assignment aliases and words as aliases
select name = CompanyName, [from] = City, 'phone number' = Phone, "fax" = Fax from Customers
### comments in every place
select /* a /* nested */ comment */ OrderID -- the id
, Freight /* ? */ from Orders -- end
where OrderID = 1 /* no more */
### signs next to each other
select OrderID from Orders where Freight!=1 and Freight<>-1 and not Freight!>1 and Freight!<0 and OrderID=+1
### the column that is an alias in GROUP BY of a derived table
select t.y, count(*) as n from (select year(OrderDate) as y from Orders) as t group by t.y order by n desc, t.y
### TOP in UNION branches within derived tables
select * from (select top 1 ProductName, UnitPrice from Products order by UnitPrice) a union all select * from (select top 1 ProductName, UnitPrice from Products order by UnitPrice desc) b
### unicode in names and strings
select CompanyName as [Größe], N'Ünï' as ü, City as naïve from Customers where City = N'München' or City = N'''s-Gravenhage'
### hash and at in names
select OrderID as a#, Freight as b$c, ShipCity as d@e from Orders
### a semicolon at both ends
;with o as (select OrderID from Orders) select OrderID from o;
### GROUP BY what is selected in another form of case
select COUNTRY, count(*) as n from Customers c group by c.country having max(c.COMPANYNAME) > 'A' order by Country
### grouped expression with spaces and brackets of other kinds
select year([OrderDate])*100+month("OrderDate") as ym, sum(Freight) as f from Orders group by YEAR(OrderDate) * 100 + MONTH(OrderDate) order by year(OrderDate) * 100 + month(OrderDate)
### a constant and a variable beside a group
select 'x' as kind, Country, getdate() as now, 1 + 1 as two from Customers group by Country
### functions of grouped columns
select upper(Country) as u, len(City) as l, case when Country = 'UK' then City else Country end as c from Customers group by Country, City
### function of grouped function
select isnull(year(OrderDate), 0) as y from Orders group by year(OrderDate)
### outer reference in an aggregate of a subquery
select c.CompanyName, (select sum(o.Freight) from Orders o where o.CustomerID = c.CustomerID and o.ShipCountry = c.Country) as f from Customers c group by c.CompanyName, c.CustomerID, c.Country
### aggregates in ORDER BY of windows over groups
select ShipCountry, row_number() over (order by count(*) desc, ShipCountry) as n from Orders group by ShipCountry
### aggregate over a subquery's column via APPLY
select sum(x.n) as total from Orders o cross apply (select count(*) as n from [Order Details] d where d.OrderID = o.OrderID) x
### exists with aggregates
select c.CustomerID from Customers c where exists (select 1 from Orders o where o.CustomerID = c.CustomerID having count(*) > 3)
### exists grouped
select c.CustomerID from Customers c where exists (select o.CustomerID from Orders o where o.CustomerID = c.CustomerID group by o.CustomerID having sum(o.Freight) > 100)
### IN with a grouped subquery
select OrderID from Orders where CustomerID in (select CustomerID from Orders group by CustomerID having count(*) > 5) and EmployeeID not in (1, 2)
### derived with column list
select t.a, t.b from (select OrderID, Freight from Orders) as t (a, b) where t.a > 1
### CASE with mixed numbers and dates to text
select case when 1 = 1 then convert(varchar(10), OrderDate, 120) else cast(OrderID as varchar(10)) end as t from Orders
### int beside bit and text of numbers
select case when Discontinued = 1 then 1 else UnitsInStock end as a, Discontinued + 0 as b, Discontinued | 1 as c, cast(Discontinued as int) * 2 as d from Products
### dates compared with ints
select OrderID from Orders where OrderDate > 0 and cast(OrderDate as int) > 35000 and cast(OrderDate as float) > 1.5 and OrderDate = 36000.5
### text to ntext and back
select substring(Notes, 1, 100) as a, cast(Notes as nvarchar(max)) as b, datalength(Notes) as c, patindex('%a%', Notes) as d from Employees where Notes like '%BA%'
### collate in joins, order and concatenation
select a.City + b.City collate Latin1_General_CI_AS as x from Customers a join Suppliers b on a.City collate Latin1_General_CI_AS = b.City order by a.City collate Latin1_General_CI_AS
### IS NOT NULL of an expression
select OrderID from Orders where (ShipRegion + ShipCity) is not null and isnull(ShipRegion, '') = '' and (case when Freight > 1 then 1 end) is null
### NOT IN, NOT LIKE, NOT BETWEEN, NOT EXISTS
select OrderID from Orders where ShipCity not in ('a', 'b') and ShipName not like 'x[_]%' and Freight not between 1 and 2 and not exists (select 1 from Shippers)
### nulls everywhere
select null as a, cast(null as int) as b, isnull(null, 1) as c, coalesce(null, Freight) as d, nullif(1, 1) as e from Orders where null is null
### joins with USING words in names
select o.OrderID as [join], o.Freight as [select], o.ShipVia as value, o.ShipCity as date, o.ShipName as time, o.EmployeeID as status, o.CustomerID as type, 1 as level, 2 as rank, 3 as count, 4 as row_number, 5 as [user], 6 as language, 7 as year, 8 as name, 9 as text, 10 as first, 11 as last from Orders o
### select of words without AS
select o.OrderID id, o.Freight cost, o.ShipVia via, o.ShipCity location, o.ShipName target, o.EmployeeID source, o.CustomerID state from Orders o
### aliases that are words, in FROM
select value.OrderID, data.CompanyName from Orders value join Customers data on data.CustomerID = value.CustomerID
### alias that is a table's name of another
select Customers.OrderID from Orders as Customers
### correlated in ON
select c.CompanyName, o.OrderID from Customers c left join Orders o on o.CustomerID = c.CustomerID and o.OrderDate = (select max(x.OrderDate) from Orders x where x.CustomerID = c.CustomerID)
### cross join of derived aggregates
select a.n, b.m from (select count(*) n from Orders) a, (select count(*) m from Customers) b
### datediff of everything
select datediff(minute, OrderDate, coalesce(ShippedDate, getdate())) as a, datediff(week, '19970101', OrderDate) as b, datediff(dw, 0, OrderDate) % 7 as c, datepart(tzoffset, sysdatetimeoffset()) as d, datename(month, '1997-02-03') as e, dateadd(qq, 1, '1997-01-01') as f, dateadd(day, -1.5, OrderDate) as g from Orders
### binary and hex
select cast(OrderID as varbinary(4)) as a, 0x1F as b, cast(0x41 as char(1)) as c, convert(varbinary(8), '0x41', 1) as d, CustomerID + 0x as e from Orders where OrderID = 0x2801
