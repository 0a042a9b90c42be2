### two schemas
select c.Name, o.OrderId, l.Quantity, p.Sku from dbo.Customer c join sales.[Order] o on o.CustomerId = c.CustomerId join sales.OrderLine l on l.OrderId = o.OrderId join stock.Product p on p.ProductId = l.ProductId
### the schema before a column
select sales.OrderLine.Quantity, stock.Product.Name as n from sales.OrderLine join stock.Product on stock.Product.ProductId = sales.OrderLine.ProductId
### a view and its columns
select t.Total, t.LineCount from sales.OrderTotal t where t.Total > 100
### a view with a star of what is not known
select i.OrderId, i.[key], i.value from sales.Imported i
### a view of another database's table
select e.anything as a, e.more from sales.Everything e where e.other = 1
### a synonym
select a.Name, a.Sku from Article a
### a synonym of what is elsewhere
select e.anything from Elsewhere e
### a declared function with rows
select o.OrderId, l.LineNumber, l.Quantity from sales.[Order] o outer apply sales.LinesOf(o.OrderId) as l
### its columns under other names
select l.a, l.c from sales.LinesOf(5) as l (a, b, c)
### a declared function
select dbo.Vat(l.UnitPrice, default) as vat from sales.OrderLine l
### a computed column, and one with a blank
select p.Gross, p.[Unit Size] as unitsize from stock.Product p
### methods of xml
select n.x.value('@a', 'int') as a from dbo.Customer c cross apply c.Preferences.nodes('/p/q') as n (x) where c.Preferences.exist('/p') = 1
### system versioned
select o.OrderId from sales.[Order] for system_time as of '2026-01-01' o
### a sample
select p.Sku from stock.Product p tablesample (10 percent)
### hints
select p.Sku from stock.Product p with (index (pk), readcommitted) join sales.OrderLine l with (nolock) on l.ProductId = p.ProductId
### a subquery in ON
select o.OrderId from sales.[Order] o join sales.OrderLine l on l.OrderId = o.OrderId and l.LineNumber = (select max(m.LineNumber) from sales.OrderLine m where m.OrderId = o.OrderId)
### UNPIVOT
select u.kind, u.amount from (select OrderId, Quantity, cast(LineNumber as int) as LineNumber from sales.OrderLine) s unpivot (amount for kind in (Quantity, LineNumber)) u
### a scalar subquery under an alias
select c.Name, orders = (select count(*) from sales.[Order] o where o.CustomerId = c.CustomerId) from dbo.Customer c
### a view that cannot be read
select v.anything from sales.Unreadable v where v.other = 1
### a view with a star of it
select v.more, v.OrderId from sales.Wide v
### grouped over a join
select p.Name, p.Price, sum(l.Quantity) as sold, sum(l.Quantity * l.UnitPrice) as amount from sales.OrderLine l join stock.Product p on p.ProductId = l.ProductId group by p.Name, p.Price, p.ProductId having sum(l.Quantity) > 10 order by amount desc, p.Name
### two tables of one name in two schemas
select stock.Product.Name as n, sales.Everything.x as x from stock.Product cross join sales.Everything
### grouped by a column of a view that may have more
select i.whatever2, count(*) as n from sales.Everything i group by i.whatever2
### a grouped column under its table's name
select Customer.City, count(*) as n from dbo.Customer group by dbo.Customer.City
### an outer column in a subquery's own group
select c.Name, (select count(*) from sales.[Order] o where o.CustomerId = c.CustomerId group by o.CustomerId) as n from dbo.Customer c
### an aggregate of an outer column in a subquery of the SELECT list
select c.City, (select max(c.Credit)) as highest from dbo.Customer c group by c.City
### a declared function with all of its arguments
select dbo.Vat(l.UnitPrice, 12) as a, dbo.Vat(l.Quantity * l.UnitPrice, default) as b from sales.OrderLine l
### datetime beside numbers, datetime2 beside dates
select o.OrderId from sales.[Order] o where o.ShippedAt > 45000 and o.OrderedAt > '2026-01-01T10:00:00' and o.OrderedAt > cast(o.ShippedAt as date) and o.ShippedAt - 1 < o.OrderedAt
### a type without JSON form that is not selected
select c.Name from dbo.Customer c where c.Place is not null
### xml is null
select c.Name from dbo.Customer c where c.Preferences is null
### the properties of a column that has some
select c.Place.Lat as lat, Place.Long as lon from dbo.Customer c where c.Place.STSrid = 4326
### methods of a column that has some
select c.Name, c.Place.STAsText() as place from dbo.Customer c order by c.Name
### an argument in the anchor
with n as (select ? as i union all select n.i + 1 from n where n.i < 10) select i from n
### a text of the same length, and a guid
with p as (select ProductId, Sku, Uid, Price from stock.Product where ProductId = 1 union all select q.ProductId, q.Sku, q.Uid, q.Price from stock.Product q join p on p.ProductId = q.ProductId - 1) select ProductId, Sku, Uid, Price from p
### isnull and a CASE keep the type
with p as (select ProductId, isnull(Sku, '') as sku from stock.Product where ProductId = 1 union all select q.ProductId, isnull(q.Sku, '') from stock.Product q join p on p.ProductId = q.ProductId - 1) select ProductId, sku from p
### recursion as people write it, 30
with r as (select p.ProductId, p.Weight, p.Photo, p.Attributes from stock.Product p union all select q.ProductId, q.Weight * 2, q.Photo, q.Attributes from stock.Product q join r on r.ProductId = q.ProductId + 1) select ProductId, Weight from r
### recursion as people write it, 31
with r as (select OrderId, OrderedAt, Status from sales.[Order] union all select o.OrderId, dateadd(hour, 1, o.OrderedAt), o.Status from sales.[Order] o join r on r.OrderId = o.OrderId + 1) select OrderId, OrderedAt from r
### recursion as people write it, 32
with r as (select c.CustomerId, c.Email, c.Credit, c.Name from dbo.Customer c union all select d.CustomerId, d.Email, d.Credit + 1, d.Name from dbo.Customer d join r on r.CustomerId = d.CustomerId + 1) select CustomerId, Email from r
### recursion as people write it, 33
with r as (select t.OrderId, t.Total, t.LineCount from sales.OrderTotal t union all select u.OrderId, u.Total, u.LineCount from sales.OrderTotal u join r on r.OrderId = u.OrderId + 1) select OrderId, Total from r
### recursion as people write it, 34
with r (id, price, gross) as (select p.ProductId, p.Price, p.Gross from dbo.Article p union all select p.ProductId, p.Price, p.Gross from dbo.Article p join r on r.id = p.ProductId + 1) select id, price, gross from r
### recursion as people write it, 35
with e as (select Id, Name from dbo.Elsewhere union all select x.Id, x.Name from dbo.Elsewhere x join e on e.Id = x.Parent) select Id from e
