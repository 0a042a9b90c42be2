"""One statement for many lists of arguments, where it provably gives what the statement itself gives for each.

The rows of arguments are joined, by LATERAL, to the statement with its placeholders as their columns. Since the
statement has a LIMIT, PostgreSQL plans it by itself, with those columns as parameters: as the prepared statement, too.
What is left to prove is here; what cannot be proven is refused, and the statement is then run for each list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from engine.sql.translate.emitter import Emitter

ONE_ROW: Final = 2
"""The limit of a statement that may give one row: a second is an error whichever it is."""

# Where an argument may stand: as a value of its own, or beside a column. An expression of arguments alone may fail or
# choose a plan before any row is read when its values are known, but not when they are columns.
_ALONE: Final = (exp.Alias, exp.Select, exp.Limit, exp.Fetch, exp.Offset)
_BESIDE_A_COLUMN: Final = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In,
    exp.If, exp.Case, exp.Coalesce, exp.Add, exp.Sub, exp.Mul,
)  # fmt: skip


def why_no_set(emitter: Emitter, tree: exp.Query, parameters: Sequence[int], row_limit: int) -> str | None:
    """Why many lists are not proven to give what each gives, or None where they are; `emitter` has carried `tree`."""
    writer = emitter.request.writer
    if writer.sets is None:
        return writer.why_one
    if not parameters:
        return "it takes no argument"
    if any(name.this.casefold() in writer.sets.names for name in tree.find_all(exp.Identifier)):
        return "it uses a name of the engine's own"
    return next(_doubts(emitter, tree, row_limit), None)


def _doubts(emitter: Emitter, tree: exp.Query, row_limit: int) -> Iterator[str]:
    if row_limit > ONE_ROW and tree.args.get("order") is None:
        yield "its rows have no ORDER BY, so that another plan may give them in another order"
    for query in tree.find_all(exp.Select, exp.SetOperation):
        if (query.args.get("limit") or query.args.get("offset")) and query.args.get("order") is None:
            yield "TOP without ORDER BY may give other rows by another plan"
    for node in tree.find_all(exp.Placeholder):
        if int(node.this) in emitter.request.holes:
            continue
        parent = node.parent
        while isinstance(parent, exp.Paren):
            parent = parent.parent
        if isinstance(parent, _ALONE) and not _is_inner(parent):
            continue
        if not isinstance(parent, _BESIDE_A_COLUMN) or parent.find(exp.Column) is None:
            yield f"argument {int(node.this) + 1} stands neither alone nor beside a column"
    # Its conversion, or a guard of its value, may fail, for the same reason.
    if emitter.converted:
        yield "the type of an argument is converted"


def _is_inner(node: exp.Expr) -> bool:
    """Whether a column of that query is seen by one around it, which may make an expression of it."""
    return node.find_ancestor(exp.Subquery, exp.CTE, exp.Lateral) is not None
