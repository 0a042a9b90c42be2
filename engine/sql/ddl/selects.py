"""The columns that a SELECT gives: their names from its text, the types of those that are bare columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.model import UNKNOWN
from engine.sql.schema import Column, LedgerSchema

_Named = Mapping[str, tuple[Column, ...]]


@dataclass(frozen=True, slots=True)
class _Source:
    """One item of FROM under its case-folded alias."""

    alias: str
    columns: tuple[Column, ...]


def columns_of(query: exp.Expr, schema: LedgerSchema, ctes: _Named | None = None) -> tuple[Column, ...]:
    """The output columns of `query`, `*` expanded; a column without a name is called ''.

    `ctes` are those of the statement around it. A type that is not that of a column of `schema` is unknown.
    """
    known = dict(ctes or {})
    with_ = query.args.get("with_")
    for cte in with_.expressions if with_ is not None else ():
        known[cte.alias.casefold()] = _renamed(columns_of(cte.this, schema, known), cte)
    if isinstance(query, exp.Subquery):
        return columns_of(query.this, schema, known)
    if isinstance(query, exp.SetOperation):
        return _merged(columns_of(query.this, schema, known), columns_of(query.expression, schema, known))
    if not isinstance(query, exp.Select):
        return ()
    sources = [_source(node, schema, known) for node in _from_items(query)]
    return tuple(column for item in query.expressions for column in _output(item, sources))


def _from_items(query: exp.Select) -> Iterator[exp.Expr]:
    start = query.args.get("from_")
    if start is not None:
        yield start.this
        yield from (join.this for join in start.this.args.get("joins") or ())
    yield from (join.this for join in query.args.get("joins") or ())
    yield from query.args.get("laterals") or ()


def _source(node: exp.Expr, schema: LedgerSchema, ctes: _Named) -> _Source:
    """The columns of a table, derived table, VALUES or function call in FROM; none where it is not known."""
    inner = node.this if isinstance(node, exp.Lateral) else node
    alias = node.alias_or_name
    if isinstance(inner, exp.Subquery):
        columns = columns_of(inner, schema, ctes)
    elif isinstance(inner, exp.Dot):
        columns = _function_columns(inner.this.name, inner.expression, schema)
    elif isinstance(inner, exp.Table) and isinstance(inner.this, exp.Anonymous):
        columns = _function_columns(inner.db, inner.this, schema)
    elif isinstance(inner, exp.Table):
        table = None if inner.db else ctes.get(inner.name.casefold())
        found = schema.table(inner.name, inner.db or None)
        columns = table if table is not None else found.columns if found is not None else ()
    else:
        columns = ()
    return _Source(alias.casefold(), _renamed(columns, node))


def _function_columns(owner: str, call: exp.Expr, schema: LedgerSchema) -> tuple[Column, ...]:
    function = schema.function(call.name, owner or schema.default_schema)
    return function.columns if function is not None else ()


def _renamed(columns: tuple[Column, ...], node: exp.Expr) -> tuple[Column, ...]:
    """The columns under the names that the alias gives them, `AS t (a, b)`; names beyond its columns are unknown."""
    names = node.alias_column_names
    if not names:
        return columns
    known = [*columns, *(Column("", UNKNOWN) for _ in range(len(names) - len(columns)))]
    return tuple(replace(column, name=name) for column, name in zip(known, names, strict=False))


def _merged(left: Sequence[Column], right: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of a set operation: the left side's names; where the types differ, the type is unknown."""
    if len(left) != len(right):
        return tuple(Column(column.name, UNKNOWN) for column in left)
    return tuple(
        Column(one.name, one.type if one.type == other.type else UNKNOWN, one.nullable or other.nullable)
        for one, other in zip(left, right, strict=True)
    )


def _output(item: exp.Expr, sources: Iterable[_Source]) -> Iterator[Column]:
    """The columns that one item of a SELECT list gives."""
    if isinstance(item, exp.Star):
        yield from (_plain(column) for source in sources for column in source.columns)
    elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        wanted = item.table.casefold()
        yield from (_plain(column) for source in sources if source.alias == wanted for column in source.columns)
    else:
        found = _lookup(item.unalias().unnest(), sources)
        yield Column(item.alias_or_name, found.type if found else UNKNOWN)


def _lookup(item: exp.Expr, sources: Iterable[_Source]) -> Column | None:
    if not isinstance(item, exp.Column):
        return None
    name, wanted = item.name.casefold(), item.table.casefold()
    found = (
        column
        for source in sources
        if not wanted or source.alias == wanted
        for column in source.columns
        if column.name.casefold() == name
    )
    return next(found, None)


def _plain(column: Column) -> Column:
    """The column as an expression: an outer join may make it null."""
    return Column(column.name, column.type)
