"""Statements that take many rows at once, which a database runs in far less time than a statement for each row.

A text refers to the rows as `GIVEN`, a table named `given` with the columns that were named.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Final

from msgspec.json import encode
from sqlalchemy import Connection

from webhooks.store.statement import Prepared, Rows

TEXT: Final = "text"
NUMBER: Final = "bigint"
FLAG: Final = "boolean"

PIECE: Final = "substr(:packed, CAST(given.begins AS integer), CAST(given.size AS integer))"
"""The bytes of a given row, cut out of `:packed`; null where its `begins` is null. See `packed`."""


def beside(condition: str) -> str:
    """A condition beside the keys of given rows, as no reason to look for rows by it.

    SQLite would use an index by which one row costs all that are alike. PostgreSQL, by statistics of before, would
    expect hardly any such rows, and read all of them for every given one.
    """
    return f"CASE WHEN {condition} THEN true ELSE false END"


class Bulk:
    """A statement over given rows. `columns` are their names with the type of each: TEXT, NUMBER or FLAG.

    `lock` is how a query locks what it finds where other processes may write at the same time: on PostgreSQL. `finds`
    and `blobs` are as Prepared takes them.
    """

    def __init__(
        self, statement: str, lock: str = "", *, finds: int = 0, blobs: Container[int] = (), **columns: str
    ) -> None:
        self._columns = tuple(columns)
        parts = ", ".join(f"json_extract(value, '$[{index}]') AS {name}" for index, name in enumerate(columns))
        embedded = f"(SELECT {parts} FROM json_each(:given)) AS given"  # noqa: S608  of names in the code
        arrays = ", ".join(f":given_{name} ::{type_}[]" for name, type_ in columns.items())
        server = f"unnest({arrays}) AS given ({', '.join(columns)})"
        self._embedded = Prepared(statement.replace("GIVEN", embedded), finds=finds, blobs=blobs)
        self._server = Prepared(f"{statement.replace('GIVEN', server)} {lock}")

    def run(self, connection: Connection, rows: Sequence[Sequence[object]], **values: object) -> Rows:
        """The rows that it finds or returns, in no order. Without given rows nothing is run."""
        return self.ask(connection, rows, **values)() if rows else []

    def ask(self, connection: Connection, rows: Sequence[Sequence[object]], **values: object) -> Callable[[], Rows]:
        """As `run`, but gives what returns the rows, as Prepared does."""
        if not rows:
            return list
        if connection.dialect.name == "sqlite":
            return self._embedded.ask(connection, given=encode(rows).decode(), **values)
        arrays = {
            f"given_{name}": list(each) for name, each in zip(self._columns, zip(*rows, strict=True), strict=True)
        }
        return self._server.ask(connection, **arrays, **values)


def packed(values: Sequence[bytes | None]) -> tuple[bytes, list[tuple[int | None, int | None]]]:
    """Joins bytes into one value, since given rows cannot hold bytes.

    Gives with it where each begins and its size, as PIECE needs them.
    """
    places: list[tuple[int | None, int | None]] = []
    at = 1
    for value in values:
        places.append((None, None) if value is None else (at, len(value)))
        at += len(value or b"")
    return b"".join(value for value in (*values, b".") if value is not None), places  # no piece of nothing: it is null


class BulkInsert:
    """An INSERT over given rows, with ON CONFLICT DO NOTHING, that gives columns of the rows that are new.

    `gives` are columns of the table, whose numbers are never used again (AUTOINCREMENT). On SQLite, where nobody else
    writes, a query finds the new rows, which are the last ones: it can give them in one row, which RETURNING cannot.
    """

    def __init__(self, table: str, statement: str, gives: Sequence[str], **columns: Any) -> None:
        found = ", ".join(gives)
        query = f"SELECT {found} FROM {table} WHERE rowid > 0 ORDER BY rowid DESC LIMIT changes()"  # noqa: S608  names
        self._insert = Bulk(statement, **columns)
        self._find = Prepared(query, finds=len(gives))
        self._both = Bulk(f"{statement} RETURNING {found}", **columns)

    def run(self, connection: Connection, rows: Sequence[Sequence[object]], **values: object) -> Rows:
        """As Bulk does."""
        if not rows or connection.dialect.name != "sqlite":
            return self._both.run(connection, rows, **values)
        self._insert.run(connection, rows, **values)
        return self._find.run(connection)


class BulkUpdate:
    """An UPDATE of a table over given rows that gives columns of what it changed, each row once.

    `changes` may not touch the columns that it gives. On SQLite, where nobody else writes, a query finds the rows
    first: it can give them in one row, which RETURNING cannot.
    """

    def __init__(self, table: str, changes: str, where: str, gives: Sequence[str], **columns: Any) -> None:
        found = ", ".join(gives)
        query = f"SELECT {found} FROM GIVEN CROSS JOIN {table} WHERE {where}"  # noqa: S608  of the code's own
        update = f"UPDATE {table} SET {changes} FROM GIVEN WHERE {where}"  # noqa: S608
        self._find = Bulk(query, finds=len(gives), **columns)
        self._change = Bulk(update, **columns)
        self._both = Bulk(f"{update} RETURNING {found}", **columns)

    def run(self, connection: Connection, rows: Sequence[Sequence[object]], **values: object) -> Rows:
        """As Bulk does."""
        if not rows or connection.dialect.name != "sqlite":
            return self._both.run(connection, rows, **values)
        found = self._find.run(connection, rows, **values)
        if found:
            self._change.run(connection, rows, **values)
        return list(dict.fromkeys(found))
