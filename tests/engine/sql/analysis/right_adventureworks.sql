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
### unpivot by VALUES
SELECT poh.PurchaseOrderID, x.Kind, x.Amount FROM Purchasing.PurchaseOrderHeader AS poh CROSS APPLY (VALUES ('net', poh.SubTotal), ('tax', poh.TaxAmt), ('all', poh.TotalDue)) AS x(Kind, Amount) WHERE x.Amount <> 0
### PIVOT of counts over years
SELECT VendorID, [2011], [2012], [2011] + [2012] AS Both FROM (SELECT VendorID, YEAR(OrderDate) AS y, PurchaseOrderID FROM Purchasing.PurchaseOrderHeader) AS s PIVOT (COUNT(PurchaseOrderID) FOR y IN ([2011], [2012])) AS p ORDER BY VendorID
### UNPIVOT
SELECT u.PurchaseOrderID, u.What, u.Amount FROM (SELECT PurchaseOrderID, SubTotal, TaxAmt FROM Purchasing.PurchaseOrderHeader) AS s UNPIVOT (Amount FOR What IN (SubTotal, TaxAmt)) AS u
### a list in the order of another column
SELECT edh.DepartmentID, STRING_AGG(CAST(e.JobTitle AS nvarchar(max)), N', ') WITHIN GROUP (ORDER BY e.BirthDate DESC) AS Titles FROM HumanResources.EmployeeDepartmentHistory AS edh INNER JOIN HumanResources.Employee AS e ON e.BusinessEntityID = edh.BusinessEntityID GROUP BY edh.DepartmentID HAVING COUNT(*) > 1
### FOR XML PATH in a STUFF
SELECT d.Name, STUFF((SELECT ', ' + CAST(h.BusinessEntityID AS varchar(10)) FROM HumanResources.EmployeeDepartmentHistory AS h WHERE h.DepartmentID = d.DepartmentID ORDER BY h.StartDate FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)'), 1, 2, '') AS People FROM HumanResources.Department AS d
### shifts by their times
SELECT s.Name, DATEDIFF(MINUTE, s.StartTime, s.EndTime) AS Minutes, CAST(s.StartTime AS varchar(5)) AS Von, DATEADD(HOUR, 1, s.StartTime) AS Later, CONVERT(char(5), s.EndTime, 108) AS Bis FROM HumanResources.Shift AS s WHERE s.StartTime >= '07:00' AND s.EndTime < CAST('23:00:00' AS time)
### the latest rate by ROW_NUMBER
SELECT r.BusinessEntityID, r.Rate FROM (SELECT BusinessEntityID, Rate, RateChangeDate, ROW_NUMBER() OVER (PARTITION BY BusinessEntityID ORDER BY RateChangeDate DESC) AS rn FROM HumanResources.EmployeePayHistory) AS r WHERE r.rn = 1 AND r.Rate > 20
### percentiles
SELECT DISTINCT PayFrequency, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY Rate) OVER (PARTITION BY PayFrequency) AS Median, PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY Rate) OVER (PARTITION BY PayFrequency) AS P90 FROM HumanResources.EmployeePayHistory
### first, last, lead and ntile
SELECT ProductID, TransactionDate, FIRST_VALUE(ActualCost) OVER (PARTITION BY ProductID ORDER BY TransactionDate) AS F, LAST_VALUE(ActualCost) OVER (PARTITION BY ProductID ORDER BY TransactionDate ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS L, LEAD(Quantity, 1, 0) OVER (PARTITION BY ProductID ORDER BY TransactionDate) AS Nxt, NTILE(4) OVER (ORDER BY ActualCost) AS Q, CUME_DIST() OVER (ORDER BY ActualCost) AS C FROM Production.TransactionHistory
### a named window
SELECT ProductID, SUM(Quantity) OVER w AS S, AVG(Quantity) OVER (w ROWS 3 PRECEDING) AS A, COUNT(*) OVER w AS C FROM Production.TransactionHistory WINDOW w AS (PARTITION BY ProductID ORDER BY TransactionDate)
### GROUPING SETS with GROUPING_ID
SELECT TransactionType, YEAR(TransactionDate) AS Y, SUM(ActualCost) AS Cost, GROUPING_ID(TransactionType, YEAR(TransactionDate)) AS Lvl, CASE GROUPING(TransactionType) WHEN 1 THEN 'all' ELSE TransactionType END AS T FROM Production.TransactionHistory GROUP BY GROUPING SETS ((TransactionType, YEAR(TransactionDate)), (TransactionType), ())
### CUBE beside ROLLUP
SELECT Shelf, LocationID, Bin, SUM(Quantity) AS Q FROM Production.ProductInventory GROUP BY CUBE (Shelf), ROLLUP (LocationID, Bin) HAVING SUM(Quantity) > 10 ORDER BY GROUPING(Shelf), Shelf
### a page
SELECT pr.ReviewerName, LEFT(pr.Comments, 100) + IIF(LEN(pr.Comments) > 100, N'…', N'') AS Cut, pr.ReviewDate FROM Production.ProductReview AS pr ORDER BY pr.ReviewDate DESC, pr.ProductReviewID OFFSET 10 ROWS FETCH NEXT 10 ROWS ONLY
### CHOOSE and nested CASE
SELECT wo.WorkOrderID, CHOOSE(MONTH(wo.DueDate), 'Q1', 'Q1', 'Q1', 'Q2', 'Q2', 'Q2', 'Q3', 'Q3', 'Q3', 'Q4', 'Q4', 'Q4') AS Quarter, CASE WHEN wo.EndDate IS NULL THEN CASE WHEN wo.DueDate < GETDATE() THEN 'late' ELSE 'open' END WHEN wo.ScrappedQty * 100 / wo.OrderQty > 5 THEN 'bad' ELSE 'good' END AS State, wo.StockedQty FROM Production.WorkOrder AS wo
### TRY_PARSE and TRY_CONVERT
SELECT a.PostalCode, TRY_CONVERT(int, a.PostalCode) AS N, TRY_PARSE(a.PostalCode AS int USING 'en-US') AS P, TRY_CAST(a.PostalCode AS decimal(9, 0)) AS D, ISNUMERIC(a.PostalCode) AS I FROM Person.Address AS a WHERE TRY_CONVERT(int, a.PostalCode) BETWEEN 98000 AND 98999
### distances
SELECT TOP (5) a.AddressID, a.City, a.SpatialLocation.Lat AS Lat, a.SpatialLocation.STDistance(CAST('POINT(-122.3 47.6)' AS geography)) / 1000 AS Km FROM Person.Address AS a WHERE a.SpatialLocation IS NOT NULL ORDER BY a.SpatialLocation.STDistance(CAST('POINT(-122.3 47.6)' AS geography))
### the fiscal year by parts
SELECT DATEFROMPARTS(YEAR(h.OrderDate) - IIF(MONTH(h.OrderDate) < 7, 1, 0), 7, 1) AS FiscalStart, EOMONTH(h.OrderDate, -1) AS LastMonth, SUM(h.SubTotal) AS Net FROM Sales.SalesOrderHeader AS h GROUP BY DATEFROMPARTS(YEAR(h.OrderDate) - IIF(MONTH(h.OrderDate) < 7, 1, 0), 7, 1), EOMONTH(h.OrderDate, -1)
### orders as JSON inside each row
SELECT v.Name, (SELECT d.ProductID AS [item.id], d.OrderQty AS [item.qty], d.LineTotal AS [item.total] FROM Purchasing.PurchaseOrderDetail AS d INNER JOIN Purchasing.PurchaseOrderHeader AS h ON h.PurchaseOrderID = d.PurchaseOrderID WHERE h.VendorID = v.BusinessEntityID FOR JSON PATH, ROOT('items')) AS Items FROM Purchasing.Vendor AS v WHERE v.ActiveFlag = 1
### collations side by side
SELECT p.Name FROM Production.Product AS p WHERE p.Name COLLATE Latin1_General_CS_AS = N'Blade' OR p.Name COLLATE Latin1_General_100_BIN2 LIKE N'b%' ORDER BY p.Name COLLATE Latin1_General_CI_AI
### hints everywhere
SELECT h.PurchaseOrderID, d.ProductID FROM Purchasing.PurchaseOrderHeader AS h WITH (FORCESEEK) INNER HASH JOIN Purchasing.PurchaseOrderDetail AS d WITH (INDEX(1)) ON d.PurchaseOrderID = h.PurchaseOrderID OPTION (MAXDOP 1, RECOMPILE, OPTIMIZE FOR UNKNOWN, USE HINT('FORCE_LEGACY_CARDINALITY_ESTIMATION'))
### what was never bought, three ways
SELECT p.ProductID FROM Production.Product AS p WHERE NOT EXISTS (SELECT * FROM Purchasing.PurchaseOrderDetail AS d WHERE d.ProductID = p.ProductID) AND p.ProductID NOT IN (SELECT w.ProductID FROM Production.WorkOrder AS w) EXCEPT SELECT ProductID FROM Production.ProductInventory WHERE Quantity > 0
### ALL and ANY
SELECT p.Name FROM Production.Product AS p WHERE p.ListPrice >= ALL (SELECT q.ListPrice FROM Production.Product AS q WHERE q.ProductLine = p.ProductLine) OR p.StandardCost = ANY (SELECT r.ActualCost FROM Production.TransactionHistory AS r WHERE r.ProductID = p.ProductID)
### price at the day of the order
SELECT d.SalesOrderDetailID, dbo.ufnGetProductListPrice(d.ProductID, h.OrderDate) - d.UnitPrice AS Loss, pl.ListPrice FROM Sales.SalesOrderHeader AS h JOIN Sales.SalesOrderDetail AS d ON d.SalesOrderID = h.SalesOrderID OUTER APPLY (SELECT TOP (1) x.ListPrice FROM Production.ProductListPriceHistory AS x WHERE x.ProductID = d.ProductID AND h.OrderDate >= x.StartDate AND (h.OrderDate < x.EndDate OR x.EndDate IS NULL) ORDER BY x.StartDate DESC) AS pl
### calendar by recursion
WITH Days AS (SELECT CAST('20140101' AS date) AS d UNION ALL SELECT DATEADD(DAY, 1, d) FROM Days WHERE d < '20141231') SELECT Days.d, COUNT(w.WorkOrderID) AS n FROM Days LEFT JOIN Production.WorkOrder AS w ON w.StartDate >= Days.d AND w.StartDate < DATEADD(DAY, 1, Days.d) GROUP BY Days.d OPTION (MAXRECURSION 366)
### a chain of CTEs
WITH a AS (SELECT VendorID, SUM(TotalDue) AS t FROM Purchasing.PurchaseOrderHeader WHERE Status = 4 GROUP BY VendorID), b (id, total, share) AS (SELECT VendorID, t, t / SUM(t) OVER () FROM a), c AS (SELECT TOP (10) WITH TIES id, share FROM b ORDER BY share DESC) SELECT v.AccountNumber, v.Name, FORMAT(c.share, 'P1', 'en-US') AS Share FROM c JOIN Purchasing.Vendor AS v ON v.BusinessEntityID = c.id
### codes in nchar beside text
SELECT sp.StateProvinceCode + N'-' + sp.CountryRegionCode AS Code, RTRIM(sp.StateProvinceCode) AS C2, sp.Name FROM Person.StateProvince AS sp WHERE sp.StateProvinceCode = 'WA' AND sp.IsOnlyStateProvinceFlag = 0 AND sp.Name NOT LIKE '[^A-M]%' ESCAPE '!'
### the version
SELECT [Database Version], DATEDIFF_BIG(SECOND, VersionDate, SYSDATETIME()) AS Age, DATENAME(weekday, VersionDate) AS Day FROM dbo.AWBuildVersion
### text functions
SELECT CONCAT_WS(N', ', v.Name, v.AccountNumber, v.CreditRating, NULL) AS Line, TRANSLATE(v.AccountNumber, '0123456789', '##########') AS Masked, SUBSTRING(v.Name, CHARINDEX(' ', v.Name) + 1, 4000) AS Rest, PATINDEX('%[0-9]%', v.AccountNumber) AS At, REVERSE(v.Name) AS Back, QUOTENAME(v.Name, '"') AS Q, UPPER(TRIM(v.Name)) AS U, STUFF(v.AccountNumber, 1, 2, '**') AS S FROM Purchasing.Vendor AS v
### window over groups
SELECT YEAR(OrderDate) AS Y, MONTH(OrderDate) AS M, SUM(TotalDue) AS T, SUM(SUM(TotalDue)) OVER (PARTITION BY YEAR(OrderDate) ORDER BY MONTH(OrderDate)) AS Running, RANK() OVER (ORDER BY SUM(TotalDue) DESC) AS Place FROM Sales.SalesOrderHeader GROUP BY YEAR(OrderDate), MONTH(OrderDate)
### tinyint status by CASE in ORDER BY
SELECT PurchaseOrderID, [Status] FROM Purchasing.PurchaseOrderHeader ORDER BY CASE [Status] WHEN 4 THEN 0 WHEN 1 THEN 1 ELSE 2 END, CASE WHEN ShipDate IS NULL THEN OrderDate ELSE ShipDate END DESC
### a resume's parts
SELECT j.JobCandidateID, j.[Addr.Loc.City], j.EMail FROM HumanResources.vJobCandidate AS j WHERE j.TotalChildren > 1 OR j.EMail LIKE '%@%'
### bits together
SELECT COUNT(CASE WHEN p.MakeFlag = 1 THEN 1 END) AS Made, SUM(CAST(p.MakeFlag AS int)) AS Made2, SUM(IIF(p.MakeFlag = 1 AND p.SellEndDate IS NULL, p.ListPrice, 0)) AS Worth, AVG(CASE p.MakeFlag WHEN 1 THEN p.ListPrice END) AS Mean, p.MakeFlag & 1 AS B, ~p.MakeFlag AS N FROM Production.Product AS p GROUP BY p.MakeFlag
### time spans in words
SELECT wo.WorkOrderID, CAST(DATEDIFF(HOUR, wo.StartDate, wo.EndDate) / 24 AS varchar(5)) + 'd ' + RIGHT('0' + CAST(DATEDIFF(HOUR, wo.StartDate, wo.EndDate) % 24 AS varchar(2)), 2) + 'h' AS Took, wo.EndDate - wo.StartDate AS Span, wo.StartDate + 1 AS NextDay FROM Production.WorkOrder AS wo
### offer with a null maximum
SELECT so.Description, so.DiscountPct * 100 AS Pct, COALESCE(CAST(so.MaxQty AS varchar(10)), 'any') AS MaxQty, NULLIF(so.MinQty, 0) AS MinQty, ISNULL(so.MaxQty, 2147483647) - so.MinQty AS Span FROM Sales.SpecialOffer AS so WHERE so.[Type] IN (N'Volume Discount', N'Seasonal Discount') AND so.DiscountPct > $0.1
### joins of every kind
SELECT e.JobTitle, d.Name, s.Name AS Shift FROM HumanResources.Employee AS e FULL JOIN HumanResources.EmployeeDepartmentHistory AS h ON h.BusinessEntityID = e.BusinessEntityID RIGHT OUTER JOIN HumanResources.Department AS d ON d.DepartmentID = h.DepartmentID CROSS JOIN HumanResources.Shift AS s WHERE s.ShiftID = ISNULL(h.ShiftID, s.ShiftID)
### employees of a manager
SELECT e.LoginID, PARSENAME(REPLACE(e.LoginID, '\', '.'), 1) AS Short, e.OrganizationNode.GetLevel() AS Lvl, e.OrganizationNode.GetAncestor(1).ToString() AS Boss FROM HumanResources.Employee AS e WHERE e.OrganizationNode.GetAncestor(1) = CAST('/' AS hierarchyid) OR e.OrganizationNode = CAST('/1/' AS hierarchyid)
### designer's joins
SELECT dbo_e.JobTitle, Person_1.FirstName FROM HumanResources.Employee AS dbo_e INNER JOIN Person.Person AS Person_1 INNER JOIN HumanResources.EmployeeDepartmentHistory AS H ON Person_1.BusinessEntityID = H.BusinessEntityID ON dbo_e.BusinessEntityID = Person_1.BusinessEntityID
### left join of nested on
SELECT v.Name, h.PurchaseOrderID, d.ProductID FROM Purchasing.Vendor AS v LEFT OUTER JOIN Purchasing.PurchaseOrderHeader AS h INNER JOIN Purchasing.PurchaseOrderDetail AS d ON d.PurchaseOrderID = h.PurchaseOrderID ON h.VendorID = v.BusinessEntityID AND d.OrderQty > 5
### full names
SELECT Purchasing.Vendor.Name, Purchasing.PurchaseOrderHeader.TotalDue FROM Purchasing.Vendor INNER JOIN Purchasing.PurchaseOrderHeader ON Purchasing.Vendor.BusinessEntityID = Purchasing.PurchaseOrderHeader.VendorID ORDER BY Purchasing.PurchaseOrderHeader.TotalDue DESC
### values as table with functions
SELECT x.d, DATENAME(dw, x.d) AS n FROM (VALUES (GETDATE()), (DATEADD(DAY, 1, GETDATE())), ('20200101')) AS x (d)
### exists in case in select
SELECT p.Name, CASE WHEN EXISTS (SELECT 1 FROM Production.ProductReview r WHERE r.ProductID = p.ProductID AND r.Rating < 3) THEN 'bad' WHEN p.ProductID IN (SELECT ProductID FROM Production.WorkOrder) THEN 'made' END AS k FROM Production.Product p
### in with a union
SELECT Name FROM Production.Product WHERE ProductID IN (SELECT ProductID FROM Production.WorkOrder UNION SELECT ProductID FROM Production.ProductReview)
### order by in parens and top percent
SELECT TOP (10) PERCENT p.Name, (p.ListPrice) AS lp FROM Production.Product p ORDER BY (p.ListPrice) DESC, ((p.Name))
### correlated in having
SELECT h.VendorID, COUNT(*) AS n FROM Purchasing.PurchaseOrderHeader h GROUP BY h.VendorID HAVING COUNT(*) > (SELECT AVG(x.n) FROM (SELECT COUNT(*) AS n FROM Purchasing.PurchaseOrderHeader GROUP BY VendorID) x)
### group by constant expressions
SELECT CASE WHEN ListPrice = 0 THEN 'free' ELSE 'paid' END AS k, COUNT(*) AS n, MIN(Name) + '..' + MAX(Name) AS r FROM Production.Product GROUP BY CASE WHEN ListPrice = 0 THEN 'free' ELSE 'paid' END
### union in a derived with names
SELECT u.kind, SUM(u.amount) AS total FROM (SELECT 'buy' AS kind, TotalDue AS amount FROM Purchasing.PurchaseOrderHeader UNION ALL SELECT 'sell', TotalDue FROM Sales.SalesOrderHeader) AS u GROUP BY u.kind WITH ROLLUP
### scalar from apply chain
SELECT p.ProductID, b.net, c.gross FROM Production.Product p CROSS APPLY (SELECT p.ListPrice * 0.8 AS net) b CROSS APPLY (SELECT b.net * 1.25 AS gross) c WHERE c.gross > 10
### double cte use
WITH m AS (SELECT ProductID, SUM(Quantity) AS q FROM Production.ProductInventory GROUP BY ProductID) SELECT a.ProductID, a.q - b.q AS d FROM m a JOIN m b ON b.ProductID = a.ProductID - 1
### lag of an aggregate in a cte with where after
WITH y AS (SELECT YEAR(OrderDate) AS Y, SUM(TotalDue) AS T FROM Sales.SalesOrderHeader GROUP BY YEAR(OrderDate)), z AS (SELECT Y, T, T - LAG(T) OVER (ORDER BY Y) AS D FROM y) SELECT Y, D FROM z WHERE D IS NOT NULL AND Y > 2011
### convert styles
SELECT CONVERT(varchar(10), h.OrderDate, 104) AS de, CONVERT(nvarchar(30), h.OrderDate, 113) AS eu, CONVERT(varchar(20), h.TotalDue, 1) AS m, CONVERT(char(8), h.OrderDate, 112) + '-' + CAST(h.SalesOrderID AS varchar) AS k, CONVERT(bit, h.Status) AS b, CONVERT(date, CONVERT(char(8), 20140101)) AS d FROM Sales.SalesOrderHeader h
### int dates
SELECT CAST(CONVERT(char(8), h.OrderDate, 112) AS int) AS DateKey, YEAR(h.OrderDate) * 10000 + MONTH(h.OrderDate) * 100 + DAY(h.OrderDate) AS K2, DATEDIFF(dd, '19000101', h.OrderDate) AS serial, DATEADD(dd, 0, DATEDIFF(dd, 0, h.OrderDate)) AS midnight FROM Sales.SalesOrderHeader h
### between with columns and not
SELECT p.Name FROM Production.Product p WHERE NOT (p.ListPrice BETWEEN p.StandardCost AND p.StandardCost * 1.5) AND NOT p.Color IS NULL AND (p.Weight IS NOT NULL AND NOT p.Weight = 0)
### like with a column pattern and concat
SELECT v.Name FROM Purchasing.Vendor v WHERE v.Name LIKE '%' + LEFT(v.AccountNumber, 3) + '%' OR v.PurchasingWebServiceURL LIKE 'http[s:]%' OR v.Name LIKE N'%[_]%'
### datetime2 literals
SELECT h.SalesOrderID FROM Sales.SalesOrderHeader h WHERE h.OrderDate >= '2013-07-01T00:00:00' AND h.OrderDate < '20130801' AND h.OrderDate <> '2013-07-15 13:45' AND h.OrderDate > '7/4/2013' AND h.OrderDate < 'Dec 25, 2013'
### uniqueidentifier
SELECT i.ProductID, CAST(i.rowguid AS char(36)) AS g, LOWER(CONVERT(nvarchar(36), i.rowguid)) AS l FROM Production.ProductInventory i WHERE i.rowguid IN ('47A24246-6C43-48EB-968F-025738A8A410', '{47A24246-6C43-48EB-968F-025738A8A411}')
### max over an empty over and percent
SELECT p.Name, p.ListPrice, 100 * p.ListPrice / SUM(p.ListPrice) OVER () AS pct, p.ListPrice - AVG(p.ListPrice) OVER (PARTITION BY p.ProductLine) AS dev, MAX(p.ListPrice) OVER () - p.ListPrice AS gap FROM Production.Product p
### row_number over select null and paging
SELECT x.Name FROM (SELECT Name, ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS rn FROM Purchasing.Vendor) x WHERE x.rn BETWEEN 11 AND 20
### row_number over aggregate and distinct dense rank
SELECT DISTINCT DENSE_RANK() OVER (ORDER BY p.ProductLine) AS r, p.ProductLine FROM Production.Product p
### money and decimal arithmetic
SELECT d.ProductID, CAST(d.OrderQty * d.UnitPrice * (1 - 0.05) AS decimal(10, 2)) AS net, d.ReceivedQty / NULLIF(d.OrderQty, 0) AS share, d.StockedQty * d.UnitPrice AS worth, d.OrderQty - d.ReceivedQty AS open_, d.OrderQty % 2 AS odd FROM Purchasing.PurchaseOrderDetail d WHERE d.LineTotal > 1000 AND d.RejectedQty > 0
### string comparisons with numbers
SELECT a.City FROM Person.Address a WHERE a.PostalCode > '98000' AND LEN(a.PostalCode) = 5 AND a.StateProvinceID = '79' AND SUBSTRING(a.PostalCode, 1, 2) IN ('98', '97')
### with ties and offset null
SELECT TOP 3 WITH TIES w.ProductID, w.StockedQty FROM Production.WorkOrder w ORDER BY w.StockedQty DESC
### for json in cte column
WITH j AS (SELECT v.BusinessEntityID AS id, (SELECT v.Name AS [name], v.CreditRating AS [rating] FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) AS doc FROM Purchasing.Vendor v) SELECT j.id, JSON_VALUE(j.doc, '$.name') AS n, JSON_QUERY(j.doc) AS d FROM j
### iif chain
SELECT p.Name, IIF(p.ListPrice > 1000, 'A', IIF(p.ListPrice > 100, 'B', 'C')) AS cls, ISNULL(p.Color, 'n/a') AS color, COALESCE(p.SellEndDate, GETDATE()) AS e FROM Production.Product p WHERE ISNULL(p.Weight, 0) < 5
### subquery as argument
SELECT ISNULL((SELECT MAX(r.Rating) FROM Production.ProductReview r WHERE r.ProductID = p.ProductID), 0) AS best, DATEDIFF(DAY, (SELECT MIN(w.StartDate) FROM Production.WorkOrder w WHERE w.ProductID = p.ProductID), GETDATE()) AS age FROM Production.Product p
### time compare
SELECT s.ShiftID FROM HumanResources.Shift s WHERE CAST(GETDATE() AS time) BETWEEN s.StartTime AND s.EndTime OR s.StartTime > s.EndTime AND (CONVERT(time, SYSDATETIME()) >= s.StartTime OR DATEPART(HOUR, s.EndTime) = 7)
### dynamic bits
SELECT SUM(CASE p.MakeFlag WHEN 1 THEN 1 ELSE 0 END) * 1.0 / COUNT(*) AS share, COUNT(NULLIF(p.MakeFlag, 0)) AS made, MAX(CAST(p.MakeFlag AS tinyint)) AS anymade FROM Production.Product p
### aliases with odd characters
SELECT p.Name AS [Artikel/Nr.], p.ListPrice AS "Preis (€)", p.ProductID AS [ID#], p.Color AS 'Farbe' FROM Production.Product AS p ORDER BY [Artikel/Nr.], "Preis (€)"
### comment styles
SELECT /* all */ p.Name -- the name
 , p.ListPrice /* nested /* comment */ end */ FROM Production.Product p WHERE p.ListPrice > 0 -- done
### unicode literal functions
SELECT NCHAR(8364) + N' ' + FORMAT(p.ListPrice, 'N2', 'de-DE') AS price, UNICODE(p.Name) AS u, ASCII(p.Name) AS a, CHAR(13) + CHAR(10) AS nl, STR(p.ListPrice, 10, 2) AS s, SPACE(3) + p.Name AS padded, REPLACE(REPLACE(p.Name, CHAR(9), ' '), '''', '`') AS clean FROM Production.Product p
### except in exists
SELECT a.ProductID FROM Production.ProductListPriceHistory a JOIN Production.ProductListPriceHistory b ON b.ProductID = a.ProductID AND b.StartDate > a.StartDate WHERE EXISTS (SELECT a.ListPrice, a.EndDate EXCEPT SELECT b.ListPrice, b.EndDate)
### deep
SELECT q.n FROM (SELECT COUNT(*) AS n FROM (SELECT DISTINCT z.ProductID FROM (SELECT ProductID FROM Production.WorkOrder WHERE DueDate > (SELECT MIN(StartDate) FROM Production.WorkOrder)) AS z) AS y) AS q WHERE q.n > 0
### lateral aggregates
SELECT v.Name, s.n, s.latest FROM Purchasing.Vendor v OUTER APPLY (SELECT COUNT(*) AS n, MAX(h.OrderDate) AS latest FROM Purchasing.PurchaseOrderHeader h WHERE h.VendorID = v.BusinessEntityID HAVING COUNT(*) > 0) s
### string_agg distinct by derived
SELECT x.VendorID, STRING_AGG(CONVERT(varchar(20), x.y), ', ') AS years FROM (SELECT DISTINCT VendorID, YEAR(OrderDate) AS y FROM Purchasing.PurchaseOrderHeader) x GROUP BY x.VendorID
### dates of texts
select year('2014-12-31') as y, day('20140131') as d, datepart(hour, '13:45') as h, datediff(second, '00:00', '12:30:15.123') as s, eomonth('2014-02-01') as e, datediff(day, 0, getdate()) as z, dateadd(day, 0, '') as blank, datename(month, 'May 5 2014') as m, dateadd(day, -1, 0) as eve, year('2014') as y2
### texts that dates are made of, in a set operation and in a recursion
with d as (select convert(datetime, '20140101') as d union all select dateadd(day, 1, d) from d where d < '20141231') select d from d union all select '20150101' union all select dateadd(month, 1, '20150101')
### a letter of two units
select StateProvinceID from Person.StateProvince where StateProvinceCode = N'😀x'
### one collation on both sides, and on one
SELECT p.Name FROM Production.Product AS p JOIN Purchasing.Vendor AS v ON p.Name COLLATE Latin1_General_CI_AS = v.Name COLLATE latin1_general_ci_as AND p.Name COLLATE Latin1_General_BIN <> v.Name AND (v.Name COLLATE DATABASE_DEFAULT) = p.Name COLLATE Latin1_General_CI_AI
