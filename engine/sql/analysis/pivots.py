"""The columns that PIVOT and UNPIVOT make (Microsoft Learn, "FROM - Using PIVOT and UNPIVOT")."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.sql.analysis.expression_types import Typing
from engine.sql.analysis.relations import OPEN, Column, Columns


def names_in(pivot: exp.Expr) -> list[exp.Expr]:
    """The parts of it that name columns of what it turns."""
    fields = pivot.args.get("fields") or []
    if pivot.args.get("unpivot"):
        return [name for field in fields for name in field.expressions]
    return [*pivot.expressions, *(field.this for field in fields)]


def turned(pivot: exp.Expr, columns: Columns, typing: Typing) -> Columns:
    """What it makes of `columns`. Where not all of these are known by name, nobody knows what it makes."""
    is_known = not columns.is_open and all(column.key for column in columns.listed)
    if not is_known or len(pivot.expressions) != 1 or len(pivot.args.get("fields") or ()) != 1:
        return OPEN
    named = {name.name.casefold() for part in names_in(pivot) for name in part.find_all(exp.Column)}
    kept = [column for column in columns.listed if column.key not in named]
    made = _unpivoted(pivot, columns) if pivot.args.get("unpivot") else _pivoted(pivot, typing)
    return Columns((*kept, *made))


def _pivoted(pivot: exp.Expr, typing: Typing) -> list[Column]:
    """A column for each value that it lists. Where there is no row for it, SUM gives null, and COUNT gives 0."""
    (call,), (field,) = pivot.expressions, pivot.args["fields"]
    type_, nullable = typing.column("", call).type, None if isinstance(call, exp.Count) else True
    return [Column(value.name.casefold(), value.name, type_, nullable) for value in field.expressions]


def _unpivoted(pivot: exp.Expr, columns: Columns) -> list[Column]:
    """The values of the columns that it lists, which are of one type and not null; and their names."""
    (value,), (field,) = pivot.expressions, pivot.args["fields"]
    found = [columns.find(name.name.casefold()) for name in field.expressions]
    types = {column.type if column is not None else None for column in found}
    type_ = types.pop() if len(types) == 1 else None
    named = field.this
    return [
        Column(value.name.casefold(), value.name, type_, nullable=False),
        Column(named.name.casefold(), named.name, nullable=False),
    ]


def pivot_key(pivots: Sequence[exp.Expr]) -> str:
    """The case-folded name of what the last of them makes, '' where it has none."""
    alias = pivots[-1].args.get("alias")
    name = alias.this if alias is not None else None
    return name.this.casefold() if isinstance(name, exp.Identifier) else ""
