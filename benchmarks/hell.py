"""One good endpoint beside a thousand others, which are in a process of their own: what they may cost it.

They are from hell; or they are as good, and each event of theirs goes to all of them at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx

from benchmarks import guide
from benchmarks.arrivals import arrivals
from benchmarks.load import Target, publisher
from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.serving import Service, serving
from benchmarks.temporary import empty_database

_LEAST = 0.05  # seconds; a p99 below that says more of the machine
_URLS = 100  # of a client, at most
_BETWEEN = 0.02  # seconds between events for the good one
_PATIENCE = 60.0  # seconds for what takes milliseconds
_THEIRS = {
    "event": "ledgerpayment",
    "data": {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"},
}
_GOOD = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}


@dataclass(frozen=True, slots=True)
class Others:
    """Endpoints beside the good one: the ports that they are at, events for all of them first, and seconds between."""

    name: str
    ports: Callable[[], AbstractContextManager[Sequence[int]]]
    at_first: int
    again: float
    count: int = 1000


@contextlib.contextmanager
def _from_hell() -> Iterator[Sequence[int]]:
    sys.path.append(str(guide.ROOT / "tests"))
    from receivers.apart import receivers_apart  # type: ignore[import-not-found]  # noqa: PLC0415  of the tests

    with receivers_apart() as ports:
        yield list(ports.values())


@contextlib.contextmanager
def _good() -> Iterator[Sequence[int]]:
    with receiver(0) as port:
        yield [port]


HELL = Others("1,000 from hell", _from_hell, at_first=5, again=5.0)
WIDE = Others("events that go to 1,000 URLs", _good, at_first=0, again=1.0)


def run(url: str | None) -> Iterator[Result]:
    """Two rows for each kind of store that there is."""
    for others in (HELL, WIDE):
        yield _row("SQLite", others)
        if url is not None:
            with empty_database(url) as store:
                yield _row("PostgreSQL", others, "--store", store)


def _row(kind: str, others: Others, *options: str) -> Result:
    alone, beside = measure(others, 300, *options)
    allowed = max(2 * alone, _LEAST)
    print(f"  publish to arrival, p99, {kind}: alone {alone * 1e3:.1f} ms, beside {others.name} {beside * 1e3:.1f} ms")
    ratio = beside / allowed
    name = f"delivery: p99 beside {others.name} / the larger of 2x alone and 50 ms, {kind}"
    return Result(name, beside, allowed, ratio, (ratio, ratio), "≤ 1", ratio <= 1)


def measure(others: Others, rounds: int, *options: str) -> tuple[float, float]:
    """The p99 of publish to arrival at a good endpoint in seconds: alone, and beside the others."""
    with others.ports() as ports, socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        opened = ",".join(map(str, [port, *ports]))
        wanted = ("--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", opened)
        with serving(*wanted, *options) as service:
            service.register(f"http://127.0.0.1:{port}/hook", "statuschange")
            return asyncio.run(_measure(service, listening, ports, others, rounds))


async def _measure(
    service: Service, listening: socket.socket, ports: Sequence[int], others: Others, rounds: int
) -> tuple[float, float]:
    async with (
        arrivals(listening) as arrived,
        publisher(Target(service.port, service.pid, 202), service.headers) as publish,
        httpx.AsyncClient(base_url=service.api, headers=service.headers, timeout=60) as client,
    ):

        async def publish_theirs(content: object) -> None:
            (await client.post("/v1/events", json=content)).raise_for_status()

        async def p99() -> float:
            latencies = []
            for _ in range(rounds):
                begun = time.perf_counter()
                await publish(_GOOD)
                latencies.append(await asyncio.wait_for(arrived.get(), _PATIENCE) - begun)
                await asyncio.sleep(_BETWEEN)
            return sorted(latencies)[int(rounds * 0.99)]

        async def keep_others_busy() -> None:
            while True:
                await publish_theirs(_THEIRS)
                await asyncio.sleep(others.again)

        alone = await p99()
        await asyncio.to_thread(_register, service, ports, others.count)
        if others.at_first:
            await publish_theirs([_THEIRS] * others.at_first)
        busy = asyncio.create_task(keep_others_busy())
        await asyncio.sleep(1)
        beside = await p99()
        busy.cancel()
        return alone, beside


def _register(service: Service, ports: Sequence[int], count: int) -> None:
    """Registers so many URLs at these ports, each an endpoint of its own."""
    urls = [f"http://127.0.0.1:{port}/{n}" for n, port in zip(range(count), itertools.cycle(ports), strict=False)]
    for start in range(0, count, _URLS):
        headers = {"X-API-Key": service.add_client(f"other {start}")["api_key"]}
        with httpx.Client(base_url=service.api, headers=headers, timeout=60) as client:
            for url in urls[start : start + _URLS]:
                client.put("/v1/webhooks", json={"url": url, "events": ["ledgerpayment"]}).raise_for_status()
