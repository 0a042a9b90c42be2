"""What delivering costs: one process against plain loops that store nothing, to a receiver in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import time
from collections.abc import Iterator, Mapping
from io import BytesIO

import httpx
import pycurl

from benchmarks import guide
from benchmarks.arrivals import arrivals
from benchmarks.load import Target, cpu_seconds, publisher
from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.serving import Service, serving
from benchmarks.temporary import empty_database, postgresql_ledger
from engine.testing import embedded_ledger

DEFAULT = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}
CUSTOM = {
    "event": "ledgerpayment",
    "data": {
        "paymentid": "18142",
        "ledgeraccountid": "111927",
        "revision": "1",
        "debtcreditorid": "1",
        "partytypeid": "1",
    },
}
_BODY = b'{"ledgeraccountid":"111927","status":"PAID","secret":"mySecret"}'
_DONE = 'aptic_attempts_total{outcome="2xx"} '
ARRAY = 1000
_AT_ONCE = 32  # as many as the service sends to one endpoint
OPENED = ("--allow-http", "--allow-network", "127.0.0.1/32", "--endpoint-rate", "1000000")
_MEMORY = 250  # MiB


def run(url: str | None) -> Iterator[Result]:
    """Rows for an embedded store; and with a server those that compare custom bodies there with others."""
    ledger = embedded_ledger(guide.SCHEMA, guide.DATA, guide.ROOT / ".cache")
    options = (*OPENED, "--definitions", str(guide.DEFINITION.parent), "--ledger-schema", str(guide.SCHEMA))
    with receiver(0) as port, socket.create_server(("127.0.0.1", 0)) as spare:
        opened = (*options, "--allow-port", f"{port},{spare.getsockname()[1]}")
        with serving("--ledger", f"duckdb:///{ledger}", *opened) as service:
            yield from _throughput(service, port)
            yield from _depth(service)
            yield _idle(service, spare)
            yield _memory(service)
        if url is not None:
            with (
                empty_database(url) as store,
                postgresql_ledger(url) as source,
                serving("--store", store, "--ledger", source, *opened) as service,
                serving("--ledger", source, *opened) as embedded,
            ):
                yield from _bursts(service, embedded, port)


def _throughput(service: Service, port: int) -> Iterator[Result]:
    """In turns: deliveries that are stored, and loops that store nothing: of httpx, and of pycurl.

    httpx is measured with as many requests at a time as the service sends, and one after the other, as is simplest.
    """
    service.register(url_of(port), "statuschange")
    turns = [
        (
            _deliver(service, DEFAULT, 20_000),
            asyncio.run(_httpx_at_once(port, 640)),
            _httpx_in_turn(port, 300),
            _bare_curl(port, 20_000),
        )
        for _ in range(5)
    ]
    medians = [statistics.median(column) for column in zip(*turns, strict=True)]
    names = "durable deliveries", f"httpx, {_AT_ONCE} at a time", "httpx, one after the other", "bare pycurl"
    print("  a second:", ", ".join(f"{name} {1 / each:,.0f}" for name, each in zip(names, medians, strict=True)))
    for column, least in ((1, 5.0), (2, 5.0), (3, 0.2)):
        ratios = sorted(turn[column] / turn[0] for turn in turns)
        yield Result(
            f"delivery: durable deliveries a second / {names[column]}",
            medians[0],
            medians[column],
            ratios[2],
            (ratios[0], ratios[-1]),
            f"≥ {least:g}",
            ratios[2] >= least,
        )


def _depth(service: Service) -> Iterator[Result]:
    """The processor time for a delivery with 100,000 others queued, against 1,000."""
    costs = []
    for queued in (1_000, 100_000):
        with _paused(service):
            publish(service, DEFAULT, queued)
            begun = done(service)
        cpu = cpu_seconds(service.pid)
        wait_for(service, begun + queued)
        costs.append((cpu_seconds(service.pid) - cpu) / queued)
    yield Result(
        "delivery: processor time for one with 100,000 queued / with 1,000",
        costs[1],
        costs[0],
        costs[1] / costs[0],
        (0, 0),
        "≤ 1.5",
        costs[1] <= 1.5 * costs[0],
    )


def _idle(service: Service, spare: socket.socket) -> Result:
    """From the publisher's request to the receiver's first byte, one event at a time."""
    latencies = asyncio.run(one_by_one(service, spare, DEFAULT))
    median = statistics.median(latencies)
    print(f"  publish to arrival when idle: p50 {median * 1e3:.1f} ms, p95 {sorted(latencies)[-5] * 1e3:.1f} ms")
    return Result(
        "delivery: publish to arrival when idle, p50 / 20 ms",
        median,
        0.02,
        median / 0.02,
        (min(latencies) / 0.02, max(latencies) / 0.02),
        "≤ 1",
        median < 0.02,
    )


async def one_by_one(
    service: Service, listening: socket.socket, event: Mapping[str, object], count: int = 100
) -> list[float]:
    """The seconds from each publisher's request to its arrival."""
    url = url_of(listening.getsockname()[1])
    service.call("PUT", "/v1/webhooks", {"url": url, "events": [event["event"]]})
    async with (
        arrivals(listening) as arrived,
        publisher(Target(service.port, service.pid, 202), service.headers) as publish_one,
    ):
        latencies = []
        for _ in range(count):
            await asyncio.sleep(0.02)
            begun = time.perf_counter()
            await publish_one(event)
            latencies.append(await arrived.get() - begun)
    service.call("DELETE", "/v1/webhooks", {"url": url})
    return latencies


def _bursts(service: Service, embedded: Service, port: int) -> Iterator[Result]:
    """Ten thousand events of each kind over PostgreSQL, and custom ones over SQLite with the same ledger, in turns."""
    for each in (service, embedded):
        each.register(url_of(port), "statuschange", "ledgerpayment")
    turns = [
        (
            _deliver(service, CUSTOM, 10_000),
            _deliver(service, DEFAULT, 10_000),
            _deliver(embedded, CUSTOM, 10_000),
        )
        for _ in range(3)
    ]
    medians = [statistics.median(column) for column in zip(*turns, strict=True)]
    custom, default, embedded_custom = (1 / each for each in medians)
    print(f"  a second, on PostgreSQL: {custom:,.0f} custom bodies, {default:,.0f} default ones;", end=" ")
    print(f"on SQLite: {embedded_custom:,.0f} custom ones")
    for column, name, least in (
        (1, "custom bodies / default ones, PostgreSQL", 0.5),
        (2, "custom bodies on PostgreSQL / on SQLite", 0.7),
    ):
        ratios = sorted(turn[column] / turn[0] for turn in turns)
        yield Result(
            f"delivery: a burst of 10,000 {name}",
            medians[0],
            medians[column],
            ratios[1],
            (ratios[0], ratios[-1]),
            f"≥ {least:g}",
            ratios[1] >= least,
        )


def _deliver(service: Service, event: Mapping[str, object], count: int) -> float:
    """Seconds for one of so many deliveries that were queued: from the resume to the last one that is stored."""
    with _paused(service):
        publish(service, event, count)
        begun = done(service)
    at = time.perf_counter()
    wait_for(service, begun + count)
    return (time.perf_counter() - at) / count


async def _httpx_at_once(port: int, count: int) -> float:
    async with httpx.AsyncClient(headers={"content-type": "application/json"}) as client:

        async def post_some() -> None:
            for _ in range(count // _AT_ONCE):
                (await client.post(url_of(port), content=_BODY)).raise_for_status()

        at = time.perf_counter()
        await asyncio.gather(*(post_some() for _ in range(_AT_ONCE)))
    return (time.perf_counter() - at) / count


def _httpx_in_turn(port: int, count: int) -> float:
    with httpx.Client(headers={"content-type": "application/json"}) as client:
        at = time.perf_counter()
        for _ in range(count):
            client.post(url_of(port), content=_BODY).raise_for_status()
    return (time.perf_counter() - at) / count


def _bare_curl(port: int, count: int, connections: int = 64) -> float:
    """As curl's own examples use its multi interface: handles that are used again as they end."""
    multi, left = pycurl.CurlMulti(), count
    for _ in range(connections):
        handle = pycurl.Curl()
        for option, value in (
            (pycurl.URL, url_of(port)),
            (pycurl.POSTFIELDS, _BODY),
            (pycurl.HTTPHEADER, ["Content-Type: application/json"]),
            (pycurl.WRITEFUNCTION, BytesIO().write),
        ):
            handle.setopt(option, value)
        multi.add_handle(handle)
        left -= 1
    at, done = time.perf_counter(), 0
    while done < count:
        multi.perform()
        _, ended, failed = multi.info_read()
        assert not failed, failed
        for handle in ended:
            multi.remove_handle(handle)
            done += 1
            if left:
                left -= 1
                multi.add_handle(handle)
        if not ended:
            multi.select(1.0)
    return (time.perf_counter() - at) / count


@contextlib.contextmanager
def _paused(service: Service) -> Iterator[None]:
    """The registrations are paused meanwhile."""
    urls = [found["url"] for found in service.call("GET", "/v1/webhooks")["webHooks"]]
    for url in urls:
        service.call("POST", "/v1/webhooks/pause", {"url": url})
    yield
    for url in urls:
        service.call("POST", "/v1/webhooks/resume", {"url": url})


def publish(service: Service, event: Mapping[str, object], count: int) -> None:
    """Publishes so many, in arrays."""
    for start in range(0, count, ARRAY):
        found = service.call("POST", "/v1/events", [event] * min(ARRAY, count - start))
        assert all("id" in result for result in found["results"])


def done(service: Service) -> int:
    """How many were delivered."""
    lines = httpx.get(f"{service.administration}/metrics").text.splitlines()
    return int(sum(float(line.removeprefix(_DONE)) for line in lines if line.startswith(_DONE)))


def wait_for(service: Service, count: int) -> int:
    """Looks seldom while much is left, since each look costs the service something, and often towards the end."""
    begun, first = time.monotonic(), done(service)
    found = first
    while found < count:
        passed = time.monotonic() - begun
        assert passed < 300, f"{found} of {count} were delivered in 300 s"
        left = passed * (count - found) / max(found - first, 1)
        time.sleep(min(max(left / 2, 0.02), 1.0))
        found = done(service)
    return found


def _memory(service: Service) -> Result:
    found = service.memory() / 2**20
    ratio = found / _MEMORY
    return Result("delivery: memory after all that", found, _MEMORY, ratio, (ratio, ratio), "≤ 1", ratio <= 1, "MiB")


def url_of(port: int) -> str:
    """A receiver's."""
    return f"http://127.0.0.1:{port}/hook"
