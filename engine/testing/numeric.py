"""Numbers as T-SQL stores them in its number types, refused where SQL Server would cut, round or overflow.

Every function takes the number's text and raises ValueError, its message going on after the column's name.
"""

from __future__ import annotations

import re
import struct
from decimal import Context, Decimal, Inexact, InvalidOperation
from math import isfinite
from typing import Final

from engine.model import Kind

_WHOLE: Final = {
    Kind.TINYINT: range(256),
    Kind.SMALLINT: range(-(2**15), 2**15),
    Kind.INT: range(-(2**31), 2**31),
    Kind.BIGINT: range(-(2**63), 2**63),
}
_MONEY: Final = {Kind.MONEY: range(-(2**63), 2**63), Kind.SMALLMONEY: range(-(2**31), 2**31)}  # in 1/10,000
_MONEY_SCALE: Final = 4
_BITS: Final = {"0": False, "1": True, "false": False, "true": True}
_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_EXACT: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LOSSLESS: Final = Context(prec=1000, traps=[Inexact, InvalidOperation])


def bit_value(source: str) -> bool:
    """A bit: 0, 1, false or true."""
    value = _BITS.get(source.lower())
    if value is None:
        raise ValueError("is bit: write 0 or 1")
    return value


def whole_value(kind: Kind, source: str) -> int:
    """A tinyint, smallint, int or bigint."""
    if not _INTEGER.fullmatch(source):
        raise ValueError(f"is {kind}: write a whole number")
    value = int(source)
    if value not in _WHOLE[kind]:
        raise ValueError(f"is {kind}, which goes from {_WHOLE[kind].start} to {_WHOLE[kind].stop - 1}")
    return value


def decimal_value(precision: int, scale: int, source: str) -> Decimal:
    """A decimal with exactly `scale` digits behind the point."""
    value = _scaled(scale, source)
    if value.adjusted() >= precision - scale and value:
        raise ValueError(f"is decimal({precision},{scale}), for which the number is too large")
    return value


def money_value(kind: Kind, source: str) -> Decimal:
    """A money or smallmoney, with four digits behind the point."""
    value = _scaled(_MONEY_SCALE, source)
    if int(value.scaleb(_MONEY_SCALE, _LOSSLESS)) not in _MONEY[kind]:
        raise ValueError(f"is {kind}, for which the number is too large")
    return value


def float_value(source: str) -> float:
    """A float of 53 bits."""
    value = float(source) if _FLOAT.fullmatch(source) else None
    if value is None or not isfinite(value):
        raise ValueError("is float: write a number of up to 1.79E+308")
    return value


def real_value(source: str) -> float:
    """A float of 24 bits: the nearest to the number."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", float_value(source)))[0])
    except OverflowError:
        raise ValueError("is real: write a number of up to 3.40E+38") from None


def _scaled(scale: int, source: str) -> Decimal:
    if not _EXACT.fullmatch(source):
        raise ValueError("is an exact number: write digits, with a point and without an exponent")
    try:
        value = Decimal(source).quantize(Decimal((0, (1,), -scale)), context=_LOSSLESS)
    except Inexact:
        raise ValueError(f"holds {scale} digits behind the point, and the number has more") from None
    except InvalidOperation:
        raise ValueError("is an exact number, for which this one has too many digits") from None
    return value if value else abs(value)  # no negative zero in T-SQL
