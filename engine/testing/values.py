"""Makes values of the literals of `data.sql`, as SQL Server stores them in a column of a given type.

Nothing is lost silently: a number or text that SQL Server would cut or round is refused. Dates and times are rounded
as SQL Server rounds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from uuid import UUID

from engine.guid import GUID_PATTERN
from engine.model import Collation, Kind, SqlType
from engine.model.families import BINARIES, PADDED, UNICODE, WRITTEN
from engine.sql.collations import code_page
from engine.sql.ddl import declaration
from engine.testing import moments, numeric

Convert = Callable[[str], object]
"""Takes a literal as written; raises ValueError, its message going on after the column's name."""

_GUID: Final = re.compile(rf"\{{?({GUID_PATTERN})\}}?")
_UTF16: Final = "utf-16-le"


def converters(type_: SqlType, database: Collation) -> Mapping[str, Convert]:
    """What the column takes: by the literal's form, `text`, `number` or `hex`, the function that makes the value.

    Values are those of Python's database drivers. `database` is the collation of the database, whose code page limits
    literals without N. A type without any form cannot be filled.
    """
    text = partial(_unquoted, code_page(database.name or ""))
    if type_.kind in WRITTEN:
        store = partial(_string, type_, _codec(type_))
        return {"text": lambda source: store(text(source))}
    if type_.kind in BINARIES:
        return {"hex": partial(_binary, type_)}
    number = _number_converter(type_)
    if number is not None:
        return {"number": number, "text": lambda source: number(text(source).strip(" "))}
    other = _text_converter(type_)
    return {"text": lambda source: other(text(source))} if other is not None else {}


def _number_converter(type_: SqlType) -> Convert | None:
    match type_.kind:
        case Kind.BIT:
            return numeric.bit_value
        case Kind.TINYINT | Kind.SMALLINT | Kind.INT | Kind.BIGINT as kind:
            return partial(numeric.whole_value, kind)
        case Kind.DECIMAL:
            return partial(numeric.decimal_value, type_.precision or 18, type_.scale or 0)
        case Kind.MONEY | Kind.SMALLMONEY as kind:
            return partial(numeric.money_value, kind)
        case Kind.FLOAT:
            return numeric.float_value
        case Kind.REAL:
            return numeric.real_value
        case _:
            return None


def _text_converter(type_: SqlType) -> Convert | None:
    scale = 7 if type_.scale is None else type_.scale
    match type_.kind:
        case Kind.UNIQUEIDENTIFIER:
            return _guid
        case Kind.DATE:
            return moments.date_value
        case Kind.TIME:
            return partial(moments.time_value, scale=scale)
        case Kind.SMALLDATETIME:
            return moments.smalldatetime_value
        case Kind.DATETIME:
            return moments.datetime_value
        case Kind.DATETIME2:
            return partial(moments.datetime2_value, scale=scale)
        case Kind.DATETIMEOFFSET:
            return partial(moments.datetimeoffset_value, scale=scale)
        case _:
            return None


def _unquoted(codec: str | None, source: str) -> str:
    """The text of a string literal. Without N it can hold only what the database's code page has."""
    text = source[source.index("'") + 1 : -1].replace("''", "'")
    if "\\\n" in text or "\\\r" in text:
        raise ValueError("is given a backslash at a line's end, with which T-SQL joins the two lines")
    if "\0" in text:
        raise ValueError("is given the character U+0000, which not every ledger can store")
    if source[0] == "'":
        _encoded(text, codec, "that of a literal without N: write N'…'")
    return text


def _encoded(text: str, codec: str | None, which: str) -> bytes:
    """The text in a code page; raises ValueError where SQL Server would store a question mark."""
    if text.isascii():
        return text.encode("ascii")
    if codec is None:
        raise ValueError("is given a character beyond ASCII, and the collation's code page is not known: use nvarchar")
    try:
        return text.encode(codec)
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise ValueError(f"is given the character {character}, which is not in the code page, {which}") from None


def _codec(type_: SqlType) -> str | None:
    """The codec in whose bytes the column's length counts; for the Unicode types it counts pairs of them."""
    if type_.kind in UNICODE | {Kind.XML}:
        return _UTF16
    return code_page(type_.collation.name or "") if type_.collation else None


def _string(type_: SqlType, codec: str | None, text: str) -> str:
    """The text as stored: blank-padded for char and nchar, never cut but for blanks that are too many."""
    if type_.kind is Kind.XML and text.lstrip().startswith("<?xml"):
        raise ValueError("is given an XML declaration, which SQL Server does not keep: leave it out")
    width = 2 if codec == _UTF16 else 1
    size = len(text) if text.isascii() else len(_encoded(text, codec, "that of the column")) // width
    if type_.length is None or size == type_.length:
        return text
    if size > type_.length:
        surplus = size - type_.length
        if text[-surplus:].strip(" "):
            raise ValueError(f"is {declaration(type_)}, for which the text is too long")
        return text[:-surplus]
    return text + " " * (type_.length - size) if type_.kind in PADDED else text


def _binary(type_: SqlType, source: str) -> bytes:
    digits = source[2:]
    value = bytes.fromhex("0" * (len(digits) % 2) + digits)
    if type_.length is None:
        return value
    if len(value) > type_.length:
        raise ValueError(f"is {declaration(type_)}, for which there are too many bytes")
    return value.ljust(type_.length, b"\0") if type_.kind is Kind.BINARY else value


def _guid(text: str) -> UUID:
    found = _GUID.fullmatch(text)
    if found is None:
        raise ValueError("is uniqueidentifier: write 32 hexadecimal digits in groups, as 8-4-4-4-12")
    return UUID(found[1])
