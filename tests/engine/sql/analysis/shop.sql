/* A shop: two schemas, views, functions, a synonym, and types without JSON form. */
CREATE SCHEMA sales;
GO
CREATE SCHEMA stock;
GO
CREATE TYPE dbo.Email FROM nvarchar(200) NOT NULL;
GO
CREATE TABLE dbo.Customer
(
    CustomerId   int IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    Name         nvarchar(80) NOT NULL,
    Email        dbo.Email,
    City         nvarchar(60) NULL,
    Since        date NOT NULL,
    IsActive     bit NOT NULL DEFAULT (1),
    Credit       money NULL,
    Place        geography NULL,
    Preferences  xml NULL
);
GO
CREATE TABLE stock.Product
(
    ProductId    int NOT NULL PRIMARY KEY,
    Sku          varchar(20) NOT NULL,
    Name         nvarchar(100) NOT NULL,
    Price        decimal(10, 2) NOT NULL,
    Weight       float NULL,
    Discontinued bit NOT NULL,
    Uid          uniqueidentifier NOT NULL,
    Photo        varbinary(max) NULL,
    Attributes   nvarchar(max) NULL,
    Gross        AS (Price * 1.25),
    [Unit Size]  varchar(10) NULL
);
GO
CREATE TABLE sales.[Order]
(
    OrderId      bigint NOT NULL PRIMARY KEY,
    CustomerId   int NOT NULL REFERENCES dbo.Customer (CustomerId),
    OrderedAt    datetime2(3) NOT NULL,
    ShippedAt    datetime NULL,
    Status       char(1) NOT NULL,
    Freight      smallmoney NULL,
    Version      rowversion
);
GO
CREATE TABLE sales.OrderLine
(
    OrderId      bigint NOT NULL REFERENCES sales.[Order] (OrderId),
    LineNumber   smallint NOT NULL,
    ProductId    int NOT NULL REFERENCES stock.Product (ProductId),
    Quantity     int NOT NULL,
    UnitPrice    decimal(10, 2) NOT NULL,
    CONSTRAINT pk_line PRIMARY KEY (OrderId, LineNumber)
);
GO
CREATE VIEW sales.OrderTotal AS
SELECT o.OrderId, o.CustomerId, SUM(l.Quantity * l.UnitPrice) AS Total, COUNT(*) AS LineCount
FROM sales.[Order] o JOIN sales.OrderLine l ON l.OrderId = o.OrderId
GROUP BY o.OrderId, o.CustomerId;
GO
CREATE VIEW sales.Imported AS
SELECT x.*, o.OrderId FROM sales.[Order] o CROSS APPLY OPENJSON(o.Status) x JOIN other.dbo.Import i ON i.Id = o.OrderId;
GO
CREATE VIEW sales.Everything AS SELECT * FROM other.dbo.Import;
GO
CREATE VIEW sales.Unreadable AS SELECT * FROM OPENROWSET(BULK 'x.csv', SINGLE_CLOB) AS x CROSS JOIN %%lost%%;
GO
CREATE VIEW sales.Wide AS SELECT o.OrderId, u.* FROM sales.[Order] o CROSS JOIN sales.Unreadable u;
GO
CREATE FUNCTION dbo.Vat (@amount decimal(10, 2), @rate int = 25) RETURNS decimal(10, 2) AS
BEGIN
    RETURN @amount * @rate / 100;
END;
GO
CREATE FUNCTION sales.LinesOf (@order bigint) RETURNS TABLE AS
RETURN SELECT l.LineNumber, l.ProductId, l.Quantity FROM sales.OrderLine l WHERE l.OrderId = @order;
GO
CREATE SYNONYM dbo.Article FOR stock.Product;
GO
CREATE SYNONYM dbo.Elsewhere FOR other.dbo.Import;
GO
