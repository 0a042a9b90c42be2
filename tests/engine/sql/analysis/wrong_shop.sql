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
### 8120 group-by
select c.City, «c.Name, count(*) as n from dbo.Customer c group by c.City
### 8120 group-by
select p.Name, sum(l.Quantity) as n, «p.Price from sales.OrderLine l join stock.Product p on p.ProductId = l.ProductId group by p.Name
### 8120 group-by
select isnull(«p.[Unit Size], '-') as size, count(*) as n from stock.Product p group by coalesce(p.[Unit Size], '-')
### 147 group-by
select o.CustomerId from sales.[Order] o where «count(o.OrderId) > 3 group by o.CustomerId
### 205 compile-error
select Name, City from dbo.Customer union select «Name from stock.Product
### 116 compile-error
select c.Name, last = (select top 1 o.OrderId, «o.OrderedAt from sales.[Order] o where o.CustomerId = c.CustomerId order by o.OrderId) from dbo.Customer c
### 1011 compile-error
select o.OrderId from sales.[Order] o left join sales.OrderLine «o on o.OrderId = 1
### 8155 compile-error
select t.CustomerId from (select o.CustomerId, «o.Freight * 2 from sales.[Order] o) t
### 1033 compile-error
select c.Name, x.OrderId from dbo.Customer c cross apply (select o.OrderId from sales.[Order] o where o.CustomerId = c.CustomerId «order by o.OrderedAt desc) x
### 145 compile-error
select distinct c.City from dbo.Customer c order by «c.Name
