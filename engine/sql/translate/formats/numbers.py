"""Exact numbers by a standard pattern, a letter with a number of digits, or a custom one of `0` and `#`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct

from engine.model import Kind, SqlType
from engine.model.families import WHOLE
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.formats.patterns import Place
from engine.sql.translate.guards import guarded
from engine.sql.translate.kinds import decimal, precision_of, scale_of
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer
from engine.sql.translate.writers.writer import as_exact

_STANDARD: Final = re.compile(r"([nNfFcCdD])(\d?)")
_CUSTOM: Final = re.compile(
    r"(?P<before>[ $€£(+-]*)(?P<whole>(?:[#0][#0,]*[#0]|[#0]))?(?:\.(?P<places>0*#*))?(?P<after>[ A-DF-Za-df-z€£)%]*)"
)
_TEXT: Final = SqlType(Kind.NVARCHAR)
_DIGITS: Final = 2
_NET_DIGITS: Final = 28
_MOST_UNSCALED: Final = 2**96 - 1
"""What a decimal of .NET holds at most, its point left out: SQL Server has an error for more."""


class Shape(Struct, frozen=True, gc=False):
    """How a number is shown: at least `whole` digits before the point, from `least` to `most` after it."""

    whole: int
    least: int
    most: int
    is_grouped: bool = False
    before: str = ""
    after: str = ""
    has_no_minus: bool = False
    """A negative number is an error: versions of .NET differ in how they show one."""


def number_text(writer: Writer, place: Place, value: Typed) -> str:
    """The value by the pattern; raises Refused for one that is not carried."""
    if place.is_plain_culture:
        place.refuse()  # its point, groups and signs are its own
    shape = _standard(place, value) or _custom(place)
    scale = scale_of(value.type)
    if scale > _NET_DIGITS or ("%" in shape.after and precision_of(value.type) > MAX_PRECISION - 4):
        place.refuse()
    rounded = _rounded(writer, value, shape)
    sql = _written(writer, shape, rounded)
    too_large = (
        f"abs({value.sql}) > CAST({Decimal(_MOST_UNSCALED).scaleb(-scale):f} AS numeric({MAX_PRECISION},{scale}))"
    )
    fails_if = [too_large] if precision_of(value.type) > _NET_DIGITS else []
    fails_if += [f"{value.sql} < 0"] if shape.has_no_minus else []
    if not fails_if:
        return sql
    message = f"FORMAT with {place.pattern} is not carried for this number"
    return guarded(writer, sql, _TEXT, fails_if=" OR ".join(fails_if), message=message, witnesses=[value.sql])


def _standard(place: Place, value: Typed) -> Shape | None:
    found = _STANDARD.fullmatch(place.pattern)
    if found is None:
        if len(place.pattern) == 1 and place.pattern not in "0#":
            place.refuse()
        return None
    letter, digits = found[1].upper(), int(found[2]) if found[2] else None
    if letter == "D":
        if value.type.kind not in WHOLE:
            place.refuse()  # SQL Server gives NULL
        return Shape(digits or 1, 0, 0)
    places = _DIGITS if digits is None else digits
    if letter == "F":
        return Shape(1, places, places)
    is_money = letter == "C"
    return Shape(1, places, places, is_grouped=True, before="$" if is_money else "", has_no_minus=is_money)


def _custom(place: Place) -> Shape:
    found = _CUSTOM.fullmatch(place.pattern)
    if found is None or (found["whole"] is None and not found["places"]) or found["after"].count("%") > 1:
        place.refuse()
    whole, places = found["whole"] or "", found["places"] or ""
    digits = whole.replace(",", "")
    if "0" in digits and "#" in digits[digits.index("0") :]:
        digits = digits[: digits.index("0")] + "0" * (len(digits) - digits.index("0"))
    return Shape(digits.count("0"), places.count("0"), len(places), "," in whole, found["before"], found["after"])


class Rounded(Struct, frozen=True, gc=False):
    """A number with the places that are shown: its SQL, and that of its text without a sign."""

    sql: str
    text: str


def _rounded(writer: Writer, value: Typed, shape: Shape) -> Rounded:
    """Rounded half away from zero, as the casts of every ledger do."""
    precision, scale = precision_of(value.type), scale_of(value.type)
    sql = as_exact(value)
    if "%" in shape.after:
        precision += 4
        exact, hundred = (
            value.made(sql, decimal(precision - 4, scale)),
            Typed("CAST(100 AS numeric(3,0))", decimal(3, 0)),
        )
        sql = writer.decimal_operation("*", exact, hundred, decimal(precision, scale))
    type_ = decimal(min(precision - scale + 1 + shape.most, MAX_PRECISION), shape.most)
    sql = writer.cast(sql, type_)
    text = writer.decimal_text(f"abs({sql})", type_.precision or 0, shape.most)
    return Rounded(sql, text or sql)  # there is always a digit before the point


def _written(writer: Writer, shape: Shape, number: Rounded) -> str:
    """The sign, and the pieces of the pattern; SQL Server's .NET shows no sign before zero."""
    sign = f"CASE WHEN {number.sql} < 0 THEN '-' ELSE '' END"
    pieces = [sign, writer.text_literal(shape.before), _whole(writer, shape, number), _fraction(shape, number)]
    pieces.append(writer.text_literal(shape.after))
    return "(" + " || ".join(piece for piece in pieces if piece not in ("", "''")) + ")"


def _whole(writer: Writer, shape: Shape, number: Rounded) -> str:
    """What stands before the point."""
    sql = f"split_part({number.text}, '.', 1)" if shape.most else number.text
    if shape.whole == 0:
        sql = f"CASE {sql} WHEN '0' THEN '' ELSE {sql} END"
    elif shape.whole > 1:
        sql = f"lpad({sql}, CAST(greatest(length({sql}), {shape.whole}) AS integer), '0')"
    return writer.in_threes(sql) if shape.is_grouped else sql


def _fraction(shape: Shape, number: Rounded) -> str:
    """The point and what stands after it."""
    if not shape.most:
        return ""
    digits = f"split_part({number.text}, '.', 2)"
    if shape.least == shape.most:
        return f"'.' || {digits}"
    kept = f"left({digits}, {shape.least}) || rtrim(substring({digits}, {shape.least + 1}), '0')"
    return f"'.' || {kept}" if shape.least else f"CASE WHEN rtrim({digits}, '0') = '' THEN '' ELSE '.' || {kept} END"
