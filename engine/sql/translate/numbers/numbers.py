"""Arithmetic on exact numbers, in the type and with the overflow that SQL Server has."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import EXACT, FLOATS, MONEYS, WHOLE
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.casts.conversion import adapted
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import decimal, higher, precision_of, scale_of, way_to_exact
from engine.sql.translate.numbers.decimals import Exact, product_of, quotient_of, sum_of
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer

_SIGNS: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_TINYINT: Final = SqlType(Kind.TINYINT)
_MONEY: Final = SqlType(Kind.MONEY)


def arithmetic(emitter: Emitter, node: exp.Binary) -> Typed:
    """Two numbers under `-`, `*`, `/` or `%`."""
    return computed(emitter, node, emitter.scalar(node.left), emitter.scalar(node.right))


def computed(emitter: Emitter, node: exp.Binary, left: Typed, right: Typed) -> Typed:
    """Two numbers under one of the five operators."""
    sign = _SIGNS[type(node)]
    left, right = _operand(emitter, node, left, right), _operand(emitter, node, right, left)
    kinds = {left.type.kind, right.type.kind}
    if kinds <= WHOLE:
        return _whole(emitter, node, sign, left, right)
    if kinds <= MONEYS | WHOLE:
        return _money(emitter, node, sign, left, right)
    if sign == "/":
        return _quotient(emitter, node, left, right)
    return _decimal(emitter, node, sign, left, right)


def _operand(emitter: Emitter, node: exp.Expr, value: Typed, other: Typed) -> Typed:
    """A side of an operator as a number whose scale is known."""
    if value.is_null and other.type.kind in EXACT:
        return adapted(emitter, node, value, other.type)
    if value.type.kind is Kind.BIT and other.type.kind in EXACT:
        emitter.note_converted(value)
        return Typed(f"CAST({value.sql} AS integer)", _TINYINT, is_loose=True)
    if value.type.kind not in EXACT:
        raise not_carried(node, f"arithmetic on {value.type.kind}", way_to_exact(value.type.kind))
    if value.type.kind is Kind.DECIMAL and value.type.scale is None:
        hint = "CAST(? AS decimal(p, s)) says which scale is meant"
        raise refused(node, "a decimal argument has the scale of its value, which arithmetic needs to know", hint)
    return value


def _whole(emitter: Emitter, node: exp.Expr, sign: str, left: Typed, right: Typed) -> Typed:
    """Whole numbers: the higher of the two types, whose overflow is an error on every ledger."""
    kind = higher(left.type.kind, right.type.kind)
    if kind is Kind.TINYINT:
        raise not_carried(node, "arithmetic between tinyint values", "CAST one side to int")
    type_ = SqlType(kind)
    first, second = _widened(emitter, left, type_), _widened(emitter, right, type_)
    sql = emitter.writer.whole_division(first, second) if sign == "/" else f"{first} {sign} {second}"
    return Typed(f"({sql})", type_)


def _widened(emitter: Emitter, value: Typed, type_: SqlType) -> str:
    """The value in that type."""
    if value.type.kind is not type_.kind:
        emitter.note_converted(value)
        return emitter.writer.cast(value.sql, type_)
    return value.sql if value.constant is None else emitter.writer.int_literal(value.sql, type_)


def _money(emitter: Emitter, node: exp.Expr, sign: str, left: Typed, right: Typed) -> Typed:
    """Money with money or a whole number under `+`, `-` and `/`, or times a whole number: nothing is rounded."""
    kinds = {left.type.kind, right.type.kind}
    if sign not in "+-/" and not (sign == "*" and kinds & WHOLE):
        hint = "CAST the money to decimal(19, 4) first"
        raise refused(node, f"money under {sign} rounds in SQL Server's own way", hint)
    if Kind.MONEY not in kinds:
        raise not_carried(node, "arithmetic on smallmoney", "CAST it to money")
    emitter.note_converted(left)
    if sign == "/":
        emitter.note_converted(right)
        return money_quotient(emitter.writer, left, right)
    return Typed(emitter.writer.cast(f"(CAST({left.sql} AS numeric(38,4)) {sign} {right.sql})", _MONEY), _MONEY)


def _decimal(emitter: Emitter, node: exp.Expr, sign: str, left: Typed, right: Typed) -> Typed:
    """Decimals under `+`, `-`, `*` and `%`."""
    if sign == "%":
        return _remainder(node, left, right)
    result = product_of(left.type, right.type) if sign == "*" else sum_of(left.type, right.type)
    if result.is_reduced:
        return _reduced(emitter, sign, left, right, result)
    type_ = decimal(result.precision, result.scale)
    sql = emitter.writer.decimal_operation(sign, left, right, type_)
    return Typed(emitter.writer.cast(sql, type_) if result.is_capped else sql, type_, is_loose=_is_loose(left, right))


def _reduced(emitter: Emitter, sign: str, left: Typed, right: Typed, result: Exact) -> Typed:
    """Where more than 38 digits would be needed, SQL Server rounds the exact result to fewer after the point."""
    type_ = decimal(result.precision, result.scale)
    emitter.note_converted(left)
    emitter.note_converted(right)
    sql = emitter.writer.long_operation(sign, left, right, type_)
    return Typed(emitter.writer.cast(sql, type_), type_, is_loose=_is_loose(left, right))


def _remainder(node: exp.Expr, left: Typed, right: Typed) -> Typed:
    """Decimals under `%`, in a type that holds both sides, so that nothing is rounded."""
    scale = max(scale_of(left.type), scale_of(right.type))
    digits = [precision_of(side.type) - scale_of(side.type) for side in (left, right)]
    if max(digits) + scale > MAX_PRECISION:
        raise refused(node, "% needs more than 38 digits here", "CAST both sides to smaller decimals first")
    common = f"numeric({max(digits) + scale},{scale})"
    sql = f"(CAST({left.sql} AS {common}) % CAST({right.sql} AS {common}))"
    return Typed(sql, decimal(min(digits) + scale, scale), is_loose=_is_loose(left, right))


def _is_loose(left: Typed, right: Typed) -> bool:
    """Whether SQL Server's precision is unclear: an int literal may count as int, or as the digits that it has."""
    return any(value.is_loose or (value.constant is not None and value.type.kind in WHOLE) for value in (left, right))


def _quotient(emitter: Emitter, node: exp.Expr, left: Typed, right: Typed) -> Typed:
    """A decimal by a decimal or a whole number: SQL Server cuts the digits beyond the result's scale."""
    if _is_loose(left, right):
        message = "the scale of a decimal divided by, or made with, an int literal varies in SQL Server"
        raise refused(node, message, "write the literal with a point, or CAST it to decimal(p, s)")
    return divided(emitter.writer, left, right, quotient_of(left.type, right.type))


def divided(writer: Writer, left: Typed, right: Typed, result: Exact) -> Typed:
    """The exact quotient, cut to the scale of `result`."""
    type_ = decimal(result.precision, result.scale)
    return Typed(writer.cast(writer.quotient(left, right, result.scale), type_), type_)


def money_quotient(writer: Writer, left: Typed, right: Typed) -> Typed:
    """Money by money or a whole number, or a whole number by money: cut after four digits.

    Money is a whole number of ten-thousandths, which are divided as such (Microsoft Learn, "money and smallmoney",
    "rounding errors through truncation").
    """
    return Typed(writer.cast(writer.quotient(left, right, 4), _MONEY), _MONEY)


def negative(emitter: Emitter, node: exp.Neg) -> Typed:
    """Unary minus: the type stays."""
    value = emitter.scalar(node.this)
    if value.type.kind in FLOATS and isinstance(value.constant, float):
        return Typed(f"(-{value.sql})", value.type, constant=-value.constant)
    if value.type.kind not in EXACT or value.type.kind is Kind.TINYINT:
        raise not_carried(node, f"minus before a {value.type.kind}", "CAST it to int or decimal")
    constant = -value.constant if isinstance(value.constant, int | Decimal) else None
    return Typed(f"(-{value.sql})", value.type, constant=constant, is_loose=value.is_loose)
