"""The service in a process of its own, under load from this one.

Where other work shares the machine, the time on the clock says little. So what is compared is processor time: what the
service's process, all threads, used for one request. A core can do no more than its inverse each second; what the clock
said is printed beside it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx

from benchmarks import guide
from benchmarks.load import Load, Target, closed, paced, request
from benchmarks.pairs import Result
from benchmarks.serving import Service, serving
from benchmarks.temporary import empty_database, postgresql_ledger

_EVENT = {
    "event": "ledgerpayment",
    "data": {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"},
}
_URL = "https://receiver.example/hook"
_SINGLE, _ARRAY = 1_500, 10_000  # events a second, at least
_P99 = 0.05
_MEMORY = 130  # MiB
_SIZE = 100  # events in an array


def run(url: str | None) -> Iterator[Result]:
    """Rows for SQLite; what PostgreSQL costs against it is measured in `intake`."""
    with serving() as service:
        register(service)
        print(f"service: {service.started:.2f} s to the first answer, {service.memory() / 2**20:.0f} MiB idle")
        yield Result(
            "service: start to first answer",
            service.started,
            2.0,
            service.started / 2,
            (0, 0),
            "≤ 1",
            service.started < 2,
        )
        yield from _reads(service)
        yield from _intake(service)
    if url is not None:
        yield _memory(url)
        with empty_database(url) as store, serving("--store", store) as service:
            register(service)
            print(f"service on PostgreSQL: {service.memory() / 2**20:.0f} MiB idle")


def _memory(url: str) -> Result:
    """What an idle service holds that has composed a body from a ledger on PostgreSQL."""
    options = ("--definitions", str(guide.DEFINITION.parent), "--ledger-schema", str(guide.SCHEMA))
    with postgresql_ledger(url) as ledger, serving("--ledger", ledger, *options) as service:
        service.register(_URL, "ledgerpayment")
        event = service.call("POST", "/v1/events", {**_EVENT, "data": guide.ARGUMENTS})
        _wait_until_composed(service, event["id"])
        used = service.memory() / 2**20
    ratio = used / _MEMORY
    print(f"service with a PostgreSQL ledger: {used:.0f} MiB idle")
    return Result(
        "service: idle memory with a PostgreSQL ledger", used, _MEMORY, ratio, (ratio, ratio), "≤ 1", ratio <= 1, "MiB"
    )


def _wait_until_composed(service: Service, event_id: str) -> None:
    """Until its delivery has been tried: nobody is at the URL."""
    for _ in range(600):
        (delivery,) = (
            each for each in service.call("GET", "/v1/deliveries")["deliveries"] if each["eventId"] == event_id
        )
        if service.call("GET", f"/v1/deliveries/{delivery['id']}")["attempts"]:
            return
        time.sleep(0.1)
    raise AssertionError("no body was composed in a minute")


def register(service: Service) -> None:
    """A URL to which nothing is sent: only intake is measured here."""
    service.register(_URL, "ledgerpayment")
    service.call("POST", "/v1/webhooks/pause", {"url": _URL})


def new_events(service: Service, size: int) -> Callable[[], bytes]:
    """Requests with events of ids that were not used before."""
    numbers, run = itertools.count(), time.time_ns()

    def make() -> bytes:
        events = [{**_EVENT, "id": f"{run}-{next(numbers)}"} for _ in range(size)]
        return request("POST", "/v1/events", service.headers, json.dumps(events[0] if size == 1 else events).encode())

    return make


def _reads(service: Service) -> Iterator[Result]:
    """The list of registrations, by each way to authenticate, against a bare handler with the same bytes."""
    ways = {"API key": service.headers, "token": {"Authorization": f"Bearer {service.token()}"}}
    content = httpx.get(f"http://127.0.0.1:{service.port}/v1/webhooks", headers=ways["token"]).text
    with _bare(content) as bare:
        for name, headers in ways.items():
            asked, ours = request("GET", "/v1/webhooks", headers), Target(service.port, service.pid)
            turns = [(_get(ours, asked), _get(bare, asked)) for _ in range(25)]
            _tell(f"GET /v1/webhooks by {name}", turns[-1][0])
            ratios = sorted(mine.cost / its.cost for mine, its in turns)
            ratio = statistics.median(ratios)
            yield Result(
                f"service: GET /v1/webhooks by {name} / a bare Starlette handler",
                statistics.median(mine.cost for mine, _ in turns),
                statistics.median(its.cost for _, its in turns),
                ratio,
                (ratios[0], ratios[-1]),
                "≤ 2",
                ratio <= 2,
            )


def _get(target: Target, asked: bytes) -> Load:
    return closed(target, lambda: asked, connections=16, requests=600)


def _intake(service: Service) -> Iterator[Result]:
    for name, size, least, connections, requests in (
        ("single", 1, _SINGLE, 64, 6000),
        (f"arrays of {_SIZE}", _SIZE, _ARRAY, 8, 300),
    ):
        make, target = new_events(service, size), Target(service.port, service.pid, status=202)
        runs = [closed(target, make, connections=connections, requests=requests) for _ in range(3)]
        costs = sorted(load.cpu / (load.count * size) for load in runs)
        _tell(f"intake, {name}", runs[-1], size)
        yield Result(
            f"service: durable intake, {name}: CPU an event / {least:,} a second",
            costs[1],
            1 / least,
            costs[1] * least,
            (costs[0] * least, costs[-1] * least),
            "≤ 1",
            costs[1] * least <= 1,
        )
        half = paced(target, make, rate=least / size / 2, seconds=5, connections=64)
        p99 = half.percentile(0.99)
        _tell(f"intake, {name}, at half of {least:,} a second", half, size)
        yield Result(
            f"service: durable intake, {name}: p99 at half that load",
            p99,
            _P99,
            p99 / _P99,
            (half.percentile(0.5) / _P99, half.latencies[-1] / _P99),
            "≤ 1",
            p99 <= _P99,
        )


def _tell(what: str, load: Load, size: int = 1) -> None:
    count = load.count * size
    print(
        f"  {what}: {count / load.cpu:,.0f} a second of processor time; by the clock {count / load.seconds:,.0f} a "
        f"second, median {load.percentile(0.5) * 1e3:.1f} ms, p99 {load.percentile(0.99) * 1e3:.1f} ms",
        flush=True,
    )


@contextlib.contextmanager
def _bare(content: str) -> Iterator[Target]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", str(port)], stdin=subprocess.PIPE, text=True)
    with process:
        assert process.stdin is not None
        process.stdin.write(content + "\n")
        process.stdin.close()
        try:
            _wait_for(port)
            yield Target(port, process.pid)
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("the bare handler did not start")
