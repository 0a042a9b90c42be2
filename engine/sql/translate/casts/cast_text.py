"""Conversions to strings, with the styles of dates (Microsoft Learn, "CAST and CONVERT (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import DATED, MONEYS, PADDED, STRINGS, TEMPORAL, UNICODE, WHOLE
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.casts.datatypes import no_conversion
from engine.sql.translate.casts.date_literals import SHORT_MONTHS
from engine.sql.translate.characters import counted_to, is_basic
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import guarded
from engine.sql.translate.typed import Rank, Typed
from engine.sql.translate.writers import Writer

# Sign and digits at most.
_WHOLE_LENGTH: Final = {Kind.TINYINT: 3, Kind.SMALLINT: 6, Kind.INT: 11, Kind.BIGINT: 20}
_GUID_LENGTH: Final = 36
_MONEY_LENGTH: Final = 26

# Styles of CONVERT by number, as pieces: Y year, y its last two digits, M month, N its short name, D day, d day with a
# blank for a zero, h hour, H hour of twelve with a blank for a zero, m minute, s second, f milliseconds, A AM or PM.
# The time stands behind the bar, which is not written.
_STYLES: Final = {
    1: "M/D/y",
    2: "y.M.D",
    3: "D/M/y",
    4: "D.M.y",
    5: "D-M-y",
    6: "D N y",
    7: "N D, y",
    8: "|h:m:s",
    9: "N d Y| H:m:s:fA",
    10: "M-D-y",
    11: "y/M/D",
    12: "yMD",
    13: "D N Y| h:m:s:f",
    14: "|h:m:s:f",
    20: "Y-M-D| h:m:s",
    21: "Y-M-D| h:m:s.f",
    23: "Y-M-D",
    24: "|h:m:s",
    25: "Y-M-D| h:m:s.f",
    100: "N d Y| H:mA",
    101: "M/D/Y",
    102: "Y.M.D",
    103: "D/M/Y",
    104: "D.M.Y",
    105: "D-M-Y",
    106: "D N Y",
    107: "N D, Y",
    108: "|h:m:s",
    109: "N d Y| H:m:s:fA",
    110: "M-D-Y",
    111: "Y/M/D",
    112: "YMD",
    113: "D N Y| h:m:s:f",
    114: "|h:m:s:f",
    120: "Y-M-D| h:m:s",
    121: "Y-M-D| h:m:s.f",
}
_OF_DATETIME: Final = frozenset({9, 13, 109, 113})
"""Styles of which the documentation does not say how many digits another type than datetime shows in them."""
_PARTS: Final = {"Y": ("year", 4), "M": ("month", 2), "D": ("day", 2), "h": ("hour", 2), "m": ("minute", 2)}


def to_text(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    """`value` as a string of `type_`, cut or refused by the length as SQL Server does."""
    kind = value.type.kind
    if style not in (None, 0) and kind not in TEMPORAL | MONEYS:
        raise not_carried(node, f"CONVERT style {style} of {kind}", "leave the style out")
    if kind in STRINGS:
        return _from_string(emitter, node, value, type_)
    written = written_out(emitter, node, value, style)
    sql = _fitted(emitter, node, written, value.type, type_)
    if type_.kind in PADDED:
        sql = f"rpad({sql}, {type_.length}, ' ')"
    return Typed(sql, type_, rank=Rank.COERCIBLE, is_basic=True)


def written_out(emitter: Emitter, node: exp.Expr, value: Typed, style: int | None = None) -> Typed:
    """A value as the string that CONCAT and a CAST to a long enough varchar give."""
    writer, kind = emitter.writer, value.type.kind
    text = SqlType(Kind.VARCHAR, length=None, collation=emitter.collation)
    if kind in WHOLE:
        return Typed(f"CAST({value.sql} AS {writer.text})", replace(text, length=_WHOLE_LENGTH[kind]))
    if kind is Kind.DECIMAL:
        return Typed(_decimal_text(writer, node, value), replace(text, length=(value.type.precision or 38) + 3))
    if kind is Kind.BIT:
        return Typed(f"CASE WHEN {value.sql} THEN '1' WHEN NOT {value.sql} THEN '0' END", replace(text, length=1))
    if kind is Kind.UNIQUEIDENTIFIER:
        return Typed(f"upper(CAST({value.sql} AS {writer.text}))", replace(text, length=_GUID_LENGTH))
    if kind in MONEYS:
        return Typed(_money_text(writer, node, value, style), replace(text, length=_MONEY_LENGTH))
    if kind in DATED:
        return Typed(_moment_text(writer, node, value, style), replace(text, length=27))
    raise no_conversion(node, value.type, text)


def _money_text(writer: Writer, node: exp.Expr, value: Typed, style: int | None) -> str:
    """Money with four decimals in style 2, else with two: a value that lies halfway between two of these is an error.

    Microsoft's documentation does not say to which side such a one goes.
    """
    if style in (2, 126):
        return f"CAST({value.sql} AS {writer.text})"
    if style not in (None, 0, 1):
        raise not_carried(node, f"CONVERT style {style} of {value.type.kind}", "use style 0, 1 or 2")
    exact = SqlType(Kind.DECIMAL, precision=19, scale=4)
    nearest = f"CAST(CAST({value.sql} AS numeric(19,4)) AS numeric(19,2))"
    sql = f"CAST({nearest} AS {writer.text})"
    if style == 1:
        whole = f"split_part(CAST(abs({nearest}) AS {writer.text}), '.', 1)"
        sign, places = f"CASE WHEN {nearest} < 0 THEN '-' ELSE '' END", f"split_part({sql}, '.', 2)"
        sql = f"({sign} || {writer.in_threes(whole)} || '.' || {places})"
    half = f"abs({value.sql} - {nearest}) = {writer.cast('0.005', exact)}"
    text = SqlType(Kind.VARCHAR)
    message = "money halfway between two hundredths is not carried as a string"
    return guarded(writer, sql, text, fails_if=half, message=message, witnesses=[value.sql])


def _decimal_text(writer: Writer, node: exp.Expr, value: Typed) -> str:
    """A decimal with its scale."""
    precision, scale = value.type.precision or MAX_PRECISION, value.type.scale
    if scale is None:
        hint = "CAST(? AS decimal(p, s)) says which scale is meant"
        raise refused(node, "a decimal argument has the scale of its value, which a string needs to know", hint)
    sql = writer.decimal_text(value.sql, precision, scale)
    if sql is None:
        what = f"a decimal({precision}, {scale}) as a string"
        raise not_carried(node, what, f"CAST it to decimal({precision}, {scale - 1}) first")
    return sql


def _moment_text(writer: Writer, node: exp.Expr, value: Typed, style: int | None) -> str:
    """A date or moment in a style, names of months in us_english."""
    kind = value.type.kind
    if style in (126, 127):
        return _iso_text(writer, node, value)
    is_datetime = kind in (Kind.DATETIME, Kind.SMALLDATETIME)
    if not style:  # without one, SQL Server takes 0
        style = 100 if is_datetime else 121
    pattern = _STYLES.get(style)
    if pattern is None or (style in _OF_DATETIME and not is_datetime):
        raise not_carried(node, f"CONVERT style {style} of {kind}", "use style 120, 112 or 23")
    day, _, time = pattern.partition("|")
    if kind is Kind.DATE:
        return _day_text(writer, node, value, style, day)
    if "f" in time and not _has_milliseconds(value.type):
        raise refused(node, f"style {style} shows as many digits as the datetime2 has", "CAST to datetime2(3) first")
    return _pattern_text(writer, value.sql, day + time)


def _day_text(writer: Writer, node: exp.Expr, value: Typed, style: int, pattern: str) -> str:
    """A date in the part of a style that shows the day."""
    if not pattern:
        raise refused(node, "a date has no time of day", "CAST it to datetime2(0) first")
    if style == 100:
        raise not_carried(node, "CONVERT style 100 of date", "use style 107 or 106, or CAST it to datetime first")
    return _pattern_text(writer, value.sql, pattern)


def _has_milliseconds(type_: SqlType) -> bool:
    """Whether three digits after the second are those that SQL Server shows; of a smalldatetime they are zeros."""
    return type_.kind in (Kind.DATETIME, Kind.SMALLDATETIME) or type_.scale == 3


def _iso_text(writer: Writer, node: exp.Expr, value: Typed) -> str:
    """Style 126: no fraction where a datetime's is zero."""
    if value.type.kind is Kind.DATE:
        return _pattern_text(writer, value.sql, "Y-M-D")
    whole = _pattern_text(writer, value.sql, "Y-M-DTh:m:s")
    if value.type.kind is Kind.SMALLDATETIME or value.type.scale == 0:
        return whole
    with_fraction = _pattern_text(writer, value.sql, "Y-M-DTh:m:s.f")
    if value.type.kind is Kind.DATETIME:
        return f"CASE WHEN {value.sql} = date_trunc('second', {value.sql}) THEN {whole} ELSE {with_fraction} END"
    if value.type.scale == 3:
        return with_fraction
    raise refused(node, "style 126 shows as many digits as the datetime2 has", "CAST to datetime2(3) first")


def _pattern_text(writer: Writer, sql: str, pattern: str) -> str:
    """The pieces of a pattern, joined."""
    return "(" + " || ".join(_piece(writer, sql, letter) for letter in pattern) + ")"


def _piece(writer: Writer, sql: str, letter: str) -> str:
    """A letter of a pattern as the part of the moment that it stands for, or as itself."""
    if letter in _PARTS:
        unit, width = _PARTS[letter]
        return _padded(writer, _extracted(unit, sql), width)
    match letter:
        case "y":
            return _padded(writer, f"{_extracted('year', sql)} % 100", 2)
        case "N":
            names = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(SHORT_MONTHS, start=1))
            return f"CASE {_extracted('month', sql)} {names} END"
        case "d":
            return _padded(writer, _extracted("day", sql), 2, " ")
        case "H":
            return _padded(writer, f"({_extracted('hour', sql)} + 11) % 12 + 1", 2, " ")
        case "A":
            return f"CASE WHEN {_extracted('hour', sql)} < 12 THEN 'AM' ELSE 'PM' END"
        case "s" | "f":
            micros = f"CAST(extract(microseconds FROM {sql}) AS bigint)"
            dividend, divisor = (micros, 1_000_000) if letter == "s" else (f"{micros} % 1000000", 1000)
            return _padded(writer, writer.whole_division(dividend, str(divisor)), 3 - (letter == "s"))
        case _:
            return writer.text_literal(letter)


def _extracted(unit: str, sql: str) -> str:
    return f"CAST(extract({unit} FROM {sql}) AS integer)"


def _padded(writer: Writer, number: str, width: int, filler: str = "0") -> str:
    return f"lpad(CAST({number} AS {writer.text}), {width}, '{filler}')"


def _fitted(emitter: Emitter, node: exp.Expr, written: Typed, from_: SqlType, to: SqlType) -> str:
    """What happens where the string is longer than the type: cut, an asterisk, or an error."""
    longest = written.type.length
    if to.length is None or (longest is not None and longest <= to.length):
        return written.sql
    if from_.kind in DATED:
        return f"left({written.sql}, {to.length})"
    if from_.kind in {Kind.BIGINT, Kind.UNIQUEIDENTIFIER}:
        raise refused(node, f"a {from_.kind} may not fit {to.kind}({to.length})", f"use {to.kind}({longest})")
    is_asterisk = from_.kind in WHOLE and to.kind not in UNICODE
    too_long = f"length({written.sql}) > {to.length}"
    if is_asterisk:
        return f"CASE WHEN {too_long} THEN '*' ELSE {written.sql} END"
    message = f"arithmetic overflow for data type {to.kind}"
    return guarded(emitter.writer, written.sql, to, fails_if=too_long, message=message, witnesses=[written.sql])


def _from_string(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """A string as a string: cut to the length; from Unicode to a code page only what the page has."""
    sql, length, is_checked = value.sql, value.type.length, is_basic(value)
    is_same = True
    if value.type.kind in UNICODE and type_.kind not in UNICODE and not _fits_code_page(node, value):
        sql, is_same = _in_code_page(emitter, value), False
    if type_.length is not None and (length is None or length > type_.length):
        cut = f"left({sql}, {type_.length})"
        sql = counted_to(emitter.writer, value, cut, cut, type_) if type_.kind in UNICODE else cut
        is_checked, is_same = True, False
    if type_.kind in PADDED and not (value.type.kind in PADDED and length == type_.length):
        sql, is_same = f"rpad({sql}, {type_.length}, ' ')", False
    return Typed(
        sql,
        replace(type_, collation=value.type.collation),
        constant=value.constant if is_same else None,
        rank=value.rank,
        is_basic=is_checked,
        is_column=value.is_column and is_same,
        argument=value.argument if is_same else None,
    )


# The printable characters of windows-1252 beyond ASCII.
_CODE_PAGE: Final = "\u00a0-\u00ff" + "".join(
    bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
)


def _fits_code_page(node: exp.Expr, value: Typed) -> bool:
    """Whether a varchar is known to hold the string; raises Refused for a literal that it does not."""
    if isinstance(value.constant, str):
        try:
            value.constant.encode("cp1252")
        except UnicodeEncodeError as error:
            raise refused(node, "the string has a character that a varchar cannot hold", "use nvarchar") from error
        return True
    return value.type.collation is None or value.type.collation.name is None


def _in_code_page(emitter: Emitter, value: Typed) -> str:
    """The string, or an error for a character that SQL Server would put another one for."""
    return guarded(
        emitter.writer,
        value.sql,
        value.type,
        fails_if=f"{value.sql} ~ '[^\t-~{_CODE_PAGE}]'",
        message="the string has a character that a varchar cannot hold",
        witnesses=[value.sql],
    )
