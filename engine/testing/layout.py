"""The statements that make a schema's tables and views on PostgreSQL or DuckDB, as translated SQL expects them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from engine.model import Dialect, Kind
from engine.sql.ddl import bracketed
from engine.sql.fault import SqlFault
from engine.sql.query import node_offset, parse_query
from engine.sql.schema import Column, LedgerSchema, Table
from engine.sql.translate import Translation, translate_view
from engine.sql.translate.writers import WRITERS, quoted

_TINYINT: Final = " CHECK ({} BETWEEN 0 AND 255)"
_STAGED: Final = " staged"


@dataclass(frozen=True, slots=True)
class UncarriedView:
    """Why a view cannot be made; the fault's offset counts from the start of the view's SELECT."""

    view: Table
    fault: SqlFault


@dataclass(frozen=True, slots=True)
class Views:
    """The statements that make the views, and what keeps the others from being made."""

    statements: tuple[str, ...]
    uncarried: tuple[UncarriedView, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a schema read from T-SQL DDL lies on a ledger: lower-case names, those of the default schema unqualified."""

    schema: LedgerSchema
    dialect: Dialect
    approximate: bool = False
    """Whether views may order strings nearly as SQL Server does."""

    def tables(self) -> Iterator[Table]:
        """The tables, without the views."""
        return (table for table in self.schema.tables.values() if not table.is_select)

    def table_name(self, table: Table) -> str:
        """The table's name in the ledger's SQL."""
        name = quoted(table.name.lower())
        return name if self._is_default(table.schema) else f"{quoted(table.schema.lower())}.{name}"

    def type_name(self, column: Column) -> str:
        """The column's type in the ledger's SQL. What has no JSON form is a text, and stays null."""
        if column.type.kind is Kind.OTHER:
            return "text"
        return WRITERS[self.dialect].type_name(column.type)

    def create_schemas(self) -> tuple[str, ...]:
        """The schemas beside the default one."""
        names = (table.schema.lower() for table in self.schema.tables.values() if not self._is_default(table.schema))
        return tuple(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}" for name in dict.fromkeys(names))

    def create_table(self, table: Table) -> str:
        """The table with its primary key and NOT NULL, without defaults and foreign keys.

        One that has computed columns is made without a key here: `compute` makes the whole of it.
        """
        if any(column.computed for column in table.columns):
            return self._create(replace(table, primary_key=()))
        return self._create(table)

    def compute(self, table: Table) -> tuple[str, ...]:
        """What fills the computed columns once the others are filled; nothing where there are none that are typed."""
        if not any(_is_computable(column) for column in table.columns):
            return ()
        select = self._translated(_computing_select(table))
        if not isinstance(select, str):
            return ()
        staged = replace(table, name=table.name + _STAGED)
        name, final = self.table_name(staged), quoted(table.name.lower())
        return (
            self._create(staged),
            f"INSERT INTO {name} {select}",
            f"DROP TABLE {self.table_name(table)}",
            f"ALTER TABLE {name} RENAME TO {final}",
        )

    def create_indexes(self, table: Table) -> tuple[str, ...]:
        """An index for each of the schema's, unique and filtered ones too: they are for speed only."""
        name = self.table_name(table)
        return tuple(f"CREATE INDEX ON {name} ({column_list(index.columns)})" for index in table.indexes)

    def create_views(self) -> Views:
        """The views, each behind those that it reads; one that reads an uncarried view is uncarried too."""
        statements: list[str] = []
        uncarried: list[UncarriedView] = []
        for view in (table for table in self.schema.tables.values() if table.is_select):
            select = self._translated(view.definition or "", [found.view for found in uncarried])
            if isinstance(select, str):
                names = column_list(column.name for column in view.columns)
                statements.append(f"CREATE VIEW {self.table_name(view)} ({names}) AS {select}")
            else:
                uncarried += (UncarriedView(view, fault) for fault in select)
        return Views(tuple(statements), tuple(uncarried))

    def _is_default(self, schema: str) -> bool:
        return schema.casefold() == self.schema.default_schema.casefold()

    def _create(self, table: Table) -> str:
        parts = [self._column(column) for column in table.columns]
        if table.primary_key:
            parts.append(f"PRIMARY KEY ({column_list(table.primary_key)})")
        return f"CREATE TABLE {self.table_name(table)} ({', '.join(parts)})"

    def _column(self, column: Column) -> str:
        name = quoted(column.name.lower())
        is_given = not column.nullable and column.computed is None and column.type.kind is not Kind.OTHER
        check = _TINYINT.format(name) if column.type.kind is Kind.TINYINT else ""
        return f"{name} {self.type_name(column)}{' NOT NULL' if is_given else ''}{check}"

    def _translated(self, select: str, uncarried: Collection[Table] = ()) -> str | tuple[SqlFault, ...]:
        parsed = parse_query(select)
        if parsed.query is None:
            return parsed.faults
        for node in parsed.query.tree.find_all(exp.Table) if uncarried else ():
            view = self.schema.table(node.name, node.db or None)
            if view is not None and view in uncarried:
                message = f"it reads the view {view.schema}.{view.name}, which cannot be made"
                return (SqlFault("portability", node_offset(node), message),)
        translation = translate_view(parsed.query.tree, self.schema, self.dialect, approximate=self.approximate)
        return translation.sql if isinstance(translation, Translation) else translation


def column_list(names: Iterable[str]) -> str:
    """The columns as they are called on the ledger, with commas between."""
    return ", ".join(quoted(name.lower()) for name in names)


def _is_computable(column: Column) -> bool:
    return column.computed is not None and column.type.kind is not Kind.OTHER


def _computing_select(table: Table) -> str:
    """A T-SQL SELECT of all the columns, computed ones by their expressions; those that cannot be are null."""
    items = (_item(column) for column in table.columns)
    return f"SELECT {', '.join(items)} FROM {bracketed(table.schema)}.{bracketed(table.name)}"  # noqa: S608  # translated before it runs


def _item(column: Column) -> str:
    name = bracketed(column.name)
    if column.type.kind is Kind.OTHER:
        return f"CAST(NULL AS nvarchar(max)) AS {name}"
    return f"({column.computed}) AS {name}" if column.computed is not None else name
