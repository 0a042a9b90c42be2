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
