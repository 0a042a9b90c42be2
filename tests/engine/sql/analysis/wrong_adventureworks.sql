### 240 type-mismatch
with parts as (select b.ComponentID, b.PerAssemblyQty as qty from Production.BillOfMaterials b where b.ProductAssemblyID is null union all select b.ComponentID, «b.PerAssemblyQty * p.qty from Production.BillOfMaterials b join parts p on p.ComponentID = b.ProductAssemblyID) select ComponentID, qty from parts
### 240 type-mismatch
with parts as (select b.ComponentID, b.BOMLevel as depth from Production.BillOfMaterials b where b.ProductAssemblyID is null union all select b.ComponentID, «p.depth + 1 from Production.BillOfMaterials b join parts p on p.ComponentID = b.ProductAssemblyID) select ComponentID, depth from parts
### 208 unknown-table
select p.Name from «Product p
### 207 unknown-column
select p.BusinessEntityID, p.«EmailAddress from Person.Person p
### 4104 unknown-column
select «Person.FirstName from Person.Person p
### 206 type-mismatch
select e.LoginID from HumanResources.Employee e where e.BirthDate > «19700101
### 206 type-mismatch
select e.LoginID from HumanResources.Employee e where dateadd(year, 1, e.BirthDate) = «1
### 241 type-mismatch warning
select e.LoginID from HumanResources.Employee e where e.BirthDate > «'31.13.1970'
### 8169 type-mismatch warning
select p.FirstName from Person.Person p where p.rowguid = «'none'
### 305 type-mismatch
select p.FirstName from Person.Person p where «p.Demographics = '<a/>'
### 8120 group-by
select h.CustomerID, «h.OrderDate, sum(h.TotalDue) as t from Sales.SalesOrderHeader h group by h.CustomerID
### 8124 group-by
select (select «sum(h.SubTotal + d.UnitPrice) from Sales.SalesOrderDetail d where d.SalesOrderID = h.SalesOrderID) as x from Sales.SalesOrderHeader h
### 207 unknown-column
SELECT p.VendorID, p.«Status FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### 207 unknown-column
SELECT p.[1], p.«[2] FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### 207 unknown-column
SELECT p.[1] FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(«Total) FOR Status IN ([1], [4])) AS p
### 207 unknown-column
SELECT p.[1] FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(TotalDue) FOR «State IN ([1], [4])) AS p
### 4104 unknown-column
SELECT «s.VendorID FROM (SELECT VendorID, Status, TotalDue FROM Purchasing.PurchaseOrderHeader) s PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### 4104 unknown-column
SELECT p.[1], «v.Name FROM Purchasing.PurchaseOrderHeader h JOIN Purchasing.Vendor v ON v.BusinessEntityID = h.VendorID PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### 207 unknown-column
SELECT u.What FROM (SELECT PurchaseOrderID, SubTotal, TaxAmt FROM Purchasing.PurchaseOrderHeader) AS s UNPIVOT (Amount FOR What IN (SubTotal, «Freight)) AS u
### 207 unknown-column
SELECT u.«SubTotal FROM (SELECT PurchaseOrderID, SubTotal, TaxAmt FROM Purchasing.PurchaseOrderHeader) AS s UNPIVOT (Amount FOR What IN (SubTotal, TaxAmt)) AS u
### 208 unknown-table
SELECT p.[1] FROM «Purchasing.Orders PIVOT (SUM(TotalDue) FOR Status IN ([1], [4])) AS p
### 206 type-mismatch
SELECT DATEADD(DAY, 1, u.Since) AS d, «u.Since + 1 AS e FROM (SELECT BusinessEntityID, StartDate, EndDate FROM HumanResources.EmployeeDepartmentHistory) AS h UNPIVOT (Since FOR Kind IN (StartDate, EndDate)) AS u
### 207 unknown-column
SELECT s.«m, v.Name FROM ((SELECT 1 AS n) s JOIN Purchasing.Vendor v ON v.CreditRating = s.n)
### 8120 group-by
SELECT v.Name, «h.Status, COUNT(*) AS n FROM Purchasing.Vendor AS v JOIN Purchasing.PurchaseOrderHeader AS h ON h.VendorID = v.BusinessEntityID GROUP BY v.Name
### 8120 group-by
SELECT YEAR(h.OrderDate) AS y, MONTH(«h.OrderDate) AS m, SUM(h.TotalDue) AS t FROM Sales.SalesOrderHeader AS h GROUP BY YEAR(h.OrderDate)
### 8120 group-by
SELECT h.VendorID, RANK() OVER (ORDER BY «h.OrderDate) AS r FROM Purchasing.PurchaseOrderHeader AS h GROUP BY h.VendorID
### 4108 group-by
SELECT p.ProductID FROM Production.Product AS p WHERE «ROW_NUMBER() OVER (ORDER BY p.ListPrice) <= 10
### 4108 group-by
SELECT p.ProductLine FROM Production.Product AS p GROUP BY p.ProductLine HAVING «RANK() OVER (ORDER BY COUNT(*)) = 1
### 10754 compile-error
SELECT «PERCENTILE_CONT(0.5) OVER (PARTITION BY PayFrequency) AS m FROM HumanResources.EmployeePayHistory
### 10753 compile-error
SELECT «PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY Rate) AS m FROM HumanResources.EmployeePayHistory
### 4112 compile-error
SELECT ProductID, «LAG(Quantity) OVER (PARTITION BY ProductID) AS q FROM Production.TransactionHistory
### 10752 compile-error
SELECT ProductID, «LAG(Quantity) OVER (ORDER BY TransactionDate ROWS 1 PRECEDING) AS q FROM Production.TransactionHistory
### 10756 compile-error
SELECT ProductID, «SUM(Quantity) OVER (PARTITION BY ProductID ROWS UNBOUNDED PRECEDING) AS q FROM Production.TransactionHistory
### 4194 compile-error
SELECT «SUM(Quantity) OVER (ORDER BY TransactionDate RANGE BETWEEN 3 PRECEDING AND CURRENT ROW) AS q FROM Production.TransactionHistory
### 4193 compile-error
SELECT «SUM(Quantity) OVER (ORDER BY TransactionDate ROWS BETWEEN CURRENT ROW AND 2 PRECEDING) AS q FROM Production.TransactionHistory
### 10759 compile-error
SELECT «COUNT(DISTINCT ProductID) OVER (PARTITION BY TransactionType) AS n FROM Production.TransactionHistory
### 5309 compile-error
SELECT ProductID, ROW_NUMBER() OVER (ORDER BY «'x') AS n FROM Production.TransactionHistory
### 206 type-mismatch
SELECT e.BusinessEntityID, «e.BirthDate + 1 AS x FROM HumanResources.Employee AS e
### 402 type-mismatch
SELECT «s.EndTime - s.StartTime AS d FROM HumanResources.Shift AS s
### 8117 type-mismatch
SELECT «SUM(p.MakeFlag) AS n FROM Production.Product AS p
### 8117 type-mismatch
SELECT «AVG(v.Name) AS n FROM Purchasing.Vendor AS v
### 8117 type-mismatch
SELECT «MAX(v.ActiveFlag) AS n FROM Purchasing.Vendor AS v
### 8116 type-mismatch
SELECT «LEN(p.Demographics) AS n FROM Person.Person AS p
### 9810 compile-error
SELECT «DATEPART(hour, e.BirthDate) AS h FROM HumanResources.Employee AS e
### 9810 compile-error
SELECT «DATEADD(day, 1, s.StartTime) AS h FROM HumanResources.Shift AS s
### 245 type-mismatch warning
SELECT h.PurchaseOrderID FROM Purchasing.PurchaseOrderHeader AS h WHERE h.Status = «'shipped'
### 245 type-mismatch warning
SELECT CASE WHEN h.ShipDate IS NULL THEN «'none' ELSE h.VendorID END AS x FROM Purchasing.PurchaseOrderHeader AS h
### 241 type-mismatch warning
SELECT ISNULL(h.ShipDate, «'not yet') AS x FROM Purchasing.PurchaseOrderHeader AS h
### 245 type-mismatch warning
SELECT «'Order ' + h.PurchaseOrderID AS x FROM Purchasing.PurchaseOrderHeader AS h
### 207 unknown-column
SELECT p.ListPrice - p.StandardCost AS Margin FROM Production.Product AS p WHERE «Margin > 10
### 207 unknown-column
SELECT YEAR(h.OrderDate) AS OrderYear, COUNT(*) AS n FROM Sales.SalesOrderHeader AS h GROUP BY «OrderYear
### 4104 unknown-column
SELECT e.JobTitle FROM HumanResources.Employee AS e JOIN HumanResources.EmployeeDepartmentHistory AS h ON h.DepartmentID = «d.DepartmentID JOIN HumanResources.Department AS d ON d.DepartmentID = h.DepartmentID
### 4104 unknown-column
SELECT v.Name, x.n FROM Purchasing.Vendor AS v JOIN (SELECT COUNT(*) AS n FROM Purchasing.PurchaseOrderHeader AS h WHERE h.VendorID = «v.BusinessEntityID) AS x ON 1 = 1
### 145 compile-error
SELECT DISTINCT p.ProductLine FROM Production.Product AS p ORDER BY «p.ListPrice
### 205 compile-error
SELECT ProductID, Name FROM Production.Product UNION SELECT «BusinessEntityID FROM Purchasing.Vendor
### 116 compile-error
SELECT p.Name FROM Production.Product AS p WHERE p.ProductID IN (SELECT d.ProductID, «d.OrderQty FROM Purchasing.PurchaseOrderDetail AS d)
### 1033 compile-error
WITH x AS (SELECT ProductID FROM Production.Product «ORDER BY Name) SELECT ProductID FROM x
### 8155 compile-error
SELECT x.ProductID FROM (SELECT ProductID, «SUM(Quantity) FROM Production.ProductInventory GROUP BY ProductID) AS x
### 8158 compile-error
WITH «x (a, b) AS (SELECT ProductID FROM Production.Product) SELECT a FROM x
### 10741 compile-error
SELECT TOP (5) Name FROM Production.Product ORDER BY Name «OFFSET 5 ROWS
### 102 compile-error
SELECT Name FROM Production.Product «OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY
### 207 unknown-column
SELECT p.[2011] FROM (SELECT YEAR(OrderDate) AS y, TotalDue FROM Purchasing.PurchaseOrderHeader) AS s PIVOT (SUM(«Total) FOR y IN ([2011])) AS p
### 8167 type-mismatch
SELECT u.v FROM (SELECT Name, AccountNumber FROM Purchasing.Vendor) AS s UNPIVOT (v FOR c IN (Name, «AccountNumber)) AS u
### 265 unknown-column
SELECT p.«y FROM (SELECT YEAR(OrderDate) AS y, TotalDue FROM Purchasing.PurchaseOrderHeader) AS s PIVOT (SUM(TotalDue) FOR y IN ([TotalDue])) AS p
### 174 compile-error
SELECT «CHARINDEX('a') AS x FROM Production.Product
### 102 sql-syntax
SELECT Name FROM Production.Product ORDER BY Name «LIMIT 10
### 207 unknown-column
SELECT p.Name FROM Production.Product AS p WHERE p.MakeFlag = «true
### 102 sql-syntax
SELECT h.Status FROM Purchasing.PurchaseOrderHeader AS h JOIN Purchasing.PurchaseOrderDetail AS d «USING (PurchaseOrderID)
### 147 group-by
SELECT h.VendorID FROM Purchasing.PurchaseOrderHeader AS h WHERE «SUM(h.TotalDue) > 10 GROUP BY h.VendorID
### 130 group-by
SELECT AVG(«SUM(h.TotalDue)) AS x FROM Purchasing.PurchaseOrderHeader AS h GROUP BY h.VendorID
### 130 group-by
SELECT SUM((«SELECT COUNT(*) FROM Purchasing.PurchaseOrderDetail AS d WHERE d.PurchaseOrderID = h.PurchaseOrderID)) AS n FROM Purchasing.PurchaseOrderHeader AS h
### 8711 compile-error
SELECT STRING_AGG(Name, ',') WITHIN GROUP (ORDER BY Name) AS a, STRING_AGG(Name, ',') WITHIN GROUP (ORDER BY «ListPrice) AS b FROM Production.Product
### 8133 compile-error
SELECT «CASE WHEN p.ListPrice > 1 THEN NULL ELSE NULL END AS x FROM Production.Product AS p
### 4127 compile-error
SELECT «COALESCE(NULL, NULL) AS x FROM Production.Product AS p
### 4151 compile-error
SELECT «NULLIF(NULL, p.ListPrice) AS x FROM Production.Product AS p
### 240 type-mismatch
with d as (select '20140101' as d union all select «dateadd(day, 1, d) from d where d < '20141231') select d from d
### 240 type-mismatch
with d as (select N'2014-01-01' as d, 1 as n union all select «dateadd(day, 1, d.d), n + 1 from d where n < 5) select d from d
### 241 type-mismatch warning
select dateadd(month, 1, «'soon') as x
### 241 type-mismatch warning
select datediff(day, «'2014-02-30', h.OrderDate) as x from Sales.SalesOrderHeader h
### 241 type-mismatch warning
select year(«'2014-13-01') as x
### 0 type-mismatch warning
select StateProvinceID from Person.StateProvince where StateProvinceCode = «N'😀😀'
### 468 compile-error
SELECT p.Name FROM Production.Product AS p JOIN Purchasing.Vendor AS v ON p.Name COLLATE Latin1_General_CI_AS = «v.Name COLLATE Latin1_General_BIN
### 468 compile-error
SELECT p.Name FROM Production.Product AS p WHERE p.Name COLLATE Latin1_General_CI_AS LIKE «N'%x%' COLLATE Latin1_General_CS_AS
