"""Conversions to date, time and the moments, by the step that each type has in SQL Server."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import MOMENTS, STRINGS
from engine.sql.translate.casts.datatypes import no_conversion
from engine.sql.translate.casts.date_literals import FIRST_DAY, YEAR, day_pattern
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import guarded, in_range
from engine.sql.translate.typed import Typed

_AS_ISO: Final = 23  # the style of CONVERT


def to_date(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """The day of a moment; a string of the form 2024-01-31 and blanks after it, or of blanks alone, else an error."""
    if value.type.kind is Kind.DATE:
        return value
    if value.type.kind in STRINGS:
        sql = guarded(
            emitter.writer,
            emitter.writer.cast(day_or_first(value.sql, value.sql), type_),
            type_,
            fails_if=f"NOT {value.sql} ~ '{day_pattern(_AS_ISO)}'",
            message="conversion failed: not a date like 2024-01-31",
            witnesses=[value.sql],
        )
        return value.made(sql, type_)
    if value.type.kind not in MOMENTS:
        raise no_conversion(node, value.type, type_)
    return value.made(emitter.writer.cast(value.sql, type_), type_)


_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS: Final = f"{_CLOCK}:[0-5][0-9]"
_DAY: Final = f"{YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_ISO: Final = f"{_DAY}(T{_SECONDS}([.][0-9]{{1,3}})?)?"
_ODBC: Final = f"{_DAY}( {_CLOCK}(:[0-5][0-9]([.][0-9]{{1,3}})?)?)?"
MOMENT_STYLES: Final[dict[int | None, str]] = {
    None: f"{_ODBC}|{_ISO}",
    0: f"{_ODBC}|{_ISO}",
    20: f"{_DAY}( {_SECONDS})?",
    21: _ODBC,
    25: _ODBC,
    120: f"{_DAY}( {_SECONDS})?",
    121: _ODBC,
    126: _ISO,
}
"""By CONVERT's style, how a moment is written that is read in a string ("CAST and CONVERT (Transact-SQL)")."""


def text_to_moment(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    """A string in a style, with blanks after it or of blanks alone, as a moment; one in another form is an error."""
    writer, read = emitter.writer, SqlType(Kind.DATETIME2, scale=3)
    sql = guarded(
        writer,
        writer.cast(day_or_first(value.sql, f"rtrim({value.sql}, ' ')"), read),
        read,
        fails_if=f"NOT {value.sql} ~ '^( *|({MOMENT_STYLES[style]}) *)$'",
        message="conversion failed: not a moment like 2024-01-31 10:20:30.123",
        witnesses=[value.sql],
    )
    return to_moment(emitter, node, Typed(sql, read), type_)


def day_or_first(text: str, day: str) -> str:
    """`day`, made of the string `text`; where that is empty or blank, the day that SQL Server reads in it."""
    return f"CASE WHEN {text} ~ '^ *$' THEN '{FIRST_DAY}' ELSE {day} END"


def to_time(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """The time of day, where no digit has to be rounded."""
    digits = type_.scale or 0
    has = _digits(value.type)
    if value.type.kind not in MOMENTS | {Kind.TIME} or has is None or has > digits:
        raise no_conversion(node, value.type, type_)
    return value.made(emitter.writer.cast(value.sql, type_), type_)


def to_moment(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """A day becomes its midnight; a moment is rounded to the type's step."""
    kind = value.type.kind
    if kind is Kind.DATE:
        return value.made(_ranged(emitter, emitter.writer.cast(value.sql, type_), type_), type_)
    if kind not in MOMENTS:
        raise no_conversion(node, value.type, type_)
    if kind is type_.kind and (kind is not Kind.DATETIME2 or (value.type.scale or 0) <= (type_.scale or 0)):
        return value.kept(type_)
    match type_.kind:
        case Kind.DATETIME2:
            return _to_digits(node, value, type_)
        case Kind.DATETIME if kind is Kind.SMALLDATETIME:
            return value.kept(type_)
        case Kind.DATETIME:
            return value.made(_ranged(emitter, rounded_to_ticks(value.sql), type_), type_)
        case _:
            sql = f"date_trunc('minute', ({value.sql} + INTERVAL '30001 milliseconds'))"
            return value.made(_ranged(emitter, sql, type_), type_)


def _ranged(emitter: Emitter, sql: str, type_: SqlType) -> str:
    """A moment as a type that begins later than date and datetime2: an earlier one is an error."""
    return sql if type_.kind is Kind.DATETIME2 else in_range(emitter.writer, sql, type_)


def _digits(type_: SqlType) -> int | None:
    """The digits after the second that a value of the type has, None where it is thirds of hundredths."""
    match type_.kind:
        case Kind.SMALLDATETIME:
            return 0
        case Kind.DATETIME:
            return None
        case _:
            return type_.scale or 0


def _to_digits(node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    digits, has = type_.scale or 0, _digits(value.type)
    if has is None:
        # A datetime ends in thirds of a hundredth: .003 stands for .0033333, which three digits give back.
        if digits == 3:
            return value.kept(type_)
        raise refused(node, "a datetime's thirds of a hundredth need seven digits", "CAST it to datetime2(3)")
    if has <= digits or (has == 7 and digits == 6):
        return value.kept(type_)
    steps = {0: ("second", "500 milliseconds"), 3: ("milliseconds", "500 microseconds")}
    if digits not in steps:
        raise not_carried(node, f"rounding to datetime2({digits})", "use datetime2(3) or (0)")
    unit, half = steps[digits]
    return value.made(f"date_trunc('{unit}', ({value.sql} + INTERVAL '{half}'))", type_)


def rounded_to_ticks(sql: str) -> str:
    """A moment rounded to 1/300 of a second, and that to the thousandth, as a datetime shows itself."""
    micros = f"(CAST(extract(microseconds FROM {sql}) AS bigint) % 1000000)"
    thirds = f"floor(({micros} * 3 + 5000) / 10000.0)"
    milliseconds = f"floor(({thirds} * 10 + 1) / 3.0)"
    return f"(date_trunc('second', {sql}) + CAST({milliseconds} AS integer) * INTERVAL '1 millisecond')"
