"""What drivers give, as canonical values: the value table of section 4 of the definition language, row by row."""

from __future__ import annotations

import struct
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_UP, Context, Decimal, Inexact, InvalidOperation
from functools import cache
from math import isfinite
from typing import Final
from uuid import UUID

import msgspec

from engine.encoding.writing import HOLE, MAX_DEPTH, FixedDecimal, encode_canonical
from engine.errors import EncodingError
from engine.guid import is_guid
from engine.model import Kind, SqlType
from engine.model.families import BYTES, MOMENTS, MONEYS, WHOLE, WRITTEN

Normaliser = Callable[[object], object]

_MAX_EXPONENT: Final = 1000
"""Beyond it, fixed notation is all zeros, and `1E+999999999` would fill the memory with them."""
_EXPONENT_FROM: Final = 7
"""Python writes decimals of this scale or more with an exponent where they are small."""
_EXACT: Final = Context(prec=2 * _MAX_EXPONENT, traps=[Inexact, InvalidOperation])
_MINUTE: Final = timedelta(minutes=1)
_SINGLE: Final = struct.Struct("<f")
_SMALLEST_NORMAL_SINGLE: Final = 2.0**-126
_encode_guid: Final = msgspec.json.Encoder(uuid_format="canonical").encode


def normaliser(type_: SqlType | None) -> Normaliser:
    """The function that turns a driver's value of that type into its canonical value; None stays None.

    Without a type (no schema tells it) the value's Python type alone decides. A value that does not fit the type, or
    has no JSON form, is an EncodingError that never quotes it.
    """
    if type_ is None:
        return _untyped
    if type_.kind is Kind.DECIMAL:
        return _untyped_decimal if type_.scale is None else _decimal_of_scale(type_.scale)
    return _BY_KIND.get(type_.kind, _no_form)


def canonical(value: object, *, _depth: int = MAX_DEPTH) -> object:
    """Any tree of mappings, arrays and values as canonical values; HOLE stays.

    EncodingError for member names that are no text, for nesting beyond MAX_DEPTH and for what has no JSON form.
    """
    normalise = _BY_PYTHON_TYPE.get(type(value))
    if normalise is not None:
        return normalise(value)
    if value is HOLE:
        return value
    if not isinstance(value, Mapping | list | tuple):
        raise EncodingError(f"a Python {type(value).__name__} has no JSON form")
    if not _depth:
        raise EncodingError(f"a value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_member_name(name): canonical(item, _depth=_depth - 1) for name, item in value.items()}
    return [canonical(item, _depth=_depth - 1) for item in value]


def encode(tree: object) -> tuple[bytes, ...]:
    """Canonical JSON of any tree of mappings, arrays and values, cut at each HOLE: n holes give n + 1 parts."""
    return encode_canonical(canonical(tree))


def _member_name(name: object) -> str:
    if type(name) is not str:
        raise EncodingError("a member's name is not a text")
    return name


def _misfit(value: object, expected: str) -> EncodingError:
    return EncodingError(f"the value, a Python {type(value).__name__}, is no {expected}")


def _integer(value: object) -> object:
    if type(value) is int or value is None:
        return value
    # PostgreSQL's sum(bigint) is a numeric.
    if type(value) is Decimal and value.is_finite() and value.adjusted() < _MAX_EXPONENT and value == int(value):
        return int(value)
    raise _misfit(value, "integer")


@cache
def _decimal_of_scale(scale: int) -> Normaliser:
    unit = Decimal((0, (1,), -scale))
    expected = f"decimal of scale {scale}"
    may_be_exponential = scale >= _EXPONENT_FROM

    def normalise(value: object) -> object:
        """The value as a decimal of the column's scale; None for NULL."""
        if type(value) is Decimal and value.same_quantum(unit):
            scaled = value
        elif value is None:
            return None
        else:
            scaled = _rescaled(value, unit, expected)
        return FixedDecimal(scaled) if may_be_exponential and scaled.adjusted() < 1 - _EXPONENT_FROM else scaled

    return normalise


def _rescaled(value: object, unit: Decimal, expected: str) -> Decimal:
    if type(value) is int or (type(value) is Decimal and value.is_finite()):
        try:
            return _EXACT.quantize(Decimal(value), unit)
        except (Inexact, InvalidOperation):
            pass  # raised below: a decimal exception has no message worth keeping
    raise _misfit(value, expected)


def _untyped_decimal(value: object) -> object:
    if value is None:
        return None
    if type(value) is int:
        return Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _misfit(value, "finite decimal")
    if "E" not in str(value):
        return value
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MAX_EXPONENT or abs(value.adjusted()) > _MAX_EXPONENT:
        raise EncodingError(f"a decimal has an exponent beyond {_MAX_EXPONENT}")
    return FixedDecimal(value)


def _double(value: object) -> object:
    if (type(value) is float and isfinite(value)) or value is None:
        return value
    raise _misfit(value, "finite float")


def _single(value: object) -> object:
    """The double with the shortest digits that read back as the same single: `1.1`, not `1.100000023841858`."""
    value = _double(value)
    if type(value) is not float:
        return None
    bits = _single_bits(value)
    if not bits:
        raise _misfit(value, "real")
    exact = Decimal(_SINGLE.unpack(bits)[0])
    # Six digits always survive a normal single; a subnormal one has fewer.
    for digits in range(6 if abs(value) >= _SMALLEST_NORMAL_SINGLE else 1, 9):
        # At a power of two the gap above is twice the gap below: the nearest number may fail where the next does not.
        for context in (Context(prec=digits), Context(prec=digits, rounding=ROUND_UP)):
            candidate = float(context.create_decimal(exact))
            if _single_bits(candidate) == bits:
                return candidate
    return float(Context(prec=9).create_decimal(exact))


def _single_bits(value: float) -> bytes:
    """Empty for a number that is too great for a single."""
    try:
        return _SINGLE.pack(value)
    except OverflowError:
        return b""


def _bit(value: object) -> object:
    if type(value) is bool or value is None:
        return value
    if type(value) is int and value in (0, 1):
        return bool(value)
    raise _misfit(value, "bit")


def _text(value: object) -> object:
    if type(value) is str or value is None:
        return value
    raise _misfit(value, "text")


def _guid(value: object) -> object:
    if type(value) is UUID:
        return _encode_guid(value)[1:-1].decode().upper()  # 300 ns; str(value).upper() takes 670
    if value is None:
        return None
    if type(value) is str and is_guid(value):
        return value.upper()
    raise _misfit(value, "uniqueidentifier")


def _date(value: object) -> object:
    if type(value) is date:
        return value.isoformat()
    if value is None:
        return None
    raise _misfit(value, "date")


def _time(value: object) -> object:
    if type(value) is time and value.tzinfo is None:
        return _without_zeros(value)
    if value is None:
        return None
    raise _misfit(value, "time")


def _datetime(value: object) -> object:
    if type(value) is datetime and value.tzinfo is None:
        return _without_zeros(value)
    if value is None:
        return None
    raise _misfit(value, "date and time without an offset")


def _datetimeoffset(value: object) -> object:
    if value is None:
        return None
    offset = value.utcoffset() if type(value) is datetime else None
    if type(value) is not datetime or offset is None or offset % _MINUTE:
        raise _misfit(value, "date and time with an offset in minutes")
    minutes = abs(offset) // _MINUTE
    sign = "-" if offset < timedelta() else "+"
    return f"{_without_zeros(value.replace(tzinfo=None))}{sign}{minutes // 60:02}:{minutes % 60:02}"


def _without_zeros(value: datetime | time) -> str:
    text = value.isoformat()
    return text.rstrip("0") if value.microsecond else text


def _binary(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return b2a_base64(value, newline=False).decode()
    if value is None:
        return None
    raise _misfit(value, "binary")


def _no_form(value: object) -> object:
    if value is None:
        return None
    raise EncodingError("the column's type has no JSON form")


def _any_datetime(value: object) -> object:
    return _datetime(value) if isinstance(value, datetime) and value.tzinfo is None else _datetimeoffset(value)


def _untyped(value: object) -> object:
    normalise = _BY_PYTHON_TYPE.get(type(value))
    if normalise is None:
        raise EncodingError(f"a Python {type(value).__name__} has no JSON form")
    return normalise(value)


_BY_PYTHON_TYPE: Final[dict[type, Normaliser]] = {
    type(None): _text,
    str: _text,
    bool: _bit,
    int: _integer,
    float: _double,
    Decimal: _untyped_decimal,
    FixedDecimal: _untyped_decimal,
    UUID: _guid,
    date: _date,
    time: _time,
    datetime: _any_datetime,
    bytes: _binary,
    bytearray: _binary,
    memoryview: _binary,
}

_BY_KIND: Final[dict[Kind, Normaliser]] = {
    Kind.BIT: _bit,
    **dict.fromkeys(WHOLE, _integer),
    **dict.fromkeys(MONEYS, _decimal_of_scale(4)),
    Kind.FLOAT: _double,
    Kind.REAL: _single,
    **dict.fromkeys(WRITTEN, _text),
    Kind.UNIQUEIDENTIFIER: _guid,
    Kind.DATE: _date,
    Kind.TIME: _time,
    **dict.fromkeys(MOMENTS, _datetime),
    Kind.DATETIMEOFFSET: _datetimeoffset,
    **dict.fromkeys(BYTES, _binary),
}
