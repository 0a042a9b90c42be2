### computed columns of functions
select c.AccountNumber, h.SalesOrderNumber, h.TotalDue, d.LineTotal from Sales.Customer c join Sales.SalesOrderHeader h on h.CustomerID = c.CustomerID join Sales.SalesOrderDetail d on d.SalesOrderID = h.SalesOrderID where h.TotalDue > 100 and h.SalesOrderNumber like N'SO4%'
### alias types
select p.FirstName + N' ' + isnull(p.MiddleName + N' ', N'') + p.LastName as name, pr.MakeFlag from Person.Person p cross join Production.Product pr where pr.MakeFlag = 1 and pr.Color is not null
### hierarchy
select e.OrganizationNode.ToString() as path, e.OrganizationLevel, m.JobTitle as boss from HumanResources.Employee e left join HumanResources.Employee m on m.OrganizationNode = e.OrganizationNode.GetAncestor(1) where e.OrganizationNode.IsDescendantOf('/1/') = 1 order by e.OrganizationNode
### xml value, exist and query
select p.BusinessEntityID, p.Demographics.value('(/a/b)[1]', 'decimal(9, 2)') as b, p.Demographics.query('/a') as q from Person.Person p where p.Demographics.exist('/a[b > 3]') = 1
### nodes of nodes
select jc.JobCandidateID, n.r.value('(Name)[1]', 'nvarchar(50)') as name, o.r.value('.', 'int') as year from HumanResources.JobCandidate jc cross apply jc.Resume.nodes('/Resume/Job') as n(r) outer apply n.r.nodes('./Year') as o(r)
### functions with rows and without
select p.ProductID, dbo.ufnGetStock(p.ProductID) as stock, dbo.ufnLeadingZeros(p.ProductID) + N'-' + p.Name as label from Production.Product p where p.SellEndDate is null or p.SellEndDate < dbo.ufnGetAccountingEndDate()
### a table function applied
select e.JobTitle, i.FirstName, i.BusinessEntityType from HumanResources.Employee e cross apply dbo.ufnGetContactInformation(e.BusinessEntityID) i
### the same function in FROM
select i.FirstName from dbo.ufnGetContactInformation(5) as i
### a view of PIVOT
select v.FullName, v.[2002], v.[2003], isnull(v.[2003], 0) - isnull(v.[2002], 0) as growth from Sales.vSalesPersonSalesByFiscalYears v
### an indexed view
select v.Name, v.ProductModel from Production.vProductAndModel v with (noexpand)
### a bill of materials
with parts (ProductAssemblyID, ComponentID, qty, level) as (select b.ProductAssemblyID, b.ComponentID, b.PerAssemblyQty, 0 from Production.BillOfMaterials b where b.EndDate is null union all select b.ProductAssemblyID, b.ComponentID, b.PerAssemblyQty, p.level + 1 from Production.BillOfMaterials b inner join parts p on b.ProductAssemblyID = p.ComponentID and b.EndDate is null) select p.ComponentID, sum(p.qty) as qty from parts p group by p.ComponentID, p.level order by p.level, p.ComponentID
### weights with other scales
select Name, Weight * 2.20462 as pounds, cast(Weight as decimal(8, 1)) as w, ListPrice - StandardCost as margin, (ListPrice - StandardCost) / nullif(ListPrice, 0) as share from Production.Product where ListPrice between 1 and 1000 or Weight > '2.5'
### padded letters
select case p.ProductLine when 'R' then 'Road' when N'M' then 'Mountain' else 'other' end as line from Production.Product p where p.ProductLine in ('R', 'M') or upper(p.ProductLine) = N'T'
### uniqueidentifiers as text
select BusinessEntityID from Person.Person where rowguid = '92C4279F-1207-48A3-8448-4636514EB7E2' or rowguid <> newid() or convert(nvarchar(36), rowguid) like '9%'
### the group with the reserved name
select t.[Group], t.Name, sum(s.SalesYTD) over (partition by t.[Group]) as ytd from Sales.SalesTerritory t join Sales.SalesPerson s on s.TerritoryID = t.TerritoryID
### sums above sums
select x.TerritoryID, avg(x.total) as mean from (select sp.TerritoryID, h.SalesPersonID, sum(h.TotalDue) as total from Sales.SalesOrderHeader h join Sales.SalesPerson sp on sp.BusinessEntityID = h.SalesPersonID group by sp.TerritoryID, h.SalesPersonID) x group by x.TerritoryID
### a status in words by a tiny table
select h.SalesOrderID, s.word from Sales.SalesOrderHeader h join (select 1 as code, 'open' as word union all select 5, 'shipped') s on s.code = h.Status
### the product's document as bytes
select d.Title, d.Document, datalength(d.Document) as size, hashbytes('SHA2_256', d.Document) as digest, d.DocumentLevel from Production.Document d
### an order and OFFSET in APPLY
select h.SalesOrderID, l.ProductID from Sales.SalesOrderHeader h cross apply (select d.ProductID from Sales.SalesOrderDetail d where d.SalesOrderID = h.SalesOrderID order by d.LineTotal desc offset 1 row fetch first 1 row only) l
### tinyint, smallint and int together
select h.Status + d.OrderQty * 2 as a, h.Status / 2 as b, d.OrderQty % 3 as c, d.OrderQty ^ 1 as x from Sales.SalesOrderHeader h join Sales.SalesOrderDetail d on h.SalesOrderID = d.SalesOrderID where h.Status = '5' and d.OrderQty > 1.5
### iif with null
select iif(p.Color is null, null, p.ListPrice) as a, iif(1 = 0, 'a', N'b') as b from Production.Product p
### nested CTE names shadow tables
with Product as (select ProductID, Name from Production.Product) select p.Name, q.Name as n2 from Product p join Production.Product q on q.ProductID = p.ProductID
### without schema, from the view of the default schema
select d.DatabaseUser, d.PostTime, d.[Schema] as s, d.TSQL from DatabaseLog d
### three parts in ORDER BY
select Production.Product.Name from Production.Product order by Production.Product.Name, Product.ListPrice
### xml cast to text
select cast(p.Demographics as nvarchar(max)) as x, convert(nvarchar(100), d.XmlEvent) as y from Person.Person p, dbo.DatabaseLog d where p.Demographics is not null
### string_agg over a group with a schema's function
select string_agg(dbo.ufnLeadingZeros(p.ProductID), ',') as ids, p.ProductLine from Production.Product p group by p.ProductLine
### case over xml value
select case p.Demographics.value('(/a)[1]', 'int') when 1 then 'one' end as x from Person.Person p where p.AdditionalContactInfo.value('(/b)[1]', 'nvarchar(9)') in ('a', 'b')
### hierarchyid compare
select e.JobTitle from HumanResources.Employee e where e.OrganizationNode > '/1/' and e.OrganizationNode is not null and e.OrganizationNode = cast('/1/2/' as hierarchyid)
### compressed join words
select a.Name from(Sales.Store a)inner join(Sales.SalesPerson b left join Sales.SalesTerritory c on(c.TerritoryID=b.TerritoryID))on(a.BusinessEntityID=b.BusinessEntityID)where(c.[Group]='x')and(not(b.SalesQuota is null))
### a quantity cast to its type
with parts as (select b.ComponentID, b.PerAssemblyQty as qty, cast(b.BOMLevel as int) as depth from Production.BillOfMaterials b where b.ProductAssemblyID is null union all select b.ComponentID, cast(b.PerAssemblyQty * p.qty as decimal(8, 2)), p.depth + 1 from Production.BillOfMaterials b join parts p on p.ComponentID = b.ProductAssemblyID) select ComponentID, sum(qty) as qty, max(depth) as depth from parts group by ComponentID
### money stays money
with p as (select ProductID, ListPrice as price, 0 as n from Production.Product where ProductID = 1 union all select p.ProductID, p.price * 2, p.n + 1 from p where p.n < 3) select ProductID, price from p
### the ledger's alias types
select p.FirstName + N' ' + p.LastName as name from Person.Person p where p.MiddleName = N'A' and p.PersonType in ('SC', 'IN')
### a name in three parts
select Sales.SalesOrderHeader.SalesOrderID from Sales.SalesOrderHeader where Sales.SalesOrderHeader.Status = 5
### an alias type of bit beside 1
select p.Name from Production.Product p where p.MakeFlag = 1 and p.Weight > 1.5 and p.ProductLine = 'R'
### a computed column among others
select h.SalesOrderNumber, h.TotalDue - h.SubTotal as rest from Sales.SalesOrderHeader h where h.SalesOrderNumber like N'SO%' and h.TotalDue > 100
### date functions of date
select e.LoginID from HumanResources.Employee e where e.BirthDate > dateadd(year, -30, getdate()) and datediff(day, e.BirthDate, '20260101') > 1 and year(e.BirthDate) = 1970
### uniqueidentifier beside a text
select p.FirstName from Person.Person p where p.rowguid = '0E984725-C51C-4BF4-9960-E1C80E27ABA0' or p.rowguid = N'{0E984725-C51C-4BF4-9960-E1C80E27ABA0}'
### a correlated aggregate of the outer query's column alone
select h.SalesOrderID from Sales.SalesOrderHeader h where h.SubTotal > (select avg(x.SubTotal) from Sales.SalesOrderHeader x where x.CustomerID = h.CustomerID)
### recursion as people write it, 28
WITH Parts(AssemblyID, ComponentID, PerAssemblyQty, EndDate, ComponentLevel) AS (SELECT b.ProductAssemblyID, b.ComponentID, b.PerAssemblyQty, b.EndDate, 0 AS ComponentLevel FROM Production.BillOfMaterials AS b WHERE b.ProductAssemblyID = 800 AND b.EndDate IS NULL UNION ALL SELECT bom.ProductAssemblyID, bom.ComponentID, p.PerAssemblyQty, bom.EndDate, ComponentLevel + 1 FROM Production.BillOfMaterials AS bom INNER JOIN Parts AS p ON bom.ProductAssemblyID = p.ComponentID AND bom.EndDate IS NULL) SELECT AssemblyID, ComponentID, Name, PerAssemblyQty, EndDate, ComponentLevel FROM Parts AS p INNER JOIN Production.Product AS pr ON p.ComponentID = pr.ProductID
### recursion as people write it, 29
with o as (select e.OrganizationNode as n, e.OrganizationLevel as l from HumanResources.Employee e where e.BusinessEntityID = 1 union all select e.OrganizationNode, e.OrganizationLevel from HumanResources.Employee e join o on e.OrganizationNode.GetAncestor(1) = o.n) select l from o
### PIVOT behind a join turns all that is joined
SELECT p.Name, p.VendorID, p.[1], p.[4] FROM Purchasing.PurchaseOrderHeader h JOIN Purchasing.Vendor v ON v.BusinessEntityID = h.VendorID PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p WHERE p.ShipDate IS NULL
### PIVOT behind a join in parentheses
SELECT p.VendorID, [4] FROM (Purchasing.PurchaseOrderHeader h JOIN Purchasing.Vendor v ON v.BusinessEntityID = h.VendorID) PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### PIVOT behind two joins, and a join behind it
SELECT p.City, p.[1], s.Name FROM Person.StateProvince AS st JOIN Person.Address AS a ON a.StateProvinceID = st.StateProvinceID PIVOT (COUNT(AddressID) FOR StateProvinceCode IN ([1], [WA])) AS p JOIN Sales.SalesTerritory AS s ON s.TerritoryID = p.TerritoryID, Sales.Store x
### PIVOT behind APPLY
SELECT p.Name, p.net FROM Purchasing.Vendor v CROSS APPLY (SELECT h.SubTotal, 'net' AS k FROM Purchasing.PurchaseOrderHeader h WHERE h.VendorID = v.BusinessEntityID) x PIVOT (SUM(SubTotal) FOR k IN (net, tax)) AS p
### PIVOT of a common table, with all of its columns
WITH s AS (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) SELECT p.*, p.[1] + p.[4] AS both, v.Name FROM s PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p JOIN Purchasing.Vendor v ON v.BusinessEntityID = p.VendorID
### PIVOT and UNPIVOT of that
SELECT q.VendorID, q.k, q.v FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p UNPIVOT (v FOR k IN ([1], [4])) AS q
### UNPIVOT of a table
SELECT u.PurchaseOrderID, u.What, u.Amount * 2 AS twice, u.Status FROM Purchasing.PurchaseOrderHeader UNPIVOT (Amount FOR What IN (SubTotal, TaxAmt)) AS u WHERE u.What LIKE 'Sub%'
### a derived table first in a join in parentheses
SELECT s.n, v.Name, b.Status FROM ((SELECT 1 AS n) s JOIN Purchasing.Vendor v ON v.CreditRating = s.n) JOIN Purchasing.PurchaseOrderHeader b ON b.VendorID = v.BusinessEntityID
### a join in parentheses behind LEFT JOIN, with a derived table first
SELECT h.Status, s.n, v.Name FROM Purchasing.PurchaseOrderHeader h LEFT JOIN ((SELECT BusinessEntityID AS id, 1 AS n FROM Purchasing.Vendor) AS s INNER JOIN Purchasing.Vendor v ON v.BusinessEntityID = s.id) ON s.id = h.VendorID
