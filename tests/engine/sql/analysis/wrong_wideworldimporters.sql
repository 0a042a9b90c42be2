### 207 unknown-column
select InvoiceID, «TotalDue from Sales.Invoices
### 206 type-mismatch
select InvoiceID from Sales.Invoices where InvoiceDate = «0
### 206 type-mismatch
select CustomerTransactionID from Sales.CustomerTransactions where TransactionDate >= «2016 and FinalizationDate is null
### 206 type-mismatch
select «TransactionDate - 30 as d from Sales.CustomerTransactions
### 402 type-mismatch
select «TransactionDate - FinalizationDate as d from Sales.CustomerTransactions
### 1011 compile-error
select i.InvoiceID from Sales.Invoices i join Sales.InvoiceLines «I on i.InvoiceID = I.InvoiceID
### 4193 compile-error
SELECT «SUM(l.Quantity) OVER (ORDER BY l.InvoiceLineID ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW) AS q FROM Sales.InvoiceLines AS l
### 10752 compile-error
SELECT o.OrderID, «ROW_NUMBER() OVER (PARTITION BY o.CustomerID ORDER BY o.OrderDate ROWS UNBOUNDED PRECEDING) AS n FROM Sales.Orders AS o
### 9810 compile-error
SELECT «DATEPART(MINUTE, i.InvoiceDate) AS m FROM Sales.Invoices AS i
### 9810 compile-error
SELECT «DATEADD(hh, 6, o.OrderDate) AS d FROM Sales.Orders AS o
### 9810 compile-error
SELECT «DATETRUNC(second, i.InvoiceDate) AS d FROM Sales.Invoices AS i
### 9810 compile-error
SELECT «DATEPART(yy, CAST(o.PickingCompletedWhen AS time)) AS y FROM Sales.Orders AS o
### 207 unknown-column
SELECT c.CityName, t.«Population FROM Application.Cities FOR SYSTEM_TIME ALL AS c CROSS APPLY (SELECT c.LatestRecordedPopulation AS People) AS t
### 207 unknown-column
SELECT p.FullName, j.«Title FROM Application.People AS p CROSS APPLY OPENJSON(p.CustomFields) WITH (HireDate date, Rate decimal(9, 2)) AS j
### 207 unknown-column
SELECT c.CustomerID, w.«word FROM Sales.Customers AS c CROSS APPLY STRING_SPLIT(c.CustomerName, ' ') AS w
### 8120 group-by
SELECT o.CustomerID, CASE WHEN «o.OrderDate > '20160101' THEN 1 ELSE 0 END AS new, COUNT(*) AS n FROM Sales.Orders AS o GROUP BY o.CustomerID
### 8121 group-by
SELECT t.CustomerID FROM Sales.CustomerTransactions AS t GROUP BY t.CustomerID HAVING «t.AmountExcludingTax > 100
### 8117 type-mismatch
SELECT «SUM(t.IsFinalized) AS n FROM Sales.CustomerTransactions AS t
### 206 type-mismatch
SELECT i.InvoiceID, «i.InvoiceDate + 30 AS due FROM Sales.Invoices AS i
### 8711 compile-error
SELECT STRING_AGG(l.Description, '; ') WITHIN GROUP (ORDER BY l.InvoiceLineID) AS a, STRING_AGG(CAST(l.Quantity AS varchar(9)), '; ') WITHIN GROUP (ORDER BY «l.InvoiceLineID DESC) AS b FROM Sales.InvoiceLines AS l
### 8133 compile-error
SELECT «IIF(o.PickingCompletedWhen IS NULL, NULL, NULL) AS x FROM Sales.Orders AS o
### 8133 compile-error
SELECT o.OrderID, «CASE o.CustomerID WHEN 1 THEN NULL WHEN 2 THEN NULL END AS x FROM Sales.Orders AS o
