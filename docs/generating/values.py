"""docs/reference/values.md: what becomes of values, by the code that does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import msgspec

from engine.conversion import convert
from engine.encoding import encode, normaliser
from engine.model import ArgumentType, Kind, SqlType
from generating.markdown import code, document, prose, table

_INTRO = """
A value meets the engine twice: as an argument that is bound to a `?`, and as a column that becomes a member of the
body. Both conversions are strict and lose nothing. The rows below are worked out by the code that serves events.
"""
_COLUMNS = """
The type is SQL Server's, also on PostgreSQL and DuckDB: the engine works it out from the ledger's schema, so a body has
the same bytes on every ledger.
"""
_NOTES = """
- A NULL is `null`; its member stays.
- A decimal keeps its scale, and never passes through a float. `money` always has four decimals.
- A float has the fewest digits that read back as the same number. NaN and the infinities are an `EncodingError`.
- Fractions of a second are cut to microseconds and lose their trailing zeros.
- A `datetimeoffset` can be a column on SQL Server only: PostgreSQL and DuckDB forget the offset, and refuse it.
- Of a text only `"`, `\\` and U+0000 to U+001F are escaped. Everything else is UTF-8 as it is.
- Any other type is refused: by the rule `unsupported-type` where the schema tells it, else by an `EncodingError`.

The body is one line of UTF-8 without blanks between members. Its members stand in the order of the columns.
"""
_ARGUMENTS = """
Values of an event usually arrive as strings. A value that is not written as its type wants it is a `BindingError`, and
nothing is rounded, trimmed or guessed. Shown is the value as JSON, and what is bound.
"""
_STEPS = """
A value from an earlier query (`$steps.NAME.COLUMN`) has a type already. It may also take another one where nothing is
lost: `2.00` as an int, a `datetime` at midnight as a date, a date as a `datetime` at midnight, a guid or a date as a
string. `2.50` as an int is a `BindingError`.
"""

_DATETIME = datetime(2026, 11, 24, 10, 20, 30, 120000)
_COLUMN_VALUES: tuple[tuple[SqlType, object, str], ...] = (
    (SqlType(Kind.BIT), True, ""),
    (SqlType(Kind.INT), 18142, "also `tinyint`, `smallint`, `bigint`"),
    (SqlType(Kind.DECIMAL, 19, 2), Decimal("123.00"), "also `numeric`"),
    (SqlType(Kind.DECIMAL, 18, 10), Decimal("0.0000000100"), "never `1E-8`"),
    (SqlType(Kind.MONEY), Decimal("60"), "also `smallmoney`"),
    (SqlType(Kind.FLOAT), 4.0, ""),
    (SqlType(Kind.FLOAT), 1e22, ""),
    (SqlType(Kind.REAL), 1.100000023841858, "in single precision"),
    (SqlType(Kind.NVARCHAR, length=40), 'Åsa "Åkarn"', "also `char`, `nchar`, `varchar`, `text`, `ntext`, `xml`"),
    (SqlType(Kind.CHAR, length=8), "KFM     ", "blanks are kept"),
    (SqlType(Kind.UNIQUEIDENTIFIER), UUID("80342534-2508-4cab-a090-c25bf1ddf923"), "upper case"),
    (SqlType(Kind.DATE), date(2026, 11, 24), ""),
    (SqlType(Kind.TIME, scale=7), time(10, 20, 30, 123000), ""),
    (SqlType(Kind.DATETIME2, scale=3), _DATETIME, "also `datetime`, `smalldatetime`"),
    (SqlType(Kind.DATETIME2, scale=3), _DATETIME.replace(microsecond=0), "a whole second has no fraction"),
    (SqlType(Kind.DATETIMEOFFSET, scale=7), _DATETIME.replace(tzinfo=timezone(timedelta(hours=1))), ""),
    (SqlType(Kind.DATETIMEOFFSET, scale=7), _DATETIME.replace(tzinfo=UTC), "zero is `+00:00`"),
    (SqlType(Kind.VARBINARY, length=64), b"\x89PNG", "also `binary`, `image`, `rowversion`"),
    (SqlType(Kind.INT), None, "of any type"),
)
_ARGUMENT_VALUES: tuple[tuple[ArgumentType, tuple[object, ...]], ...] = (
    (ArgumentType.STRING, ("PAID", " PAID ", "", 18142, True)),
    (ArgumentType.INT, ("18142", 18142, "-7", "18142 ", "+7", "1e3", 1.5, True, "9223372036854775808")),
    (ArgumentType.DECIMAL, ("123.00", "-0.5", 123, "1e3", ".5", "1,50")),
    (ArgumentType.DOUBLE, ("1.5e3", "4", "NaN")),
    (ArgumentType.BOOLEAN, ("true", "1", False, 0, "True", "yes")),
    (ArgumentType.DATE, ("2026-11-24", "2026-02-29", "2026-11-24T00:00:00", "24.11.2026")),
    (ArgumentType.DATETIME, ("2026-11-24T10:20:30.123", "2026-11-24 10:20:30", "2026-11-24", "2026-11-24T10:20:30Z")),
    (ArgumentType.DATETIMEOFFSET, ("2026-11-24T10:20:30+01:00", "2026-11-24T10:20:30Z", "2026-11-24T10:20:30")),
    (
        ArgumentType.GUID,
        ("80342534-2508-4cab-a090-c25bf1ddf923", "{80342534-2508-4cab-a090-c25bf1ddf923}", "803425342508"),
    ),
)


def page() -> str:
    """The page."""
    return document(
        "Values",
        "docs/generating/values.py and the engine's conversions",
        prose(_INTRO),
        "## From columns to JSON",
        prose(_COLUMNS),
        table(["type", "value", "JSON", ""], (_column(*row) for row in _COLUMN_VALUES)),
        prose(_NOTES),
        "## From the event to arguments",
        prose(_ARGUMENTS),
        table(["type", "value", "bound as", "or refused, since it"], _arguments()),
        "Absent and null:",
        table(
            ["the value", "what is bound"],
            (
                ["is absent", "the argument's `default`; without one it is a `BindingError`"],
                ["is null", 'NULL with `nullable="true"`; else it is a `BindingError`, whatever the `default`'],
            ),
        ),
        prose(_STEPS),
    )


def _column(type_: SqlType, value: object, note: str) -> list[str]:
    (written,) = encode(normaliser(type_)(value))
    return [code(_spelled(type_)), code(_literal(value)), code(written.decode()), note]


def _spelled(type_: SqlType) -> str:
    facets = [facet for facet in (type_.precision, type_.scale, type_.length) if facet is not None]
    return f"{type_.kind.value}({', '.join(map(str, facets))})" if facets else type_.kind.value


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case bytes():
            return f"0x{value.hex().upper()}"
        case str():
            return f"'{value}'"
        case datetime():
            return f"'{value.isoformat(' ')}'"
        case date() | time() | UUID():
            return f"'{value}'"
        case Decimal():
            return f"{value:f}"
    return str(value)


def _arguments() -> Iterator[list[str]]:
    for type_, values in _ARGUMENT_VALUES:
        for value in values:
            shown = msgspec.json.encode(value).decode()
            try:
                yield [code(type_.value), code(shown), code(_literal(convert(type_, value))), ""]
            except ValueError as error:
                yield [code(type_.value), code(shown), "", str(error)]
