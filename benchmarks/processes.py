"""Many processes on one PostgreSQL store: what a delivery costs with 2, 4 and 8 workers beside two `serve`.

`python -m benchmarks.processes` prints a line for each number, by APTIC_TEST_POSTGRES_URL. Where there are fewer
processors than processes, rates say little, and the processor time of a delivery says all.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy

from benchmarks.backends import Backends
from benchmarks.load import cpu_seconds
from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.serving import serving
from benchmarks.temporary import empty_database
from benchmarks.workers import EVENT, publish, worker
from webhooks.store.store import Store

WORKERS: Final = (2, 4, 8)
_ROUNDS: Final = 3
_URLS: Final = 8
_COUNT: Final = 8_000  # deliveries, of which each event has one for each URL
_MOST: Final = 1.2
_SERVER: Final = sqlalchemy.text(
    "SELECT xact_commit, deadlocks, xact_rollback FROM pg_stat_database WHERE datname = current_database()"
)
_TOLD_SECONDS: Final = 1.5  # within which backends tell of what they met
_LEFT: Final = sqlalchemy.text("SELECT count(*) FROM delivery WHERE state <> 'delivered'")
_AGAIN: Final = sqlalchemy.text("SELECT count(*) FROM delivery WHERE attempts <> 1")


@dataclass(frozen=True)
class Cost:
    """Of one delivery, but for `deadlocks`, `rolled_back` and `again`: deliveries of more than one attempt."""

    service: float
    backend: float
    wal: float
    transactions: float
    rate: float
    deadlocks: int
    rolled_back: int
    again: int

    @property
    def cpu(self) -> float:
        """Seconds of processor."""
        return self.service + self.backend


def run(url: str) -> Iterator[Result]:
    """Eight workers against two in turns, with receivers that answer at once and after 50 ms."""
    for delay in (0.0, 0.05):
        turns = [tuple(measured(url, delay, (WORKERS[0], WORKERS[-1]))) for _ in range(_ROUNDS)]
        ratios = sorted(eight.cpu / two.cpu for two, eight in turns)
        two, eight = (statistics.median(cost.cpu for cost in costs) for costs in zip(*turns, strict=True))
        name = f"processes: processor time of a delivery, 8 workers / 2, {delay * 1e3:.0f} ms receivers"
        ratio, spread = statistics.median(ratios), (ratios[0], ratios[-1])
        yield Result(name, eight, two, ratio, spread, f"≤ {_MOST}", ratio <= _MOST)
        bad = sum(cost.deadlocks + cost.again for costs in turns for cost in costs)
        name = f"processes: deadlocks, and deliveries of two attempts, {delay * 1e3:.0f} ms receivers"
        yield Result(name, bad, 0, bad, (bad, bad), "≤ 0", bad == 0, "")


def measured(url: str, delay: float, counts: Sequence[int] = WORKERS) -> Iterator[Cost]:
    """The costs with so many workers; prints each."""
    with receiver(delay) as port:
        for count in counts:
            cost = _cost(url, port, count)
            print(
                f"  {count} workers and 2 serve, {delay * 1e3:.0f} ms: {cost.rate:,.0f}/s, processor"
                f" {cost.service * 1e6:.0f} + {cost.backend * 1e6:.0f} µs, WAL {cost.wal / 1024:.1f} KiB,"
                f" {cost.transactions:.2f} transactions, {cost.deadlocks} deadlocks, {cost.rolled_back} rolled back,"
                f" {cost.again} sent again; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            yield cost


def _cost(url: str, port: int, count: int) -> Cost:
    opened = ["--allow-http", "--allow-network", "127.0.0.1/32", "--allow-port", str(port)]
    with contextlib.ExitStack() as stack:
        store_url = stack.enter_context(empty_database(url))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        first = stack.enter_context(serving(*opened, "--store", store_url))
        shared = [*opened, "--store", store_url, "--key-file", str(Path(first.where[1]) / "keys")]
        pids = [first.pid, stack.enter_context(serving(*shared, name="other")).pid]
        for number in range(count):
            pids.append(stack.enter_context(worker(folder / f"log-{number}", "--data", str(folder), *shared)))
        for number in range(_URLS):
            first.register(f"http://127.0.0.1:{port}/{number}", EVENT)
        store = stack.enter_context(Store(store_url))
        backends = stack.enter_context(contextlib.closing(Backends(store_url)))
        _deliver(store, _COUNT // 10)  # endpoints begin with one turn at a time
        before, at = _counted(store, backends, pids), time.monotonic()
        _deliver(store, _COUNT)
        seconds = time.monotonic() - at
        after = _counted(store, backends, pids)
        service, backend, wal, transactions, deadlocks, rolled_back = (
            end - begin for begin, end in zip(before, after, strict=True)
        )
        again = int(store.read_now(lambda connection: connection.scalar(_AGAIN)) or 0)
        return Cost(
            service=service / _COUNT,
            backend=backend / _COUNT,
            wal=wal / _COUNT,
            transactions=transactions / _COUNT,
            rate=_COUNT / seconds,
            deadlocks=int(deadlocks),
            rolled_back=int(rolled_back),
            again=again,
        )


def _counted(store: Store, backends: Backends, pids: list[int]) -> list[float]:
    spent = [sum(map(cpu_seconds, pids)), backends.cpu(), backends.wal()]
    time.sleep(_TOLD_SECONDS)
    return [*spent, *store.read_now(lambda connection: connection.execute(_SERVER).one())]


def _deliver(store: Store, count: int) -> None:
    """Publishes, and waits until all has arrived."""
    asyncio.run(publish(store, count // _URLS))
    until = time.monotonic() + 300
    while store.read_now(lambda connection: connection.scalar(_LEFT)):
        assert time.monotonic() < until
        time.sleep(0.2)


if __name__ == "__main__":
    for each in (0.0, 0.05):
        for _ in measured(os.environ["APTIC_TEST_POSTGRES_URL"], each):
            pass
