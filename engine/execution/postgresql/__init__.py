"""PostgreSQL through psycopg: driver, prepared statements, the screen that lets only reading through. No ODBC."""
