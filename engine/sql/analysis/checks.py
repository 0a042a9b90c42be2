"""What CHECK constraints let a column be: the values that its conditions list, and the bounds of numbers.

A CHECK that is unknown lets the row pass, so NULL is never ruled out (Microsoft Learn, "Unique constraints and check
constraints"). A condition that is not understood rules out nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import FLOATS, INCOMPARABLE, MONEYS, STRINGS, WHOLE
from engine.sql.analysis.domains import Domain, Value, listed_values
from engine.sql.query import parse_query, release

_MONEY_SCALE: Final = 4
_MAX_DIGITS: Final = 100
_PRECISION: Final = 3 * _MAX_DIGITS
"""More digits than such numbers have when they are written with those of their type."""
_EXACT_IN_REAL: Final = 2**24
_TEXTS: Final = STRINGS - INCOMPARABLE
_BINARY_STYLES: Final = frozenset({"BIN", "BIN2"})


class Condition(Struct, frozen=True, gc=False):
    """A condition on one column: it is one of the `values`, or compares with the only one by `>=`, `>`, `<=` or `<`."""

    sign: str
    values: tuple[Value, ...]


_FLIPPED: Final = {"=": "=", ">=": "<=", ">": "<", "<=": ">=", "<": ">"}
_SIGNS: Final[Mapping[type[exp.Expr], str]] = {exp.EQ: "=", exp.GTE: ">=", exp.GT: ">", exp.LTE: "<=", exp.LT: "<"}


@lru_cache(maxsize=4096)
def conditions_of(checks: tuple[str, ...]) -> Mapping[str, tuple[Condition, ...]]:
    """The conditions that CHECK constraints put on each column alone, by its case-folded name."""
    found: dict[str, tuple[Condition, ...]] = {}
    for check in checks:
        query = parse_query(f"SELECT 1 AS c WHERE (\n{check}\n)").query  # read, never run
        if query is None:
            continue
        for key, condition in _conditions(query.tree.args["where"].this):
            found[key] = (*found.get(key, ()), condition)
        release(query)
    return found


def checked(domain: Domain, conditions: Sequence[Condition]) -> Domain:
    """The domain of a column that meets these conditions."""
    for condition in conditions:
        if condition.sign == "=":
            values = _listed(domain, condition.values)
            domain = domain if values is None else replace(domain, values=values)
        else:
            domain = _bounded(domain, condition)
    return domain


# ------------------------------------------------------------------------------------------------------- what they say


def _conditions(tree: exp.Expr) -> Iterator[tuple[str, Condition]]:
    """Of each part of AND: a row is refused where one of them is false, whatever the others are."""
    pending = [tree]
    while pending:
        node = _bare(pending.pop())
        if isinstance(node, exp.And):
            pending += node.expression, node.this
        elif isinstance(node, exp.Or):
            yield from _one_of(node)
        elif isinstance(node, exp.Between):
            yield from _compared(node.this, ">=", node.args["low"])
            yield from _compared(node.this, "<=", node.args["high"])
        elif isinstance(node, exp.In):
            yield from _in(node)
        elif type(node) in _SIGNS:
            yield from _compared(node.this, _SIGNS[type(node)], node.expression)


def _one_of(tree: exp.Or) -> Iterator[tuple[str, Condition]]:
    """`c = 1 OR c = 2 OR c IS NULL`, which is how SQL Server itself writes IN."""
    pending: list[exp.Expr] = [tree]
    keys: set[str] = set()
    values: list[Value] = []
    while pending:
        node = _bare(pending.pop())
        if isinstance(node, exp.Or):
            pending += node.expression, node.this
            continue
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            key = _column(node.this)
            found = [] if key is None else [(key, Condition("=", ()))]
        else:
            found = list(_conditions(node)) if isinstance(node, exp.EQ | exp.In) else []
        if not found:
            return
        keys.add(found[0][0])
        values += found[0][1].values
    if len(keys) == 1 and values:
        yield keys.pop(), Condition("=", tuple(values))


def _in(node: exp.In) -> Iterator[tuple[str, Condition]]:
    key, values = _column(node.this), [_literal(item) for item in node.expressions]
    known = [value for value in values if value is not None]
    if key is not None and known and len(known) == len(values):  # beside a NULL, no other value is refused
        yield key, Condition("=", tuple(known))


def _compared(left: exp.Expr, sign: str, right: exp.Expr) -> Iterator[tuple[str, Condition]]:
    key, value = _column(left), _literal(right)
    if key is None:
        key, value, sign = _column(right), _literal(left), _FLIPPED[sign]
    if key is not None and value is not None:
        yield key, Condition(sign, (value,))


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _column(node: exp.Expr) -> str | None:
    node = _bare(node)
    is_plain = isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) and not node.table
    return node.name.casefold() if is_plain else None


def _literal(node: exp.Expr) -> Value | None:
    node = _bare(node)
    if isinstance(node, exp.Neg):
        value = _literal(node.this)
        return value.copy_negate() if isinstance(value, Decimal) else None
    text = str(node.this)
    if isinstance(node, exp.National) or (isinstance(node, exp.Literal) and node.is_string):
        return text
    is_number = isinstance(node, exp.Literal) and text.replace(".", "", 1).isdecimal() and text.isascii()
    return Decimal(text) if is_number and len(text) <= _MAX_DIGITS else None


# ---------------------------------------------------------------------------------------------- what they mean by type


def _listed(domain: Domain, values: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """The values that a column may have which equals one of these; None where there may be others."""
    type_ = domain.type
    if type_ is None:
        return None
    if type_.kind in _TEXTS:
        found = _texts(type_, values)
    elif type_.kind in WHOLE or (type_.kind is Kind.DECIMAL and type_.scale is not None):
        found = _numbers(type_, values)
    else:
        return None
    if not found or domain.values is None:
        return found or None
    return tuple([value for value in domain.values if value in found])


def _texts(type_: SqlType, values: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """Other collations take other letters for these, and all take blanks at the end for nothing."""
    name = type_.collation.name if type_.collation is not None else None
    if name is None or type_.length is None or not _BINARY_STYLES & set(name.upper().split("_")):
        return None
    texts = [value.rstrip(" ") for value in values if isinstance(value, str)]
    is_whole = all(text.isascii() and len(text) >= type_.length for text in texts)
    if len(texts) < len(values) or not is_whole:
        return None
    return listed_values(text for text in texts if len(text) == type_.length)


def _numbers(type_: SqlType, values: tuple[Value, ...]) -> tuple[Value, ...] | None:
    numbers = [value for value in values if isinstance(value, Decimal)]
    if len(numbers) < len(values):
        return None
    written = [(number, _rounded(number, _scale(type_) or 0, ROUND_FLOOR)) for number in numbers]
    fitting = [found for number, found in written if found == number]
    return listed_values(int(number) if type_.kind in WHOLE else number for number in fitting)


def _bounded(domain: Domain, condition: Condition) -> Domain:
    (limit,) = condition.values
    type_ = domain.type
    if type_ is None or not isinstance(limit, Decimal):
        return domain
    is_lower = condition.sign[0] == ">"
    bound = _bound(type_, limit, is_lower=is_lower, is_strict="=" not in condition.sign)
    if bound is None:
        return domain
    if is_lower:
        return replace(domain, least=bound if domain.least is None else max(domain.least, bound))
    return replace(domain, greatest=bound if domain.greatest is None else min(domain.greatest, bound))


def _bound(type_: SqlType, limit: Decimal, *, is_lower: bool, is_strict: bool) -> Decimal | None:
    """The least value of the type that is not below the limit, or the greatest that is not above it."""
    if type_.kind in FLOATS:
        return limit if limit == int(limit) and abs(limit) <= _EXACT_IN_REAL else None
    scale = _scale(type_)
    if scale is None:
        return None
    found = _rounded(limit, scale, ROUND_CEILING if is_lower else ROUND_FLOOR)
    if not is_strict or found != limit:
        return found
    unit = Decimal((0 if is_lower else 1, (1,), -scale))
    with localcontext(prec=_PRECISION):
        return found + unit


def _scale(type_: SqlType) -> int | None:
    """The digits after the point of an exact number; None where they are not known."""
    if type_.kind in WHOLE:
        return 0
    return _MONEY_SCALE if type_.kind in MONEYS else type_.scale if type_.kind is Kind.DECIMAL else None


def _rounded(number: Decimal, scale: int, rounding: str) -> Decimal:
    with localcontext(prec=_PRECISION):
        return number.quantize(Decimal((0, (1,), -scale)), rounding=rounding)
