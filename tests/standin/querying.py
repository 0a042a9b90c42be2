"""Queries of the fixture ledger: T-SQL carried to DuckDB by the engine's own translator, with SQL Server's types.

So an answer is the translator's reading of T-SQL, and proves nothing about SQL Server's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pysqlbridge.tds.result import Column, QueryError, col_metadata
from sqlglot import exp
from standin.columns import column_type
from standin.errors import NOT_CARRIED, failed, refused
from standin.typenames import argument_type, name_of

from engine.execution.driver import Connection
from engine.execution.duckdb.driver import DuckDBDriver
from engine.model import Dialect, Kind, SqlType, Statement
from engine.script import read_schema_file
from engine.sql.query import Query, parse_query
from engine.sql.translate import Translation, translate
from engine.testing import embedded_ledger

_NO_LIMIT: Final = 2**31 - 1
_LIMIT: Final = re.compile(rf" LIMIT {_NO_LIMIT}(?= OFFSET |$)")
_CHANGING: Final = re.compile(
    r"getdate|sysdatetime|sysutcdatetime|getutcdate|current_timestamp|newid|rand\s*\(", re.IGNORECASE
)
_MOST_KEPT: Final = 2048
_ROW: Final = b"\xd1"


@dataclass(slots=True)
class Shape:
    """The columns of a result: what declares them, and what writes a row."""

    columns: list[Column]
    metadata: bytes = b""

    def __post_init__(self) -> None:
        self.metadata = col_metadata(self.columns)

    def encode(self, rows: Sequence[Sequence[object]]) -> list[bytes]:
        """Each row as a token; raises QueryError 8115 for a value that its column cannot hold."""
        encoders = [column.type.encode for column in self.columns]
        try:
            return [
                _ROW + b"".join([encode(value) for encode, value in zip(encoders, row, strict=True)]) for row in rows
            ]
        except (OverflowError, ValueError, ArithmeticError) as error:
            raise QueryError(f"Arithmetic overflow error: {type(error).__name__}.", number=8115) from error


@dataclass(slots=True)
class Compiled:
    """A query ready to run; `sql` is None where it only gives back its parameters, `order` says which."""

    sql: str | None
    order: tuple[int, ...]
    shape: Shape
    remembered: dict[tuple[object, ...], list[bytes]] | None = None
    statement: Statement = field(init=False)

    def __post_init__(self) -> None:
        self.statement = Statement(self.sql or "", (), ())


class Ledger:
    """The fixture ledger for all sessions.

    With `remember`, the rows of a query are kept by its values, as a benchmark of drivers and round trips wants it.
    """

    def __init__(self, schema: Path, data: Path, cache: Path, *, remember: bool) -> None:
        self.schema = read_schema_file(schema)
        self._driver = DuckDBDriver(embedded_ledger(schema, data, cache), timeout=3600)
        self._remember = remember
        self._compiled: dict[tuple[str, tuple[SqlType, ...]], Compiled] = {}

    def connect(self) -> Connection:
        """A connection of a session's own."""
        return self._driver.connect()

    def compile(self, sql: str, types: tuple[SqlType, ...]) -> Compiled:
        """The query with `?` for parameters of these types; raises QueryError."""
        key = (sql, types)
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= _MOST_KEPT:
                self._compiled.clear()
            found = self._compiled[key] = self._compile(sql, types)
            if self._remember and not _CHANGING.search(sql):
                found.remembered = {}
        return found

    def run(self, connection: Connection, query: Compiled, values: Sequence[object]) -> list[bytes]:
        """The rows as tokens; raises QueryError."""
        bound = [values[index] for index in query.order]
        if query.sql is None:
            return query.shape.encode([bound])
        if query.remembered is None:
            return query.shape.encode(_rows(connection, query, bound))
        key = tuple(bound)
        rows = query.remembered.get(key)
        if rows is None:
            if len(query.remembered) >= _MOST_KEPT:
                query.remembered.clear()
            rows = query.remembered[key] = query.shape.encode(_rows(connection, query, bound))
        return rows

    def _compile(self, sql: str, types: tuple[SqlType, ...]) -> Compiled:
        query = _parsed(sql)
        if len(query.placeholders) != len(types):
            raise QueryError("The parameterized query expects a parameter which was not supplied.", number=8178)
        echoed = _echoed(query)
        if echoed is not None:
            names = [output.name for output in query.outputs]
            return Compiled(None, echoed, _shape(names, [types[index] for index in echoed]))
        unknown = next((type_ for type_ in types if argument_type(type_) is None), None)
        if unknown is not None:
            raise QueryError(f"The stand-in takes no {name_of(unknown)} in a query with tables.", number=NOT_CARRIED)
        found = self._translate(query, types)
        if isinstance(found, QueryError) or _lacks_scale(found):
            casts = [f"CAST(? AS {name_of(type_)})" if type_.kind is Kind.DECIMAL else "?" for type_ in types]
            query = _parsed(_with(sql, query, casts))
            scaled = self._translate(query, types)
            if isinstance(scaled, QueryError):
                raise found if isinstance(found, QueryError) else scaled
            found = scaled
        names = [output.name for output in query.outputs]
        return Compiled(_LIMIT.sub("", found.sql), found.parameters, _shape(names, _types(query, found, types)))

    def _translate(self, query: Query, types: tuple[SqlType, ...]) -> Translation | QueryError:
        found = translate(
            query,
            self.schema,
            Dialect.DUCKDB,
            tuple(argument for type_ in types if (argument := argument_type(type_)) is not None),
            row_limit=_NO_LIMIT,
            time_zone="UTC",
        )
        return found if isinstance(found, Translation) else refused(found[0], query.text)


def _rows(connection: Connection, query: Compiled, values: list[object]) -> list[tuple[object, ...]]:
    try:
        return connection.run(query.statement, values)
    except Exception as error:
        raise failed(error, values) from error


def _parsed(sql: str) -> Query:
    parsed = parse_query(sql)
    if parsed.query is None:
        raise refused(parsed.faults[0], sql)
    return parsed.query


def _echoed(query: Query) -> tuple[int, ...] | None:
    """Which parameters a `SELECT ?, ?` gives back, None where the query does anything else."""
    set_arguments = {name for name, value in query.tree.args.items() if value}
    if not isinstance(query.tree, exp.Select) or not set_arguments <= {"expressions", "kind"}:
        return None
    indexes = [output.placeholder for output in query.outputs]
    return tuple(index for index in indexes if index is not None) if None not in indexes else None


def _types(query: Query, found: Translation, types: tuple[SqlType, ...]) -> list[SqlType]:
    """The translator's types; a parameter as a column has its own."""
    if not isinstance(query.tree, exp.Select):
        return list(found.columns)
    return [
        type_ if output.placeholder is None else types[output.placeholder]
        for output, type_ in zip(query.outputs, found.columns, strict=True)
    ]


def _lacks_scale(found: Translation) -> bool:
    return any(type_.kind is Kind.DECIMAL and type_.scale is None for type_ in found.columns)


def _with(sql: str, query: Query, pieces: Sequence[str]) -> str:
    made, at = [], 0
    for offset, piece in zip(query.placeholders, pieces, strict=True):
        made += [sql[at:offset], piece]
        at = offset + 1
    return "".join([*made, sql[at:]])


def _shape(names: Sequence[str | None], types: Sequence[SqlType]) -> Shape:
    try:
        return Shape([Column(name or "", column_type(type_)) for name, type_ in zip(names, types, strict=True)])
    except ValueError as error:
        raise QueryError(str(error), number=NOT_CARRIED) from error


def planned_shape(columns: Sequence[tuple[str, SqlType]]) -> Shape:
    """The shape of a planned answer."""
    return _shape([name for name, _ in columns], [type_ for _, type_ in columns])
