"""Families of T-SQL types, each told in this one place (Microsoft Learn, "Data types (Transact-SQL)").

Microsoft's categories are kept where they help. `bit` is in none of the families of numbers, though Microsoft counts it
among the exact ones: it has no arithmetic. `xml` is no string: it has no collation, and it does not compare.
`rowversion` is no binary string. `OTHER` is in no family.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.model.sqltype import Kind

WHOLE_BY_WIDTH: Final = (Kind.TINYINT, Kind.SMALLINT, Kind.INT, Kind.BIGINT)
"""The whole numbers, the narrowest first."""
WHOLE: Final = frozenset(WHOLE_BY_WIDTH)
MONEYS: Final = frozenset({Kind.MONEY, Kind.SMALLMONEY})
DECIMALS: Final = MONEYS | {Kind.DECIMAL}
"""Exact numbers with digits after the point."""
EXACT: Final = WHOLE | DECIMALS
FLOATS: Final = frozenset({Kind.FLOAT, Kind.REAL})
NUMBERS: Final = EXACT | FLOATS

UNICODE: Final = frozenset({Kind.NCHAR, Kind.NVARCHAR, Kind.NTEXT})
STRINGS: Final = UNICODE | {Kind.CHAR, Kind.VARCHAR, Kind.TEXT}
"""The types that have a collation."""
PADDED: Final = frozenset({Kind.CHAR, Kind.NCHAR})
"""The strings that are filled up with blanks to their length."""
WRITTEN: Final = STRINGS | {Kind.XML}
"""The types whose values are texts outside SQL too: drivers give a `str`."""

MOMENTS: Final = frozenset({Kind.SMALLDATETIME, Kind.DATETIME, Kind.DATETIME2})
"""A day with a time of day, and no offset."""
DATED: Final = MOMENTS | {Kind.DATE}
"""What has a day, and no offset."""
TEMPORAL: Final = DATED | {Kind.TIME, Kind.DATETIMEOFFSET}
WITH_FRACTION: Final = frozenset({Kind.TIME, Kind.DATETIME2, Kind.DATETIMEOFFSET})
"""The types that are declared with a number of digits after the second."""

BINARIES: Final = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.IMAGE})
BYTES: Final = BINARIES | {Kind.ROWVERSION}
"""The types whose values are bytes."""

INCOMPARABLE: Final = frozenset({Kind.TEXT, Kind.NTEXT, Kind.IMAGE, Kind.XML})
"""What SQL Server neither compares nor sorts ("ntext, text, and image", "xml (Transact-SQL)")."""

MAX_LENGTHS: Final[Mapping[Kind, int]] = {
    Kind.CHAR: 8000,
    Kind.VARCHAR: 8000,
    Kind.NCHAR: 4000,
    Kind.NVARCHAR: 4000,
    Kind.BINARY: 8000,
    Kind.VARBINARY: 8000,
}
"""By each type that is declared with a length, the greatest one: of characters, or of bytes."""
UNLIMITED: Final = frozenset({Kind.VARCHAR, Kind.NVARCHAR, Kind.VARBINARY})
"""The types whose length may be `max`."""
