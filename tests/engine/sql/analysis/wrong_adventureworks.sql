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
