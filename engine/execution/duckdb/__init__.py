"""The embedded ledger: DuckDB opened read-only, and the check of each query before it runs."""
