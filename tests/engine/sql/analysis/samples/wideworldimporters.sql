/* Tables, views, functions and procedures in the manner of Microsoft's sample database WideWorldImporters, written anew
   for these tests: sequences, temporal and memory-optimized tables, JSON, geography and columnstore. */
CREATE DATABASE [$(DatabaseName)]
CONTAINMENT = NONE
ON PRIMARY
(NAME = WWI_Primary, FILENAME = '$(DefaultDataPath)$(DefaultFilePrefix).mdf', SIZE = 1GB, MAXSIZE = UNLIMITED, FILEGROWTH = 65536KB),
FILEGROUP [USERDATA] DEFAULT
(NAME = WWI_UserData, FILENAME = 'D:\Data\WWI_UserData.ndf', SIZE = 2GB),
FILEGROUP [WWI_InMemory_Data] CONTAINS MEMORY_OPTIMIZED_DATA
(NAME = WWI_InMemory_Data_1, FILENAME = 'D:\Data\WWI_InMemory_Data_1')
LOG ON
(NAME = WWI_Log, FILENAME = 'D:\Data\WWI.ldf', SIZE = 100MB)
COLLATE Latin1_General_100_CI_AS
GO
ALTER DATABASE [$(DatabaseName)] SET QUERY_STORE (OPERATION_MODE = READ_WRITE, CLEANUP_POLICY = (STALE_QUERY_THRESHOLD_DAYS = 30));
GO
USE [$(DatabaseName)];
GO
CREATE SCHEMA [Application] AUTHORIZATION [dbo];
GO
CREATE SCHEMA [Sequences]
    AUTHORIZATION [dbo];
GO
EXECUTE sp_addextendedproperty @name = N'Description', @value = N'Numbers', @level0type = N'SCHEMA', @level0name = N'Sequences';
GO
CREATE ROLE [External Sales];
GO
CREATE PARTITION FUNCTION [PF_TransactionDate](DATE)
    AS RANGE RIGHT
    FOR VALUES ('01/01/2014 00:00:00', '01/01/2015 00:00:00');
GO
CREATE PARTITION SCHEME [PS_TransactionDate]
    AS PARTITION [PF_TransactionDate]
    TO ([USERDATA], [USERDATA], [USERDATA]);
GO
CREATE SEQUENCE [Sequences].[CityID] AS INT START WITH 38187 INCREMENT BY 1;
GO
CREATE TABLE [Application].[Cities] (
    [CityID]                   INT               CONSTRAINT [DF_Application_Cities_CityID] DEFAULT (NEXT VALUE FOR [Sequences].[CityID]) NOT NULL,
    [CityName]                 NVARCHAR (50)     NOT NULL,
    [StateProvinceID]          INT               NOT NULL,
    [Location]                 [sys].[geography] NULL,
    [LatestRecordedPopulation] BIGINT            NULL,
    [LastEditedBy]             INT               NOT NULL,
    [ValidFrom]                DATETIME2 (7) GENERATED ALWAYS AS ROW START NOT NULL,
    [ValidTo]                  DATETIME2 (7) GENERATED ALWAYS AS ROW END   NOT NULL,
    CONSTRAINT [PK_Application_Cities] PRIMARY KEY CLUSTERED ([CityID] ASC) ON [USERDATA],
    CONSTRAINT [FK_Application_Cities] FOREIGN KEY ([LastEditedBy]) REFERENCES [Application].[People] ([PersonID]),
    PERIOD FOR SYSTEM_TIME ([ValidFrom], [ValidTo])
) ON [USERDATA] TEXTIMAGE_ON [USERDATA]
WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE=[Application].[Cities_Archive], DATA_CONSISTENCY_CHECK=ON));
GO
CREATE TABLE [Application].[Cities_Archive] (
    [CityID]                   INT               NOT NULL,
    [CityName]                 NVARCHAR (50)     NOT NULL,
    [ValidFrom]                DATETIME2 (7)     NOT NULL,
    [ValidTo]                  DATETIME2 (7)     NOT NULL
) ON [USERDATA] TEXTIMAGE_ON [USERDATA];
GO
CREATE CLUSTERED INDEX [ix_Cities_Archive]
    ON [Application].[Cities_Archive]([ValidFrom] ASC, [ValidTo] ASC) WITH (DATA_COMPRESSION = PAGE)
    ON [USERDATA];
GO
CREATE TABLE [Application].[People] (
    [PersonID]                INT                                         NOT NULL,
    [FullName]                NVARCHAR (50)                               NOT NULL,
    [PreferredName]           NVARCHAR (50)                               NOT NULL,
    [SearchName]              AS (concat([PreferredName],N' ',[FullName])) PERSISTED NOT NULL,
    [IsPermittedToLogon]      BIT                                         NOT NULL,
    [LogonName]               NVARCHAR (50) MASKED WITH (FUNCTION = 'default()') NULL,
    [HashedPassword]          VARBINARY (MAX)                             NULL,
    [UserPreferences]         NVARCHAR (MAX)                              NULL,
    [CustomFields]            NVARCHAR (MAX)                              NULL,
    [OtherLanguages]          AS (json_query([CustomFields],N'$.OtherLanguages')),
    CONSTRAINT [PK_Application_People] PRIMARY KEY CLUSTERED ([PersonID] ASC)
);
GO
CREATE NONCLUSTERED INDEX [IX_People_Perf]
    ON [Application].[People]([IsPermittedToLogon] ASC, [PersonID] ASC)
    INCLUDE([FullName], [LogonName]);
GO
CREATE TABLE [Sales].[Invoices] (
    [InvoiceID]            INT            NOT NULL,
    [CustomerID]           INT            NOT NULL,
    [InvoiceDate]          DATE           NOT NULL,
    [ReturnedDeliveryData] NVARCHAR (MAX) NULL,
    [ConfirmedDeliveryTime] AS (TRY_CONVERT([datetime2](7),json_value([ReturnedDeliveryData],N'$.DeliveredWhen'),(126))),
    [ConfirmedReceivedBy]  AS (json_value([ReturnedDeliveryData],N'$.ReceivedBy')),
    [LastEditedWhen]       DATETIME2 (7)  CONSTRAINT [DF_Invoices_LastEditedWhen] DEFAULT (sysdatetime()) NOT NULL,
    CONSTRAINT [PK_Sales_Invoices] PRIMARY KEY CLUSTERED ([InvoiceID] ASC),
    CONSTRAINT [CK_Sales_Invoices_Data] CHECK ([ReturnedDeliveryData] IS NULL OR [ReturnedDeliveryData]<>N'' AND isjson([ReturnedDeliveryData])<>(0))
);
GO
CREATE TABLE [Sales].[InvoiceLines] (
    [InvoiceLineID]  INT             NOT NULL,
    [InvoiceID]      INT             NOT NULL,
    [Description]    NVARCHAR (100)  NOT NULL,
    [Quantity]       INT             NOT NULL,
    [UnitPrice]      DECIMAL (18, 2) NULL,
    [TaxRate]        DECIMAL (18, 3) NOT NULL,
    [ExtendedPrice]  DECIMAL (18, 2) NOT NULL,
    CONSTRAINT [PK_Sales_InvoiceLines] PRIMARY KEY CLUSTERED ([InvoiceLineID] ASC),
    INDEX [NCCX_Sales_InvoiceLines] NONCLUSTERED COLUMNSTORE ([InvoiceID], [Quantity]) ON [USERDATA]
);
GO
CREATE TABLE [Sales].[Orders] (
    [OrderID]       INT            CONSTRAINT [DF_Sales_Orders_OrderID] DEFAULT (NEXT VALUE FOR [Sequences].[OrderID]) NOT NULL,
    [CustomerID]    INT            NOT NULL,
    [OrderDate]     DATE           NOT NULL,
    [PickingCompletedWhen] DATETIME2 (7) NULL,
    INDEX [CCX_Orders] CLUSTERED COLUMNSTORE
);
GO
CREATE TABLE [Sales].[CustomerTransactions] (
    [CustomerTransactionID] INT             NOT NULL,
    [CustomerID]            INT             NOT NULL,
    [TransactionDate]       DATE            NOT NULL,
    [AmountExcludingTax]    DECIMAL (18, 2) NOT NULL,
    [FinalizationDate]      DATE            NULL,
    [IsFinalized]           AS (case when [FinalizationDate] IS NULL then CONVERT([bit],(0)) else CONVERT([bit],(1)) end) PERSISTED,
    CONSTRAINT [PK_Sales_CustomerTransactions] PRIMARY KEY NONCLUSTERED ([CustomerTransactionID] ASC) ON [USERDATA]
) ON [PS_TransactionDate] ([TransactionDate]);
GO
CREATE CLUSTERED INDEX [CX_Sales_CustomerTransactions]
    ON [Sales].[CustomerTransactions]([TransactionDate] ASC)
    ON [PS_TransactionDate] ([TransactionDate]);
GO
CREATE TABLE [Sales].[Customers] (
    [CustomerID]   INT            NOT NULL,
    [CustomerName] NVARCHAR (100) NOT NULL,
    [PrimaryContactPersonID] INT  NOT NULL,
    [AlternateContactPersonID] INT NULL,
    [DeliveryCityID] INT          NOT NULL,
    [CreditLimit]  DECIMAL (18, 2) NULL,
    [DeliveryLocation] [sys].[geography] NULL,
    [PhoneNumber]  NVARCHAR (20)  NOT NULL,
    CONSTRAINT [UQ_Sales_Customers_CustomerName] UNIQUE NONCLUSTERED ([CustomerName] ASC) ON [USERDATA]
);
GO
CREATE TABLE [Warehouse].[StockItems] (
    [StockItemID]       INT            NOT NULL,
    [StockItemName]     NVARCHAR (100) NOT NULL,
    [MarketingComments] NVARCHAR (MAX) NULL,
    [Photo]             VARBINARY (MAX) NULL,
    [CustomFields]      NVARCHAR (MAX) NULL,
    [Tags]              AS (json_query([CustomFields],N'$.Tags')),
    [SearchDetails]     AS (concat([StockItemName],N' ',[MarketingComments])),
    [RecommendedRetailPrice] DECIMAL (18, 2) NULL
);
GO
CREATE TABLE [Warehouse].[VehicleTemperatures] (
    [VehicleTemperatureID] BIGINT          IDENTITY (1, 1) NOT NULL,
    [VehicleRegistration]  NVARCHAR (20)   COLLATE Latin1_General_CI_AS NOT NULL,
    [Temperature]          DECIMAL (10, 2) NOT NULL,
    [FullSensorData]       NVARCHAR (1000) COLLATE Latin1_General_CI_AS NULL,
    [IsCompressed]         BIT             NOT NULL,
    [CompressedSensorData] VARBINARY (MAX) NULL,
    CONSTRAINT [PK_Warehouse_VehicleTemperatures] PRIMARY KEY NONCLUSTERED ([VehicleTemperatureID] ASC)
)
WITH (DURABILITY = SCHEMA_AND_DATA, MEMORY_OPTIMIZED = ON);
GO
CREATE TABLE [Warehouse].[ColdRoomTemperatures] (
    [ColdRoomTemperatureID]  BIGINT          IDENTITY (1, 1) NOT NULL,
    [ColdRoomSensorNumber]   INT             NOT NULL,
    [Temperature]            DECIMAL (10, 2) NOT NULL,
    INDEX [IX_Sensor] NONCLUSTERED HASH ([ColdRoomSensorNumber]) WITH (BUCKET_COUNT = 1024),
    CONSTRAINT [PK_ColdRoom] PRIMARY KEY NONCLUSTERED HASH ([ColdRoomTemperatureID]) WITH (BUCKET_COUNT = 131072)
)
WITH (MEMORY_OPTIMIZED = ON);
GO
CREATE COLUMNSTORE INDEX [CX_Stock] ON [Warehouse].[StockItems]([StockItemID]);
GO
CREATE CLUSTERED COLUMNSTORE INDEX [CCX_Transactions] ON [Warehouse].[StockItemTransactions] ON [USERDATA];
GO
CREATE STATISTICS [st] ON [Sales].[Customers]([CustomerName]) WITH FULLSCAN;
GO
CREATE TYPE [Website].[OrderIDList] AS TABLE (
    [OrderID] INT NOT NULL,
    PRIMARY KEY NONCLUSTERED ([OrderID] ASC))
    WITH (MEMORY_OPTIMIZED = ON);
GO
CREATE FULLTEXT INDEX ON [Application].[People]
    ([SearchName] LANGUAGE 1033, [CustomFields] LANGUAGE 1033)
    KEY INDEX [PK_Application_People]
    ON [FTCatalog];
GO
CREATE VIEW Website.Customers
AS
SELECT s.CustomerID,
       s.CustomerName,
       pp.FullName AS PrimaryContact,
       ap.FullName AS AlternateContact,
       s.PhoneNumber,
       c.CityName AS CityName,
       s.DeliveryLocation.ToString() AS DeliveryLocation
FROM Sales.Customers AS s
LEFT OUTER JOIN [Application].People AS pp
ON s.PrimaryContactPersonID = pp.PersonID
LEFT OUTER JOIN [Application].People AS ap
ON s.AlternateContactPersonID = ap.PersonID
LEFT OUTER JOIN [Application].Cities AS c
ON s.DeliveryCityID = c.CityID
GO
CREATE VIEW Website.VehicleTemperatures
AS
SELECT vt.VehicleTemperatureID,
       vt.VehicleRegistration,
       vt.Temperature,
       CASE WHEN vt.IsCompressed <> 0
            THEN CAST(DECOMPRESS(vt.CompressedSensorData) AS nvarchar(1000))
            ELSE vt.FullSensorData
       END AS FullSensorData
FROM Warehouse.VehicleTemperatures AS vt;
GO
CREATE VIEW [WebApi].[Cities]
AS
SELECT c.CityID, c.CityName, c.LatestRecordedPopulation,
    Location = JSON_QUERY((SELECT [type] = 'Feature',
        [geometry.type] = 'Point',
        [geometry.coordinates] = JSON_QUERY(CONCAT('[', c.Location.Long, ',', c.Location.Lat, ']'))
        FOR JSON PATH, WITHOUT_ARRAY_WRAPPER))
FROM [Application].Cities c
GO
CREATE FUNCTION [Application].[DetermineCustomerAccess](@CityID int)
RETURNS TABLE
WITH SCHEMABINDING
AS
RETURN (SELECT 1 AS AccessResult
        WHERE IS_ROLEMEMBER(N'db_owner') <> 0
        OR ORIGINAL_LOGIN() = N'Website'
        AND EXISTS (SELECT 1
                    FROM [Application].Cities AS c
                    WHERE c.CityID = @CityID
                    AND c.CityName = SESSION_CONTEXT(N'City')));
GO
CREATE SECURITY POLICY [Application].[FilterCustomers]
    ADD FILTER PREDICATE [Application].[DetermineCustomerAccess]([DeliveryCityID]) ON [Sales].[Customers],
    ADD BLOCK PREDICATE [Application].[DetermineCustomerAccess]([DeliveryCityID]) ON [Sales].[Customers] AFTER UPDATE
    WITH (STATE = ON);
GO
CREATE FUNCTION Website.CalculateCustomerPrice
(
    @CustomerID int,
    @PricingDate date
)
RETURNS decimal(18,2)
WITH EXECUTE AS OWNER
AS
BEGIN
    DECLARE @CalculatedPrice decimal(18,2);
    SET @CalculatedPrice = (SELECT MIN(c.CreditLimit) FROM Sales.Customers AS c WHERE c.CustomerID = @CustomerID);
    RETURN @CalculatedPrice;
END;
GO
CREATE PROCEDURE Website.SearchForCustomers
@SearchText nvarchar(1000),
@MaximumRowsToReturn int
WITH EXECUTE AS OWNER
AS
BEGIN
    SELECT TOP(@MaximumRowsToReturn)
           c.CustomerID,
           c.CustomerName,
           ct.CityName,
           c.PhoneNumber,
           p.FullName AS PrimaryContactFullName
    FROM Sales.Customers AS c
    INNER JOIN [Application].Cities AS ct
    ON c.DeliveryCityID = ct.CityID
    LEFT OUTER JOIN [Application].People AS p
    ON c.PrimaryContactPersonID = p.PersonID
    WHERE CONCAT(c.CustomerName, N' ', p.FullName, N' ', p.PreferredName) LIKE N'%' + @SearchText + N'%'
    ORDER BY c.CustomerName
    FOR JSON AUTO, ROOT(N'Customers');
END;
GO
CREATE PROCEDURE [Integration].[GetCityUpdates]
@LastCutoff datetime2(7)
WITH EXECUTE AS OWNER
AS
BEGIN
    SELECT c.CityID,
           c.CityName,
           c.Location.ToString() AS Location,
           COALESCE(c.LatestRecordedPopulation, 0) AS LatestRecordedPopulation,
           c.ValidFrom
    FROM [Application].Cities FOR SYSTEM_TIME AS OF @LastCutoff AS c
    WHERE c.CityID = 1
    ORDER BY c.CityID;
END;
GO
CREATE PROCEDURE [Integration].[GetTransactionUpdates]
@LastCutoff datetime2(7),
@NewCutoff datetime2(7)
AS
BEGIN
    SELECT CAST(ct.TransactionDate AS date) AS [Date Key],
           ct.CustomerTransactionID AS [WWI Customer Transaction ID],
           CAST(NULL AS int) AS [WWI Supplier Transaction ID],
           COALESCE(i.CustomerID, ct.CustomerID) AS [WWI Customer ID],
           ct.AmountExcludingTax AS [Total Excluding Tax],
           ct.IsFinalized AS [Is Finalized],
           i.LastEditedWhen AS [Last Modified When]
    FROM Sales.CustomerTransactions AS ct
    LEFT OUTER JOIN Sales.Invoices AS i
    ON ct.CustomerID = i.CustomerID
    WHERE i.LastEditedWhen > @LastCutoff
    AND i.LastEditedWhen <= @NewCutoff

    UNION ALL

    SELECT CAST(o.OrderDate AS date) AS [Date Key],
           CAST(NULL AS int) AS [WWI Customer Transaction ID],
           o.OrderID AS [WWI Supplier Transaction ID],
           CAST(NULL AS int) AS [WWI Customer ID],
           0.0 AS [Total Excluding Tax],
           CAST(0 AS bit),
           o.PickingCompletedWhen
    FROM Sales.Orders AS o
    ORDER BY [Date Key];
END;
GO
CREATE PROCEDURE Website.RecordColdRoomTemperatures
@SensorReadings Website.OrderIDList READONLY
WITH NATIVE_COMPILATION, SCHEMABINDING, EXECUTE AS OWNER
AS
BEGIN ATOMIC WITH
(
	TRANSACTION ISOLATION LEVEL = SNAPSHOT,
	LANGUAGE = N'English'
)
    DELETE FROM Warehouse.ColdRoomTemperatures WHERE ColdRoomSensorNumber = 1;
END;
GO
GRANT EXECUTE
    ON OBJECT::[Website].[SearchForCustomers] TO [External Sales]
    AS [dbo];
GO
DENY VIEW ANY COLUMN MASTER KEY DEFINITION TO [public];
GO
