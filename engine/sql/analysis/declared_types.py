"""The type that CAST, CONVERT and OPENJSON name (Microsoft Learn, "Data types (Transact-SQL)")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import BINARIES, MAX_LENGTHS, STRINGS, UNLIMITED, WITH_FRACTION

# DType.TEXT is missing on purpose: the parser gives it for text and ntext alike.
KINDS: Final = {
    exp.DType.BIT: Kind.BIT,
    exp.DType.UTINYINT: Kind.TINYINT,
    exp.DType.SMALLINT: Kind.SMALLINT,
    exp.DType.INT: Kind.INT,
    exp.DType.BIGINT: Kind.BIGINT,
    exp.DType.DECIMAL: Kind.DECIMAL,
    exp.DType.MONEY: Kind.MONEY,
    exp.DType.SMALLMONEY: Kind.SMALLMONEY,
    exp.DType.FLOAT: Kind.FLOAT,
    exp.DType.DOUBLE: Kind.FLOAT,
    exp.DType.CHAR: Kind.CHAR,
    exp.DType.VARCHAR: Kind.VARCHAR,
    exp.DType.NCHAR: Kind.NCHAR,
    exp.DType.NVARCHAR: Kind.NVARCHAR,
    exp.DType.UUID: Kind.UNIQUEIDENTIFIER,
    exp.DType.DATE: Kind.DATE,
    exp.DType.TIME: Kind.TIME,
    exp.DType.SMALLDATETIME: Kind.SMALLDATETIME,
    exp.DType.DATETIME: Kind.DATETIME,
    exp.DType.DATETIME2: Kind.DATETIME2,
    exp.DType.TIMESTAMPTZ: Kind.DATETIMEOFFSET,
    exp.DType.BINARY: Kind.BINARY,
    exp.DType.VARBINARY: Kind.VARBINARY,
    exp.DType.XML: Kind.XML,
}
CAST_LENGTH: Final = 30
"""Of a string or binary string without a length, where CAST or CONVERT names it."""
_REAL_DIGITS: Final = 24
MAX: Final = -1
"""Stands for MAX among the facets of a type."""


def is_authors(node: exp.DataType) -> bool:
    """Whether the author wrote the type: the parser puts casts around the arguments of some functions."""
    return "nested" in node.args


def facets_of(node: exp.DataType) -> list[int] | None:
    """The numbers in the type's parentheses, -1 for MAX; None where one is anything else."""
    found = []
    for item in node.expressions:
        value = item.this if isinstance(item, exp.DataTypeParam) else None
        if isinstance(value, exp.Var) and str(value.this).upper() == "MAX":
            found.append(MAX)
        elif isinstance(value, exp.Literal) and str(value.this).isdecimal():
            found.append(int(value.this))
        else:
            return None
    return found


def declared_type(node: object) -> SqlType | None:
    """The type with its facets and their defaults; None where it is not certain."""
    if not isinstance(node, exp.DataType):
        return None
    kind, facets = KINDS.get(node.this), facets_of(node)
    if kind is None or facets is None:
        return None
    first = facets[0] if facets else None
    if kind is Kind.DECIMAL:
        precision = 18 if first is None else first
        return SqlType(kind, precision=precision, scale=facets[1] if len(facets) > 1 else 0)
    if kind is Kind.FLOAT:
        return SqlType(Kind.REAL if first is not None and first <= _REAL_DIGITS else kind)
    if kind in WITH_FRACTION:
        return SqlType(kind, scale=7 if first is None else first)
    if kind in STRINGS or kind in BINARIES:
        if first == MAX and kind in UNLIMITED:
            return SqlType(kind)
        return SqlType(kind, length=CAST_LENGTH if first is None else min(first, MAX_LENGTHS[kind]))
    return SqlType(kind)
