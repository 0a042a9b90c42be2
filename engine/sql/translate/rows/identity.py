"""Which expression it is, whatever its spelling: GROUP BY and DISTINCT demand it again in the other clauses.

An identity is equal for two expressions of one SELECT where T-SQL takes them as the same: the same operations on the
same columns of the same tables, constants and conversions of the same type. Case, brackets, parentheses and qualifiers
do not count. That two always have the same value does not make them one: `CAST(a AS int)` of an int is not `a`.

Sources: Microsoft Learn, "GROUP BY" (a SELECT list has the grouped expressions again, and no others), "IIF" (it is a
CASE), "CAST and CONVERT" (one conversion, with style 0 where none is given), "YEAR" (it is DATEPART of the year).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final

from sqlglot import exp

from engine.sql.translate.casts.datatypes import data_type
from engine.sql.translate.dates.clock import current_timestamp
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused
from engine.sql.translate.literals import literal, national
from engine.sql.translate.rows.columns import found_column

# Classes of which one may be written for another.
_ALIKE: Final = (
    frozenset({exp.Cast, exp.Convert, exp.TryCast}),
    frozenset({exp.Case, exp.If}),
    frozenset({exp.Year, exp.Month, exp.Day, exp.Extract}),
)


def identity_of(emitter: Emitter, node: exp.Expr) -> Hashable | None:
    """What `node` is, by the names in sight; None where it holds a query, or what is not carried."""
    try:
        return _identity(emitter, node)
    except Refused:
        return None


def classes_of(nodes: Iterable[exp.Expr]) -> frozenset[type]:
    """The classes of what may be one of `nodes` again, so that no other expression has to be looked at.

    Columns are not among them, whose handler looks.
    """
    own = {type(node.unnest()) for node in nodes} - {exp.Column}
    return frozenset(own.union(*(alike for alike in _ALIKE if not alike.isdisjoint(own))))


def _identity(emitter: Emitter, node: exp.Expr | None) -> Hashable:
    if node is None:  # as in YEAR()
        raise Refused(None)
    special = _SPECIAL.get(type(node))
    if special is not None:
        return special(emitter, node)
    if isinstance(node, exp.Query):
        raise Refused(None)
    args = sorted((name, value) for name, value in node.args.items() if value not in (None, False, []))
    return type(node), tuple((name, _part(emitter, value)) for name, value in args)


def _part(emitter: Emitter, value: object) -> Hashable:
    """What stands in an argument of a node: words and names are the same in any case."""
    if isinstance(value, exp.Expr):
        return _identity(emitter, value)
    if isinstance(value, list):
        return tuple(_part(emitter, item) for item in value)
    return value.casefold() if isinstance(value, str) else value


def _inner(emitter: Emitter, node: exp.Expr) -> Hashable:
    """Parentheses, and what the parser puts around a date."""
    return _identity(emitter, node.this)


def _column(emitter: Emitter, node: exp.Column) -> Hashable:
    return found_column(emitter, node)[1].identity


def _literal(emitter: Emitter, node: exp.Literal) -> Hashable:
    value = literal(emitter, node)
    return value.type, value.constant


def _national(emitter: Emitter, node: exp.National) -> Hashable:
    value = national(emitter, node)
    return value.type, value.constant


def _cast(emitter: Emitter, node: exp.Cast) -> Hashable:
    if "nested" not in node.to.args:  # the parser's own, which the author did not write
        return _identity(emitter, node.this)
    return _conversion(emitter, node, node.to, node.this, 0)


def _try_cast(emitter: Emitter, node: exp.TryCast) -> Hashable:
    return exp.TryCast, _conversion(emitter, node, node.to, node.this, 0)


def _convert(emitter: Emitter, node: exp.Convert) -> Hashable:
    style = node.args.get("style")
    number = int(style.this) if style is not None else 0
    identity = _conversion(emitter, node, node.this, node.expression, number)
    return (exp.TryCast, identity) if node.args.get("safe") else identity


def _conversion(emitter: Emitter, node: exp.Expr, to: exp.DataType, value: exp.Expr, style: int) -> Hashable:
    return exp.Cast, data_type(emitter, node, to), style, _identity(emitter, value)


def _year(emitter: Emitter, node: exp.Func) -> Hashable:
    """YEAR, MONTH and DAY."""
    return exp.Extract, str(node.key), _identity(emitter, node.this)


def _datepart(emitter: Emitter, node: exp.Extract) -> Hashable:
    return exp.Extract, str(node.this.name).casefold(), _identity(emitter, node.expression)


def _iif(emitter: Emitter, node: exp.If) -> Hashable:
    branch = _identity(emitter, node.this), _identity(emitter, node.args["true"])
    return exp.Case, (branch,), _part(emitter, node.args.get("false"))


def _case(emitter: Emitter, node: exp.Case) -> Hashable:
    subject = _part(emitter, node.this)
    branches = []
    for branch in node.args["ifs"]:
        when, value = _identity(emitter, branch.this), _identity(emitter, branch.args["true"])
        branches.append((when if subject is None else _equal(subject, when), value))
    return exp.Case, tuple(branches), _part(emitter, node.args.get("default"))


def _equal(left: Hashable, right: Hashable) -> Hashable:
    """What `left = right` is."""
    return exp.EQ, (("expression", right), ("this", left))


def _now(emitter: Emitter, node: exp.CurrentTimestamp) -> Hashable:
    """GETDATE and CURRENT_TIMESTAMP are one, SYSDATETIME is another."""
    return type(node), current_timestamp(emitter, node).type


_SPECIAL: Final[dict[type[exp.Expr], Callable[[Emitter, Any], Hashable]]] = {
    exp.Paren: _inner,
    exp.TsOrDsToDate: _inner,
    exp.TimeStrToTime: _inner,
    exp.Column: _column,
    exp.Literal: _literal,
    exp.National: _national,
    exp.Cast: _cast,
    exp.Convert: _convert,
    exp.TryCast: _try_cast,
    exp.Year: _year,
    exp.Month: _year,
    exp.Day: _year,
    exp.Extract: _datepart,
    exp.If: _iif,
    exp.Case: _case,
    exp.CurrentTimestamp: _now,
}
