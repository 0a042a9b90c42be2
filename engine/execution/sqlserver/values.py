"""Converts values for SQL Server and from it: declares parameters' types, and adds types that pyodbc does not know."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from engine.encoding import normaliser
from engine.errors import EncodingError
from engine.execution.odbc import InputSize
from engine.model import ArgumentType, Kind, ParameterType, SqlType

# ODBC's numbers of SQL types (sqlext.h; msodbcsql.h for those below -100).
_BIT: Final[InputSize] = (-7, 0, 0)
_BIGINT: Final[InputSize] = (-5, 0, 0)
_DOUBLE: Final[InputSize] = (8, 53, 0)
_DATE: Final[InputSize] = (91, 10, 0)
_DATETIME2: Final[InputSize] = (93, 27, 7)
_GUID: Final[InputSize] = (-11, 16, 0)
_NVARCHAR: Final[InputSize] = (-9, 4000, 0)
_VARCHAR: Final[InputSize] = (12, 8000, 0)
_MOMENT_TEXT: Final[InputSize] = (-9, 34, 0)
_NVARCHAR_MAX: Final[tuple[InputSize, InputSize]] = (-9, 0, 0), (-10, 2**30 - 1, 0)  # the second is FreeTDS's
_VARCHAR_MAX: Final[tuple[InputSize, InputSize]] = (12, 0, 0), (-1, 2**31 - 1, 0)
_OFFSET: Final[InputSize] = (-155, 34, 7)
_DECIMAL: Final = 3
_PRECISION: Final = 38
_SURE_YEAR: Final = 1753

SQL_VARIANT: Final = -150
SQL_UDT: Final = -151
SQL_TIMESTAMPOFFSET: Final = -155

_OFFSET_STRUCT: Final = struct.Struct("<hHHHHHIhh")
_NANOSECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Declarer:
    """Declares the type of each parameter, as one driver needs it.

    `null` is pyodbc's typed NULL. For a plain None, pyodbc would ask the server for the type, in a further round trip.
    FreeTDS takes half as long a text as Microsoft's driver before it needs `max`, which it declares like ntext. It has
    no offsets of times, and changes some days before 1582. Values that it cannot send are sent as text, which SQL
    Server converts.
    """

    null: object
    is_freetds: bool

    def declared(
        self, types: Sequence[ParameterType], values: Sequence[object]
    ) -> tuple[list[object], tuple[InputSize, ...]]:
        """The values as pyodbc takes them, and the declared type of each.

        A declaration depends as little as possible on the value, so that the statement stays prepared. Raises
        ValueError for a text that the driver would cut off.
        """
        if len(types) != len(values):
            types = [ParameterType(_argument_type(value)) for value in values]
        sizes: list[InputSize] = []
        bound: list[object] = []
        for type_, value in zip(types, values, strict=True):
            sizes.append(self._size(type_, value))
            bound.append(self.null if value is None else self._bound(value))
        return bound, tuple(sizes)

    def _bound(self, value: object) -> object:
        if not isinstance(value, date):
            return value
        if isinstance(value, datetime) and value.tzinfo is not None:
            text = value.isoformat(" ")
            return f"{text[:-6]} {text[-6:]}"
        return value.isoformat() if self._goes_as_text(value) else value

    def _goes_as_text(self, value: object) -> bool:
        return self.is_freetds and isinstance(value, date) and value.year < _SURE_YEAR

    def _size(self, type_: ParameterType, value: object) -> InputSize:
        fixed = _FIXED.get(type_.type)
        if fixed is not None:
            return _MOMENT_TEXT if self._goes_as_text(value) else fixed
        if type_.type is ArgumentType.STRING:
            return self._text(value, type_.code_page)
        if type_.type is ArgumentType.DECIMAL:
            return _DECIMAL, _PRECISION, _scale(value)
        return _MOMENT_TEXT if self.is_freetds else _OFFSET

    def _text(self, value: object, code_page: str | None) -> InputSize:
        """nvarchar; or varchar, if it is compared with a varchar column whose code page has all its characters."""
        if not isinstance(value, str):
            return _NVARCHAR if code_page is None else _VARCHAR
        if "\0" in value:
            raise ValueError("U+0000")
        share = 2 if self.is_freetds else 1
        length = None if code_page is None else _encoded_length(value, code_page)
        if length is not None:
            return _VARCHAR if length * share <= _VARCHAR[1] else _VARCHAR_MAX[self.is_freetds]
        units = len(value) if value.isascii() else len(value.encode("utf-16-le")) // 2
        return _NVARCHAR if units * share <= _NVARCHAR[1] else _NVARCHAR_MAX[self.is_freetds]


_FIXED: Final[dict[ArgumentType, InputSize]] = {
    ArgumentType.INT: _BIGINT,
    ArgumentType.DOUBLE: _DOUBLE,
    ArgumentType.BOOLEAN: _BIT,
    ArgumentType.DATE: _DATE,
    ArgumentType.DATETIME: _DATETIME2,
    ArgumentType.GUID: _GUID,
}
_BY_PYTHON_TYPE: Final[dict[type, ArgumentType]] = {
    bool: ArgumentType.BOOLEAN,
    int: ArgumentType.INT,
    Decimal: ArgumentType.DECIMAL,
    float: ArgumentType.DOUBLE,
    date: ArgumentType.DATE,
    UUID: ArgumentType.GUID,
}


def _argument_type(value: object) -> ArgumentType:
    """The type of a value in a statement that is not from a definition."""
    if isinstance(value, datetime):
        return ArgumentType.DATETIME if value.tzinfo is None else ArgumentType.DATETIMEOFFSET
    return _BY_PYTHON_TYPE.get(type(value), ArgumentType.STRING)


def _encoded_length(value: str, code_page: str) -> int | None:
    if value.isascii():
        return len(value)
    try:
        return len(value.encode(code_page))
    except UnicodeEncodeError:
        return None


def _scale(value: object) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def add_converters(connection: Any) -> None:
    """Add to a pyodbc connection converters for the types that pyodbc does not know."""
    connection.add_output_converter(SQL_TIMESTAMPOFFSET, _moment)
    connection.add_output_converter(SQL_VARIANT, _refuser("sql_variant"))
    connection.add_output_converter(SQL_UDT, _refuser("CLR type (hierarchyid, geography, geometry)"))


def _moment(raw: bytes | None) -> datetime | None:
    """A datetimeoffset from the driver's structure. Its fraction is cut to microseconds."""
    if raw is None:
        return None
    year, month, day, hour, minute, second, nanoseconds, hours, minutes = _OFFSET_STRUCT.unpack(raw)
    zone = _zone(hours * 60 + minutes)
    return datetime(year, month, day, hour, minute, second, nanoseconds // _NANOSECONDS, zone)


@lru_cache(maxsize=2048)
def _zone(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


def _refuser(name: str) -> Callable[[object], object]:
    def refuse(value: object) -> object:
        """Raises EncodingError, except for NULL."""
        if value is None:
            return None
        raise EncodingError(f"a column is a {name}, which has no JSON form")

    return refuse


def singles(description: Sequence[Sequence[Any]]) -> frozenset[int]:
    """The indexes of columns of type real, which only their precision in binary digits shows in a DBAPI description."""
    return frozenset(place for place, (_, type_, _, bits, *_) in enumerate(description) if (type_, bits) == _REAL)


def shortened(row: tuple[object, ...], places: frozenset[int]) -> tuple[object, ...]:
    """The row with each single replaced by the double of the same shortest digits: 0.1, not 0.10000000149011612."""
    return tuple([_shortest(value) if place in places else value for place, value in enumerate(row)])


_REAL: Final = (float, 24)
_shortest: Final = normaliser(SqlType(Kind.REAL))
