"""PostgreSQL through psycopg: its driver, prepared statements, and the screen that lets only reading through."""
