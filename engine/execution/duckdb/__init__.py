"""The embedded ledger: DuckDB opened to be read only, and the screen before it. Its SQL is written in sql."""
