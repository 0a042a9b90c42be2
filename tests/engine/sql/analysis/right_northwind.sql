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
### depth counted
with t as (select EmployeeID, 0 as depth from Employees where ReportsTo is null union all select e.EmployeeID, t.depth + 1 from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, depth from t
### a path of nvarchar(max)
with t as (select EmployeeID, cast(LastName as nvarchar(max)) as path from Employees where ReportsTo is null union all select e.EmployeeID, t.path + N'/' + e.LastName from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, path from t
### a path cast on both sides
with t as (select EmployeeID, cast(LastName as nvarchar(400)) as path from Employees where ReportsTo is null union all select e.EmployeeID, cast(t.path + N'/' + e.LastName as nvarchar(400)) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, path from t
### days
with d as (select cast('2026-01-01' as date) as d union all select dateadd(day, 1, d.d) from d where d.d < '2026-02-01') select d from d option (maxrecursion 100)
### numbers without a table
with n(i) as (select 1 union all select i + 1 from n where i < 100) select i from n
### two anchors, by UNION
with t as (select EmployeeID from Employees where ReportsTo is null union select EmployeeID from Employees where City = 'London' union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo) select distinct EmployeeID from t
### two recursive members
with t as (select EmployeeID, ReportsTo from Employees where EmployeeID = 5 union all select e.EmployeeID, e.ReportsTo from Employees e join t on t.EmployeeID = e.ReportsTo union all select e.EmployeeID, e.ReportsTo from Employees e join t on t.ReportsTo = e.EmployeeID and e.EmployeeID > 9) select EmployeeID from t
### a window in the recursive part
with t as (select EmployeeID, cast(1 as bigint) as n from Employees where ReportsTo is null union all select e.EmployeeID, row_number() over (order by e.EmployeeID) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, n from t
### the reference in a derived table
with t as (select EmployeeID from Employees where ReportsTo is null union all select x.EmployeeID from (select e.EmployeeID, row_number() over (order by e.EmployeeID) as rn from Employees e join t on t.EmployeeID = e.ReportsTo) x where x.rn = 1) select EmployeeID from t
### a subquery of another table
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo where not exists (select 1 from Orders o where o.EmployeeID = e.EmployeeID)) select EmployeeID from t
### aggregates, DISTINCT and TOP in the anchor
with t as (select top 1 max(EmployeeID) as id from Employees group by City union all select e.ReportsTo from Employees e join t on t.id = e.EmployeeID where e.ReportsTo is not null) select id from t
### cross apply in the recursive part
with t as (select EmployeeID from Employees where ReportsTo is null union all select x.EmployeeID from t cross apply (select e.EmployeeID from Employees e where e.ReportsTo = t.EmployeeID) x) select EmployeeID from t
### outer join and aggregates behind it
with t as (select EmployeeID, ReportsTo from Employees where ReportsTo is null union all select e.EmployeeID, e.ReportsTo from Employees e join t on t.EmployeeID = e.ReportsTo) select t.EmployeeID, count(o.OrderID) as orders from t left join Orders o on o.EmployeeID = t.EmployeeID left join t boss on boss.EmployeeID = t.ReportsTo group by t.EmployeeID
### names listed behind the name
with t (id, boss, depth) as (select EmployeeID, ReportsTo, 0 from Employees where ReportsTo is null union all select e.EmployeeID, e.ReportsTo, depth + 1 from Employees e join t on t.id = e.ReportsTo) select id, boss, depth from t order by depth
### a table of the ledger that is called like it
with Orders as (select OrderID from dbo.Orders where ShipVia = 1) select OrderID from Orders
### a table of the ledger with its schema is no reference
with Orders as (select OrderID from dbo.Orders where ShipVia = 1 union select OrderID from dbo.Orders where ShipVia = 2) select OrderID from Orders
### a later one over an earlier one
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo), u as (select distinct top 5 t.EmployeeID from t left join Orders o on o.EmployeeID = t.EmployeeID group by t.EmployeeID) select EmployeeID from u
### an anchor from an earlier one
with top1 as (select EmployeeID from Employees where ReportsTo is null), t as (select EmployeeID from top1 union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### NULL in the anchor beside an int
with t as (select EmployeeID, null as boss from Employees where ReportsTo is null union all select e.EmployeeID, e.ReportsTo from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, boss from t
### a case and a function of the recursive column
with t as (select EmployeeID, 0 as depth, cast('' as varchar(100)) as dots from Employees where ReportsTo is null union all select e.EmployeeID, case when t.depth > 5 then 5 else t.depth + 1 end, cast(replicate('.', t.depth) as varchar(100)) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, depth, dots from t
### dates of a column and what is added to them
with t as (select OrderID, OrderDate as day from Orders where OrderID = 10248 union all select t.OrderID, dateadd(day, 1, t.day) from t where t.day < '1996-08-01') select OrderID, day from t
### an alias used in ORDER BY
select UnitPrice * UnitsInStock as worth from Products order by worth desc
### an alias of the same name as a column used in WHERE
select UnitPrice * 2 as UnitPrice from Products where UnitPrice > 10
### WHERE behind CROSS APPLY (VALUES) with the alias
select p.ProductName, v.worth from Products p cross apply (values (p.UnitPrice * p.UnitsInStock)) v (worth) where v.worth > 100
### ORDER BY position
select CompanyName, City from Customers order by 2, 1 desc
### ORDER BY with an expression of what is not selected
select CompanyName from Customers order by len(City), City + Country
### ORDER BY of a union's first names
select City as place from Customers union select ShipCity from Orders order by place
### ORDER BY a position of a union
select City from Customers union all select ShipCity from Orders order by 1
### DISTINCT ordered by its expression
select distinct upper(City) as u from Customers order by upper(City)
### TOP without ORDER BY in a subquery
select OrderID, (select top 1 CompanyName from Customers c where c.CustomerID = o.CustomerID) as n from Orders o
### TOP 100 PERCENT with ORDER BY in a derived table
select t.OrderID from (select top 100 percent OrderID from Orders order by OrderDate) t
### ORDER BY with FOR XML in a subquery
select c.CustomerID, stuff((select ',' + cast(o.OrderID as varchar(10)) from Orders o where o.CustomerID = c.CustomerID order by o.OrderID for xml path('')), 1, 1, '') as ids from Customers c
### OFFSET with an expression
select OrderID from Orders order by OrderID offset 2 * 5 rows fetch next (1 + 1) rows only
### a bit beside numbers and texts
select ProductName from Products where Discontinued = 1 and Discontinued <> '0' and Discontinued = 'TRUE'
### nvarchar column joined with int: converted at run time
select o.OrderID from Orders o join Customers c on c.PostalCode = o.EmployeeID
### int column beside a text that is a number, with blanks
select OrderID from Orders where EmployeeID = ' 7 ' and ShipVia = '-1' and OrderID <> '+3'
### int column beside an argument
select OrderID from Orders where EmployeeID = ? and OrderDate > ?
### datetime beside a number and a text
select OrderID from Orders where OrderDate > 35000 and ShippedDate < '19980101' and RequiredDate = '1998-01-01T00:00:00'
### datetime plus a number and minus a datetime
select OrderDate + 7 as due, ShippedDate - OrderDate as took, OrderDate - 1.5 as before from Orders
### money beside a decimal, a real, an int and a text
select OrderID from Orders where Freight > 10 and Freight < 10.5 and Freight <> 1e3 and Freight = '12.5'
### text plus a number's text
select CompanyName + N' ' + cast(len(City) as nvarchar(5)) as a from Customers
### CONCAT of everything
select concat(OrderID, ' ', OrderDate, null, Freight) as a from Orders
### CASE of int and decimal, int and datetime
select case when ShipVia = 1 then 1 else 2.5 end as a, case when ShipVia = 1 then OrderDate else 0 end as b from Orders
### COALESCE of nchar and nvarchar, money and int
select coalesce(CustomerID, ShipName, N'') as a, coalesce(Freight, 0) as b, isnull(Freight, 0.0) as c from Orders
### NULL in every place
select null as a, nullif(ShipVia, 1) as b, case when 1 = 1 then null else ShipVia end as c, isnull(null, ShipVia) as d from Orders
### aggregates of outer columns in HAVING's subquery
select o.CustomerID from Orders o group by o.CustomerID having exists (select 1 from Customers c where c.CustomerID = o.CustomerID and count(o.OrderID) > 1)
### windows of aggregates
select CustomerID, sum(Freight) as f, sum(sum(Freight)) over () as total, rank() over (order by sum(Freight) desc) as r from Orders group by CustomerID
### a window in ORDER BY
select OrderID from Orders order by row_number() over (partition by CustomerID order by OrderDate)
### GROUP BY an expression and its parts
select year(OrderDate) as y, year(OrderDate) + 1 as z, count(*) as n from Orders group by year(OrderDate)
### GROUP BY a CASE again in SELECT
select case when Freight > 10 then 'a' else 'b' end as k, count(*) as n from Orders group by case when Freight > 10 then 'a' else 'b' end
### HAVING without GROUP BY
select count(*) as n from Orders having count(*) > 1
### HAVING of what is grouped
select ShipCountry from Orders group by ShipCountry having ShipCountry like 'A%' and max(Freight) > 3
### GROUP BY ROLLUP, CUBE and GROUPING SETS
select ShipCountry, ShipCity, grouping(ShipCity) as g, sum(Freight) as f from Orders group by rollup (ShipCountry, ShipCity)
### constants and arguments beside groups
select 'x' as a, 1 as b, ShipCountry, getdate() as now, count(*) as n from Orders group by ShipCountry
### COUNT_BIG, STDEV, VAR, CHECKSUM_AGG
select count_big(*) as a, stdev(Freight) as b, var(Freight) as c, checksum_agg(ShipVia) as d from Orders
### STRING_AGG with its order
select string_agg(cast(CompanyName as nvarchar(max)), N', ') within group (order by CompanyName) as a from Customers
### names in any case and in brackets
select O.ORDERID, [o].[shipcity] from ORDERS as O where o.ShipVia = 1
### an outer table's column in a subquery without a qualifier
select CompanyName from Customers where exists (select 1 from "Order Details" where City = 'Berlin')
### a schema behind the database's name
select o.OrderID from dbo.Orders o where exists (select * from dbo.Orders where dbo.Orders.OrderID = o.OrderID)
### a self join with two aliases
select e.LastName, m.LastName as boss from Employees e left join Employees m on m.EmployeeID = e.ReportsTo
### a column and an alias called alike in ORDER BY
select o.CustomerID, c.CompanyName as CustomerName from Orders o join Customers c on c.CustomerID = o.CustomerID order by o.CustomerID, CustomerName
### joins in parentheses
select c.CompanyName from Customers c left join (Orders o join Employees e on e.EmployeeID = o.EmployeeID) on o.CustomerID = c.CustomerID
### PIVOT
select p.[1], p.[2] from (select ShipVia, Freight from Orders) o pivot (sum(Freight) for ShipVia in ([1], [2])) p
### dates by all their parts
select datepart(weekday, OrderDate) as a, datepart(iso_week, OrderDate) as b, datename(dw, OrderDate) as c, dateadd(qq, 1, OrderDate) as d, datediff(yy, OrderDate, ShippedDate) as e from Orders
### optional arguments
select round(Freight, 1) as a, round(Freight, 1, 1) as b, isnull(ShipRegion, '') as c, charindex('a', ShipCity) as d, charindex('a', ShipCity, 2) as e, str(Freight) as f, str(Freight, 10, 2) as g, log(2) as h, log(8, 2) as i from Orders
### FORMAT, CHOOSE, IIF, EOMONTH, TRY_
select format(OrderDate, 'd') as a, choose(ShipVia, 'a', 'b', 'c') as b, iif(Freight > 1, 1, 0) as c, eomonth(OrderDate) as d, eomonth(OrderDate, 1) as e, try_cast(ShipPostalCode as int) as f from Orders
### types with their limits
select cast(Freight as decimal(38, 38)) as a, cast(ShipCity as varchar(8000)) as b, cast(ShipCity as nvarchar(4000)) as c, cast(OrderDate as datetime2(7)) as d, cast(Freight as float(53)) as e, cast(ShipCity as nvarchar(max)) as f from Orders
### LIKE of numbers and dates
select OrderID from Orders where OrderID like '10%' and OrderDate like '%1997%'
### a SELECT without FROM in a derived table
select x.a, y.b from (select 1 as a) x cross join (select 2 as b union all select 3) y
### IN with a union
select CompanyName from Customers where CustomerID in (select CustomerID from Orders union select N'ALFKI')
### ALL and ANY
select ProductName from Products where UnitPrice >= all (select UnitPrice from Products where UnitPrice is not null) or UnitPrice = any (select UnitPrice from "Order Details")
### EXISTS with two columns
select CompanyName from Customers c where exists (select OrderID, ShipCity from Orders o where o.CustomerID = c.CustomerID)
### CASTs that SQL Server allows
select cast(OrderDate as float) as a, cast(5 as datetime) as b, cast(Freight as varbinary(8)) as c, cast(CustomerID as varbinary(10)) as d, cast(OrderDate as int) as e, cast(1 as bit) as f from Orders
### ntext in ISNULL, SUBSTRING, LIKE
select substring(Notes, 1, 10) as a, datalength(Notes) as b, isnull(Notes, N'') as c from Employees where Notes like N'%a%' and patindex('%b%', Notes) > 0
### a table hint and an option
select o.OrderID from Orders o with (nolock) join Customers c with (nolock, index (1)) on c.CustomerID = o.CustomerID option (recompile)
### texts of numbers in the range of int
select OrderID from Orders where ShipVia = '2147483647' or ShipVia = '-2147483648' or ShipVia = '- 5' or ShipVia = '' or ShipVia = ' '
### texts of numbers in the range of smallint
select ProductName from Products where UnitsInStock = '32767' and UnitsInStock <> '+1'
### CASE of a value and NULLIF, beside texts that are numbers
select case ShipVia when '1' then 'a' when '2' then 'b' else 'c' end as x, nullif(ShipVia, '3') as y, nullif(ShipCity, '') as z, nullif(Freight, 0) as w from Orders
### CASE of a value, beside what it converts to
select case ShipCity when 'London' then 1 else 0 end as x, case OrderDate when '19970101' then 1 end as y, case year(OrderDate) when 1997 then 1 end as w from Orders
### numbers as texts, and texts as numbers
select OrderID from Orders where cast(OrderID as nvarchar(10)) = '10248' and OrderID + 1 = '10249'
### conversions over a type that goes with both
select try_cast('x' as int) as a, cast(cast(OrderDate as datetime) as int) as b, cast(Freight as int) as c, try_convert(uniqueidentifier, ShipCity) as d, cast(cast(5 as datetime) as date) as e, convert(time, OrderDate) as f, cast(cast(OrderDate as date) as datetime) as g from Orders
### conversions of guids, times and binary strings
select convert(varbinary(16), newid()) as a, cast(newid() as nvarchar(36)) as b, cast(cast(OrderDate as time) as datetime) as c, cast(null as date) as d, cast('x' as varbinary(3)) as e from Orders
### recursion as people write it, 2
WITH DirectReports(Name, Title, EmployeeID, EmployeeLevel, Sort) AS (SELECT CONVERT(VARCHAR(255), e.FirstName + ' ' + e.LastName), e.Title, e.EmployeeID, 1, CONVERT(VARCHAR(255), e.FirstName + ' ' + e.LastName) FROM dbo.Employees AS e WHERE e.ReportsTo IS NULL UNION ALL SELECT CONVERT(VARCHAR(255), REPLICATE ('|    ' , EmployeeLevel) + e.FirstName + ' ' + e.LastName), e.Title, e.EmployeeID, EmployeeLevel + 1, CONVERT (VARCHAR(255), RTRIM(Sort) + '|    ' + FirstName + ' ' + LastName) FROM dbo.Employees AS e JOIN DirectReports AS d ON e.ReportsTo = d.EmployeeID) SELECT EmployeeID, Name, Title, EmployeeLevel FROM DirectReports ORDER BY Sort
### recursion as people write it, 3
with split as (select cast(left('a,b', charindex(',', 'a,b' + ',') - 1) as nvarchar(100)) as item, stuff(cast('a,b' as nvarchar(max)), 1, charindex(',', 'a,b' + ','), '') as rest union all select cast(left(rest, charindex(',', rest + ',') - 1) as nvarchar(100)), stuff(rest, 1, charindex(',', rest + ','), '') from split where rest > '') select item from split
### recursion as people write it, 4
with months as (select cast('2026-01-01' as datetime) as m union all select dateadd(month, 1, m) from months where m < '2026-12-01') select m.m, count(o.OrderID) as n from months m left join Orders o on o.OrderDate >= m.m and o.OrderDate < dateadd(month, 1, m.m) group by m.m
### recursion as people write it, 5
with months as (select dateadd(month, datediff(month, 0, getdate()), 0) as m union all select dateadd(month, -1, m) from months where m > '2026-01-01') select m from months
### recursion as people write it, 6
with fib as (select 0 as a, 1 as b union all select b, a + b from fib where b < 1000) select a from fib
### recursion as people write it, 7
with fact as (select 1 as n, cast(1 as bigint) as f union all select n + 1, f * (n + 1) from fact where n < 15) select n, f from fact
### recursion as people write it, 8
with x as (select N'a' as c union all select N'b' from x where 1 = 0) select c from x
### recursion as people write it, 9
with e as (select EmployeeID, ReportsTo, LastName, cast(LastName as nvarchar(4000)) as path from Employees where ReportsTo is null union all select c.EmployeeID, c.ReportsTo, c.LastName, cast(e.path + N' > ' + c.LastName as nvarchar(4000)) from Employees c inner join e on c.ReportsTo = e.EmployeeID) select path from e
### recursion as people write it, 10
with e as (select EmployeeID, ReportsTo, 1 as lvl from Employees union all select e.EmployeeID, m.ReportsTo, e.lvl + 1 from e inner join Employees m on e.ReportsTo = m.EmployeeID where m.ReportsTo is not null) select EmployeeID, max(lvl) as depth from e group by EmployeeID
### recursion as people write it, 11
with r as (select *, 0 as lvl from Employees where ReportsTo is null union all select e.*, r.lvl + 1 from Employees e join r on r.EmployeeID = e.ReportsTo) select EmployeeID, lvl from r
### recursion as people write it, 12
with r as (select EmployeeID, row_number() over (order by LastName) as rn, cast(row_number() over (order by LastName) as varchar(max)) as s from Employees where ReportsTo is null union all select e.EmployeeID, row_number() over (order by e.LastName), r.s + '.' + cast(row_number() over (order by e.LastName) as varchar(max)) from Employees e join r on r.EmployeeID = e.ReportsTo) select EmployeeID, s from r order by s
### recursion as people write it, 13
with r as (select OrderID, Freight, Freight as total from Orders where OrderID = 10248 union all select o.OrderID, o.Freight, r.total + o.Freight from Orders o join r on o.OrderID = r.OrderID + 1) select OrderID, total from r
### recursion as people write it, 14
with r as (select OrderID, cast(Freight as decimal(18,2)) as total from Orders where OrderID = 10248 union all select o.OrderID, cast(r.total + o.Freight as decimal(18,2)) from Orders o join r on o.OrderID = r.OrderID + 1) select OrderID, total from r
### recursion as people write it, 15
with r as (select OrderID, isnull(Freight, 0) as f, coalesce(ShipVia, 0) as s from Orders where OrderID = 10248 union all select o.OrderID, isnull(o.Freight, 0), coalesce(o.ShipVia, 0) from Orders o join r on o.OrderID = r.OrderID + 1) select OrderID, f from r
### recursion as people write it, 16
with r as (select CustomerID, ShipCity, left(ShipCity, 5) as l from Orders where OrderID = 10248 union all select o.CustomerID, o.ShipCity, left(o.ShipCity, 5) from Orders o join r on o.CustomerID = r.CustomerID) select CustomerID, l from r
### recursion as people write it, 17
with n as (select 1 as v union all select v + 1 from n where v < 3), d as (select cast('19960701' as date) as d union all select dateadd(d, 1, d.d) from d where d.d < '19960801') select n.v, d.d from n cross join d option (maxrecursion 0)
### recursion as people write it, 18
with Numbers as (select n = 1 union all select n + 1 from Numbers where n <= 9) select n from Numbers
### recursion as people write it, 19
with t as (select EmployeeID, cast(null as int) as boss, cast('' as varchar(8000)) as p from Employees where ReportsTo is null union all select e.EmployeeID, t.EmployeeID, t.p + '/' + cast(e.EmployeeID as varchar(10)) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, boss, p from t
### recursion as people write it, 20
with t as (select EmployeeID, ReportsTo, 0 as d from Employees where EmployeeID = ? union all select e.EmployeeID, e.ReportsTo, t.d - 1 from Employees e, t where e.EmployeeID = t.ReportsTo and t.d > -10) select top (1) EmployeeID from t order by d
### recursion as people write it, 21
with t as (select EmployeeID, -1 as d, 'x' as k from Employees where ReportsTo is null union all select e.EmployeeID, case when t.d < 0 then 1 else 0 end, 'y' from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, k from t
### recursion as people write it, 22
with t as (select EmployeeID, cast(0 as bit) as leaf from Employees where ReportsTo is null union all select e.EmployeeID, cast(1 as bit) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, leaf from t
### recursion as people write it, 23
with t as (select EmployeeID, 0 as n from Employees where ReportsTo is null union all select e.EmployeeID, (select count(*) from Orders o where o.EmployeeID = e.EmployeeID) from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID, n from t
### recursion as people write it, 24
with t as (select EmployeeID from Employees where ReportsTo is null union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo where e.City in (select City from Customers where Country in (select Country from Suppliers))) select EmployeeID from t
### recursion as people write it, 25
with t as (select EmployeeID from Employees where ReportsTo is null union all (select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo)) select EmployeeID from t
### recursion as people write it, 26
with t as ((select EmployeeID from Employees where ReportsTo is null) union all select e.EmployeeID from Employees e join t on t.EmployeeID = e.ReportsTo) select EmployeeID from t
### recursion as people write it, 27
with t as (select EmployeeID from Employees where ReportsTo is null union all select x.EmployeeID from t outer apply (select e.EmployeeID from Employees e where e.ReportsTo = t.EmployeeID) x where x.EmployeeID is not null) select EmployeeID from t
