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
### 313 compile-error
select «dbo.Vat(l.UnitPrice) as v from sales.OrderLine l
### 8144 compile-error
select «dbo.Vat(l.UnitPrice, 25, 1) as v from sales.OrderLine l
### 313 compile-error
select x.Quantity from «sales.LinesOf() x
### 8117 type-mismatch
select «min(c.Preferences) as p from dbo.Customer c
### 206 type-mismatch
select o.OrderId from sales.[Order] o where o.OrderedAt > «20260101
### 206 type-mismatch
select p.Name from stock.Product p where p.Uid = «0
### 249 type-mismatch
select count(*) as n from dbo.Customer c group by «c.Place
### 0 unsupported-type
select c.Name, «c.Place from dbo.Customer c
### 0 unsupported-type
with x as (select Place as p, CustomerId as id from dbo.Customer) select x.id, «x.p as place from x
### 245 type-mismatch warning
select p.Name from stock.Product p where p.ProductId = «'A1'
### 0 type-mismatch warning
select o.OrderId from sales.[Order] o where o.Status = «'SHIPPED'
### 4104 unknown-column
select «Name.Lat as lat from dbo.Customer c
### 4104 unknown-column
select c.«Plaze.Lat as lat from dbo.Customer c
### 174 compile-error
select «year() as y, count(*) as n from sales.[Order] group by year(OrderedAt)
### 461 unknown-column
with n as (select 1 as i union all select n.i + 1 from n order by i offset 0 rows fetch next 5 rows only) select n.i from n where n.«j = 1
