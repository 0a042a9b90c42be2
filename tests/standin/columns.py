"""How result columns of each SQL Server type are declared and written: what pysqlbridge has, and what it lacks.

Source of the formats: [MS-TDS] 2.2.5.4 "Data Type Definitions" and 2.2.5.5 "Data Type Dependent Data Streams".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from functools import cache
from typing import Final

from pysqlbridge.tds.result import Binary, Bit, ColumnType, Float, Integer, NVarChar, UniqueIdentifier, VarBinary
from standin.text_columns import CharN, LongN, NChar, NVarCharMax, VarBinaryMax, Xml

from engine.model import Kind, SqlType

EPOCH: Final = date(1, 1, 1).toordinal()


def decimal_size(precision: int) -> int:
    """How many bytes a decimal's sign and digits take."""
    return 5 if precision <= 9 else 9 if precision <= 19 else 13 if precision <= 28 else 17


def time_size(scale: int) -> int:
    """How many bytes a time of day takes."""
    return 3 if scale <= 2 else 4 if scale <= 4 else 5


@dataclass(frozen=True)
class DecimalN(ColumnType):
    """decimal and numeric."""

    precision: int
    scale: int

    def type_info(self) -> bytes:
        return bytes([0x6A, decimal_size(self.precision), self.precision, self.scale])

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        units = int(Decimal(str(value)).scaleb(self.scale, _WIDE))
        size = decimal_size(self.precision)
        return bytes([size, units >= 0]) + abs(units).to_bytes(size - 1, "little")


@dataclass(frozen=True)
class MoneyN(ColumnType):
    """money in eight bytes, smallmoney in four."""

    size: int

    def type_info(self) -> bytes:
        return bytes([0x6E, self.size])

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        units = int(Decimal(str(value)) * 10_000)
        if self.size == 4:
            return b"\4" + struct.pack("<i", units)
        return b"\x08" + struct.pack("<iI", units >> 32, units & 0xFFFFFFFF)


@dataclass(frozen=True)
class DateN(ColumnType):
    """date."""

    def type_info(self) -> bytes:
        return b"\x28"

    def encode(self, value: object) -> bytes:
        return b"\0" if value is None else b"\3" + _days(value)


@dataclass(frozen=True)
class TimeN(ColumnType):
    """time."""

    scale: int

    def type_info(self) -> bytes:
        return bytes([0x29, self.scale])

    def encode(self, value: object) -> bytes:
        return b"\0" if value is None else bytes([time_size(self.scale)]) + _clock(value, self.scale)


@dataclass(frozen=True)
class DateTime2N(ColumnType):
    """datetime2."""

    scale: int

    def type_info(self) -> bytes:
        return bytes([0x2A, self.scale])

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        return bytes([time_size(self.scale) + 3]) + _clock(value, self.scale) + _days(value)


@dataclass(frozen=True)
class DateTimeOffsetN(ColumnType):
    """datetimeoffset: the moment in UTC, and the minutes of the offset."""

    scale: int

    def type_info(self) -> bytes:
        return bytes([0x2B, self.scale])

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        offset = value.utcoffset()
        moment = value.replace(tzinfo=None) - offset
        minutes = struct.pack("<h", offset // timedelta(minutes=1))
        return bytes([time_size(self.scale) + 5]) + _clock(moment, self.scale) + _days(moment) + minutes


@dataclass(frozen=True)
class DateTimeN(ColumnType):
    """datetime in thirds of a hundredth, smalldatetime in minutes."""

    size: int

    def type_info(self) -> bytes:
        return bytes([0x6F, self.size])

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        since = value - datetime(1900, 1, 1)
        if self.size == 4:
            return b"\4" + struct.pack("<HH", since.days, since.seconds // 60)
        ticks = (since.seconds * 1_000_000 + since.microseconds) * 3 + 5_000
        return b"\x08" + struct.pack("<iI", since.days, ticks // 10_000)


@cache
def column_type(type_: SqlType) -> ColumnType:
    """How a column of the type is declared and written; raises ValueError for one that is not carried."""
    if type_.kind in _SIMPLE:
        return _SIMPLE[type_.kind]
    if type_.kind not in _WITH_FACETS:
        raise ValueError(f"the stand-in has no column of type {type_.other_name or type_.kind}")
    return _WITH_FACETS[type_.kind](type_)


def _scale(type_: SqlType) -> int:
    return 7 if type_.scale is None else type_.scale


def _days(value: date) -> bytes:
    return (value.toordinal() - EPOCH).to_bytes(3, "little")


def _clock(value: datetime | time, scale: int) -> bytes:
    ticks = ((value.hour * 60 + value.minute) * 60 + value.second) * 10_000_000 + value.microsecond * 10
    return (ticks // 10 ** (7 - scale)).to_bytes(time_size(scale), "little")


_WIDE: Final = Context(prec=80)
_SIMPLE: Final = {
    Kind.BIT: Bit(),
    Kind.TINYINT: Integer(1),
    Kind.SMALLINT: Integer(2),
    Kind.INT: Integer(4),
    Kind.BIGINT: Integer(8),
    Kind.MONEY: MoneyN(8),
    Kind.SMALLMONEY: MoneyN(4),
    Kind.FLOAT: Float(8),
    Kind.REAL: Float(4),
    Kind.TEXT: LongN(0x23),
    Kind.NTEXT: LongN(0x63),
    Kind.IMAGE: LongN(0x22),
    Kind.XML: Xml(),
    Kind.UNIQUEIDENTIFIER: UniqueIdentifier(),
    Kind.DATE: DateN(),
    Kind.DATETIME: DateTimeN(8),
    Kind.SMALLDATETIME: DateTimeN(4),
    Kind.ROWVERSION: Binary(8),
}
_WITH_FACETS: Final[dict[Kind, Callable[[SqlType], ColumnType]]] = {
    Kind.DECIMAL: lambda type_: DecimalN(type_.precision or 38, type_.scale or 0),
    Kind.CHAR: lambda type_: CharN(type_.length or 1, is_fixed=True),
    Kind.VARCHAR: lambda type_: CharN(type_.length),
    Kind.NCHAR: lambda type_: NChar(type_.length or 1),
    Kind.NVARCHAR: lambda type_: NVarCharMax() if type_.length is None else NVarChar(type_.length),
    Kind.BINARY: lambda type_: Binary(type_.length or 1),
    Kind.VARBINARY: lambda type_: VarBinaryMax() if type_.length is None else VarBinary(type_.length),
    Kind.TIME: lambda type_: TimeN(_scale(type_)),
    Kind.DATETIME2: lambda type_: DateTime2N(_scale(type_)),
    Kind.DATETIMEOFFSET: lambda type_: DateTimeOffsetN(_scale(type_)),
}
