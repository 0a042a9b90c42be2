"""Literals and placeholders (Microsoft Learn, "Constants (Transact-SQL)")."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from sqlglot import exp

from engine.model import ArgumentType, Kind, SqlType
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import BIGINT, BIT, DATE, DATETIME2, FLOAT, GUID, INT, decimal
from engine.sql.translate.typed import Rank, Typed

_MAX_INT: Final = 2**31 - 1
_MAX_MONEY: Final = Decimal("922337203685477.5807")
_NUMBER: Final = re.compile(r"\$?(\d++\.?\d*|\.\d+)|\$|(\d++\.?\d*|\.\d+)e[-+]?\d+")

_ARGUMENTS: Final = {
    ArgumentType.STRING: SqlType(Kind.NVARCHAR),
    ArgumentType.INT: BIGINT,
    # Precision and scale are the value's own.
    ArgumentType.DECIMAL: SqlType(Kind.DECIMAL),
    ArgumentType.DOUBLE: FLOAT,
    ArgumentType.BOOLEAN: BIT,
    ArgumentType.DATE: DATE,
    ArgumentType.DATETIME: DATETIME2,
    ArgumentType.DATETIMEOFFSET: SqlType(Kind.DATETIMEOFFSET, scale=7),
    ArgumentType.GUID: GUID,
}


def placeholder(emitter: Emitter, node: exp.Placeholder) -> Typed:
    """The nth argument in its declared type, or the hole that stands for the secret: NULL, and nothing is bound."""
    ordinal = int(node.this)
    text = SqlType(Kind.NVARCHAR, collation=emitter.collation)
    if ordinal in emitter.request.holes:
        return Typed(emitter.writer.cast("NULL", text), text, is_typed_null=True, rank=Rank.COERCIBLE)
    if ordinal >= len(emitter.request.argument_types):
        raise refused(
            node, f"placeholder {ordinal + 1} has no argument", "add an <argument> for it", rule="argument-count"
        )
    argument = emitter.request.argument_types[ordinal]
    parameter = emitter.parameter(ordinal)
    if argument is ArgumentType.STRING:
        sql, type_, rank = emitter.writer.cast(parameter, text), text, Rank.COERCIBLE
    elif argument is ArgumentType.DECIMAL:
        sql, type_, rank = emitter.writer.decimal_argument(parameter), _ARGUMENTS[argument], Rank.IMPLICIT
    else:
        type_, rank = _ARGUMENTS[argument], Rank.IMPLICIT
        sql = emitter.writer.cast(parameter, type_)
    return Typed(sql, type_, placeholder=ordinal, rank=rank, argument=ordinal)


def literal(emitter: Emitter, node: exp.Literal) -> Typed:
    """A string in quotes, or a number."""
    if node.args.get("is_string"):
        return text(emitter, node, node.this, Kind.VARCHAR)
    digits = str(node.this).lower()
    if _NUMBER.fullmatch(digits) is None:
        raise not_carried(node, f"the constant `{digits}`", "write it as a number or a string")
    if digits.startswith("$"):
        return _money(emitter, node, digits[1:])
    if "e" in digits:
        return _float(node, float(digits))
    if "." not in digits:
        return whole(emitter, node, int(digits))
    integral, _, fraction = digits.partition(".")
    precision = max(len(integral.lstrip("0")) + len(fraction), 1)
    if precision > MAX_PRECISION:
        raise refused(node, "a number of more than 38 digits is not a T-SQL literal", "write at most 38 digits")
    type_ = decimal(precision, len(fraction))
    written = f"{integral or '0'}.{fraction}" if fraction else (integral or "0")
    return Typed(emitter.writer.cast(written, type_), type_, constant=Decimal(written))


def _float(node: exp.Expr, value: float) -> Typed:
    if value in (float("inf"), float("-inf")):
        raise refused(node, "the constant is beyond the range of float", "write a smaller one")
    return Typed(f"CAST({value!r} AS double precision)", FLOAT, constant=value)


def _money(emitter: Emitter, node: exp.Expr, digits: str) -> Typed:
    """A constant after a dollar sign: money, with four decimals at most."""
    value = Decimal(digits or "0")
    if value > _MAX_MONEY or value != value.quantize(Decimal("0.0001")):  # only what is small can be quantized
        raise refused(node, "a money constant has four decimals at most", "write it without the dollar sign")
    type_ = SqlType(Kind.MONEY)
    return Typed(emitter.writer.cast(f"{value:f}", type_), type_, constant=value)


def whole(emitter: Emitter, node: exp.Expr, value: int) -> Typed:
    """A number without a point: int where it fits, else decimal, never bigint."""
    if value <= _MAX_INT:
        return Typed(str(value), INT, constant=value)
    if len(str(value)) > MAX_PRECISION:
        raise refused(node, "a number of more than 38 digits is not a T-SQL literal", "write at most 38 digits")
    type_ = decimal(len(str(value)), 0)
    return Typed(emitter.writer.cast(str(value), type_), type_, constant=Decimal(value))


def national(emitter: Emitter, node: exp.National) -> Typed:
    """N'…'."""
    return text(emitter, node, node.this, Kind.NVARCHAR)


def text(emitter: Emitter, node: exp.Expr, value: str, kind: Kind) -> Typed:
    """A string literal of that kind, as long as it is."""
    if "\\\n" in value or "\\\r" in value:
        raise refused(node, "a backslash at a line's end inside a string joins the lines in T-SQL", "write one line")
    if any(character < "\x09" for character in value):
        raise not_carried(node, "a control character inside a string", "leave it out")
    if kind is Kind.VARCHAR and not _fits_code_page(value):
        raise refused(node, "a string without N holds a character that its code page lacks", "write N'…'")
    type_ = SqlType(kind, length=max(_units(value), 1), collation=emitter.collation)
    return Typed(emitter.writer.text_literal(value), type_, constant=value, rank=Rank.COERCIBLE)


def _fits_code_page(value: str) -> bool:
    try:
        value.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _units(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def null(emitter: Emitter, node: exp.Null) -> Typed:  # noqa: ARG001  # every handler has this signature
    """NULL, which takes the type that is needed, and is an int where none is."""
    return Typed("CAST(NULL AS integer)", INT, is_null=True, rank=Rank.COERCIBLE)


def paren(emitter: Emitter, node: exp.Paren) -> Typed:
    """A value in parentheses: every value stands on its own already."""
    return emitter.scalar(node.this)
