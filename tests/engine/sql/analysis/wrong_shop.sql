### 208 unknown-table
select o.OrderId from «[Order] o
### 208 unknown-table
select p.Name from «sales.Product p
### 208 unknown-table
select c.Name from dbo.Customer c join «sales.Orders o on o.CustomerId = c.CustomerId
### 207 unknown-column
select p.«Title from stock.Product p
### 207 unknown-column
select t.«Sum from sales.OrderTotal t
### 207 unknown-column
select l.«UnitPrice from sales.[Order] o cross apply sales.LinesOf(o.OrderId) l
### 207 unknown-column
select o.OrderId from sales.[Order] o where o.«Shipped is null
### 207 unknown-column
select a.«Titel from Article a
### 207 unknown-column
select p.«[Unit Sise] from stock.Product p
### 209 ambiguous-column
select «Name from dbo.Customer c cross join stock.Product p
### 209 ambiguous-column
select o.OrderedAt from sales.[Order] o join sales.OrderLine l on l.OrderId = o.OrderId where «OrderId = ?
### 4104 unknown-column
select «Customers.Name from dbo.Customer
### 4104 unknown-column
select sales.«Product.Name from stock.Product
### 4104 unknown-column
select c.Name, «o.Total from dbo.Customer c left join sales.OrderTotal t on t.CustomerId = c.CustomerId
