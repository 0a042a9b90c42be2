"""Dates and moments by a custom pattern, or a standard one of one letter."""

from __future__ import annotations

import re
from typing import Final

from engine.model import Kind
from engine.sql.translate.casts.date_literals import MONTHS
from engine.sql.translate.formats.patterns import Place
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer

_DAYS: Final = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_STANDARD: Final = {
    "d": "M/d/yyyy",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt",
    "G": "M/d/yyyy h:mm:ss tt",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
}
"""The patterns of one letter that are the same in every version of .NET; those of month and day names are not."""
_TOKEN: Final = re.compile(
    r"""(?P<run>d{1,4}|M{1,4}|y{4}|y{1,2}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|f{1,3}|t{1,2})(?P<more>(?<=d)d|(?<=M)M|(?<=y)y|(?<=H)H|(?<=h)h|(?<=m)m|(?<=s)s|(?<=f)f|(?<=t)t)?
    |'(?P<single>[^']*)'|"(?P<double>[^"]*)"|\\(?P<escaped>.)|(?P<literal>[^dMyHhmsftFgKz%'"\\])""",
    re.VERBOSE | re.DOTALL,
)
_NUMBERS: Final = {"d": ("day", 2), "M": ("month", 2), "H": ("hour", 2), "m": ("minute", 2)}
_NAMED: Final = frozenset({"ddd", "dddd", "MMM", "MMMM", "t", "tt"})


def moment_text(writer: Writer, place: Place, value: Typed) -> str:
    """The value by the pattern; raises Refused for one that is not carried."""
    pattern = place.pattern
    if len(pattern) == 1:
        if place.is_plain_culture or pattern not in _STANDARD:
            place.refuse()
        pattern = _STANDARD[pattern]
    sql = writer.cast(value.sql, value.type) if value.type.kind is Kind.DATE else value.sql
    pieces, position = [], 0
    while position < len(pattern):
        found = _TOKEN.match(pattern, position)
        if found is None or found["more"]:
            place.refuse()
        pieces.append(_piece(writer, place, sql, found, has_time=value.type.kind is not Kind.DATE))
        position = found.end()
    if not pieces:
        place.refuse()
    return "(" + " || ".join(pieces) + ")"


def _piece(writer: Writer, place: Place, sql: str, found: re.Match[str], *, has_time: bool) -> str:
    run, literal = found["run"], found["literal"]
    if run is None:
        if literal in ("/", ":") and place.is_plain_culture:
            place.refuse()  # the culture has its own separators
        text = next(found[name] for name in ("single", "double", "escaped", "literal") if found[name] is not None)
        return writer.text_literal(text)
    if run in _NAMED:
        if place.is_plain_culture:
            place.refuse()
        return _name(sql, run, has_time=has_time)
    return _number(writer, sql, run, has_time=has_time)


def _name(sql: str, run: str, *, has_time: bool) -> str:
    if run[0] == "t":
        hour, before, after = _part(sql, "hour", has_time=has_time), "AM"[: len(run)], "PM"[: len(run)]
        return f"CASE WHEN {hour} < 12 THEN '{before}' WHEN {hour} >= 12 THEN '{after}' END"
    names = MONTHS if run[0] == "M" else _DAYS
    number = _part(sql, "month" if run[0] == "M" else "dow", has_time=True)
    shown = [name if len(run) == 4 else name[:3] for name in names]
    branches = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(shown, start=int(run[0] == "M")))
    return f"CASE {number} {branches} END"


def _number(writer: Writer, sql: str, run: str, *, has_time: bool) -> str:
    letter, width = run[0], len(run)
    match letter:
        case "y":
            year = _part(sql, "year", has_time=True)
            number = year if width > 2 else f"{year} % 100"
        case "h":
            number = f"(({_part(sql, 'hour', has_time=has_time)} + 11) % 12 + 1)"
        case "s" | "f":
            micros = f"CAST(extract(microseconds FROM {sql}) AS bigint)" if has_time else "CAST(0 AS bigint)"
            if letter == "s":
                number = writer.whole_division(micros, "1000000")
            else:
                number = writer.whole_division(f"({micros} % 1000000)", str(10 ** (6 - width)))
        case _:
            number = _part(sql, _NUMBERS[letter][0], has_time=has_time or letter in "dM")
    text = f"CAST({number} AS {writer.text})"
    return text if width == 1 else f"lpad({text}, {width}, '0')"


def _part(sql: str, unit: str, *, has_time: bool) -> str:
    return f"CAST(extract({unit} FROM {sql}) AS integer)" if has_time else "0"
