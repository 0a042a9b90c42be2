"""The rules that give several types a common one (Microsoft Learn, "Data type precedence (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.model import Kind, SqlType
from engine.model.families import EXACT, FLOATS, MOMENTS, STRINGS, TEMPORAL
from engine.sql.analysis.domains import DIGITS, MAX_PRECISION, longest

# Highest first.
_PRECEDENCE: Final = (
    Kind.XML,
    Kind.DATETIMEOFFSET,
    Kind.DATETIME2,
    Kind.DATETIME,
    Kind.SMALLDATETIME,
    Kind.DATE,
    Kind.TIME,
    Kind.FLOAT,
    Kind.REAL,
    Kind.DECIMAL,
    Kind.MONEY,
    Kind.SMALLMONEY,
    Kind.BIGINT,
    Kind.INT,
    Kind.SMALLINT,
    Kind.TINYINT,
    Kind.BIT,
    Kind.NTEXT,
    Kind.TEXT,
    Kind.IMAGE,
    Kind.ROWVERSION,
    Kind.UNIQUEIDENTIFIER,
    Kind.NVARCHAR,
    Kind.NCHAR,
    Kind.VARCHAR,
    Kind.CHAR,
    Kind.VARBINARY,
    Kind.BINARY,
)
_RANK: Final = {kind: rank for rank, kind in enumerate(_PRECEDENCE)}

BIT: Final = SqlType(Kind.BIT)
INT: Final = SqlType(Kind.INT)
BIGINT: Final = SqlType(Kind.BIGINT)
FLOAT: Final = SqlType(Kind.FLOAT)
DATE: Final = SqlType(Kind.DATE)
DATETIME: Final = SqlType(Kind.DATETIME)
DATETIME2: Final = SqlType(Kind.DATETIME2, scale=7)
GUID: Final = SqlType(Kind.UNIQUEIDENTIFIER)


def way_to_exact(kind: Kind) -> str:
    """The hint for a number that must be exact: a float's conversion rounds, so it is not carried either."""
    if kind in TEMPORAL:
        return "use DATEADD or DATEDIFF"
    return "select it as it is, or make a decimal of it in a view" if kind in FLOATS else "CAST it to decimal(p, s)"


def decimal(precision: int, scale: int) -> SqlType:
    """`decimal(precision, scale)`."""
    return SqlType(Kind.DECIMAL, precision=precision, scale=scale)


def as_decimal(type_: SqlType) -> SqlType:
    """The decimal type that an exact number or bit becomes where SQL Server needs a decimal."""
    return type_ if type_.kind is Kind.DECIMAL else decimal(*DIGITS[type_.kind])


def precision_of(type_: SqlType) -> int:
    """Decimal digits of an exact number."""
    return as_decimal(type_).precision or 0


def scale_of(type_: SqlType) -> int:
    """Digits after the point of an exact number."""
    return as_decimal(type_).scale or 0


def higher(left: Kind, right: Kind) -> Kind:
    """The kind of the two that comes first in SQL Server's precedence; neither may be OTHER."""
    return left if _RANK[left] <= _RANK[right] else right


def unified(left: SqlType, right: SqlType) -> SqlType | None:
    """The type of CASE, COALESCE and set operations over two types, or None where there is none that is clear."""
    if Kind.OTHER in (left.kind, right.kind):
        return None
    kind = higher(left.kind, right.kind)
    if left.kind in STRINGS and right.kind in STRINGS:
        varying = {Kind.NCHAR: Kind.NVARCHAR, Kind.CHAR: Kind.VARCHAR}
        if left.kind != right.kind:
            kind = varying.get(kind, kind)
        return SqlType(kind, length=longest([left, right]), collation=left.collation)
    if kind is Kind.DECIMAL:
        return (
            _unified_decimal(as_decimal(left), as_decimal(right))
            if {left.kind, right.kind} <= EXACT | {Kind.BIT}
            else None
        )
    if kind in MOMENTS or kind is Kind.TIME:
        return _unified_moment(left, right, kind)
    return left if left.kind is kind else right


def _unified_decimal(left: SqlType, right: SqlType) -> SqlType | None:
    scale = max(scale_of(left), scale_of(right))
    whole = max(precision_of(left) - scale_of(left), precision_of(right) - scale_of(right))
    return decimal(whole + scale, scale) if whole + scale <= MAX_PRECISION else None


def _unified_moment(left: SqlType, right: SqlType, kind: Kind) -> SqlType:
    if left.kind is right.kind:
        return replace(left, scale=max(left.scale or 0, right.scale or 0)) if left.scale is not None else left
    return left if left.kind is kind else right
