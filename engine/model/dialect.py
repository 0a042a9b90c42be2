"""The ledgers' dialects of SQL."""

from __future__ import annotations

from enum import StrEnum


class Dialect(StrEnum):
    """The SQL of a ledger. Definitions are always written in SQL Server's."""

    SQL_SERVER = "sqlserver"
    POSTGRESQL = "postgresql"
    DUCKDB = "duckdb"
