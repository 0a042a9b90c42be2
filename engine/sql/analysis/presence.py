"""What must be there: rows, and the values that a condition asks for.

A condition of WHERE or of an inner join lets no NULL pass; aggregates of no row are NULL, and so is what GROUP BY with
subtotals leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

_COMPARING: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In)
_STEPPED_THROUGH: Final = (exp.Alias, exp.Paren, exp.Collate)


def conditions(select: exp.Select) -> Iterator[exp.Expr]:
    """The conditions that every row of the SELECT meets, each of a part of AND."""
    joins = select.args.get("joins") or ()
    pending = [select.args["where"].this] if select.args.get("where") is not None else []
    if not any(join.side in {"RIGHT", "FULL"} for join in joins):
        pending += [join.args["on"] for join in joins if not join.side and join.args.get("on") is not None]
    while pending:
        condition = pending.pop()
        if isinstance(condition, exp.And):
            pending += condition.this, condition.expression
        elif isinstance(condition, exp.Paren):
            pending.append(condition.this)
        else:
            yield condition


def operands(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The columns that make the condition unknown, or false, where one of them is NULL."""
    inner, is_negated = condition, False
    while isinstance(inner, (exp.Not, exp.Paren)):
        is_negated = is_negated or isinstance(inner, exp.Not)
        inner = inner.this
    if isinstance(inner, exp.Is):
        if is_negated and isinstance(inner.expression, exp.Null):
            yield from _columns_of(inner.this)
        return
    if not isinstance(inner, _COMPARING) or (is_negated and inner.args.get("query") is not None):
        return  # NOT IN of no row is true, also of NULL
    sides = [inner.this, inner.args.get("expression"), inner.args.get("low"), inner.args.get("high")]
    if any(isinstance(side, (exp.Any, exp.All)) for side in sides):
        return
    for side in sides:
        if side is not None:
            yield from _columns_of(side)


def _columns_of(node: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(node, _STEPPED_THROUGH):
        node = node.this
    if isinstance(node, exp.Column):
        yield node


def has_subtotals(select: exp.Select) -> bool:
    """Whether GROUP BY has ROLLUP, CUBE or GROUPING SETS, which make NULL of what they leave out."""
    group = select.args.get("group")
    if group is None:
        return False
    others = any(value for name, value in group.args.items() if name != "expressions")
    return others or any(isinstance(item, (exp.Rollup, exp.Cube, exp.GroupingSets)) for item in group.expressions)


def _select_of(node: exp.Expr) -> exp.Select | None:
    found = node.parent
    while found is not None and not isinstance(found, exp.Select):
        found = found.parent
    return found


def has_rows(aggregate: exp.Expr) -> bool:
    """Whether there is a row in all that an aggregate is made of."""
    window = aggregate.parent
    if isinstance(window, exp.Window):
        return window.args.get("spec") is None
    if isinstance(window, exp.WithinGroup) and isinstance(window.parent, exp.Window):
        return window.parent.args.get("spec") is None
    select = _select_of(aggregate)
    group = select.args.get("group") if select is not None else None
    return select is not None and group is not None and bool(group.expressions) and not has_subtotals(select)


def gives_a_row(query: exp.Expr) -> bool:
    """Whether a query always has a row: one of aggregates without GROUP BY, or one without FROM and WHERE."""
    while isinstance(query, exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return False
    if any(query.args.get(clause) is not None for clause in ("group", "having", "limit", "offset", "for_")):
        return False
    if query.args.get("from_") is None:
        return query.args.get("where") is None
    return any(_aggregates(item) for item in query.expressions)


def _aggregates(item: exp.Expr) -> bool:
    """Whether an aggregate stands in it, outside of subqueries and windows."""
    pending = [item]
    while pending:
        node = pending.pop()
        if isinstance(node, (exp.Window, exp.Query, exp.Subquery)):
            continue
        if isinstance(node, exp.AggFunc):
            return True
        pending += node.iter_expressions()
    return False
