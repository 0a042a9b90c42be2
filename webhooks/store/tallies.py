"""Tallies: how many attempts ended, and how long they took, for each minute and hour. Charts are drawn from them.

Each process adds to rows of its own, so none waits for another. Times and durations are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, text

from webhooks.store.bulk import NUMBER, TEXT, Bulk
from webhooks.store.clock import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND
from webhooks.store.queries import load

_SQL: Final = load("tallies")

EVERY_ENDPOINT: Final = 0
"""Stands where a tally is not of one endpoint: no registration has this number."""

LONGEST: Final = "more"
"""The outcome of a latency that is above the highest of LATENCY_BOUNDS."""

LATENCY_BOUNDS: Final = tuple(
    round(seconds * MICROSECONDS_PER_SECOND)
    for seconds in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 36_000, 86_400)
)
"""A latency is tallied under the first of these that is no less."""

ERASED_AT_ONCE: Final = 1000
"""How many rows one call of `erase` erases at most."""


class Series(StrEnum):
    """What is added up for how long."""

    MINUTES = "minute"
    HOURS = "hour"
    ENDPOINT_HOURS = "endpoint"
    """Of each endpoint by itself."""

    @property
    def grain(self) -> int:
        """The time that one row is for."""
        return (60 if self is Series.MINUTES else 3600) * MICROSECONDS_PER_SECOND

    @property
    def kept(self) -> int:
        """For how long a row is kept."""
        return _KEPT_DAYS[self] * MICROSECONDS_PER_DAY


_KEPT_DAYS: Final = {Series.MINUTES: 2, Series.HOURS: 396, Series.ENDPOINT_HOURS: 14}


class What(StrEnum):
    """What is counted."""

    ATTEMPT = "attempt"
    """Attempts that ended, by outcome, with the time that they took."""
    LATENCY = "latency"
    """Deliveries that arrived, by the bound of the time since their events were published."""


class Key(Struct, frozen=True):
    """One tally of a process. `at` is the beginning of its minute or hour."""

    series: Series
    endpoint: int
    what: What
    at: int
    outcome: str


class Tally(Struct, frozen=True):
    """What was added up from `at` on, over all processes."""

    at: int
    outcome: str
    count: int
    duration: int
    """The sum of their times."""


_ADD: Final = Bulk(
    _SQL["add"],
    series=TEXT,
    endpoint=NUMBER,
    what=TEXT,
    at=NUMBER,
    outcome=TEXT,
    process=NUMBER,
    number=NUMBER,
    duration=NUMBER,
)
_READ: Final = text(_SQL["read"])
_SINCE: Final = text(_SQL["by_endpoint"])
_OLD: Final = text(_SQL["old"])


def bound_of(latency: int) -> str:
    """The outcome that a latency is tallied under."""
    return next((str(bound) for bound in LATENCY_BOUNDS if latency <= bound), LONGEST)


def add(connection: Connection, process: int, counts: Mapping[Key, tuple[int, int]]) -> None:
    """Adds to the rows of a process the counts and durations."""
    _ADD.run(
        connection,
        [
            (key.series.value, key.endpoint, key.what.value, key.at, key.outcome, process, *count)
            for key, count in counts.items()
        ],
    )


def read(
    connection: Connection,
    series: Series,
    what: What,
    *,
    since: int,
    until: int,
    step: int,
    endpoint: int = EVERY_ENDPOINT,
) -> list[Tally]:
    """What was tallied from `since` on and before `until`, added up for each `step`, in the order of time."""
    values = {"series": series.value, "endpoint": endpoint, "what": what.value}
    found = connection.execute(_READ, values | {"since": since, "until": until, "step": step})
    return [Tally(at, outcome, int(count), int(duration)) for at, outcome, count, duration in found]


def by_endpoint(connection: Connection, id_: int, since: int) -> dict[str, int]:
    """How many attempts for an endpoint ended with each outcome since then, to the hour."""
    found = connection.execute(_SINCE, {"endpoint": id_, "since": since})
    return {outcome: int(count) for outcome, count in found}


def erase(connection: Connection, series: Series, before: int) -> int:
    """Erases up to ERASED_AT_ONCE rows of a series that are from before that time, and tells how many."""
    return connection.execute(_OLD, {"series": series.value, "before": before, "most": ERASED_AT_ONCE}).rowcount
