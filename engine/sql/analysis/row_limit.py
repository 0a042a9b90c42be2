"""How many rows a query gives at most, as far as TOP and FETCH say so."""

from __future__ import annotations

from sqlglot import exp


def most_rows(tree: exp.Expr) -> int | None:
    """The number behind TOP or FETCH NEXT; None where there is none, or where more rows may come."""
    while isinstance(tree, exp.Subquery):
        tree = tree.this
    limit = tree.args.get("limit") if isinstance(tree, exp.Query) else None
    if limit is None or _may_give_others(limit):
        return None
    count = limit.args.get("count" if isinstance(limit, exp.Fetch) else "expression")
    while isinstance(count, exp.Paren):
        count = count.this
    is_number = isinstance(count, exp.Literal) and not count.is_string and str(count.this).isdecimal()
    return int(count.this) if is_number else None


def _may_give_others(limit: exp.Expr) -> bool:
    """PERCENT counts otherwise, and WITH TIES adds the rows that are equal to the last."""
    options = limit.args.get("limit_options")
    return options is not None and bool(options.args.get("percent") or options.args.get("with_ties"))
