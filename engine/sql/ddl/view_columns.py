"""The columns of a view's SELECT: names by its analysis, types as far as that or the translation tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from msgspec import Struct
from sqlglot import exp

from engine.model import UNKNOWN, Dialect, Kind, SqlType
from engine.sql.analysis import Column as FoundColumn
from engine.sql.analysis import analyse
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import Column, LedgerSchema
from engine.sql.translate import Translation, translate_view

_NO_MATTER_OF_TYPE = ("distinct", "limit", "offset", "order")


class SelectColumns(Struct, frozen=True, gc=False):
    """The outputs of a SELECT. `is_open`: there may be others, by a `*` of what is not known."""

    columns: tuple[Column, ...]
    is_open: bool


def select_columns(select: str, schema: LedgerSchema) -> SelectColumns | SqlFault:
    """The output columns of `select`, or why it cannot be read. A type that cannot be told is unknown."""
    parsed = parse_query(select)
    if parsed.query is None:
        return parsed.faults[0]
    tree = parsed.query.tree
    found = analyse(parsed.query, schema).columns
    columns = tuple(map(_declared, found.listed))
    return SelectColumns(_typed(tree, columns, schema), found.is_open)


def _declared(found: FoundColumn) -> Column:
    """A column as a view has it: of the type of the ledger's own column that it is, or of what it is computed."""
    return Column(found.name, found.ledger.type if found.ledger is not None else found.type or UNKNOWN)


def _typed(tree: exp.Query, columns: tuple[Column, ...], schema: LedgerSchema) -> tuple[Column, ...]:
    """The columns with the types that the translation tells of expressions."""
    if all(column.type != UNKNOWN for column in columns):
        return columns
    types = _types(tree, schema)
    if len(types) == len(columns):
        return _filled(columns, types)
    if isinstance(tree, exp.Select) and len(tree.expressions) == len(columns):
        return _filled(columns, [_type_of_item(tree, index, schema) for index in range(len(columns))])
    return columns


def _types(tree: exp.Query, schema: LedgerSchema) -> Sequence[SqlType]:
    """The types of the outputs, none where the translation refuses the SELECT. They are the same in every dialect."""
    translation = translate_view(tree, schema, Dialect.DUCKDB)
    return translation.columns if isinstance(translation, Translation) else ()


def _type_of_item(tree: exp.Select, index: int, schema: LedgerSchema) -> SqlType:
    """The type of one output by itself, for a SELECT that is refused for the sake of another one."""
    alone = tree.copy()
    alone.set("expressions", [alone.expressions[index]])
    for clause in _NO_MATTER_OF_TYPE:
        alone.set(clause, None)
    return next(iter(_types(alone, schema)), UNKNOWN)


def _filled(columns: Sequence[Column], types: Sequence[SqlType]) -> tuple[Column, ...]:
    return tuple(
        replace(column, type=type_) if column.type.kind is Kind.OTHER else column
        for column, type_ in zip(columns, types, strict=True)
    )
