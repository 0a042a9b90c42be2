"""The T-SQL types that stand for the types of PostgreSQL and DuckDB: those whose values encode alike.

Sources: PostgreSQL's documentation, chapter "Data Types" (names as `format_type` gives them); DuckDB's, "Data Types".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from engine.model import LEDGER_OWN, Dialect, Kind, SqlType
from engine.model.families import STRINGS

_MICROSECONDS: Final = 6
_TEXT: Final = SqlType(Kind.NVARCHAR, collation=LEDGER_OWN)

# A name, facets in parentheses, and PostgreSQL's words behind those.
_SPELLING: Final = re.compile(r"([a-z0-9_ ]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?", re.IGNORECASE)

_POSTGRESQL: Final[Mapping[str, SqlType]] = {
    "bigint": SqlType(Kind.BIGINT),
    "boolean": SqlType(Kind.BIT),
    "bpchar": _TEXT,
    "bytea": SqlType(Kind.VARBINARY),
    "character": SqlType(Kind.NCHAR, length=1, collation=LEDGER_OWN),
    "character varying": _TEXT,
    "date": SqlType(Kind.DATE),
    "double precision": SqlType(Kind.FLOAT),
    "integer": SqlType(Kind.INT),
    "name": SqlType(Kind.NVARCHAR, length=63, collation=LEDGER_OWN),
    "numeric": SqlType(Kind.DECIMAL),
    "real": SqlType(Kind.REAL),
    "smallint": SqlType(Kind.SMALLINT),
    "text": _TEXT,
    "time without time zone": SqlType(Kind.TIME, scale=_MICROSECONDS),
    "timestamp with time zone": SqlType(Kind.DATETIMEOFFSET, scale=_MICROSECONDS),
    "timestamp without time zone": SqlType(Kind.DATETIME2, scale=_MICROSECONDS),
    "uuid": SqlType(Kind.UNIQUEIDENTIFIER),
    "xml": SqlType(Kind.XML),
}
_DUCKDB: Final[Mapping[str, SqlType]] = {
    "bigint": SqlType(Kind.BIGINT),
    "blob": SqlType(Kind.VARBINARY),
    "boolean": SqlType(Kind.BIT),
    "date": SqlType(Kind.DATE),
    "decimal": SqlType(Kind.DECIMAL),
    "double": SqlType(Kind.FLOAT),
    "float": SqlType(Kind.REAL),
    "hugeint": SqlType(Kind.DECIMAL, precision=38, scale=0),
    "integer": SqlType(Kind.INT),
    "smallint": SqlType(Kind.SMALLINT),
    "time": SqlType(Kind.TIME, scale=_MICROSECONDS),
    "timestamp": SqlType(Kind.DATETIME2, scale=_MICROSECONDS),
    "timestamp with time zone": SqlType(Kind.DATETIMEOFFSET, scale=_MICROSECONDS),
    "timestamp_ms": SqlType(Kind.DATETIME2, scale=3),
    "timestamp_s": SqlType(Kind.DATETIME2, scale=0),
    # DuckDB's one-byte type is signed and T-SQL's is not; its unsigned ones need the next larger type.
    "tinyint": SqlType(Kind.SMALLINT),
    "ubigint": SqlType(Kind.DECIMAL, precision=20, scale=0),
    "uinteger": SqlType(Kind.BIGINT),
    "usmallint": SqlType(Kind.INT),
    "utinyint": SqlType(Kind.TINYINT),
    "uuid": SqlType(Kind.UNIQUEIDENTIFIER),
    "varchar": _TEXT,
}


def postgresql_type(spelling: str) -> SqlType:
    """The T-SQL type for a PostgreSQL type as `format_type` spells it; OTHER under that name where there is none."""
    return _read(spelling, _POSTGRESQL)


def duckdb_type(spelling: str) -> SqlType:
    """The T-SQL type for a DuckDB type as its catalogue spells it; OTHER under that name where there is none."""
    return _read(spelling, _DUCKDB)


def ledger_type(dialect: Dialect, spelling: str) -> SqlType:
    """The T-SQL type for a type as that kind of ledger spells it; SQL Server's own spelling is not read here: OTHER."""
    match dialect:
        case Dialect.POSTGRESQL:
            return postgresql_type(spelling)
        case Dialect.DUCKDB:
            return duckdb_type(spelling)
        case Dialect.SQL_SERVER:
            return SqlType(Kind.OTHER, other_name=spelling)


def _read(spelling: str, types: Mapping[str, SqlType]) -> SqlType:
    found = _SPELLING.fullmatch(spelling)
    known = types.get((found[1] + (found[4] or "")).lower()) if found else None
    if found is None or known is None:
        return SqlType(Kind.OTHER, other_name=spelling)
    if found[2] is None:
        return known
    first = int(found[2])
    if known.kind is Kind.DECIMAL:
        return _decimal(first, int(found[3] or 0), spelling)
    if known.kind in STRINGS:
        return replace(known, length=first)
    return replace(known, scale=first)


def _decimal(precision: int, scale: int, spelling: str) -> SqlType:
    """PostgreSQL allows a scale below zero or above the precision, which T-SQL has not."""
    if 0 <= scale <= precision:
        return SqlType(Kind.DECIMAL, precision=precision, scale=scale)
    return SqlType(Kind.OTHER, other_name=spelling)
