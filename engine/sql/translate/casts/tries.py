"""TRY_CAST and TRY_CONVERT (Microsoft Learn, "TRY_CAST (Transact-SQL)"): NULL where the conversion fails.

A string is read where it is surely of a form that SQL Server reads, and NULL where it surely is of none. Of any other,
such as '$5' or '5 Jan', it is not documented, or not known here, which it is: that is an error, as with CAST.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp

from engine.guid import GUID_PATTERN
from engine.model import Kind, SqlType
from engine.model.families import DATED, DECIMALS, EXACT, MONEYS, STRINGS, WHOLE
from engine.sql.translate.casts.cast_text import written_out
from engine.sql.translate.casts.casts import converted, from_literal, style_of
from engine.sql.translate.casts.datatypes import data_type
from engine.sql.translate.casts.date_literals import DAY_STYLES, FIRST_DAY, day_parts, day_pattern
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried
from engine.sql.translate.guards import failure
from engine.sql.translate.kinds import precision_of, scale_of
from engine.sql.translate.typed import Typed

_BLANK: Final = "^ *$"
_NO_NUMBER: Final = "[A-Za-z:/_]|[.].*[.]|[0-9][-+][0-9]|[0-9] +[0-9]"
_NO_WHOLE_NUMBER: Final = f"{_NO_NUMBER}|[.,]"
_NO_DATE: Final = "^[^0-9]+$"
_NO_GUID: Final = "^[^{ ]|^.{0,35}$"
_LEAP: Final = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY_THERE_IS: Final = (
    "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)$"
)
"""A day that there is, as 2024-01-31, but for the year 0."""
_ANY_YEAR: Final = "[0-9]{4}"
_NO_YEAR: Final = "^0000"
_BOUNDS: Final = {
    Kind.TINYINT: (0, 255),
    Kind.SMALLINT: (-(2**15), 2**15 - 1),
    Kind.INT: (-(2**31), 2**31 - 1),
    Kind.BIGINT: (-(2**63), 2**63 - 1),
}
_COMPARED_DIGITS: Final = 18
"""As many digits as a number has that every ledger compares with a decimal exactly."""
_ISO_STYLES: Final = (23, 112)
"""The forms of a day that are read without a style."""


def try_cast(emitter: Emitter, node: exp.TryCast) -> Typed:
    """TRY_CAST(value AS type)."""
    return tried(emitter, node, emitter.scalar(node.this), data_type(emitter, node, node.args.get("to")), None)


def convert(emitter: Emitter, node: exp.Convert) -> Typed:
    """CONVERT(type, value [, style]) and TRY_CONVERT."""
    style, value = style_of(node), emitter.scalar(node.expression)
    make = tried if node.args.get("safe") else converted
    return make(emitter, node, value, data_type(emitter, node, node.this), style)


def tried(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    """`value` as `type_`, NULL where CAST or CONVERT would be an error."""
    kind = value.type.kind
    if value.is_null or type_.kind in STRINGS:
        return _surely(emitter, node, value, type_, style)
    if isinstance(value.constant, str):
        return _literal(emitter, node, value, type_, style)
    emitter.note_converted(value)
    if kind in STRINGS and (found := _READERS.get(type_.kind)) is not None:
        return Typed(found(emitter, node, value, type_, style), type_)
    if kind in EXACT and style is None and type_.kind in WHOLE | {Kind.DECIMAL}:
        return Typed(_within(emitter, node, value, type_), type_)
    if style is None and _is_sure(kind, type_.kind):
        return converted(emitter, node, value, type_, None)
    raise _not_carried(node, value.type, type_)


def _is_sure(kind: Kind, wanted: Kind) -> bool:
    """Whether every value of a type has one in the other."""
    return kind is wanted or (wanted is Kind.BIT and kind in EXACT) or (wanted is Kind.DATE and kind in DATED)


def _surely(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    """What no value can fail to become: NULL, and a string that is long enough."""
    if not value.is_null and value.type.kind not in STRINGS | DATED:
        longest = written_out(emitter, node, value, style).type.length
        if type_.length is not None and (longest is None or longest > type_.length):
            raise not_carried(node, f"what may not fit {type_.kind}({type_.length})", f"use {type_.kind}({longest})")
    return converted(emitter, node, value, type_, style)


def _literal(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> Typed:
    text = str(value.constant)
    try:
        return converted(emitter, node, value, type_, style) if style else from_literal(emitter, node, text, type_)
    except Refused:
        never = _NEVER.get(type_.kind)
        if never is None or re.search(never, text) is None:
            raise
        return Typed(emitter.writer.cast("NULL", type_), type_, is_typed_null=True)


def _not_carried(node: exp.Expr, from_: SqlType, to: SqlType) -> Refused:
    name = "TRY_CAST" if isinstance(node, exp.TryCast) else "TRY_CONVERT"
    return not_carried(node, f"{name} of {from_.kind} to {to.kind}", "use CAST, whose failure is an error")


def _within(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> str:
    """A number in the type, NULL where it has no room for it."""
    writer, kind = emitter.writer, value.type.kind
    if kind is Kind.BIT or (kind is Kind.DECIMAL and value.type.scale is None):
        raise _not_carried(node, value.type, type_)
    if type_.kind in WHOLE:
        number = f"round({value.sql}, 0)" if kind in MONEYS else f"trunc({value.sql})"
        number = value.sql if kind in WHOLE else number
        low, high = _BOUNDS[type_.kind]
        return f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {writer.cast(number, type_)} END"
    digits = precision_of(type_) - scale_of(type_)
    if precision_of(value.type) - scale_of(value.type) < digits:
        return writer.cast(value.sql, type_)
    if digits > _COMPARED_DIGITS:
        raise _not_carried(node, value.type, type_)
    rounded, limit = f"round({value.sql}, {scale_of(type_)})", 10**digits
    return f"CASE WHEN {rounded} > -{limit} AND {rounded} < {limit} THEN {writer.cast(value.sql, type_)} END"


def _read(emitter: Emitter, value: Typed, type_: SqlType, readings: Sequence[tuple[str, str]]) -> str:
    """What stands beside the first pattern that the string has, NULL where it is surely none, else an error."""
    branches = " ".join(f"WHEN {value.sql} ~ '{pattern}' THEN {made}" for pattern, made in readings)
    error = failure(emitter.writer, f"conversion failed: not surely a {type_.kind} or none", [value.sql], type_)
    never, null = _NEVER[type_.kind], emitter.writer.cast("NULL", type_)
    return f"CASE {branches} WHEN {value.sql} ~ '{never}' OR {value.sql} IS NULL THEN {null} ELSE {error} END"


def _whole(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> str:
    """Digits with a sign and blanks around, NULL where they are too many; blanks alone are 0."""
    if style:
        raise _not_carried(node, value.type, type_)
    writer = emitter.writer
    number = f"CAST({writer.trim(value.sql)} AS numeric(38,0))"
    low, high = _BOUNDS[type_.kind]
    readings = [
        (_BLANK, writer.cast("0", type_)),
        (
            "^ *[-+]?[0-9]{1,19} *$",
            f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {writer.cast(number, type_)} END",
        ),
        ("^ *[-+]?[1-9][0-9]{19,} *$", writer.cast("NULL", type_)),
    ]
    return _read(emitter, value, type_, readings)


def _decimal(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> str:
    """Digits with a point that fit the scale, NULL where there are too many before it, and where there are none."""
    if style:
        raise _not_carried(node, value.type, type_)
    digits, scale = precision_of(type_) - scale_of(type_), scale_of(type_)
    forms = [f"[0-9]{{1,{digits}}}([.][0-9]{{0,{scale}}})?"] if digits else []
    forms += [f"[.][0-9]{{1,{scale}}}"] if scale else []
    fits = f"^ *[-+]?0*({'|'.join(forms)}) *$"
    readings = [
        (_BLANK, emitter.writer.cast("NULL", type_)),
        (fits, emitter.writer.cast(emitter.writer.trim(value.sql), type_)),
        (f"^ *[-+]?[1-9][0-9]{{{digits},}}([.][0-9]*)? *$", emitter.writer.cast("NULL", type_)),
    ]
    return _read(emitter, value, type_, readings)


def _date(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> str:
    """A day in the style, or as 2024-01-31 or 20240131; NULL where there is no such day."""
    if style and style not in DAY_STYLES:
        raise _not_carried(node, value.type, type_)
    writer = emitter.writer
    readings = [(_BLANK, f"DATE '{FIRST_DAY}'")]
    for form in (style,) if style else _ISO_STYLES:
        iso = day_parts(value.sql, form)
        readings.append(
            (
                day_pattern(form, _ANY_YEAR),
                f"CASE WHEN {iso} ~ '{_DAY_THERE_IS}' AND NOT {iso} ~ '{_NO_YEAR}' THEN {writer.cast(iso, type_)} END",
            )
        )
    return _read(emitter, value, type_, readings)


def _guid(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType, style: int | None) -> str:
    """A string of the form with hyphens; what follows it is cut off."""
    if style:
        raise _not_carried(node, value.type, type_)
    readings = [(f"^{GUID_PATTERN}", emitter.writer.cast(f"left({value.sql}, 36)", type_))]
    return _read(emitter, value, type_, readings)


_READERS: Final[dict[Kind, Callable[[Emitter, exp.Expr, Typed, SqlType, int | None], str]]] = {
    **dict.fromkeys(WHOLE, _whole),
    Kind.DECIMAL: _decimal,
    Kind.DATE: _date,
    Kind.UNIQUEIDENTIFIER: _guid,
}
_NEVER: Final = {
    **dict.fromkeys(WHOLE, _NO_WHOLE_NUMBER),
    **dict.fromkeys(DECIMALS - MONEYS, _NO_NUMBER),
    **dict.fromkeys(DATED, _NO_DATE),
    Kind.UNIQUEIDENTIFIER: _NO_GUID,
}
