"""Strict conversion of argument values to the types that a definition declares (definition language, section 2).

`convert` takes values of the event message, which usually arrive as strings; `convert_column` takes typed values from
an earlier step and also accepts another type where nothing is lost. Messages of errors never quote a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import msgspec

from engine.guid import is_guid
from engine.model import ArgumentType, Kind
from engine.model.families import BYTES, DATED, NUMBERS, WHOLE, WRITTEN

_INT = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_DOUBLE = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?", re.ASCII)
_OFFSET = re.compile(r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)", re.ASCII)  # SQL Server's range

_SURELY_64_BIT = 19  # digits from which a number may be too great
_LEAST_INT, _GREATEST_INT = -(2**63), 2**63 - 1
_EXACT_DOUBLE = 2**53
_DECIMAL_DIGITS = 38  # SQL Server's greatest precision
_DECIMAL_SCALE = 37  # of scale 38, DuckDB's driver binds small numbers as doubles
_DECIMAL_LENGTH = _DECIMAL_DIGITS + 3  # a minus sign, a zero and the point
_MAX_TEXT = 1_048_576
_MAX_DIGITS = 1000  # written out, `1E+999999999` would fill the memory
_TOO_LONG = 10**_MAX_DIGITS
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}  # the lexical space of XSD's boolean


def _string(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        value = _number_text(value)
    if not isinstance(value, str):
        raise ValueError("is not a string")
    if "\0" in value:
        raise ValueError("holds the character U+0000, which not every ledger can store")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("holds an unpaired surrogate") from None
    if len(value) > _MAX_TEXT:
        raise ValueError(f"is longer than {_MAX_TEXT} characters")
    return str.__str__(value)  # a driver would pass on the name of an enumeration's member


def _number_text(value: float | Decimal) -> str | None:
    """The number as a body has it; None for what is not finite."""
    if isinstance(value, int):
        if abs(value) >= _TOO_LONG:
            raise ValueError(f"is a number of more than {_MAX_DIGITS} digits")
        return int.__repr__(value)
    if isinstance(value, float):
        return msgspec.json.encode(value).decode() if math.isfinite(value) else None
    if not value.is_finite():
        return None
    if value.adjusted() >= _MAX_DIGITS or -int(value.as_tuple().exponent) > _MAX_DIGITS:
        raise ValueError(f"is a number of more than {_MAX_DIGITS} digits")
    return format(value, "f")


def _int(value: object) -> int:
    if type(value) is str and len(value) < _SURELY_64_BIT and value.isdecimal() and value.isascii():
        return int(value)  # nearly every id of an event; the rest below takes three times as long
    if isinstance(value, str) and _INT.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("is not an int (digits with an optional minus sign)")
    if not _LEAST_INT <= value <= _GREATEST_INT:
        raise ValueError("does not fit into 64 bits")
    return int(value)  # a member of an enumeration is a number, too, but no driver knows it


def _decimal(value: object) -> Decimal:
    if isinstance(value, float) and math.isfinite(value):
        value = Decimal(float.__repr__(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_DECIMAL_DIGITS:
        value = Decimal(int(value))
    if isinstance(value, str) and len(value) <= _DECIMAL_LENGTH and _DECIMAL.fullmatch(value):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError(f"is not a decimal (digits with a point, at most {_DECIMAL_DIGITS})")
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  # finite, as checked above
    if max(len(digits) + max(exponent, 0), -exponent) > _DECIMAL_DIGITS or -exponent > _DECIMAL_SCALE:
        raise ValueError(f"has more than {_DECIMAL_DIGITS} digits, or {_DECIMAL_SCALE} after the point")
    return Decimal(int(value)) if exponent > 0 else value


def _double(value: object) -> float:
    if isinstance(value, str) and _DOUBLE.fullmatch(value):
        value = float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _EXACT_DOUBLE:
        value = float(value)
    if isinstance(value, Decimal) and value.is_finite():
        value = float(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError("is not a finite double")
    return float(value)


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        value = str(value) if value in (0, 1) else None
    found = _BOOLEANS.get(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is not a boolean (true, false, 1 or 0)")
    return found


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _calendar(value).date()
    raise ValueError("is not a date (YYYY-MM-DD)")


def _datetime(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _DATETIME.fullmatch(value):
        return _calendar(value)
    raise ValueError("is not a datetime without an offset (YYYY-MM-DDThh:mm:ss, at most 6 digits of a second)")


def _datetimeoffset(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str):
        offset = _OFFSET.search(value, 19)
        if offset and offset.end() == len(value) and _DATETIME.fullmatch(value, 0, offset.start()):
            return _calendar(value)
    raise ValueError("is not a datetime with an offset (YYYY-MM-DDThh:mm:ss+hh:mm or Z)")


def _guid(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and is_guid(value):
        return UUID(value)
    raise ValueError("is not a guid (8-4-4-4-12 hexadecimal digits)")


def _calendar(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date or time of the calendar") from None


Converter = Callable[[object], object]

CONVERTERS: dict[ArgumentType, Converter] = {
    ArgumentType.STRING: _string,
    ArgumentType.INT: _int,
    ArgumentType.DECIMAL: _decimal,
    ArgumentType.DOUBLE: _double,
    ArgumentType.BOOLEAN: _boolean,
    ArgumentType.DATE: _date,
    ArgumentType.DATETIME: _datetime,
    ArgumentType.DATETIMEOFFSET: _datetimeoffset,
    ArgumentType.GUID: _guid,
}
"""The converter of each type, for callers that prepare ahead; each raises ValueError like `convert`."""


_KINDS: dict[ArgumentType, frozenset[Kind]] = {
    ArgumentType.STRING: frozenset(Kind) - BYTES - {Kind.OTHER},
    ArgumentType.INT: NUMBERS | WRITTEN,
    ArgumentType.DECIMAL: NUMBERS | WRITTEN,
    ArgumentType.DOUBLE: NUMBERS | WRITTEN,
    ArgumentType.BOOLEAN: WHOLE | WRITTEN | {Kind.BIT},
    ArgumentType.DATE: DATED | WRITTEN,
    ArgumentType.DATETIME: DATED | WRITTEN,
    ArgumentType.DATETIMEOFFSET: WRITTEN | {Kind.DATETIMEOFFSET},
    ArgumentType.GUID: WRITTEN | {Kind.UNIQUEIDENTIFIER},
}


def may_convert(type_: ArgumentType, kind: Kind) -> bool:
    """Whether some values of such a column are taken by `convert_column`."""
    return kind in _KINDS[type_]


def convert(type_: ArgumentType, value: object) -> object:
    """The value as the declared type: str, int, Decimal, float, bool, date, datetime (naive or aware) or UUID.

    Raises ValueError where it does not convert strictly; the message never quotes the value.
    """
    return CONVERTERS[type_](value)


def convert_column(type_: ArgumentType, value: object) -> object:
    """A column of an earlier step as the declared type, where nothing is lost; raises ValueError like `convert`."""
    return CONVERTERS[type_](_without_loss(type_, value))


def _without_loss(type_: ArgumentType, value: object) -> object:
    match type_, value:
        case ArgumentType.INT, Decimal() | float() if math.isfinite(value) and value == int(value):
            return int(value)
        case ArgumentType.DOUBLE, Decimal() if Decimal(repr(float(value))) != value:
            raise ValueError("is a decimal that no double holds exactly")
        case ArgumentType.DATE, datetime(tzinfo=None) if value == datetime(value.year, value.month, value.day):
            return value.date()
        case ArgumentType.DATETIME, date() if not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day)
        case ArgumentType.STRING, UUID():
            return str(value).upper()
        case ArgumentType.STRING, datetime(microsecond=fraction, tzinfo=None) if fraction:
            return value.isoformat().rstrip("0")
        case ArgumentType.STRING, time(microsecond=fraction) if fraction:
            return value.isoformat().rstrip("0")
        case ArgumentType.STRING, date() | time():
            return value.isoformat()
        case _:
            return value
