/*******************************************************************************
   The tables of the sample database Chinook as its generator scripts them for SQL Server, written anew for these tests,
   with views and procedures of the kinds that people write over it.
********************************************************************************/

/*******************************************************************************
   Drop database if it exists
********************************************************************************/
IF EXISTS (SELECT name FROM master.dbo.sysdatabases WHERE name = N'Chinook')
BEGIN
	ALTER DATABASE [Chinook] SET OFFLINE WITH ROLLBACK IMMEDIATE;
	ALTER DATABASE [Chinook] SET ONLINE;
	DROP DATABASE [Chinook];
END

GO

/*******************************************************************************
   Create database
********************************************************************************/
CREATE DATABASE [Chinook];
GO

USE [Chinook];
GO

/*******************************************************************************
   Create Tables
********************************************************************************/
CREATE TABLE [dbo].[Album]
(
    [AlbumId] INT NOT NULL IDENTITY,
    [Title] NVARCHAR(160) NOT NULL,
    [ArtistId] INT NOT NULL,
    CONSTRAINT [PK_Album] PRIMARY KEY CLUSTERED ([AlbumId])
);
GO
CREATE TABLE [dbo].[Artist]
(
    [ArtistId] INT NOT NULL IDENTITY,
    [Name] NVARCHAR(120),
    CONSTRAINT [PK_Artist] PRIMARY KEY CLUSTERED ([ArtistId])
);
GO
CREATE TABLE [dbo].[Customer]
(
    [CustomerId] INT NOT NULL IDENTITY,
    [FirstName] NVARCHAR(40) NOT NULL,
    [LastName] NVARCHAR(20) NOT NULL,
    [Company] NVARCHAR(80),
    [Country] NVARCHAR(40),
    [Email] NVARCHAR(60) NOT NULL,
    [SupportRepId] INT,
    CONSTRAINT [PK_Customer] PRIMARY KEY CLUSTERED ([CustomerId])
);
GO
CREATE TABLE [dbo].[Employee]
(
    [EmployeeId] INT NOT NULL IDENTITY,
    [LastName] NVARCHAR(20) NOT NULL,
    [FirstName] NVARCHAR(20) NOT NULL,
    [ReportsTo] INT,
    [BirthDate] DATETIME,
    [HireDate] DATETIME,
    CONSTRAINT [PK_Employee] PRIMARY KEY CLUSTERED ([EmployeeId])
);
GO
CREATE TABLE [dbo].[Genre]
(
    [GenreId] INT NOT NULL IDENTITY,
    [Name] NVARCHAR(120),
    CONSTRAINT [PK_Genre] PRIMARY KEY CLUSTERED ([GenreId])
);
GO
CREATE TABLE [dbo].[Invoice]
(
    [InvoiceId] INT NOT NULL IDENTITY,
    [CustomerId] INT NOT NULL,
    [InvoiceDate] DATETIME NOT NULL,
    [BillingCountry] NVARCHAR(40),
    [Total] NUMERIC(10,2) NOT NULL,
    CONSTRAINT [PK_Invoice] PRIMARY KEY CLUSTERED ([InvoiceId])
);
GO
CREATE TABLE [dbo].[InvoiceLine]
(
    [InvoiceLineId] INT NOT NULL IDENTITY,
    [InvoiceId] INT NOT NULL,
    [TrackId] INT NOT NULL,
    [UnitPrice] NUMERIC(10,2) NOT NULL,
    [Quantity] INT NOT NULL,
    CONSTRAINT [PK_InvoiceLine] PRIMARY KEY CLUSTERED ([InvoiceLineId])
);
GO
CREATE TABLE [dbo].[Track]
(
    [TrackId] INT NOT NULL IDENTITY,
    [Name] NVARCHAR(200) NOT NULL,
    [AlbumId] INT,
    [GenreId] INT,
    [Composer] NVARCHAR(220),
    [Milliseconds] INT NOT NULL,
    [Bytes] INT,
    [UnitPrice] NUMERIC(10,2) NOT NULL,
    CONSTRAINT [PK_Track] PRIMARY KEY CLUSTERED ([TrackId])
);
GO

/*******************************************************************************
   Create Foreign Keys
********************************************************************************/
ALTER TABLE [dbo].[Album] ADD CONSTRAINT [FK_AlbumArtistId]
    FOREIGN KEY ([ArtistId]) REFERENCES [dbo].[Artist] ([ArtistId]) ON DELETE NO ACTION ON UPDATE NO ACTION;
GO
CREATE INDEX [IFK_AlbumArtistId] ON [dbo].[Album] ([ArtistId]);
GO
ALTER TABLE [dbo].[Employee] ADD CONSTRAINT [FK_EmployeeReportsTo]
    FOREIGN KEY ([ReportsTo]) REFERENCES [dbo].[Employee] ([EmployeeId]) ON DELETE NO ACTION ON UPDATE NO ACTION;
GO

/*******************************************************************************
   Populate Tables
********************************************************************************/
INSERT INTO [dbo].[Genre] ([Name]) VALUES
    (N'Rock'),
    (N'Jazz');
SET IDENTITY_INSERT [dbo].[Artist] ON;
INSERT INTO [dbo].[Artist] ([ArtistId], [Name]) VALUES (1, N'AC/DC');
INSERT INTO [dbo].[Employee] ([LastName], [FirstName], [HireDate]) VALUES (N'Adams', N'Andrew', '2002/8/14');
GO

CREATE VIEW [dbo].[TrackInfo] AS
SELECT t.[TrackId], t.[Name] AS [Track], al.[Title] AS [Album], ar.[Name] AS [Artist], g.[Name] AS [Genre],
    CAST(t.[Milliseconds] / 1000.0 / 60 AS NUMERIC(10, 2)) AS [Minutes]
FROM [dbo].[Track] t
LEFT JOIN [dbo].[Album] al ON al.[AlbumId] = t.[AlbumId]
LEFT JOIN [dbo].[Artist] ar ON ar.[ArtistId] = al.[ArtistId]
LEFT JOIN [dbo].[Genre] g ON g.[GenreId] = t.[GenreId];
GO
CREATE VIEW [dbo].[SalesByCountry] AS
SELECT [BillingCountry], YEAR([InvoiceDate]) AS [Year], SUM([Total]) AS [Total], COUNT(DISTINCT [CustomerId]) AS [Customers]
FROM [dbo].[Invoice]
GROUP BY [BillingCountry], YEAR([InvoiceDate]);
GO
CREATE VIEW [dbo].[Countries] AS
SELECT [BillingCountry] AS [Country], [Year], [Total],
    RANK() OVER (PARTITION BY [Year] ORDER BY [Total] DESC) AS [Place],
    [Total] * 100.0 / SUM([Total]) OVER (PARTITION BY [Year]) AS [Share]
FROM [dbo].[SalesByCountry];
GO
CREATE PROCEDURE [dbo].[CustomersOf] @EmployeeId INT
AS
BEGIN
    SET NOCOUNT ON;
    SELECT c.[FirstName] + ' ' + c.[LastName] AS [Customer], e.[FirstName] + N' ' + e.[LastName] AS [Agent],
        [Spent] = (SELECT SUM(i.[Total]) FROM [dbo].[Invoice] i WHERE i.[CustomerId] = c.[CustomerId])
    FROM [dbo].[Customer] c
    JOIN [dbo].[Employee] e ON c.[SupportRepId] = e.[EmployeeId]
    WHERE e.[EmployeeId] = @EmployeeId OR e.[ReportsTo] = @EmployeeId
    ORDER BY [Spent] DESC, [Customer];
END;
GO
CREATE PROCEDURE [dbo].[BestSellers] @From DATETIME, @Count INT
AS
BEGIN
    WITH sold AS (
        SELECT l.[TrackId], SUM(l.[Quantity]) AS n, SUM(l.[Quantity] * l.[UnitPrice]) AS revenue
        FROM [dbo].[InvoiceLine] l JOIN [dbo].[Invoice] i ON i.[InvoiceId] = l.[InvoiceId]
        WHERE i.[InvoiceDate] >= @From AND i.[InvoiceDate] < DATEADD(YEAR, 1, @From)
        GROUP BY l.[TrackId]
    ), ranked AS (
        SELECT s.*, ROW_NUMBER() OVER (ORDER BY s.n DESC, s.[TrackId]) AS place FROM sold s
    )
    SELECT r.place, t.[Name], r.n, r.revenue
    FROM ranked r JOIN [dbo].[Track] t ON t.[TrackId] = r.[TrackId]
    WHERE r.place <= @Count
    ORDER BY r.place;
END;
GO
