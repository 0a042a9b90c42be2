"""A real ledger from T-SQL files, `schema.sql` and `data.sql`, made on DuckDB or PostgreSQL.

Made are tables, rows, computed columns, primary keys and views, on PostgreSQL indexes too; not foreign keys and other
constraints, functions and triggers. Synonyms need nothing: the schema resolves them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from engine.errors import ConfigurationError
from engine.model import Dialect
from engine.model.families import DECIMALS
from engine.script import Script
from engine.sql.fault import SqlFault
from engine.sql.schema import Column, LedgerSchema
from engine.testing.insertion import TableRows
from engine.testing.layout import Layout, UncarriedView, column_list
from engine.testing.literals import read_data

if TYPE_CHECKING:
    import psycopg

_log = logging.getLogger(__name__)

_BUILD: Final = 1
"""Raised when the same files come to make another ledger, so that those made before are not used again."""


@dataclass(frozen=True, slots=True)
class _Blueprint:
    """The statements that make a ledger: tables before the rows, the others in this order after them.

    `uncarried` are the faults of views that are not made.
    """

    layout: Layout
    tables: tuple[str, ...]
    computed: tuple[str, ...]
    indexes: tuple[str, ...]
    views: tuple[str, ...]
    uncarried: tuple[SqlFault, ...]

    @classmethod
    def of(cls, script: Script, dialect: Dialect, *, approximate: bool = False) -> _Blueprint:
        """Reads and translates the schema; raises ConfigurationError with all that cannot be."""
        layout = Layout(script.schema().schema, dialect, approximate)
        views = layout.create_views()
        tables = tuple(layout.tables())
        return cls(
            layout,
            (*layout.create_schemas(), *(layout.create_table(table) for table in tables)),
            tuple(statement for table in tables for statement in layout.compute(table)),
            tuple(statement for table in tables for statement in layout.create_indexes(table)),
            views.statements,
            tuple(_placed(script, uncarried) for uncarried in views.uncarried),
        )

    @classmethod
    def whole(cls, script: Script, dialect: Dialect) -> _Blueprint:
        """As `of`, but raises ConfigurationError for views that cannot be made too."""
        blueprint = cls.of(script, dialect)
        script.refuse(blueprint.uncarried)
        return blueprint


def build_duckdb(schema_text: str, data_text: str, path: Path) -> LedgerSchema:
    """Makes the ledger as a new DuckDB file; returns its schema.

    Raises ConfigurationError with file (`schema.sql` or `data.sql`) and line where a script cannot be carried, and
    where `path` is there already.
    """
    blueprint = _Blueprint.whole(Script(schema_text, "schema.sql"), Dialect.DUCKDB)
    _write_duckdb(blueprint, read_data(data_text, blueprint.layout.schema), path)
    return blueprint.layout.schema


def build_postgresql(schema_text: str, data_text: str, cursor: psycopg.Cursor[Any]) -> LedgerSchema:
    """Makes the ledger in the first schema of the cursor's search path, within its transaction; returns the schema.

    Schemas other than the default one are made where they are missing. Raises ConfigurationError as `build_duckdb`.
    """
    blueprint = _Blueprint.whole(Script(schema_text, "schema.sql"), Dialect.POSTGRESQL)
    schema = blueprint.layout.schema
    tables = read_data(data_text, schema)
    for statement in blueprint.tables:
        cursor.execute(statement.encode())
    for rows in tables:
        names = column_list(column.name for column in rows.columns)
        with cursor.copy(f"COPY {blueprint.layout.table_name(rows.table)} ({names}) FROM STDIN".encode()) as copy:
            for row in zip(*rows.values, strict=True):
                copy.write_row(row)
    for statement in (*blueprint.computed, *blueprint.indexes, *blueprint.views):
        cursor.execute(statement.encode())
    return schema


def embedded_ledger(schema_path: Path, data_path: Path, cache_folder: Path, *, approximate: bool = False) -> Path:
    """The DuckDB file made of the two scripts, made once for each content of them.

    With `approximate` its views may order strings nearly as SQL Server does.

    Safe for several processes at once: a file appears whole or not at all. A view that cannot be carried is logged as a
    warning and not made, so that only the queries that read it fail. Raises ConfigurationError for all else as
    `build_duckdb`, with the scripts' own paths, and for a script that cannot be read.
    """
    schema, data = Script.read(schema_path), Script.read(data_path)
    blueprint = _Blueprint.of(schema, Dialect.DUCKDB, approximate=approximate)
    for fault in blueprint.uncarried:
        _log.warning("%s What reads it fails here.", schema.said(fault))
    path = cache_folder / f"ledger-{_digest(blueprint, data)}.duckdb"
    if not path.exists():
        rows = read_data(data.text, blueprint.layout.schema, data.file)
        try:
            _publish(blueprint, rows, path)
        except OSError as error:
            reason = f"{cache_folder} cannot be written: {error.strerror}"
            raise ConfigurationError(reason, file=str(cache_folder)) from error
    return path


def _digest(blueprint: _Blueprint, data: Script) -> str:
    """Of all that decides what the file holds: the translation of views is the engine's, not only the script's."""
    statements = (*blueprint.tables, *blueprint.computed, *blueprint.views)
    content = "\0".join((version("duckdb"), str(_BUILD), *statements, data.text))
    return sha256(content.encode()).hexdigest()[:32]


def _publish(blueprint: _Blueprint, rows: Sequence[TableRows], path: Path) -> None:
    """Makes the file aside and moves it to its place; one that another process put there meanwhile is the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        _write_duckdb(blueprint, rows, made)
        try:
            made.replace(path)
        except OSError:
            if not path.exists():
                raise


def _placed(script: Script, uncarried: UncarriedView) -> SqlFault:
    """The view's fault with its place in the script; a view made by a string in EXEC has none of its own."""
    view, fault = uncarried.view, uncarried.fault
    start = max(script.text.find(view.definition or ""), 0)
    message = f"the view {view.schema}.{view.name} cannot be made on the test ledger: {fault.message}"
    return replace(fault, offset=start + fault.offset, message=message)


def _write_duckdb(blueprint: _Blueprint, tables: Sequence[TableRows], path: Path) -> None:
    if path.exists():
        raise ConfigurationError(f"{path} is there already: take it away or choose another file", file=str(path))
    import duckdb  # noqa: PLC0415  an extra brings it, and reading a message needs none

    with closing(duckdb.connect(str(path), config={"default_block_size": "16384"})) as connection:
        connection.begin()
        for statement in blueprint.tables:
            connection.execute(statement)
        for rows in tables:
            connection.execute(_insert(blueprint.layout, rows), [_list(values) for values in rows.values])
        for statement in (*blueprint.computed, *blueprint.views):
            connection.execute(statement)
        connection.commit()


def _insert(layout: Layout, rows: TableRows) -> str:
    """An INSERT that takes each column as one list: some ten times as fast as `executemany`."""
    names = column_list(column.name for column in rows.columns)
    items = (_unnested(layout, column, number) for number, column in enumerate(rows.columns, 1))
    return f"INSERT INTO {layout.table_name(rows.table)} ({names}) SELECT {', '.join(items)}"


def _unnested(layout: Layout, column: Column, number: int) -> str:
    type_ = layout.type_name(column)
    if column.type.kind in DECIMALS:
        return f"CAST(unnest(${number}::varchar[]) AS {type_})"
    return f"unnest(${number}::{type_}[])"


def _list(values: list[object]) -> list[object]:
    """The values as DuckDB takes them. Decimals go as text: of several in one list it would make doubles."""
    return [format(value, "f") if isinstance(value, Decimal) else value for value in values]
