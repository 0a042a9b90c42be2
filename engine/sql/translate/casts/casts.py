"""CAST and CONVERT where values are carried exactly (Microsoft Learn, "CAST and CONVERT (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlglot import exp

from engine.guid import GUID_PATTERN
from engine.model import Kind, SqlType
from engine.model.families import DECIMALS, EXACT, FLOATS, MOMENTS, MONEYS, STRINGS, TEMPORAL, WHOLE
from engine.sql.translate.casts.cast_dates import (
    MOMENT_STYLES,
    day_or_first,
    text_to_moment,
    to_date,
    to_moment,
    to_time,
)
from engine.sql.translate.casts.cast_text import to_text
from engine.sql.translate.casts.constants import UnreadableError, bit, decimal_number, guid, whole_number
from engine.sql.translate.casts.datatypes import data_type, no_conversion
from engine.sql.translate.casts.date_literals import (
    DAY_STYLES,
    LITERAL_STYLES,
    day_parts,
    day_pattern,
    iso_day,
    temporal,
)
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.guards import guarded
from engine.sql.translate.kinds import DATE, as_decimal, precision_of, scale_of
from engine.sql.translate.typed import Typed
from engine.sql.translate.wording import ANYWHERE

_DAYS: Final = frozenset({Kind.DATE, Kind.DATETIME})
_MOST_DAYS: Final = 50_000
_MOST_SMALLMONEY: Final = 214_748

Converter = Callable[[Emitter, exp.Expr, Typed, SqlType], Typed]


def cast(emitter: Emitter, node: exp.Cast) -> Typed:
    """CAST(value AS type)."""
    return converted(emitter, node, emitter.scalar(node.this), data_type(emitter, node, node.args.get("to")), None)


def style_of(node: exp.Convert) -> int | None:
    """The number of CONVERT's style, None where it has none."""
    style = node.args.get("style")
    if style is None:
        return None
    if not (isinstance(style, exp.Literal) and style.this.isdecimal()):
        raise not_carried(node, "a CONVERT style that is no plain number", "write the style's number")
    return int(style.this)


def converted(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    """`value` as `type_`, as CAST (no style) or CONVERT gives it."""
    made = _converted(emitter, node, value, type_, style)
    if made.argument is None:
        emitter.note_converted(value)
    return made


def _converted(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    if value.is_null:
        return Typed(emitter.writer.cast("NULL", type_), type_, is_typed_null=True)
    if type_.kind in STRINGS:
        return to_text(emitter, node, value, type_, style)
    styled = _in_style(emitter, node, value, type_, style)
    if styled is not None:
        return styled
    if isinstance(value.constant, str) and style in LITERAL_STYLES and LITERAL_STYLES[style].fullmatch(value.constant):
        style = None
    if style not in (None, 0) and value.type.kind not in TEMPORAL:
        hint = "leave the style out, and write dates as '2024-01-31'"
        raise not_carried(node, f"CONVERT style {style} to {type_.kind}", hint)
    if isinstance(value.constant, str):
        return from_literal(emitter, node, value.constant, type_)
    if isinstance(value.constant, int) and type_.kind is Kind.DATETIME and abs(value.constant) <= _MOST_DAYS:
        day = date(1900, 1, 1) + timedelta(days=value.constant)
        return from_literal(emitter, node, day.isoformat(), type_)
    found = _CONVERTERS.get(type_.kind)
    if found is None or (value.type.kind is Kind.DECIMAL and value.type.scale is None and type_.kind in MONEYS):
        raise _not_carried(node, value.type, type_)
    made = found(emitter, node, value, type_)
    return Typed(made.sql, made.type, is_column=made.is_column, argument=made.argument)


def _in_style(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed | None:
    """A string as a date or moment by how it is written; None where that is not all that decides."""
    if value.type.kind not in STRINGS:
        return None
    if style in DAY_STYLES and type_.kind in _DAYS:
        return _styled_day(emitter, node, value, type_, style)
    if type_.kind in MOMENTS and style in MOMENT_STYLES and not isinstance(value.constant, str):
        return text_to_moment(emitter, node, value, type_, style)
    return None


def _styled_day(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int) -> Typed | None:
    """A string in a style of CONVERT as a date or datetime, a blank one in any; None for a literal in another form.

    A value in another form is an error, also where SQL Server reads it: it reads some styles in several forms.
    """
    writer = emitter.writer
    if isinstance(value.constant, str):
        day = iso_day(value.constant, style)
        return None if day is None else from_literal(emitter, node, day, type_)
    sql = guarded(
        writer,
        writer.cast(day_or_first(value.sql, day_parts(value.sql, style)), DATE),
        DATE,
        fails_if=f"NOT {value.sql} ~ '{day_pattern(style)}'",
        message=f"conversion failed: not a date in style {style}",
        witnesses=[value.sql],
    )
    return Typed(sql, DATE) if type_.kind is Kind.DATE else to_moment(emitter, node, Typed(sql, DATE), type_)


def _not_carried(node: exp.Expr, from_: SqlType, to: SqlType) -> Refused:
    """The fault of a conversion that is not on the list."""
    hint = ANYWHERE
    if from_.kind in FLOATS:
        hint = "float is not exact, and every ledger rounds it in its own way: select it as it is"
    return no_conversion(node, from_, to, hint)


def from_literal(emitter: Emitter, node: exp.Expr, text: str, type_: SqlType) -> Typed:
    """A string literal read as `type_` at translation."""
    writer, constant = emitter.writer, constant_of(node, text, type_)
    match constant:
        case bool():
            return Typed("TRUE" if constant else "FALSE", type_)
        case int():
            return Typed(writer.cast(str(constant), type_), type_)
        case _:
            return Typed(writer.cast(writer.text_literal(constant), type_), type_)


def constant_of(node: exp.Expr, text: str, type_: SqlType) -> int | str:
    """What SQL Server reads in a string literal as `type_`; a GUID, date or moment in its one spelling."""
    try:
        if type_.kind in WHOLE:
            return whole_number(text)
        if type_.kind in DECIMALS and as_decimal(type_).scale is not None:
            return decimal_number(text, precision_of(type_), scale_of(type_))
        if type_.kind is Kind.UNIQUEIDENTIFIER:
            return guid(text)
        if type_.kind is Kind.BIT:
            return bit(text)
        if type_.kind in TEMPORAL and type_.kind is not Kind.DATETIMEOFFSET:
            return temporal(text, type_)
    except UnreadableError as error:
        raise refused(node, f"the string `{text}` is not read as {type_.kind} on every ledger", str(error)) from error
    raise not_carried(node, f"a string as {type_.kind}", "write it without quotes")


def _to_whole(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """A decimal is cut at the point, money is rounded; what does not fit is an error."""
    kind = value.type.kind
    sql = value.sql
    if kind in STRINGS:
        sql = _whole_text(emitter, value, type_)
    elif kind is Kind.DECIMAL:
        sql = f"trunc({sql})"
    elif kind in MONEYS:
        sql = f"round({sql}, 0)"
    elif kind is Kind.BIT:
        sql = f"CAST({sql} AS integer)"
    elif kind not in WHOLE:
        raise _not_carried(node, value.type, type_)
    is_small = kind in (Kind.TINYINT, Kind.BIT) or (isinstance(value.constant, int) and 0 <= value.constant <= 255)
    if type_.kind is Kind.TINYINT and not is_small:
        sql = guarded(
            emitter.writer,
            emitter.writer.cast(sql, type_),
            type_,
            fails_if=f"{sql} < 0 OR {sql} > 255",
            message="arithmetic overflow for data type tinyint",
            witnesses=[value.sql],
        )
        return value.made(sql, type_)
    return value.made(emitter.writer.cast(sql, type_), type_)


def _whole_text(emitter: Emitter, value: Typed, type_: SqlType) -> str:
    """Digits with an optional sign and blanks around; nothing but blanks is 0, anything else is an error."""
    writer = emitter.writer
    wide = SqlType(Kind.BIGINT if type_.kind is Kind.TINYINT else type_.kind)
    number = writer.cast(f"CASE WHEN {value.sql} ~ '^ *$' THEN '0' ELSE {writer.trim(value.sql)} END", wide)
    return guarded(
        writer,
        number,
        wide,
        fails_if=f"NOT {value.sql} ~ '^ *([-+]?[0-9]+)? *$'",
        message="conversion failed: not a whole number",
        witnesses=[value.sql],
    )


def _to_exact(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """To decimal or money: rounded half away from zero, as every ledger does it."""
    kind = value.type.kind
    if kind is Kind.BIT:
        return value.made(emitter.writer.cast(f"CAST({value.sql} AS integer)", type_), type_)
    if kind in STRINGS and type_.kind is Kind.DECIMAL:
        return value.made(_decimal_text(emitter, value, type_), type_)
    if kind not in EXACT or (type_.kind is Kind.SMALLMONEY and kind is not Kind.SMALLMONEY and not _is_small(value)):
        raise _not_carried(node, value.type, type_)
    return value.made(emitter.writer.cast(value.sql, type_), type_)


def _is_small(value: Typed) -> bool:
    """Whether the value is a literal that a smallmoney holds, whose range is no number of digits."""
    constant = value.constant
    return isinstance(constant, int | Decimal) and abs(Decimal(constant)) <= _MOST_SMALLMONEY


def _decimal_text(emitter: Emitter, value: Typed, type_: SqlType) -> str:
    """Digits with a point that fit the scale; anything else, an empty string too, is an error."""
    fraction = f"{{0,{scale_of(type_)}}}"
    pattern = f"^ *[-+]?([0-9]+[.]?[0-9]{fraction}|[.][0-9]{fraction}) *$"
    return guarded(
        emitter.writer,
        emitter.writer.cast(value.sql, type_),
        type_,
        fails_if=f"NOT {value.sql} ~ '{pattern}'",
        message="conversion failed: not a decimal of that scale",
        witnesses=[value.sql],
    )


def _to_bit(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:  # noqa: ARG001
    """Anything but zero is 1."""
    if value.type.kind is Kind.BIT:
        return value
    if value.type.kind not in EXACT:
        raise _not_carried(node, value.type, type_)
    if isinstance(value.constant, int | Decimal):
        return value.made("TRUE" if value.constant else "FALSE", type_)
    return value.made(f"({value.sql} <> 0)", type_)


def _to_guid(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """A string of the form with hyphens; what follows it is cut off, as SQL Server does."""
    if value.type.kind is Kind.UNIQUEIDENTIFIER:
        return value
    if value.type.kind not in STRINGS:
        raise _not_carried(node, value.type, type_)
    sql = guarded(
        emitter.writer,
        emitter.writer.cast(f"left({value.sql}, 36)", type_),
        type_,
        fails_if=f"NOT {value.sql} ~ '^{GUID_PATTERN}'",
        message="conversion failed: not a uniqueidentifier",
        witnesses=[value.sql],
    )
    return value.made(sql, type_)


_CONVERTERS: Final[dict[Kind, Converter]] = {
    **dict.fromkeys(WHOLE, _to_whole),
    **dict.fromkeys(DECIMALS, _to_exact),
    **dict.fromkeys(MOMENTS, to_moment),
    Kind.BIT: _to_bit,
    Kind.UNIQUEIDENTIFIER: _to_guid,
    Kind.DATE: to_date,
    Kind.TIME: to_time,
}
