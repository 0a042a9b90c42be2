"""Statements that take many rows at once, which a database runs in far less time than a statement for each row.

A text refers to the rows as `GIVEN`, a table named `given` with the columns that were named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.json import encode
from sqlalchemy import Connection

from webhooks.store.statement import Prepared, Rows

TEXT: Final = "text"
NUMBER: Final = "bigint"
FLAG: Final = "boolean"


class Bulk:
    """A statement over given rows. `columns` are their names with the type of each: TEXT, NUMBER or FLAG.

    `lock` is how a query locks what it finds where other processes may write at the same time: on PostgreSQL.
    """

    def __init__(self, statement: str, lock: str = "", **columns: str) -> None:
        self._columns = tuple(columns)
        parts = ", ".join(f"json_extract(value, '$[{index}]') AS {name}" for index, name in enumerate(columns))
        embedded = f"(SELECT {parts} FROM json_each(:given)) AS given"  # noqa: S608  of names in the code
        arrays = ", ".join(f":given_{name} ::{type_}[]" for name, type_ in columns.items())
        server = f"unnest({arrays}) AS given ({', '.join(columns)})"
        self._embedded = Prepared(statement.replace("GIVEN", embedded))
        self._server = Prepared(f"{statement.replace('GIVEN', server)} {lock}")

    def run(self, connection: Connection, rows: Sequence[Sequence[object]], **values: object) -> Rows:
        """The rows that it finds or returns, in no order. Without given rows nothing is run."""
        if not rows:
            return []
        if connection.dialect.name == "sqlite":
            return self._embedded.run(connection, given=encode(rows).decode(), **values)
        arrays = {
            f"given_{name}": list(each) for name, each in zip(self._columns, zip(*rows, strict=True), strict=True)
        }
        return self._server.run(connection, **arrays, **values)
