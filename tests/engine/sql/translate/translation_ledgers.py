"""The two real ledgers that translated statements run on, and how a test asks both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID, uuid4

import duckdb
import psycopg
import pytest

from engine.model import ArgumentType, Dialect, SqlType
from engine.sql.fault import SqlFault
from engine.sql.query import Query, parse_query
from engine.sql.schema import LedgerSchema, SchemaOrigin, Table
from engine.sql.translate import Translation, translate
from engine.sql.translate.writers import WRITERS, quoted


def _server() -> str:
    """The server for tests, empty where none is named or, outside CI, where it cannot be reached."""
    url = os.environ.get("APTIC_TEST_POSTGRES_URL", "").replace("+psycopg", "")
    if url and os.environ.get("CI") != "true":
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return ""
    return url


SERVER = _server()


def parsed(sql: str) -> Query:
    """The statement; a fault of the parser fails the test."""
    found = parse_query(sql)
    if found.query is None:
        pytest.fail("\n".join(fault.message for fault in found.faults))
    return found.query


class Ledger(Protocol):
    dialect: Dialect

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]: ...


class DuckLedger:
    dialect = Dialect.DUCKDB

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()


class PostgresLedger:
    dialect = Dialect.POSTGRESQL

    def __init__(self) -> None:
        self.schema = f"translate_{uuid4().hex[:12]}"
        self.connection = psycopg.connect(SERVER, autocommit=True, cursor_factory=psycopg.RawCursor)
        self.connection.execute(f"CREATE SCHEMA {self.schema}")
        self.connection.execute(f"SET search_path TO {self.schema}")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql, list(values) or None)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self.connection.execute(f"DROP SCHEMA {self.schema} CASCADE")
        self.connection.close()


@contextmanager
def opened_ledgers() -> Iterator[list[Ledger]]:
    """Both ledgers, or DuckDB alone where no server is named, which in CI is a failure."""
    ledgers: list[Ledger] = [DuckLedger()]
    if not SERVER and os.environ.get("CI") == "true":
        pytest.fail("APTIC_TEST_POSTGRES_URL names no PostgreSQL server for tests; in CI it must be there")
    if not SERVER:
        yield ledgers
        return
    postgres = PostgresLedger()
    try:
        yield [*ledgers, postgres]
    finally:
        postgres.close()


def create(ledger: Ledger, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """The table on the ledger, named and typed as translation takes it to be."""
    writer = WRITERS[ledger.dialect]
    columns = ", ".join(f"{quoted(column.name.lower())} {writer.type_name(column.type)}" for column in table.columns)
    ledger.rows(f"CREATE TABLE {quoted(table.name.lower())} ({columns})")
    for row in rows:
        marks = ", ".join(f"${number}" for number in range(1, len(table.columns) + 1))
        ledger.rows(
            f"INSERT INTO {quoted(table.name.lower())} VALUES ({marks})",
            [row.get(column.name) for column in table.columns],
        )


def schema_of(*tables: Table, **options: Any) -> LedgerSchema:
    """A schema as a DDL file would give it."""
    keyed = {(table.schema.casefold(), table.name.casefold()): table for table in tables}
    return LedgerSchema(**{"origin": SchemaOrigin.DDL, "tables": keyed, **options})


def carried(ledger: Ledger, sql: str, schema: LedgerSchema, types: Sequence[str] = (), **options: Any) -> Translation:
    """The translation for that ledger; a fault fails the test."""
    found = refused_or_carried(ledger.dialect, sql, schema, types, **options)
    if not isinstance(found, Translation):
        pytest.fail("\n".join(f"{fault.rule} at {fault.offset}: {fault.message} ({fault.hint})" for fault in found))
    return found


def refused_or_carried(
    dialect: Dialect, sql: str, schema: LedgerSchema, types: Sequence[str] = (), **options: Any
) -> Translation | tuple[SqlFault, ...]:
    options = {"row_limit": 1000, **options}
    return translate(parsed(sql), schema, dialect, tuple(ArgumentType(name) for name in types), **options)


def asked(
    ledger: Ledger,
    sql: str,
    schema: LedgerSchema,
    types: Sequence[str] = (),
    values: Sequence[object] = (),
    **options: Any,
) -> list[tuple[Any, ...]]:
    """What the ledger answers to the translated statement."""
    translation = carried(ledger, sql, schema, types, **options)
    return ledger.rows(translation.sql, [values[ordinal] for ordinal in translation.parameters])


READERS = {"decimal": Decimal, "date": date.fromisoformat, "datetime": datetime.fromisoformat, "guid": UUID}


def read(written: Any) -> object:
    """An argument's value as the tables of cases write it: `decimal:1.50`."""
    kind, _, text = written.partition(":") if isinstance(written, str) else ("", "", "")
    return READERS[kind](text) if kind in READERS else written


def shown(value: object) -> str:
    """A value as the tables of cases write it: strings in quotes, decimals with their scale."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'"
        case Decimal():
            return f"{value:f}"
        case UUID():
            return str(value).upper()
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return repr(value)


def declared(type_: SqlType) -> str:
    """A T-SQL type as it is declared."""
    facets = [type_.precision, type_.scale] if type_.precision is not None else [type_.scale, type_.length]
    known = [str(facet) for facet in facets if facet is not None]
    return f"{type_.kind}({','.join(known)})" if known else str(type_.kind)
