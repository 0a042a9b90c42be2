"""Result columns of text and binary types, the chunked max types and the old long ones among them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pysqlbridge.tds.result import DEFAULT_COLLATION, ColumnType, NVarChar, as_utf16

CODE_PAGE: Final = "cp1252"
"""Of char, varchar and text: what the collation that the login announces says."""
MAX: Final = 0xFFFF
_USHORT: Final = struct.Struct("<H")
_ULONG: Final = struct.Struct("<I")
_LONG_POINTER: Final = b"\x10" + b"standin-pointer\0" + b"standin\0"  # text pointer and timestamp: any will do


@dataclass(frozen=True)
class CharN(ColumnType):
    """char (padded) and varchar, `length` None for max."""

    length: int | None
    is_fixed: bool = False

    def type_info(self) -> bytes:
        size = MAX if self.length is None else self.length
        return bytes([0xAF if self.is_fixed else 0xA7]) + _USHORT.pack(size) + DEFAULT_COLLATION

    def encode(self, value: object) -> bytes:
        if value is None:
            return _chunked(None) if self.length is None else b"\xff\xff"
        data = str(value).encode(CODE_PAGE, "replace")
        if self.length is None:
            return _chunked(data)
        if self.is_fixed:
            data = data.ljust(self.length)
        return _USHORT.pack(len(data)) + data


@dataclass(frozen=True)
class NChar(NVarChar):
    """nchar, padded."""

    def type_info(self) -> bytes:
        return b"\xef" + super().type_info()[1:]

    def encode(self, value: object) -> bytes:
        return super().encode(None if value is None else str(value).ljust(self.max_chars or 0))


@dataclass(frozen=True)
class NVarCharMax(ColumnType):
    """nvarchar(max). pysqlbridge's leaves out the end of an empty value, which both drivers wait for."""

    def type_info(self) -> bytes:
        return b"\xe7\xff\xff" + DEFAULT_COLLATION

    def encode(self, value: object) -> bytes:
        return _chunked(None if value is None else as_utf16(str(value)))


@dataclass(frozen=True)
class VarBinaryMax(ColumnType):
    """varbinary(max)."""

    def type_info(self) -> bytes:
        return b"\xa5\xff\xff"

    def encode(self, value: object) -> bytes:
        return _chunked(value)


@dataclass(frozen=True)
class Xml(ColumnType):
    """xml without a schema."""

    def type_info(self) -> bytes:
        return b"\xf1\0"

    def encode(self, value: object) -> bytes:
        return _chunked(None if value is None else as_utf16(str(value)))


@dataclass(frozen=True)
class LongN(ColumnType):
    """text (0x23), ntext (0x63) and image (0x22)."""

    code: int

    def type_info(self) -> bytes:
        size = _ULONG.pack(0x7FFFFFFE if self.code == 0x63 else 0x7FFFFFFF)
        collation = b"" if self.code == 0x22 else DEFAULT_COLLATION
        return bytes([self.code]) + size + collation + b"\1" + _USHORT.pack(1) + as_utf16("t")  # the table's name

    def encode(self, value: object) -> bytes:
        if value is None:
            return b"\0"
        match self.code:
            case 0x22:
                data = bytes(value)
            case 0x23:
                data = str(value).encode(CODE_PAGE, "replace")
            case _:
                data = as_utf16(str(value))
        return _LONG_POINTER + _ULONG.pack(len(data)) + data


def _chunked(data: bytes | None) -> bytes:
    """The form of the max types: the whole length, one chunk, an end."""
    if data is None:
        return b"\xff" * 8
    chunk = _ULONG.pack(len(data)) + bytes(data) if data else b""
    return struct.pack("<Q", len(data)) + chunk + _ULONG.pack(0)
