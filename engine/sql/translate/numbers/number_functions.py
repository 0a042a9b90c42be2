"""ABS, ROUND, FLOOR, CEILING, SIGN and POWER of exact numbers (Microsoft Learn, "Mathematical functions")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind
from engine.model.families import EXACT, WHOLE
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.analysis.domains import rounded as rounded_type
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import INT, decimal, precision_of, scale_of, way_to_exact
from engine.sql.translate.typed import Typed

_MOST_FACTORS: Final = 9
_WHOLE_POWER: Final = f"POWER(int, 1 to {_MOST_FACTORS}) is carried"


def _exact(emitter: Emitter, node: exp.Func) -> Typed:
    """An exact number with a known scale; what is smaller than an int becomes one."""
    value = emitter.scalar(node.this)
    if value.type.kind not in EXACT or (value.type.kind is Kind.DECIMAL and value.type.scale is None):
        name = emitter.name_of(node)
        what = f"{name} of {value.type.kind}"
        raise not_carried(node, what, way_to_exact(value.type.kind))
    type_ = rounded_type(value.type)
    return value.kept() if type_ == value.type else value.made(emitter.writer.cast(value.sql, type_), type_)


def absolute(emitter: Emitter, node: exp.Abs) -> Typed:
    """ABS: the scale stays."""
    value = _exact(emitter, node)
    return Typed(f"abs({value.sql})", value.type, is_loose=value.is_loose or value.type.kind is Kind.DECIMAL)


def sign(emitter: Emitter, node: exp.Sign) -> Typed:
    """SIGN: -1, 0 or 1 in the type of the value, or in one that has room for it."""
    value = _exact(emitter, node)
    type_ = value.type
    if type_.kind is Kind.DECIMAL:
        type_ = decimal(min(max(precision_of(type_), scale_of(type_) + 1), MAX_PRECISION), scale_of(type_))
    return Typed(emitter.writer.cast(f"sign({value.sql})", type_), type_, is_loose=type_.kind is Kind.DECIMAL)


def floor(emitter: Emitter, node: exp.Floor) -> Typed:
    """FLOOR."""
    return _integral(emitter, node, "floor")


def ceiling(emitter: Emitter, node: exp.Ceil) -> Typed:
    """CEILING."""
    return _integral(emitter, node, "ceil")


def _integral(emitter: Emitter, node: exp.Func, name: str) -> Typed:
    """Whole numbers stay, money keeps its four decimals, a decimal loses its scale and keeps its precision."""
    value = _exact(emitter, node)
    if value.type.kind in WHOLE:
        return value
    type_ = rounded_type(value.type, is_whole=True)
    return Typed(emitter.writer.cast(f"{name}({value.sql})", type_), type_, is_loose=True)


def rounded(emitter: Emitter, node: exp.Round) -> Typed:
    """ROUND: half away from zero, or cut with a third argument but 0; the type, and so the scale, stays."""
    value = _exact(emitter, node)
    places = _plain(node, node.args.get("decimals"))
    cut = node.args.get("truncate")
    name = "round" if cut is None or _plain(node, cut) == 0 else "trunc"
    sql = value.sql
    if value.type.kind in WHOLE:
        if places >= 0:
            return value
        sql = emitter.writer.cast(sql, decimal(precision_of(value.type), 0))
    return value.made(emitter.writer.cast(f"{name}({sql}, {places})", value.type))


def power(emitter: Emitter, node: exp.Pow) -> Typed:
    """POWER of whole numbers: SQL Server computes others in float. An int's result is an int, as are smaller ones'."""
    if _is_square(node):
        raise refused(node, "SQUARE is computed in float", f"multiply the value with itself; {_WHOLE_POWER}")
    value, times = _exact(emitter, node), node.expression
    exponent = int(times.this) if isinstance(times, exp.Literal) and str(times.this).isdecimal() else 0
    if value.type.kind is not Kind.INT or not 1 <= exponent <= _MOST_FACTORS:
        what = f"POWER of {value.type.kind} with this exponent is computed in float, which is not exact"
        raise refused(node, what, f"multiply the value with itself; {_WHOLE_POWER}")
    factor = emitter.writer.cast(value.sql, INT)
    return Typed(f"({' * '.join([factor] * exponent)})", INT)


def _is_square(node: exp.Pow) -> bool:
    """Whether the author wrote SQUARE, whose result is a float: the parser makes POWER(x, 2) of it.

    The name's place tells, by its length: the text is not at hand for a view.
    """
    start, end = node.meta.get("start"), node.meta.get("end")
    return start is not None and end is not None and end + 1 - start == len("SQUARE")


def _plain(node: exp.Expr, number: exp.Expr | None) -> int:
    """A whole number as it stands in the text, with a minus or without."""
    negative = isinstance(number, exp.Neg)
    digits = number.this if isinstance(number, exp.Neg) else number
    if isinstance(digits, exp.Literal) and not digits.is_string and str(digits.this).isdecimal():
        return -int(digits.this) if negative else int(digits.this)
    raise refused(node, "ROUND is carried with a plain number of places", "write the number of places: ROUND(x, 2)")


NUMBER_FUNCTIONS: Final[Entries] = {
    exp.Abs: entry(absolute, "this"),
    exp.Sign: entry(sign, "this"),
    exp.Floor: entry(floor, "this"),
    exp.Ceil: entry(ceiling, "this"),
    exp.Pow: entry(power, "this", "expression", needs=("expression",)),
    exp.Round: entry(rounded, "this", "decimals", "truncate"),
}
