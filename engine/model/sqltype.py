"""The T-SQL types that the engine knows (Microsoft Learn, "Data types (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A T-SQL type's name; OTHER is every type that has no JSON form."""

    BIT = "bit"
    TINYINT = "tinyint"
    SMALLINT = "smallint"
    INT = "int"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    MONEY = "money"
    SMALLMONEY = "smallmoney"
    FLOAT = "float"
    REAL = "real"
    CHAR = "char"
    VARCHAR = "varchar"
    NCHAR = "nchar"
    NVARCHAR = "nvarchar"
    TEXT = "text"
    NTEXT = "ntext"
    XML = "xml"
    UNIQUEIDENTIFIER = "uniqueidentifier"
    DATE = "date"
    TIME = "time"
    SMALLDATETIME = "smalldatetime"
    DATETIME = "datetime"
    DATETIME2 = "datetime2"
    DATETIMEOFFSET = "datetimeoffset"
    BINARY = "binary"
    VARBINARY = "varbinary"
    IMAGE = "image"
    ROWVERSION = "rowversion"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Collation:
    """How strings compare. `name` is SQL Server's, or None where the ledger's own rules hold (section 3, c)."""

    name: str | None
    fold_case: bool
    fold_trailing_blanks: bool
    ordered: bool
    """Whether ORDER BY, ranges and MIN/MAX give the same on every ledger (binary collations, or the ledger's own)."""


SQL_SERVER_DEFAULT = Collation("SQL_Latin1_General_CP1_CI_AS", fold_case=True, fold_trailing_blanks=True, ordered=False)
BINARY = Collation("Latin1_General_100_BIN2", fold_case=False, fold_trailing_blanks=True, ordered=True)
LEDGER_OWN = Collation(None, fold_case=False, fold_trailing_blanks=False, ordered=True)


@dataclass(frozen=True, slots=True)
class SqlType:
    """A T-SQL type with its facets.

    `precision` and `scale` are decimal digits; for time, datetime2 and datetimeoffset `scale` is the fraction's digits.
    `length` counts characters or bytes, None is `max` for the types that have a length. `other_name` names an OTHER.
    """

    kind: Kind
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    collation: Collation | None = None
    other_name: str | None = None


UNKNOWN = SqlType(Kind.OTHER, other_name="unknown")
"""The type of a column whose type nobody tells, as of a view's expression that cannot be read."""
