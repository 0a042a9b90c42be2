"""The overview: how many attempts ended how and how long they took, what waits, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from pages.charts import bars, lines
from webhooks.doctor.examination import QUICK, examine
from webhooks.doctor.trouble import Trouble
from webhooks.model import MOST_COUNTED, DeliveryState
from webhooks.settings import Settings
from webhooks.store import tallies
from webhooks.store.clock import MICROSECONDS_PER_SECOND, moment, now
from webhooks.store.depth import read_depth
from webhooks.store.store import Store
from webhooks.store.tallies import LATENCY_BOUNDS, LONGEST, Series, Tally, What
from webhooks.window.desk import Desk

_MINUTE: Final = 60 * MICROSECONDS_PER_SECOND


class Span(Struct, frozen=True):
    """A time that charts are for."""

    name: str
    words: str
    series: Series
    step: int
    """Of one bar, in microseconds."""
    bars: int
    form: str
    """How times are written."""


SPANS: Final = {
    span.name: span
    for span in (
        Span("1h", "1 hour", Series.MINUTES, _MINUTE, 60, "%H:%M"),
        Span("24h", "24 hours", Series.MINUTES, 15 * _MINUTE, 96, "%H:%M"),
        Span("7d", "7 days", Series.HOURS, 120 * _MINUTE, 84, "%d %b %H:%M"),
        Span("30d", "30 days", Series.HOURS, 360 * _MINUTE, 120, "%d %b"),
    )
}
_CLASSES: Final = {"2xx": "arrived (2xx)", "3xx": "3xx", "4xx": "4xx", "5xx": "5xx"}
_NO_ANSWER: Final = "no answer"
_KINDS: Final = {"arrived (2xx)": "k2", "3xx": "k3", "4xx": "k4", "5xx": "k5", _NO_ANSWER: "kx"}
_PLACES: Final = {
    "dead": "/dead",
    "endpoints": "/endpoints",
    "held": "/endpoints?state=held",
    "composing": "/definitions",
    "processes": "/definitions",
    "work": "/deliveries?state=pending",
}
_HINTS: Final = {
    "dead": "Dead letters has them by endpoint and reason, and sends each again, or all of one reason.",
    "endpoints": "Ask the client. Its page sends a test, and resumes it.",
    "held": "What is held for 30 days is dead: resume the endpoint, or have the client remove it.",
    "processes": "Definitions shows which process has what. Give all the same, and have each reload them by SIGHUP.",
}
"""What to do where a page does it; the doctor's advice is for the command line."""


class Point(Struct, frozen=True):
    """What ended from `time` on: attempts by outcome, and seconds in which half and 95 of 100 deliveries arrived.

    The seconds are the bounds that these stayed within; None where nothing arrived.
    """

    time: datetime
    attempts: Mapping[str, int]
    p50: float | None
    p95: float | None


class Overview(Struct, frozen=True):
    """The service at a glance, as `aptic-webhooks status --json` prints it."""

    span: str
    waiting: Mapping[str, int]
    """Deliveries by state, and bodies that are to be composed or cannot be now."""
    oldest_seconds: Mapping[str, float]
    """For how long the longest due delivery and body have been due."""
    troubles: Sequence[Trouble]
    points: Sequence[Point]


def read(store: Store, settings: Settings, span: Span) -> Overview:
    """The overview now. Raises StoreError."""
    depth = store.read_now(read_depth)
    waiting = {state.value: count for state, count in depth.deliveries.items()}
    return Overview(
        span.name,
        waiting | {"bodies": depth.compositions, "parked": depth.parked},
        {"delivery": depth.oldest_delivery, "body": depth.oldest_composition},
        list(examine(store, settings, QUICK)),
        _points(store, span),
    )


async def show(desk: Desk, request: Request) -> Response:
    """The page."""
    span = SPANS.get(request.query_params.get("span", ""), SPANS["1h"])
    found = await desk.browse(lambda store: read(store, desk.settings, span))
    names = [name for name in _KINDS if any(name in point.attempts for point in found.points)] or ["arrived (2xx)"]
    times = [point.time for point in found.points]
    attempts = {name: [point.attempts.get(name, 0) for point in found.points] for name in names}
    latencies = {"p50": [point.p50 for point in found.points], "p95": [point.p95 for point in found.points]}
    values = {
        "found": found,
        "span": span,
        "spans": SPANS.values(),
        "names": names,
        "kinds": _KINDS,
        "places": _PLACES,
        "hints": _HINTS,
        "most_counted": MOST_COUNTED,
        "states": [state for state in DeliveryState if state.value in found.waiting],
        "sums": {name: sum(values) for name, values in attempts.items()},
        "attempts": bars(times, attempts, _KINDS, span.form),
        "latencies": lines(times, latencies, {"p50": "p50", "p95": "p95"}, span.form),
    }
    return desk.page(request, "overview", values, here="/")


def _points(store: Store, span: Span) -> list[Point]:
    until = now() // span.step * span.step + span.step
    since = until - span.bars * span.step
    query = partial(tallies.read, series=span.series, since=since, until=until, step=span.step)
    ended = _by_time(store.read_now(partial(query, what=What.ATTEMPT)))
    arrived = _by_time(store.read_now(partial(query, what=What.LATENCY)))
    return [
        Point(
            moment(at),
            _by_class(ended.get(at, ())),
            *_quantiles(arrived.get(at, ()), (0.5, 0.95)),
        )
        for at in range(since, until, span.step)
    ]


def _by_time(found: Iterable[Tally]) -> dict[int, list[Tally]]:
    times: dict[int, list[Tally]] = {}
    for each in found:
        times.setdefault(each.at, []).append(each)
    return times


def _by_class(found: Iterable[Tally]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found:
        name = _CLASSES.get(each.outcome, _NO_ANSWER)
        counts[name] = counts.get(name, 0) + each.count
    return counts


def _quantiles(found: Sequence[Tally], parts: Sequence[float]) -> list[float | None]:
    """The bounds, in seconds, that such parts of what was tallied stayed within."""
    total = sum(each.count for each in found)
    counts = {each.outcome: each.count for each in found}
    quantiles: list[float | None] = []
    for part in parts:
        below, bound = 0, None
        for outcome in (*map(str, LATENCY_BOUNDS), LONGEST):
            below += counts.get(outcome, 0)
            if total and below >= part * total:
                bound = (LATENCY_BOUNDS[-1] if outcome == LONGEST else int(outcome)) / MICROSECONDS_PER_SECOND
                break
        quantiles.append(bound)
    return quantiles
