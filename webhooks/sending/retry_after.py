"""Reads Retry-After (RFC 9110, 10.2.3), strictly: what is no seconds and no date was never said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_LONGEST = 1e12
"""Seconds. Whoever asks for more gets this."""

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAY = f"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DATES = (  # IMF-fixdate, RFC 850 and asctime: RFC 9110, 5.6.7 has a recipient take all three
    re.compile(f"{_WEEKDAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(
        f"(?P<weekday>{'|'.join(_LONG_WEEKDAYS)}), (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"
    ),
    re.compile(f"{_WEEKDAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)


def retry_after(head: Sequence[bytes], now: datetime) -> float | None:
    """The seconds from `now` that the lines of an answer's head ask for: 0 for a date that is over.

    None where there is no such line, a bad one, or two that differ.
    """
    values = {
        value.strip(b" \t\r\n").decode("latin-1")
        for name, _, value in (line.partition(b":") for line in head)
        if name.lower() == b"retry-after"
    }
    return _seconds(values.pop(), now) if len(values) == 1 else None


def _seconds(value: str, now: datetime) -> float | None:
    if re.fullmatch("[0-9]+", value):
        return float(value) if len(value) < 13 else _LONGEST
    found = next(filter(None, (form.fullmatch(value) for form in _DATES)), None)
    moment = None if found is None else _moment(found, now)
    return None if moment is None else max((moment - now).total_seconds(), 0.0)


def _moment(found: re.Match[str], now: datetime) -> datetime | None:
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += now.year // 100 * 100
        if year > now.year + 50:
            year -= 100
    month = _MONTHS.index(found["month"]) + 1
    second = 59 if found["second"] == "60" else int(found["second"])  # a leap second
    try:
        moment = datetime(year, month, int(found["day"]), int(found["hour"]), int(found["minute"]), second, tzinfo=UTC)
    except ValueError:
        return None
    return moment if _WEEKDAYS[moment.weekday()] == found["weekday"][:3] else None
