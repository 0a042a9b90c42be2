"""Reads one column of CREATE TABLE or ALTER TABLE: its type and options (Microsoft Learn, "CREATE TABLE")."""

from __future__ import annotations

from dataclasses import replace

from engine.model import UNKNOWN, Kind, SqlType
from engine.model.families import STRINGS
from engine.sql.collations import collation
from engine.sql.ddl.checks import read_check
from engine.sql.ddl.cursor import Cursor
from engine.sql.ddl.declared_types import read_type
from engine.sql.ddl.draft import SchemaDraft, TableDraft
from engine.sql.schema import Column, Index

_DATABASE_COLLATIONS = ("DATABASE_DEFAULT", "CATALOG_DEFAULT")
_AFTER_EXPRESSION = frozenset({"PERSISTED", "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "REFERENCES"})
_OPERATORS = ("+", "-", "*", "/", "%")


def read_column(item: Cursor, table: TableDraft, draft: SchemaDraft) -> Column:
    """Reads the column that `item` declares; keys and indexes that it declares on the way go to `table`.

    A computed column's type is unknown here: it waits for the types of the others.
    """
    offset, name = item.offset, item.name()
    if item.accept("AS"):
        computed = _computed(item)
        return Column(name, UNKNOWN, not item.accept("PERSISTED", "NOT", "NULL"), computed=computed, offset=offset)
    if item.done and name.casefold() == "timestamp":
        return Column(name, SqlType(Kind.ROWVERSION), nullable=False, offset=offset)
    is_null = not _is_not_null_alias(item, draft)
    sql_type = read_type(item, draft.aliases, default_schema=draft.default_schema)
    column = Column(name, sql_type, nullable=is_null and sql_type.kind is not Kind.ROWVERSION, offset=offset)
    while not item.done:
        column = _option(item, column, table)
    return column


def default_expression(item: Cursor) -> str:
    """The expression after DEFAULT, without the parentheses around the whole of it."""
    start = item.index
    _operand(item)
    while item.word in _OPERATORS:
        item.step()
        _operand(item)
    return unwrapped(Cursor(item.script, start, item.index))


def unwrapped(cursor: Cursor) -> str:
    """The source of what the cursor spans, without parentheses around the whole of it."""
    while cursor.word == "(":
        probe = Cursor(cursor.script, cursor.index, cursor.end)
        inside = probe.group()
        if not probe.done:
            break
        cursor = inside
    return cursor.text_between(cursor.index, cursor.end)


def skip_reference(item: Cursor) -> None:
    """Steps over what follows FOREIGN KEY or REFERENCES: names, columns, and what ON DELETE and ON UPDATE do."""
    while item.word not in ("CONSTRAINT", "NULL", "CHECK", "UNIQUE", "PRIMARY", "DEFAULT") and not item.done:
        if item.accept("SET") or item.accept("NOT", "FOR"):
            item.step()
        elif item.words("NOT"):
            return
        else:
            item.step()


def _is_not_null_alias(item: Cursor, draft: SchemaDraft) -> bool:
    if not draft.not_null_aliases:  # as in most scripts
        return False
    probe = Cursor(item.script, item.index, item.end)
    return draft.key(probe.object_name()) in draft.not_null_aliases


def _computed(item: Cursor) -> str:
    """The expression of a computed column; the rest of the item says only how it is stored."""
    start = item.index
    if item.done:
        raise item.unreadable("the expression of a computed column is expected here")
    while not item.done and item.word not in _AFTER_EXPRESSION:
        item.step()
    return unwrapped(Cursor(item.script, start, item.index))


def _operand(item: Cursor) -> None:
    """Steps over a literal, a parenthesised expression or a function call, and a sign before it."""
    while item.accept_any("+", "-"):
        pass
    if item.done:
        raise item.unreadable("an expression is expected here")
    is_group = item.word == "("
    item.step()
    while item.accept("."):
        item.step()
    if item.word == "(" and not is_group:
        item.group()


def _option(item: Cursor, column: Column, table: TableDraft) -> Column:
    """Reads one option; what says nothing about type, nulls, default, keys or values is stepped over."""
    if item.accept("NOT", "NULL") or item.accept("IDENTITY"):
        return replace(column, nullable=False)
    if item.accept("NULL"):
        return column if column.nullable else replace(column, nullable=True)
    if item.accept("COLLATE"):
        return replace(column, type=_collated(item, column.type))
    if item.accept("DEFAULT"):
        return replace(column, default=default_expression(item))
    if item.accept("PRIMARY", "KEY"):
        table.primary_key = _own_key(item, column)
    elif item.accept("UNIQUE"):
        table.indexes.append(Index(None, _own_key(item, column)))
    elif item.accept("INDEX"):
        name = item.name()
        table.indexes.append(Index(name, _own_key(item, column)))
    elif item.accept("REFERENCES"):
        skip_reference(item)
    elif item.word in ("CONSTRAINT", "CHECK"):
        _named_check(item, table)
    else:
        item.step()
    return column


def _named_check(item: Cursor, table: TableDraft) -> None:
    """Reads a constraint's name, and the constraint if it is a CHECK; another one is an option of its own."""
    name = item.name() if item.accept("CONSTRAINT") else None
    if item.accept("CHECK"):
        read_check(item, name, table)


def _collated(item: Cursor, sql_type: SqlType) -> SqlType:
    name = item.name()
    if name.upper() in _DATABASE_COLLATIONS or sql_type.kind not in STRINGS:
        return sql_type
    return replace(sql_type, collation=collation(name))


def _own_key(item: Cursor, column: Column) -> tuple[str, ...]:
    """The columns of a key that a column's own declaration gives: itself, or the list that T-SQL also takes there."""
    while item.accept_any("CLUSTERED", "NONCLUSTERED", "HASH", "UNIQUE"):
        pass
    return tuple(part.name() for part in item.group().items()) if item.word == "(" else (column.name,)
