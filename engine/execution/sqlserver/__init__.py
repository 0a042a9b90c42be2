"""SQL Server through pyodbc: the driver, catalogue, batches, errors and values."""
