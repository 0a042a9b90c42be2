"""Dates and times as T-SQL writes and rounds them (Microsoft Learn, "Date and time types").

Only spellings that no language setting changes are read: `2026-11-24`, `20261124`, each also with a time behind a
blank or T, and for a time `10:20`, `10:20:30` or `10:20:30.1234567`. Every function raises ValueError, its message
going on after the column's name, for text that is no such moment or is out of the type's range.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

_TIME_OF_DAY = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
_MOMENT: Final = re.compile(
    rf"(?P<year>\d{{4}})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    rf"(?:[T ]{_TIME_OF_DAY})?(?: ?(?P<zone>Z|[+-]\d\d:\d\d))?",
    re.ASCII,
)
_TIME: Final = re.compile(_TIME_OF_DAY, re.ASCII)
_UNITS: Final = 10_000_000  # of 100 ns in a second, the finest that SQL Server holds
_EPOCH_DATE: Final = date(1900, 1, 1)


def date_value(text: str) -> date:
    """A date; a time behind it is cut off, as SQL Server does."""
    return _start(_matched(_MOMENT, text), zone=False).date()


def time_value(text: str, scale: int) -> time:
    """A time rounded to `scale` digits; a date before it is dropped."""
    found = _TIME.fullmatch(text)
    moment = _at(_EPOCH_DATE, found) if found else _start(_matched(_MOMENT, text), zone=False)
    rounded = _rounded(moment, found or _matched(_MOMENT, text), scale)
    if rounded.date() != moment.date():
        raise ValueError(f"rounds to the next day at {scale} digits")
    return rounded.time()


def datetime2_value(text: str, scale: int) -> datetime:
    """A datetime2 rounded to `scale` digits."""
    found = _matched(_MOMENT, text)
    return _rounded(_start(found, zone=False), found, scale)


def datetimeoffset_value(text: str, scale: int) -> datetime:
    """A datetimeoffset rounded to `scale` digits, with its own offset; zero where none is written."""
    found = _matched(_MOMENT, text)
    rounded = _rounded(_start(found, zone=True), found, scale)
    zone = found["zone"]
    if zone in (None, "Z"):
        return rounded.replace(tzinfo=UTC)
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    if minutes > 14 * 60 or int(zone[4:6]) > 59:
        raise ValueError("has an offset beyond 14:00")
    return rounded.replace(tzinfo=timezone(timedelta(minutes=minutes if zone[0] == "+" else -minutes)))


def datetime_value(text: str) -> datetime:
    """A datetime rounded to 1/300 s, which shows as .000, .003 or .007."""
    found = _matched(_MOMENT, text)
    start = _start(found, zone=False)
    ticks = _ticks(found)
    rounded = _sum(start, timedelta(milliseconds=(ticks * 20 + 3) // 6))
    if rounded.year < 1753:
        raise ValueError("is before 1753, where datetime begins")
    return rounded


def datetime_of_bytes(value: bytes) -> datetime:
    """A datetime of its 8 bytes: days from 1900-01-01, either way, and 1/300 s of the day."""
    ticks = int.from_bytes(value[4:])
    if len(value) != 8 or ticks >= 24 * 60 * 60 * 300:
        raise ValueError("is datetime, whose 8 bytes are days and 1/300 s of a day")
    day = _day(_EPOCH_DATE, int.from_bytes(value[:4], signed=True))
    if day.year < 1753:
        raise ValueError("is before 1753, where datetime begins")
    return day + timedelta(seconds=ticks // 300, milliseconds=(ticks % 300 * 20 + 3) // 6)


def smalldatetime_of_bytes(value: bytes) -> datetime:
    """A smalldatetime of its 4 bytes: days from 1900-01-01 and minutes of the day."""
    minutes = int.from_bytes(value[2:])
    if len(value) != 4 or minutes >= 24 * 60:
        raise ValueError("is smalldatetime, whose 4 bytes are days and minutes of a day")
    return _day(_EPOCH_DATE, int.from_bytes(value[:2])) + timedelta(minutes=minutes)


def date_of_bytes(value: bytes) -> date:
    """A date of its 3 bytes, days from 0001-01-01, the lowest byte first; scripts write a zero behind them."""
    if len(value) not in (3, 4) or value[3:] not in (b"", b"\0"):
        raise ValueError("is date, whose 3 bytes are days from the year 1")
    return _day(date.min, int.from_bytes(value[:3], "little")).date()


def smalldatetime_value(text: str) -> datetime:
    """A smalldatetime rounded to the minute."""
    found = _matched(_MOMENT, text)
    start = _start(found, zone=False)
    past = start.second * 300 + _ticks(found)
    rounded = _sum(start.replace(second=0), timedelta(minutes=1 if past >= 30 * 300 else 0))
    if not datetime(1900, 1, 1) <= rounded < datetime(2079, 6, 7):
        raise ValueError("is outside of 1900-01-01 to 2079-06-06, where smalldatetime lies")
    return rounded


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError("is not written as YYYY-MM-DD, with a time as hh:mm:ss.fffffff where one belongs to it")
    return found


def _start(found: re.Match[str], *, zone: bool) -> datetime:
    """The moment without its fraction."""
    if found["zone"] and not zone:
        raise ValueError("has an offset, which the column's type has not")
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise ValueError("is no date of the calendar") from None
    return _at(day, found)


def _at(day: date, found: re.Match[str]) -> datetime:
    try:
        clock = time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        raise ValueError("is no time of day") from None
    return datetime.combine(day, clock)


def _rounded(start: datetime, found: re.Match[str], scale: int) -> datetime:
    """`start` with its fraction, half rounded up at `scale` digits, as SQL Server does."""
    fraction = found["fraction"] or ""
    if len(fraction) > 7:
        raise ValueError("has more than seven digits of a second, which SQL Server refuses")
    step = 10 ** (7 - scale)
    units = (int(fraction.ljust(7, "0")) + step // 2) // step * step
    if units % 10:
        raise ValueError("has a digit below a microsecond, which this ledger cannot hold")
    return _sum(start, timedelta(microseconds=units // 10))


def _ticks(found: re.Match[str]) -> int:
    """The fraction in 1/300 s, as datetime holds it."""
    fraction = found["fraction"] or ""
    if len(fraction) > 3:
        raise ValueError("has more than three digits of a second, which SQL Server refuses for this type")
    return (int(fraction.ljust(3, "0")) * 3 + 5) // 10


def _day(first: date, days: int) -> datetime:
    """Midnight of the day that lies so many days after `first`."""
    try:
        return datetime.combine(first + timedelta(days=days), time.min)
    except OverflowError:
        raise ValueError("is no date of the calendar") from None


def _sum(start: datetime, more: timedelta) -> datetime:
    try:
        return start + more
    except OverflowError:
        raise ValueError("rounds to beyond the year 9999") from None
