"""What the API costs on PostgreSQL against SQLite, asked in turns: the service's processor time, and the backends'."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from benchmarks.backends import Backends
from benchmarks.load import Load, Target, closed, paced, request
from benchmarks.pairs import Result
from benchmarks.service import new_events, register
from benchmarks.serving import Service, serving
from benchmarks.temporary import empty_database

_TURNS = 5
_BACKEND_SECONDS = 0.0003  # for one event by itself
_P99_SECONDS = 0.05
_ARRAY_SECONDS = 0.000227  # service and backends for an event of an array, before single ones shared their statements
_SIZE = 100


@dataclass(frozen=True, slots=True)
class _Turn:
    """The same load on SQLite and on PostgreSQL. Seconds and bytes are those of one event, or call."""

    sqlite: Load
    postgresql: Load
    backends: float
    wal: float


def run(url: str) -> Iterator[Result]:
    """Rows of PostgreSQL against SQLite, or against a limit."""
    with (
        empty_database(url) as store,
        serving() as embedded,
        serving("--store", store) as service,
        closing(Backends(store)) as backends,
    ):
        for each in (embedded, service):
            register(each)
        yield from _single(embedded, service, backends)
        turns = _turns(embedded, service, backends, size=_SIZE, connections=8, requests=100)
        _tell("arrays", turns)
        costs = [turn.postgresql.cpu / turn.postgresql.count / _SIZE + turn.backends for turn in turns]
        yield _row("intake, arrays: service and backends / what they took", costs, [_ARRAY_SECONDS] * _TURNS, at_most=1)
        for way in ("API key", "token"):
            yield _reads(embedded, service, way)


def _single(embedded: Service, service: Service, backends: Backends) -> Iterator[Result]:
    turns = _turns(embedded, service, backends, size=1, connections=64, requests=2000)
    _tell("single", turns)
    ours, theirs = [turn.postgresql.cost for turn in turns], [turn.sqlite.cost for turn in turns]
    yield _row("intake, single: processor time / SQLite's", ours, theirs, at_most=1.3)
    spent = [turn.backends for turn in turns]
    yield _row("intake, single: backends' processor time / its limit", spent, [_BACKEND_SECONDS] * _TURNS, at_most=1)
    took = [turn.postgresql.seconds / turn.postgresql.count for turn in turns]
    could = [turn.sqlite.seconds / turn.sqlite.count for turn in turns]
    yield _row("intake, single: time by the clock / SQLite's", took, could, at_most=1 / 0.7)
    target = Target(service.port, service.pid, status=202)
    rate = 0.5 / statistics.median(could)
    runs = [paced(target, new_events(service, 1), rate=rate, seconds=3, connections=64) for _ in range(3)]
    p99 = [each.percentile(0.99) for each in runs]
    yield _row(f"intake, single: p99 at {rate:,.0f} a second / its limit", p99, [_P99_SECONDS] * 3, at_most=1)


def _turns(
    embedded: Service, service: Service, backends: Backends, *, size: int, connections: int, requests: int
) -> list[_Turn]:
    """After one turn to warm up."""
    made: list[_Turn] = []
    targets = [(Target(each.port, each.pid, status=202), new_events(each, size)) for each in (embedded, service)]
    for _ in range(_TURNS + 1):
        (sqlite, theirs), (postgresql, ours) = targets
        first = closed(sqlite, theirs, connections=connections, requests=requests)
        cpu, wal = backends.cpu(), backends.wal()
        second = closed(postgresql, ours, connections=connections, requests=requests)
        count = requests * size
        made.append(_Turn(first, second, (backends.cpu() - cpu) / count, (backends.wal() - wal) / count))
    return made[1:]


def _tell(name: str, turns: list[_Turn]) -> None:
    wal = statistics.median(turn.wal for turn in turns)
    print(f"  intake on PostgreSQL, {name}: {wal:,.0f} bytes of its log an event", flush=True)


def _reads(embedded: Service, service: Service, way: str) -> Result:
    def asked(each: Service) -> Callable[[], bytes]:
        headers = each.headers if way == "API key" else {"Authorization": f"Bearer {each.token()}"}
        content = request("GET", "/v1/webhooks", headers)
        return lambda: content

    sides = [(Target(each.port, each.pid), asked(each)) for each in (embedded, service)]
    costs = [[closed(*side, connections=16, requests=600).cost for side in sides] for _ in range(15)]
    theirs, ours = zip(*costs[1:], strict=True)
    return _row(f"GET /v1/webhooks by {way}: processor time / SQLite's", list(ours), list(theirs), at_most=1.5)


def _row(name: str, ours: list[float], theirs: list[float], *, at_most: float) -> Result:
    ratios = sorted(mine / its for mine, its in zip(ours, theirs, strict=True))
    ratio = statistics.median(ratios)
    return Result(
        f"PostgreSQL: {name}",
        statistics.median(ours),
        statistics.median(theirs),
        ratio,
        (ratios[0], ratios[-1]),
        f"≤ {at_most:.3g}",
        ratio <= at_most,
    )
