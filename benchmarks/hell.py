"""One good endpoint beside a thousand from hell, which are in a process of their own: what they may cost it."""

from __future__ import annotations

import asyncio
import itertools
import socket
import sys
import time
from collections.abc import Iterator, Sequence

import httpx

from benchmarks import guide
from benchmarks.arrivals import arrivals
from benchmarks.pairs import Result
from benchmarks.serving import Service, serving

_LEAST = 0.05  # seconds; a p99 below that says more of the machine
_URLS = 100  # of a client, at most
_BETWEEN = 0.02  # seconds between events for the good one
_AT_FIRST = 5  # events for each of the others
_AGAIN = 5.0  # seconds after which there is another
_PATIENCE = 60.0  # seconds for what takes milliseconds
_HELLS = {
    "event": "ledgerpayment",
    "data": {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"},
}
_GOOD = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}


def run() -> Iterator[Result]:
    """One row."""
    alone, beside = measure(hell=1000, rounds=300)
    allowed = max(2 * alone, _LEAST)
    print(f"  publish to arrival, p99: alone {alone * 1e3:.1f} ms, beside 1,000 from hell {beside * 1e3:.1f} ms")
    ratio = beside / allowed
    name = "delivery: p99 beside 1,000 from hell / the larger of 2x alone and 50 ms"
    yield Result(name, beside, allowed, ratio, (ratio, ratio), "≤ 1", ratio <= 1)


def measure(hell: int, rounds: int) -> tuple[float, float]:
    """The p99 of publish to arrival at a good endpoint in seconds: alone, and beside so many from hell."""
    sys.path.append(str(guide.ROOT / "tests"))
    from receivers.apart import receivers_apart  # type: ignore[import-not-found]  # noqa: PLC0415  of the tests

    with receivers_apart() as ports, socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        opened = ",".join(map(str, [port, *ports.values()]))
        with serving("--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", opened) as service:
            service.register(f"http://127.0.0.1:{port}/hook", "statuschange")
            return asyncio.run(_measure(service, listening, list(ports.values()), hell, rounds))


async def _measure(
    service: Service, listening: socket.socket, ports: Sequence[int], hell: int, rounds: int
) -> tuple[float, float]:
    async with (
        arrivals(listening) as arrived,
        httpx.AsyncClient(base_url=service.api, headers=service.headers, timeout=60) as client,
    ):

        async def publish(event: object) -> None:
            (await client.post("/v1/events", json=event)).raise_for_status()

        async def p99() -> float:
            latencies = []
            for _ in range(rounds):
                begun = time.perf_counter()
                await publish(_GOOD)
                latencies.append(await asyncio.wait_for(arrived.get(), _PATIENCE) - begun)
                await asyncio.sleep(_BETWEEN)
            return sorted(latencies)[int(rounds * 0.99)]

        async def keep_hell_busy() -> None:
            while True:
                await publish(_HELLS)
                await asyncio.sleep(_AGAIN)

        alone = await p99()
        await asyncio.to_thread(_register, service, ports, hell)
        await publish([_HELLS] * _AT_FIRST)
        busy = asyncio.create_task(keep_hell_busy())
        await asyncio.sleep(1)
        beside = await p99()
        busy.cancel()
        return alone, beside


def _register(service: Service, ports: Sequence[int], count: int) -> None:
    """Registers so many URLs at these ports, each an endpoint of its own."""
    urls = [f"http://127.0.0.1:{port}/{n}" for n, port in zip(range(count), itertools.cycle(ports), strict=False)]
    for start in range(0, count, _URLS):
        headers = {"X-API-Key": service.add_client(f"hell {start}")["api_key"]}
        with httpx.Client(base_url=service.api, headers=headers, timeout=60) as client:
            for url in urls[start : start + _URLS]:
                client.put("/v1/webhooks", json={"url": url, "events": ["ledgerpayment"]}).raise_for_status()
