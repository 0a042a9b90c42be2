"""What a delivery costs by counts: commits, bytes of the write-ahead log, and processor time beside a plain loop's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import statistics
import tempfile
from collections.abc import Generator, Iterator, Mapping

import httpx

from benchmarks import delivery, guide
from benchmarks.backends import Backends
from benchmarks.floor import plain_loop
from benchmarks.load import cpu_seconds
from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.serving import Service, serving
from benchmarks.temporary import empty_database
from engine.testing import embedded_ledger

_COUNT = 10_000
_IDLE = 100
_SOON = {"SQLite": 0.005, "PostgreSQL": 0.008}  # seconds
_COMMITS = 'aptic_store_transactions_total{outcome="committed"} '


def run(url: str | None) -> Iterator[Result]:
    """Rows for each kind of store that there is."""
    with receiver(0) as port:
        cost = yield from _rows("SQLite", port, None)
        with tempfile.TemporaryDirectory(dir=os.environ.get("APTIC_BENCH_FOLDER")) as folder:
            yield _beside_floor("SQLite", cost, f"sqlite:///{folder}/store", port)
        if url is not None:
            with empty_database(url) as store:
                cost = yield from _rows("PostgreSQL", port, store)
            with empty_database(url) as store:
                yield _beside_floor("PostgreSQL", cost, store, port)


def _rows(name: str, port: int, store: str | None) -> Generator[Result, None, float]:
    """Gives the processor time of a delivery."""
    options = [*delivery.OPENED, "--definitions", str(guide.DEFINITION.parent), "--ledger-schema", str(guide.SCHEMA)]
    ledger = embedded_ledger(guide.SCHEMA, guide.DATA, guide.ROOT / ".cache")
    options += ["--ledger", f"duckdb:///{ledger}", *([] if store is None else ["--store", store])]
    with (
        socket.create_server(("127.0.0.1", 0)) as spare,
        serving(*options, "--allow-port", f"{port},{spare.getsockname()[1]}") as service,
    ):
        for kind, event in (("default", delivery.DEFAULT), ("custom", delivery.CUSTOM)):
            yield from _idle(kind, name, service, spare, event)
        return (yield from _busy(name, service, port, store))


def _beside_floor(name: str, cost: float, store: str, port: int) -> Result:
    floor = plain_loop(store, delivery.url_of(port), _COUNT)
    print(f"  {name}: {cost * 1e6:.0f} µs of processor a delivery, in a plain loop {floor * 1e6:.0f}")
    return _limited(f"delivery: processor time of one / a plain loop's, {name}", cost, floor, 2)


def _idle(
    kind: str, name: str, service: Service, spare: socket.socket, event: Mapping[str, object]
) -> Iterator[Result]:
    """Events that come one at a time: commits of the writer, with few others, and how soon they arrive."""
    before = _metric(service, _COMMITS)
    latencies = asyncio.run(delivery.one_by_one(service, spare, event, _IDLE))
    commits = (_metric(service, _COMMITS) - before) / _IDLE
    yield _limited(f"delivery: commits of an idle event with a {kind} body, {name}", commits, 1, 3.2, "")
    median = statistics.median(latencies)
    print(f"  {name}: publish to arrival of a {kind} body when idle, p50 {median * 1e3:.1f} ms")
    most = _SOON[name]
    yield _limited(
        f"delivery: publish to arrival of a {kind} body when idle, p50 / {most * 1e3:g} ms, {name}", median, most, 1
    )


def _busy(name: str, service: Service, port: int, store: str | None) -> Generator[Result, None, float]:
    """Ten thousand at once, after a checkpoint and some that warm the pages up. Gives the processor time of one."""
    service.register(delivery.url_of(port), "statuschange")
    with contextlib.ExitStack() as closing:
        server = None if store is None else closing.enter_context(contextlib.closing(Backends(store)))
        _deliver(service, 500)
        if server is not None:
            server.checkpoint()
        _deliver(service, 1000)
        costs, log = _costs(service, server), 0 if server is None else server.wal()
        _deliver(service, _COUNT)
        cost = [(after - before) / _COUNT for before, after in zip(costs, _costs(service, server), strict=True)]
        if server is not None:
            written = (server.wal() - log) / _COUNT
            yield _limited(f"delivery: bytes of log for one, {name}", written, 1, 5 * 1024, "B")
            words = f"service {cost[0] * 1e6:.0f} µs, backends {cost[1] * 1e6:.0f} µs"
            print(f"  {name}: {words}")
            yield _limited(f"delivery: processor time of service and backends for one, {name}", sum(cost), 0.0005, 1)
    return sum(cost)


def _deliver(service: Service, count: int) -> None:
    before = delivery.done(service)
    delivery.publish(service, delivery.DEFAULT, count)
    delivery.wait_for(service, before + count)


def _costs(service: Service, server: Backends | None) -> tuple[float, float]:
    """Processor seconds so far: of the service, and of its store's backends."""
    return cpu_seconds(service.pid), 0.0 if server is None else server.cpu()


def _metric(service: Service, name: str) -> float:
    lines = httpx.get(f"{service.administration}/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def _limited(name: str, ours: float, other: float, most: float, unit: str = "s") -> Result:
    ratio = ours / other
    return Result(name, ours, other, ratio, (ratio, ratio), f"≤ {most:g}", ratio <= most, unit)
