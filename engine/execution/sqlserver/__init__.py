"""SQL Server through pyodbc: its driver, and what is known of its catalogue, batches, errors and values."""
