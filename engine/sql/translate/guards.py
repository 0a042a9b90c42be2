"""Errors at run time, where SQL Server raises one and the target would go on, or where a value is not carried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.model import Kind, SqlType
from engine.model.families import STRINGS
from engine.sql.translate.writers import Writer


def failure(writer: Writer, message: str, witnesses: Sequence[str], type_: SqlType) -> str:
    """An expression of `type_` that raises an error with `message` when it is reached.

    It depends on the `witnesses`, which must be all that the condition around it depends on: a constant that fails
    would be found by the planner, reached or not.
    """
    parts = [f"coalesce(left(CAST({witness} AS {writer.text}), 0), '')" for witness in witnesses]
    text = " || ".join([*parts, writer.text_literal(message)])
    if type_.kind in STRINGS:
        return f"CAST(CAST({text} AS integer) AS {writer.text})"
    return writer.cast(text, type_)


def guarded(
    writer: Writer, value: str, type_: SqlType, *, fails_if: str, message: str, witnesses: Sequence[str]
) -> str:
    """`value`, or an error where `fails_if` holds."""
    return f"CASE WHEN {fails_if} THEN {failure(writer, message, witnesses, type_)} ELSE {value} END"


_RANGES: Final = {
    Kind.DATE: ("DATE '0001-01-01'", "DATE '9999-12-31'"),
    Kind.DATETIME2: ("TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '9999-12-31 23:59:59.999999'"),
    Kind.DATETIME: ("TIMESTAMP '1753-01-01 00:00:00'", "TIMESTAMP '9999-12-31 23:59:59.997'"),
    Kind.SMALLDATETIME: ("TIMESTAMP '1900-01-01 00:00:00'", "TIMESTAMP '2079-06-06 23:59:00'"),
}


def in_range(writer: Writer, value: str, type_: SqlType) -> str:
    """A date or moment, or an error where SQL Server's type ends before it: the ledgers' types go further."""
    low, high = _RANGES[type_.kind]
    return guarded(
        writer,
        value,
        type_,
        fails_if=f"NOT {value} BETWEEN {low} AND {high}",
        message=f"{type_.kind} out of range",
        witnesses=[value],
    )


ASTRAL: Final = "[\U00010000-\U0010ffff]"
BASIC: Final = "[^\U00010000-\U0010ffff]"
"""A character of the basic plane, which counts as one in SQL Server."""


def without_astral(writer: Writer, value: str, result: str, type_: SqlType) -> str:
    """`result`, or an error where `value` holds a character that counts as two in SQL Server and as one here."""
    return guarded(
        writer,
        result,
        type_,
        fails_if=f"{value} ~ '{ASTRAL}'",
        message="a character outside the basic plane counts as two in SQL Server",
        witnesses=[value],
    )
