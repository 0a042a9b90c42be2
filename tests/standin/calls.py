"""Remote procedure calls as they arrive: the procedure, and each parameter with its type on the wire and its value.

pysqlbridge's own reader keeps no types and knows neither decimals nor dates. Source: [MS-TDS] 2.2.6.6 "RPC Request".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Context, Decimal
from functools import cache
from typing import Final
from uuid import UUID

from pysqlbridge.tds.batch import skip_all_headers
from pysqlbridge.tds.packet import TdsProtocolError
from pysqlbridge.tds.rpc import PROC_ID_SENTINEL, ProcId
from standin.columns import EPOCH
from standin.text_columns import CODE_PAGE, MAX

from engine.model import Kind, SqlType

_NEXT_CALL: Final = (0xFF, 0xFE, 0x80)  # where a parameter's name would begin; no name is so long
_WIDE: Final = Context(prec=80)
_INTEGERS: Final = {1: Kind.TINYINT, 2: Kind.SMALLINT, 4: Kind.INT, 8: Kind.BIGINT}
_FIXED: Final = {
    0x30: (0x26, 1),
    0x32: (0x68, 1),
    0x34: (0x26, 2),
    0x38: (0x26, 4),
    0x7F: (0x26, 8),
    0x3A: (0x6F, 4),
    0x3D: (0x6F, 8),
    0x3B: (0x6D, 4),
    0x3E: (0x6D, 8),
    0x3C: (0x6E, 8),
    0x7A: (0x6E, 4),
}
"""The forms without a length, by the form with one that they equal."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a call; `name` is empty where it goes by its place."""

    name: str
    value: object
    type: SqlType
    is_output: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a procedure, its name in lower case."""

    procedure: str
    arguments: tuple[Argument, ...]


def read_calls(payload: bytes, tds_version: int) -> list[Call]:
    """The calls of one message; raises TdsProtocolError where it cannot be read."""
    try:
        reader = _Reader(payload, skip_all_headers(payload, tds_version))
        calls = []
        while reader.at < len(payload):
            calls.append(_call(reader))
        return calls
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise TdsProtocolError(f"the call is cut short ({type(error).__name__})") from None


class _Reader:
    """A place in a payload."""

    def __init__(self, payload: bytes, at: int) -> None:
        self.payload = payload
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.payload[self.at - 1]

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.payload):
            raise IndexError
        return self.payload[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def chunks(self) -> bytes | None:
        """A value of a max type."""
        if self.number(8) == 0xFFFFFFFFFFFFFFFF:
            return None
        found = bytearray()
        while size := self.number(4):
            found += self.take(size)
        return bytes(found)


@cache
def _type(kind: Kind, precision: int | None = None, scale: int | None = None, length: int | None = None) -> SqlType:
    """Made once for each: a burst brings thousands of parameters."""
    return SqlType(kind, precision, scale, length)


def _call(reader: _Reader) -> Call:
    length = reader.number(2)
    if length == PROC_ID_SENTINEL:
        number = reader.number(2)
        procedure = _PROCEDURES.get(number, f"procedure {number}")
    else:
        procedure = reader.take(length * 2).decode("utf-16-le").lower().replace("[sys].", "").removeprefix("sys.")
    reader.at += 2  # options
    arguments = []
    while reader.at < len(reader.payload):
        length = reader.byte()
        if length in _NEXT_CALL:
            break
        name = reader.take(length * 2).decode("utf-16-le")
        is_output = bool(reader.byte() & 1)
        value, type_ = _READERS.get(code := reader.byte(), _fixed)(reader, code)
        arguments.append(Argument(name, value, type_, is_output))
    return Call(procedure, tuple(arguments))


def _fixed(reader: _Reader, code: int) -> tuple[object, SqlType]:
    if code == 0x1F:
        return None, SqlType(Kind.OTHER, other_name="null")
    if code not in _FIXED:
        raise TdsProtocolError(f"a parameter has the type 0x{code:02x}, which the stand-in cannot read")
    kind, size = _FIXED[code]
    return _short_value(kind, size, reader.take(size))


def _short(reader: _Reader, code: int) -> tuple[object, SqlType]:
    size = reader.byte()
    return _short_value(code, size, reader.take(reader.byte()))


def _short_value(code: int, size: int, raw: bytes) -> tuple[object, SqlType]:
    match code:
        case 0x26:
            value = int.from_bytes(raw, "little", signed=size > 1) if raw else None
            return value, _type(_INTEGERS[size])
        case 0x68:
            return (bool(raw[0]) if raw else None), _type(Kind.BIT)
        case 0x6D:
            real = size == 4
            value = struct.unpack("<f" if real else "<d", raw)[0] if raw else None
            return value, _type(Kind.REAL if real else Kind.FLOAT)
        case 0x24:
            return (UUID(bytes_le=raw) if raw else None), _type(Kind.UNIQUEIDENTIFIER)
        case 0x6E:
            return (_money(raw) if raw else None), _type(Kind.MONEY if size == 8 else Kind.SMALLMONEY)
        case _:
            return (_datetime(raw) if raw else None), _type(Kind.DATETIME if size == 8 else Kind.SMALLDATETIME)


def _money(raw: bytes) -> Decimal:
    if len(raw) == 4:
        return Decimal(struct.unpack("<i", raw)[0]).scaleb(-4)
    high, low = struct.unpack("<iI", raw)
    return Decimal((high << 32) + low).scaleb(-4)


def _datetime(raw: bytes) -> datetime:
    if len(raw) == 4:
        days, minutes = struct.unpack("<HH", raw)
        return datetime(1900, 1, 1) + timedelta(days=days, minutes=minutes)
    days, ticks = struct.unpack("<iI", raw)
    return datetime(1900, 1, 1) + timedelta(days=days, milliseconds=(ticks * 10 + 1) // 3)


def _decimal(reader: _Reader, _code: int) -> tuple[object, SqlType]:
    reader.at += 1
    precision, scale = reader.byte(), reader.byte()
    raw = reader.take(reader.byte())
    type_ = _type(Kind.DECIMAL, precision, scale)
    if not raw:
        return None, type_
    units = int.from_bytes(raw[1:], "little")
    return Decimal(units if raw[0] else -units).scaleb(-scale, _WIDE), type_


def _characters(kind: Kind, encoding: str, width: int) -> Callable[[_Reader, int], tuple[object, SqlType]]:
    def read(reader: _Reader, _code: int) -> tuple[object, SqlType]:
        size = reader.number(2)
        reader.at += 5
        raw = _variable(reader, size)
        text = None if raw is None else raw.decode(encoding, "surrogatepass" if width == 2 else "strict")
        return text, SqlType(kind, None, None, None if size == MAX else size // width)

    return read


def _binary(kind: Kind) -> Callable[[_Reader, int], tuple[object, SqlType]]:
    def read(reader: _Reader, _code: int) -> tuple[object, SqlType]:
        size = reader.number(2)
        return _variable(reader, size), SqlType(kind, None, None, None if size == MAX else size)

    return read


def _variable(reader: _Reader, size: int) -> bytes | None:
    if size == MAX:
        return reader.chunks()
    length = reader.number(2)
    return None if length == MAX else reader.take(length)


def _long(reader: _Reader, code: int) -> tuple[object, SqlType]:
    """text, ntext and image."""
    reader.at += 4 if code == 0x22 else 9
    length = reader.number(4)
    raw = None if length == 0xFFFFFFFF else reader.take(length)
    match code:
        case 0x22:
            return raw, _type(Kind.IMAGE)
        case 0x23:
            return (None if raw is None else raw.decode(CODE_PAGE)), _type(Kind.TEXT)
        case _:
            return (None if raw is None else raw.decode("utf-16-le", "surrogatepass")), _type(Kind.NTEXT)


def _xml(reader: _Reader, _code: int) -> tuple[object, SqlType]:
    if reader.byte():
        raise TdsProtocolError("a parameter is xml with a schema, which the stand-in cannot read")
    raw = reader.chunks()
    return (None if raw is None else raw.decode("utf-16-le").lstrip("\ufeff")), _type(Kind.XML)


def _date(reader: _Reader, _code: int) -> tuple[object, SqlType]:
    raw = reader.take(reader.byte())
    return (_day(raw) if raw else None), _type(Kind.DATE)


def _moment(reader: _Reader, code: int) -> tuple[object, SqlType]:
    """time, datetime2 and datetimeoffset; a seventh digit after the second is dropped."""
    scale = reader.byte()
    raw = reader.take(reader.byte())
    type_ = _type({0x29: Kind.TIME, 0x2A: Kind.DATETIME2, 0x2B: Kind.DATETIMEOFFSET}[code], None, scale)
    if not raw:
        return None, type_
    end = len(raw) - {0x29: 0, 0x2A: 3, 0x2B: 5}[code]
    clock = timedelta(microseconds=int.from_bytes(raw[:end], "little") * 10 ** (7 - scale) // 10)
    if code == 0x29:
        return (datetime.min + clock).time(), type_
    moment = datetime.combine(_day(raw[end : end + 3]), time()) + clock
    if code == 0x2A:
        return moment, type_
    offset = timezone(timedelta(minutes=struct.unpack("<h", raw[end + 3 :])[0]))
    return moment.replace(tzinfo=UTC).astimezone(offset), type_


def _day(raw: bytes) -> date:
    return date.fromordinal(int.from_bytes(raw, "little") + EPOCH)


_PROCEDURES: Final = {
    **{proc.value: f"sp_{proc.name.lower().replace('_', '')}" for proc in ProcId},
    ProcId.PREP_EXEC_RPC.value: "sp_prepexecrpc",
}
_READERS: Final[dict[int, Callable[[_Reader, int], tuple[object, SqlType]]]] = {
    **dict.fromkeys((0x24, 0x26, 0x68, 0x6D, 0x6E, 0x6F), _short),
    **dict.fromkeys((0x6A, 0x6C, 0x37, 0x3F), _decimal),
    0xA7: _characters(Kind.VARCHAR, CODE_PAGE, 1),
    0xAF: _characters(Kind.CHAR, CODE_PAGE, 1),
    0xE7: _characters(Kind.NVARCHAR, "utf-16-le", 2),
    0xEF: _characters(Kind.NCHAR, "utf-16-le", 2),
    0xA5: _binary(Kind.VARBINARY),
    0xAD: _binary(Kind.BINARY),
    **dict.fromkeys((0x22, 0x23, 0x63), _long),
    0xF1: _xml,
    0x28: _date,
    **dict.fromkeys((0x29, 0x2A, 0x2B), _moment),
}
