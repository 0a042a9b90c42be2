"""PostgreSQL through psycopg: the driver, prepared statements, and the check of each query before it runs."""
