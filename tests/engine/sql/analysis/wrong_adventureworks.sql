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
