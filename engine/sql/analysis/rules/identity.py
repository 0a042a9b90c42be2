"""Which expression it is, however it is spelled: GROUP BY and DISTINCT demand it again in the other clauses."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from sqlglot import exp

from engine.sql.analysis.declared_types import is_authors
from engine.sql.analysis.relations import Analysis, Meaning

_UNSET: Final[tuple[object, ...]] = (None, False, [])


class _NoneError(Exception):
    """It holds a query, a name that means nothing, or a call without its argument."""


def identity_of(analysis: Analysis, node: exp.Expr) -> Hashable | None:
    """What `node` is; None where it holds a query, a name that means nothing, or a call without its argument."""
    try:
        return _identity(analysis, node)
    except _NoneError:
        return None


def _identity(analysis: Analysis, node: exp.Expr | None) -> Hashable:
    if node is None:  # as in YEAR()
        raise _NoneError
    special = _SPECIAL.get(type(node))
    if special is not None:
        return special(analysis, node)
    if isinstance(node, exp.Query):
        raise _NoneError
    args = sorted((name, value) for name, value in node.args.items() if value not in _UNSET)
    return type(node), tuple([(name, _part(analysis, value)) for name, value in args])


def _part(analysis: Analysis, value: object) -> Hashable:
    if isinstance(value, exp.Expr):
        return _identity(analysis, value)
    if isinstance(value, list):
        return tuple([_part(analysis, item) for item in value])
    return value.casefold() if isinstance(value, str) else value


def _inner(analysis: Analysis, node: exp.Expr) -> Hashable:
    """Parentheses, and what the parser puts around an argument."""
    return _identity(analysis, node.this)


def column_identity(analysis: Analysis, node: exp.Expr) -> Hashable | None:
    """Which column it is: of which item of FROM. One of an unknown source is known by its name alone."""
    found = analysis.references.get(id(node))
    if found is None or found.meaning not in {Meaning.FOUND, Meaning.UNKNOWN}:
        return None
    return exp.Column, id(found.source.node) if found.source is not None else 0, node.name.casefold()


def _column(analysis: Analysis, node: exp.Column) -> Hashable:
    identity = column_identity(analysis, node)
    if identity is None:
        raise _NoneError
    return identity


def _literal(_analysis: Analysis, node: exp.Expr) -> Hashable:
    return type(node), bool(node.args.get("is_string")), str(node.this)


def _cast(analysis: Analysis, node: exp.Cast) -> Hashable:
    if not is_authors(node.to) and node.to.this is not exp.DType.USERDEFINED:
        return _identity(analysis, node.this)
    return exp.Cast, _identity(analysis, node.to), None, _identity(analysis, node.this)


def _convert(analysis: Analysis, node: exp.Convert) -> Hashable:
    style = node.args.get("style")
    is_plain = style is None or str(style.this) == "0"
    kind = exp.TryCast if node.args.get("safe") else exp.Cast
    return (
        kind,
        _part(analysis, node.this),
        None if is_plain else _part(analysis, style),
        _part(analysis, node.expression),
    )


def _try_cast(analysis: Analysis, node: exp.TryCast) -> Hashable:
    return exp.TryCast, _identity(analysis, node.to), None, _identity(analysis, node.this)


def _year(analysis: Analysis, node: exp.Func) -> Hashable:
    return exp.Extract, str(node.key), _identity(analysis, node.this)


def _datepart(analysis: Analysis, node: exp.Extract) -> Hashable:
    return exp.Extract, str(node.this.name).casefold(), _identity(analysis, node.expression)


def _iif(analysis: Analysis, node: exp.If) -> Hashable:
    branch = _identity(analysis, node.this), _identity(analysis, node.args["true"])
    return exp.Case, (branch,), _part(analysis, node.args.get("false"))


def _case(analysis: Analysis, node: exp.Case) -> Hashable:
    subject = _part(analysis, node.this)
    branches = []
    for branch in node.args["ifs"]:
        when, value = _identity(analysis, branch.this), _identity(analysis, branch.args["true"])
        equal = when if subject is None else (exp.EQ, (("expression", when), ("this", subject)))
        branches.append((equal, value))
    return exp.Case, tuple(branches), _part(analysis, node.args.get("default"))


_SPECIAL: Final[dict[type[exp.Expr], Callable[[Analysis, Any], Hashable]]] = {
    exp.Paren: _inner,
    exp.TsOrDsToDate: _inner,
    exp.TimeStrToTime: _inner,
    exp.Column: _column,
    exp.Literal: _literal,
    exp.National: _literal,
    exp.Cast: _cast,
    exp.Convert: _convert,
    exp.TryCast: _try_cast,
    exp.Year: _year,
    exp.Month: _year,
    exp.Day: _year,
    exp.Extract: _datepart,
    exp.If: _iif,
    exp.Case: _case,
}
