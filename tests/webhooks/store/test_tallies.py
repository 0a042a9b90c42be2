"""Tallies in the store: added up over processes and times, and erased."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.store import tallies
from webhooks.store.tallies import EVERY_ENDPOINT, Key, Series, Tally, What

MINUTE = Series.MINUTES.grain


def key(at: int, outcome: str = "2xx", *, series: Series = Series.MINUTES, endpoint: int = EVERY_ENDPOINT) -> Key:
    return Key(series, endpoint, What.ATTEMPT, at * series.grain, outcome)


Do = Callable[..., Any]


@pytest.fixture(autouse=True)
def _empty(write: Do) -> None:
    write(lambda connection: connection.execute(text("DELETE FROM tally")))


def minutes(read: Do, **kwargs: int) -> list[Tally]:
    wanted = {"since": 0, "until": 100 * MINUTE, "step": MINUTE} | kwargs
    return read(tallies.read, Series.MINUTES, What.ATTEMPT, **wanted)


def test_processes_and_minutes_are_added_up(write: Do, read: Do) -> None:
    write(tallies.add, 1, {key(4): (2, 50), key(5): (1, 5), key(5, "timeout"): (1, 9)})
    write(tallies.add, 1, {key(4): (3, 10)})
    write(tallies.add, 2, {key(4): (4, 1), key(8): (1, 1), key(4, endpoint=7): (90, 90)})
    assert minutes(read, since=4 * MINUTE, until=8 * MINUTE) == [
        Tally(4 * MINUTE, "2xx", 9, 61),
        Tally(5 * MINUTE, "2xx", 1, 5),
        Tally(5 * MINUTE, "timeout", 1, 9),
    ]
    assert minutes(read, step=5 * MINUTE) == [
        Tally(0, "2xx", 9, 61),
        Tally(5 * MINUTE, "2xx", 2, 6),
        Tally(5 * MINUTE, "timeout", 1, 9),
    ]
    assert minutes(read, endpoint=7) == [Tally(4 * MINUTE, "2xx", 90, 90)]


def test_an_endpoint_has_its_own(write: Do, read: Do) -> None:
    hours = Series.ENDPOINT_HOURS
    write(tallies.add, 1, {key(1, series=hours, endpoint=7): (1, 1), key(3, series=hours, endpoint=7): (2, 2)})
    write(tallies.add, 2, {key(3, "4xx", series=hours, endpoint=7): (3, 3), key(3, series=hours, endpoint=8): (4, 4)})
    found = [read(tallies.by_endpoint, id_, 2 * hours.grain) for id_ in (7, 8, 9)]
    assert found == [{"2xx": 2, "4xx": 3}, {"2xx": 4}, {}]


def test_a_series_is_erased_in_steps_and_no_other(write: Do, read: Do) -> None:
    count = tallies.ERASED_AT_ONCE + 5
    write(tallies.add, 1, {key(minute): (1, 1) for minute in range(count + 1)} | {key(0, series=Series.HOURS): (1, 1)})

    def erase() -> int:
        return write(tallies.erase, Series.MINUTES, count * MINUTE)

    assert [erase(), erase(), erase()] == [tallies.ERASED_AT_ONCE, 5, 0]
    assert minutes(read, until=2 * count * MINUTE) == [Tally(count * MINUTE, "2xx", 1, 1)]
    hours = read(tallies.read, Series.HOURS, What.ATTEMPT, since=0, until=1, step=Series.HOURS.grain)
    assert hours == [Tally(0, "2xx", 1, 1)]


def test_a_latency_is_under_the_first_bound_that_holds_it() -> None:
    bounds = tallies.LATENCY_BOUNDS
    assert [tallies.bound_of(value) for value in (0, bounds[0], bounds[0] + 1, bounds[-1], bounds[-1] + 1)] == [
        str(bounds[0]),
        str(bounds[0]),
        str(bounds[1]),
        str(bounds[-1]),
        tallies.LONGEST,
    ]
