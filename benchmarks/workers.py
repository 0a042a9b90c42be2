"""Workers on a PostgreSQL store, with receivers that take their time: what a second worker adds.

A receiver that takes 50 ms and is sent 10 deliveries at once takes 200 a second from one worker, which is waiting then,
not busy. So what is measured, by the clock, is whether two share the work well, where there are processors enough.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy

from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.temporary import empty_database
from engine.catalogue import Catalogue
from webhooks.model import PublishedEvent
from webhooks.store import events, registrations
from webhooks.store.store import Store

_MAIN = "import sys; from webhooks.cli.main import main; sys.exit(main())"
_DELAY = 0.05  # seconds
_AT_ONCE = 10  # deliveries to one endpoint by one worker
_ROUNDS = 3
_SECONDS = 8  # about what a round takes
EVENT = "statuschange"
_TARGET = 1.7


def run(url: str) -> Iterator[Result]:
    """Two workers against one, in turns."""
    with receiver(_DELAY) as port:
        turns = [tuple(_rate(url, port, count) for count in (1, 2)) for _ in range(_ROUNDS)]
    ratios = sorted(two / one for one, two in turns)
    one, two = (statistics.median(rates) for rates in zip(*turns, strict=True))
    print(f"  deliveries to a receiver that takes 50 ms: {one:,.0f} a second by one worker, {two:,.0f} by two")
    ratio = statistics.median(ratios)
    yield Result(
        "workers: two of them on one PostgreSQL store against one, 50 ms receivers",
        1 / two,
        1 / one,
        ratio,
        (ratios[0], ratios[-1]),
        f"≥ {_TARGET}",
        ratio >= _TARGET,
    )


def _rate(url: str, port: int, count: int) -> float:
    """Deliveries a second by so many workers."""
    with empty_database(url) as store_url, tempfile.TemporaryDirectory() as folder, Store(store_url) as store:
        where = ["--data", folder, "--store", store_url]
        program = [sys.executable, "-c", _MAIN, "clients", "add", "bench", "--json", *where]
        client = json.loads(subprocess.run(program, check=True, capture_output=True).stdout)
        hook = f"http://127.0.0.1:{port}/"
        limits = ["--endpoint-concurrency", str(_AT_ONCE)]
        opened = ["--allow-http", "--allow-network", "127.0.0.1/32", "--allow-port", str(port)]

        def register(connection: sqlalchemy.Connection) -> None:
            registrations.put(connection, client["client_id"], hook, [EVENT], {})

        asyncio.run(store.write(register))
        with contextlib.ExitStack() as workers:
            for number in range(count):
                workers.enter_context(worker(Path(folder) / f"log-{number}", *where, *opened, *limits))
            return _measure(store, round(_AT_ONCE / _DELAY * _SECONDS * count))


async def publish(store: Store, count: int) -> None:
    """Publishes so many events, in parts."""
    known = Catalogue.load().events[EVENT]
    arguments = {argument.name: argument.example or "1" for argument in known.arguments}
    event = PublishedEvent(code=EVENT, arguments=arguments)
    for start in range(0, count, 500):
        part = [event] * min(500, count - start)
        await store.write(events.Publish("bench", part))


def _measure(store: Store, count: int) -> float:
    asyncio.run(publish(store, count))
    begin, end = _when(store, count // 5), _when(store, count * 9 // 10)
    return (end[0] - begin[0]) / (end[1] - begin[1])


def _when(store: Store, delivered: int) -> tuple[int, float]:
    """So many, or a few more, were delivered at this time."""
    query = sqlalchemy.text("SELECT count(*) FROM delivery WHERE state = 'delivered'")
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = store.read_now(lambda connection: connection.scalar(query)) or 0
        if found >= delivered:
            return found, time.monotonic()
        time.sleep(0.1)
    raise AssertionError(f"{delivered} deliveries took more than 120 s")


@contextlib.contextmanager
def worker(log: Path, *options: str) -> Iterator[int]:
    """One in a process of its own, whose id this gives."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "worker", *options], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), log.read_text()
            yield process.pid
        finally:
            process.kill()
