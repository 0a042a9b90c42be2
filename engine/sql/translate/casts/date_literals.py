"""String literals read as dates and moments, at translation, by forms that us_english reads and no language otherwise.

An English name of a month may be an error in another language, and is never another month there. Of two numbers before
a year the second is the day for certain where they are equal, or where it is no month.
Sources: Microsoft Learn, "date", "datetime", "datetime2", "time" (Transact-SQL), "CAST and CONVERT".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.model import Kind, SqlType
from engine.model.families import MOMENTS
from engine.sql.translate.casts.constants import UnreadableError

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SHORT_MONTHS: Final = tuple(month[:3] for month in MONTHS)
_NUMBERS: Final = {
    name.casefold(): number for names in (MONTHS, SHORT_MONTHS) for number, name in enumerate(names, start=1)
}
_NAME: Final = "(?P<name>" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"

_YEAR: Final = r"(?P<year>\d{4})"
_DAYS: Final = (
    re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII),
    re.compile(_YEAR + r"(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})(?P<sign>[-/.])(?P<day>\d{1,2})(?P=sign)" + _YEAR, re.ASCII),
    re.compile(_NAME + r" {1,2}(?P<day>\d{1,2})(?:, ?| )" + _YEAR, re.ASCII | re.IGNORECASE),
    re.compile(r"(?P<day>\d{1,2}) " + _NAME + "(?:, ?| )" + _YEAR, re.ASCII | re.IGNORECASE),
)
"""How a day is written: 20240131, 2024-01-31, 1/31/2024, Jan 31, 2024 and 31 Jan 2024."""
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,7}))?)?(?: ?(?P<half>[AP]M))?",
    re.ASCII | re.IGNORECASE,
)
_ISO: Final = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d:\d\d(?:\.\d{1,7})?)", re.ASCII)
_BOTH: Final = re.compile(r"(?P<date>.*\d) {1,2}(?P<time>\d{1,2}:.*)")
_MONTHS_OF_A_YEAR: Final = 12
_FORMS: Final = "'2024-01-31', '20240131' or '2024-01-31T10:20:30.123'"

LITERAL_STYLES: Final = {
    23: re.compile(r"\d{4}-\d\d-\d\d"),
    112: re.compile(r"\d{8}"),
    120: re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?"),
    121: re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,3})?)?"),
    100: re.compile(r"[A-Za-z]{3} {1,2}\d{1,2} \d{4} {1,2}\d{1,2}:\d\d[AP]M"),
    106: re.compile(r"\d\d [A-Za-z]{3} \d{4}"),
    107: re.compile(r"[A-Za-z]{3} \d\d, \d{4}"),
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


YEAR: Final = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
"""A regular expression for the years that there are. DuckDB takes the year 0 for 1 BC."""
FIRST_DAY: Final = "1900-01-01"
"""What a string of nothing but blanks is as a date or moment; as a time it is midnight ("date (Transact-SQL)")."""


def is_blank(text: str) -> bool:
    """Whether there is nothing but blanks in the string."""
    return not text.strip(" ")


def day_pattern(style: int, year: str = YEAR) -> str:
    """A regular expression, the same for all readers, for a day in that style and blanks after it, or blanks."""
    form = DAY_STYLES[style].replace(".", "[.]")
    for letters, pattern in (("YYYY", year), ("MM", "[0-9]{2}"), ("DD", "[0-9]{2}")):
        form = form.replace(letters, pattern)
    return f"^( *|{form} *)$"


def day_parts(sql: str, style: int) -> str:
    """The SQL of a day as 2024-01-31, of that of a string in a style."""
    form = DAY_STYLES[style]
    places = [(form.index(letters) + 1, len(letters)) for letters in ("YYYY", "MM", "DD")]
    return "(" + " || '-' || ".join(f"substring({sql}, {place}, {length})" for place, length in places) + ")"


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


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with a time of day to 100 nanoseconds: `ticks` of the day."""

    day: date
    ticks: int


_DAY_TICKS: Final = 864_000_000_000


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
    """A day, a time of 1900-01-01, or both, a blank or a T between them."""
    found = _ISO.fullmatch(text) or _BOTH.fullmatch(text)
    day, time_ = (found["date"], found["time"]) if found is not None else (text, None)
    if found is None and _TIME.fullmatch(text) is not None:
        day, time_ = FIRST_DAY, text
    return Moment(_day(day), 0 if time_ is None else _ticks(time_, allows_long_fraction=allows_long_fraction))


def _day(text: str) -> date:
    found = next(filter(None, (form.fullmatch(text) for form in _DAYS)), None)
    if found is None:
        raise UnreadableError(f"write {_FORMS}; other forms depend on the language")
    parts = found.groupdict()
    day, named = int(parts["day"]), parts.get("name")
    month = _NUMBERS[named.casefold()] if named else int(parts["month"])
    if found.start("year") > found.start("day") and not named and month != day and day <= _MONTHS_OF_A_YEAR:
        raise UnreadableError(f"write {_FORMS}: which number is the month depends on the language")
    try:
        return date(int(parts["year"]), month, day)
    except ValueError as error:
        raise UnreadableError("there is no such day") from error


def _ticks(text: str, *, allows_long_fraction: bool = True) -> int:
    """The 100 nanoseconds of the day at a time of it."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise UnreadableError("write a time as '10:20:30.123'")
    fraction, half = found["fraction"] or "", (found["half"] or "").upper()
    if not allows_long_fraction and len(fraction) > 3:
        raise UnreadableError("a datetime has at most three digits after the second")
    hours, minutes, seconds = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hours > 23 or minutes > 59 or seconds > 59 or (half and not 1 <= hours <= 12):
        raise UnreadableError("there is no such time of day")
    if half:
        hours = hours % 12 + (12 if half == "PM" else 0)
    return ((hours * 60 + minutes) * 60 + seconds) * 10_000_000 + int(fraction.ljust(7, "0"))


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
    ticks = _to_digits(_ticks(text), digits)
    if ticks >= _DAY_TICKS:
        raise UnreadableError("the last moment of the day is rounded up")
    return (datetime.min + timedelta(microseconds=ticks // 10)).time().isoformat()
