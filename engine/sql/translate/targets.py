"""The two dialects that statements are carried to, where they differ in a word."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.model import Dialect, Kind, SqlType
from engine.model.families import DECIMALS, STRINGS
from engine.sql.translate.kinds import as_decimal

# A tinyint is 0 to 255, which neither target's one-byte type holds.
_COMMON: Final = {
    Kind.BIT: "boolean",
    Kind.TINYINT: "smallint",
    Kind.SMALLINT: "smallint",
    Kind.INT: "integer",
    Kind.BIGINT: "bigint",
    Kind.FLOAT: "double precision",
    Kind.REAL: "real",
    Kind.UNIQUEIDENTIFIER: "uuid",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.SMALLDATETIME: "timestamp",
    Kind.DATETIME: "timestamp",
    Kind.DATETIME2: "timestamp",
    Kind.DATETIMEOFFSET: "timestamp with time zone",
    Kind.BINARY: "bytea",
    Kind.VARBINARY: "bytea",
    Kind.IMAGE: "bytea",
    Kind.ROWVERSION: "bytea",
    Kind.XML: "text",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One dialect. `root_collation` and `binary_collation` follow an expression, or are empty."""

    dialect: Dialect
    text: str
    root_collation: str
    binary_collation: str

    @property
    def is_duckdb(self) -> bool:
        """Whether this is DuckDB (the other one is PostgreSQL)."""
        return self.dialect is Dialect.DUCKDB

    def type_name(self, type_: SqlType) -> str:
        """The name of the target's type that holds values of `type_`."""
        if type_.kind in STRINGS:
            return self.text
        if type_.kind in DECIMALS:
            exact = as_decimal(type_)
            return f"numeric({exact.precision},{exact.scale})"
        return _COMMON[type_.kind]

    def cast(self, sql: str, type_: SqlType) -> str:
        """A cast in the target's own sense; what T-SQL does otherwise is the caller's care."""
        return f"CAST({sql} AS {self.type_name(type_)})"


POSTGRESQL: Final = Target(Dialect.POSTGRESQL, "text", ' COLLATE "und-x-icu"', ' COLLATE "C"')
DUCKDB: Final = Target(Dialect.DUCKDB, "varchar", "", "")
TARGETS: Final = {target.dialect: target for target in (POSTGRESQL, DUCKDB)}


@lru_cache(maxsize=4096)  # a ledger's names come again and again
def quoted(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str, target: Target) -> str:
    """A string literal whose value is `value` whatever the ledger's settings for backslashes."""
    doubled = value.replace("'", "''")
    if "\\" in doubled and not target.is_duckdb:
        return "E'" + doubled.replace("\\", "\\\\") + "'"
    return f"'{doubled}'"
