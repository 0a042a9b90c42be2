"""String literals read as another type, at translation, by the forms that do not depend on the language.

Sources: Microsoft Learn, "date", "datetime", "datetime2", "time" (Transact-SQL), "Constants", "uniqueidentifier".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.guid import is_guid
from engine.model import Kind, SqlType
from engine.model.families import MOMENTS

_DATE: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d|\d{8})[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?")
_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?")
_WHOLE: Final = re.compile(r" *[-+]?\d{1,19} *")
_DECIMAL: Final = re.compile(r" *([-+]?(?:\d+\.?\d*|\.\d+)) *", re.ASCII)

LITERAL_STYLES: Final = {
    23: re.compile(r"\d{4}-\d\d-\d\d"),
    112: re.compile(r"\d{8}"),
    120: re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?"),
    121: re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,3})?)?"),
    126: re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?)?"),
}
"""By CONVERT's style, the literals that read the same with it as without it."""
DAY_STYLES: Final = {
    23: "YYYY-MM-DD",
    101: "MM/DD/YYYY",
    102: "YYYY.MM.DD",
    103: "DD/MM/YYYY",
    104: "DD.MM.YYYY",
    105: "DD-MM-YYYY",
    110: "MM-DD-YYYY",
    111: "YYYY/MM/DD",
    112: "YYYYMMDD",
}
"""By CONVERT's style, how a day is written ("CAST and CONVERT (Transact-SQL)")."""


FIRST_DAY: Final = "1900-01-01"
"""What a string of nothing but blanks is as a date or moment; as a time it is midnight ("date (Transact-SQL)")."""


def is_blank(text: str) -> bool:
    """Whether there is nothing but blanks in the string."""
    return not text.strip(" ")


def day_pattern(style: int) -> str:
    """A regular expression, the same for all readers, for a day in that style and blanks after it, or blanks."""
    form = DAY_STYLES[style].replace(".", "[.]")
    for letters in ("YYYY", "MM", "DD"):
        form = form.replace(letters, f"[0-9]{{{len(letters)}}}")
    return f"^( *|{form} *)$"


def iso_day(text: str, style: int) -> str | None:
    """A literal in that style as 2024-01-31, None where it is another one."""
    if re.fullmatch(day_pattern(style), text) is None:
        return None
    if is_blank(text):
        return FIRST_DAY
    parts = [text[DAY_STYLES[style].index(letters) :][: len(letters)] for letters in ("YYYY", "MM", "DD")]
    return "-".join(parts)


_FIRST: Final = {Kind.DATETIME: date(1753, 1, 1), Kind.SMALLDATETIME: date(1900, 1, 1)}
_LAST: Final = {Kind.SMALLDATETIME: date(2079, 6, 6)}


class UnreadableError(ValueError):
    """The literal is none of the forms that are read; the message says which are."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with a time of day to 100 nanoseconds: `ticks` of the day."""

    day: date
    ticks: int


_DAY_TICKS: Final = 864_000_000_000
_FORMS: Final = "'2024-01-31', '20240131' or '2024-01-31T10:20:30.123'"


def whole_number(text: str) -> int:
    """A whole number with an optional sign and blanks around it."""
    if _WHOLE.fullmatch(text) is None:
        raise UnreadableError("write the number without quotes")
    return int(text)


def decimal_number(text: str, precision: int, scale: int) -> str:
    """A number with an optional sign and blanks around it, of no more digits than the type has on each side."""
    found = _DECIMAL.fullmatch(text)
    whole, _, fraction = (found[1] if found else "").lstrip("-+").partition(".")
    if found is None or len(whole.lstrip("0")) > precision - scale or len(fraction) > scale:
        raise UnreadableError("write the number without quotes")
    return found[1]


def guid(text: str) -> str:
    """A GUID with hyphens, in upper case."""
    if not is_guid(text):
        raise UnreadableError("write it as '80342534-2508-4CAB-A090-C25BF1DDF923'")
    return text.upper()


def bit(text: str) -> bool:
    """'true', 'false', '1' or '0'."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.casefold() not in known:
        raise UnreadableError("write 1 or 0")
    return known[text.casefold()]


def temporal(text: str, type_: SqlType) -> str:
    """The literal as a date, time or moment of that type, rounded as SQL Server rounds, in ISO form to microseconds."""
    if is_blank(text):
        text = "00:00" if type_.kind is Kind.TIME else FIRST_DAY
    if type_.kind is Kind.TIME:
        return _time_of(text, type_.scale or 0)
    moment = _moment(text, allows_long_fraction=type_.kind is not Kind.DATETIME)
    if type_.kind is Kind.DATE:
        return moment.day.isoformat()
    if type_.kind not in MOMENTS:
        raise UnreadableError("CAST it to the type that is meant")
    low, high = _FIRST.get(type_.kind, date.min), _LAST.get(type_.kind, date.max)
    if not low <= moment.day <= high:
        raise UnreadableError(f"a {type_.kind} lies between {low} and {high}")
    return _rounded(moment, type_).isoformat(sep=" ")


def _moment(text: str, *, allows_long_fraction: bool) -> Moment:
    found = _DATE.fullmatch(text)
    if found is not None and text.count("-") in (0, 2):
        return Moment(_day(text), 0)
    found = _MOMENT.fullmatch(text)
    if found is None or ("T" in text and ("-" not in text or found[4] is None)):
        raise UnreadableError(f"write {_FORMS}; other forms depend on the language")
    if not allows_long_fraction and len(found[5] or "") > 3:
        raise UnreadableError("a datetime has at most three digits after the second")
    return Moment(_day(found[1]), _day_ticks(found[2], found[3], found[4], found[5]))


def _day(text: str) -> date:
    digits = text.replace("-", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise UnreadableError("there is no such day") from error


def _day_ticks(hour: str, minute: str, second: str | None, fraction: str | None) -> int:
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise UnreadableError("there is no such time of day")
    return ((hours * 60 + minutes) * 60 + seconds) * 10_000_000 + int((fraction or "").ljust(7, "0"))


def _rounded(moment: Moment, type_: SqlType) -> datetime:
    """Rounded to the type's own step: 1/300 second for datetime, a minute for smalldatetime, digits for datetime2."""
    ticks = moment.ticks
    match type_.kind:
        case Kind.DATETIME:
            thirds = (ticks * 3 + 50_000) // 100_000
            milliseconds = (thirds * 10 + 1) // 3
            return _at(moment.day, milliseconds * 10_000)
        case Kind.SMALLDATETIME:
            # 29.998 seconds and less round down ("smalldatetime (Transact-SQL)"), which is to the thousandth.
            milliseconds = (ticks + 5_000) // 10_000
            return _at(moment.day, (milliseconds + 30_001) // 60_000 * 600_000_000)
        case _:
            return _at(moment.day, _to_digits(ticks, 7 if type_.scale is None else type_.scale))


def _to_digits(ticks: int, digits: int) -> int:
    step = 10 ** (7 - digits)
    rounded = (ticks + step // 2) // step * step
    if rounded % 10:
        raise UnreadableError("the ledger keeps microseconds: write at most six digits after the second")
    return int(rounded)


def _at(day: date, ticks: int) -> datetime:
    try:
        return datetime.combine(day, time()) + timedelta(microseconds=ticks // 10)
    except OverflowError as error:
        raise UnreadableError("the last moment of the year 9999 is rounded up") from error


def _time_of(text: str, digits: int) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        raise UnreadableError("write a time as '10:20:30.123'")
    ticks = _to_digits(_day_ticks(found[1], found[2], found[3], found[4]), digits)
    if ticks >= _DAY_TICKS:
        raise UnreadableError("the last moment of the day is rounded up")
    return (datetime.min + timedelta(microseconds=ticks // 10)).time().isoformat()
