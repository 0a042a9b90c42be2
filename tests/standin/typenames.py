"""Names of SQL Server types, as declarations write them, and the types that they name."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from engine.model import ArgumentType, Kind, SqlType

_DECLARATION: Final = re.compile(
    r"(@[\w@$#]+)\s+(?:AS\s+)?(\w+)\s*(\([^)]*\))?\s*(?:OUTPUT|OUT)?\s*(?:,|$)", re.IGNORECASE
)
_SYNONYMS: Final = {"numeric": "decimal", "integer": "int", "timestamp": "rowversion", "dec": "decimal"}
_LENGTHS: Final = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.NCHAR, Kind.NVARCHAR, Kind.BINARY, Kind.VARBINARY})
_SCALED: Final = frozenset({Kind.TIME, Kind.DATETIME2, Kind.DATETIMEOFFSET})
_ARGUMENTS: Final = {
    Kind.BIT: ArgumentType.BOOLEAN,
    **dict.fromkeys((Kind.TINYINT, Kind.SMALLINT, Kind.INT, Kind.BIGINT), ArgumentType.INT),
    **dict.fromkeys((Kind.DECIMAL, Kind.MONEY, Kind.SMALLMONEY), ArgumentType.DECIMAL),
    **dict.fromkeys((Kind.FLOAT, Kind.REAL), ArgumentType.DOUBLE),
    **dict.fromkeys(
        (Kind.CHAR, Kind.VARCHAR, Kind.NCHAR, Kind.NVARCHAR, Kind.TEXT, Kind.NTEXT, Kind.XML), ArgumentType.STRING
    ),
    Kind.UNIQUEIDENTIFIER: ArgumentType.GUID,
    Kind.DATE: ArgumentType.DATE,
    **dict.fromkeys((Kind.SMALLDATETIME, Kind.DATETIME, Kind.DATETIME2), ArgumentType.DATETIME),
    Kind.DATETIMEOFFSET: ArgumentType.DATETIMEOFFSET,
}


@cache
def declared(text: str) -> dict[str, SqlType]:
    """The parameters of a declaration such as `@P1 int,@P2 nvarchar(50)`, by their names in lower case."""
    return {name.lower(): named(type_ + facets) for name, type_, facets in _DECLARATION.findall(text)}


@cache
def named(text: str) -> SqlType:
    """The type that a name such as `decimal(38,2)` means."""
    word, _, facets = text.partition("(")
    name = _SYNONYMS.get(word.strip().lower(), word.strip().lower())
    if name not in Kind.__members__.values():
        return SqlType(Kind.OTHER, other_name=name)
    kind = Kind(name)
    numbers = [int(number) for number in re.findall(r"\d+", facets)]
    if kind is Kind.DECIMAL:
        return SqlType(kind, precision=(numbers or [18])[0], scale=(numbers or [18])[1] if len(numbers) > 1 else 0)
    if kind in _SCALED:
        return SqlType(kind, scale=numbers[0] if numbers else 7)
    if kind in _LENGTHS:
        return SqlType(kind, length=numbers[0] if numbers else None if "max" in facets.lower() else 1)
    return SqlType(kind)


@cache
def name_of(type_: SqlType) -> str:
    """The type's name, as a declaration writes it."""
    if type_.kind is Kind.DECIMAL and type_.precision is not None:
        return f"decimal({type_.precision},{type_.scale or 0})"
    if type_.kind in _SCALED:
        return f"{type_.kind}({7 if type_.scale is None else type_.scale})"
    if type_.kind in _LENGTHS:
        return f"{type_.kind}({'max' if type_.length is None else type_.length})"
    return str(type_.other_name or type_.kind)


def argument_type(type_: SqlType) -> ArgumentType | None:
    """What the translator calls an argument of that type; None for one that it does not know."""
    return _ARGUMENTS.get(type_.kind)
