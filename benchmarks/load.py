"""Load on an HTTP server from this process: raw sockets that are kept open, so that the client is not the limit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Load:
    """What came of a run: `latencies` are the seconds from when a request was due to its answer, sorted."""

    count: int
    seconds: float
    cpu: float
    latencies: list[float] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """The server's processor time for a request, in seconds."""
        return self.cpu / self.count

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def cpu_seconds(pid: int) -> float:
    """The processor time that a process and those that it started have used, all threads (clock_getcpuclockid(3))."""
    return sum(time.clock_gettime((~each << 3) | 2) for each in family(pid))


def family(pid: int) -> list[int]:
    """A process and those that it has started, and they."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(word) for children in tasks for word in children.read_text("ascii").split()]
    return [pid, *(each for child in children for each in family(child))]


@dataclass(frozen=True, slots=True)
class Target:
    """A server's port and process, and the status that each answer must have."""

    port: int
    pid: int
    status: int = 200


def closed(target: Target, next_request: Callable[[], bytes], *, connections: int, requests: int) -> Load:
    """Each connection sends its next request when it has the answer to the one before."""
    return asyncio.run(_closed(target, next_request, connections, requests))


def paced(target: Target, next_request: Callable[[], bytes], *, connections: int, rate: float, seconds: float) -> Load:
    """Requests are due at a steady rate, whether or not those before were answered; what waits counts as latency."""
    return asyncio.run(_paced(target, next_request, connections, rate, int(rate * seconds)))


@contextlib.asynccontextmanager
async def publisher(
    target: Target, headers: dict[str, str]
) -> AsyncIterator[Callable[[Mapping[str, object]], Awaitable[None]]]:
    """What publishes an event and waits for its answer, by one connection that costs little beside what is measured."""
    (client,) = await _connect(target, 1)

    async def publish(event: Mapping[str, object]) -> None:
        """Fails where it is not accepted."""
        answered = asyncio.get_running_loop().create_future()
        client.ask(
            request("POST", "/v1/events", headers, json.dumps(event).encode()), lambda: answered.set_result(None)
        )
        await answered

    with contextlib.closing(client.transport):
        yield publish


class _Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, status: int) -> None:
        self._expected = f"HTTP/1.1 {status} ".encode()
        self._received = b""
        self._answered: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, content: bytes, answered: Callable[[], None]) -> None:
        self._answered = answered
        self.transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        start = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[start:].split(b"\r", 1)[0]):
            return
        assert head.startswith(self._expected), self._received
        self._received = b""
        self._answered()


async def _connect(target: Target, count: int) -> list[_Client]:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Client(target.status), "127.0.0.1", target.port) for _ in range(count)
    ]
    return [client for _, client in made]


async def _closed(target: Target, next_request: Callable[[], bytes], connections: int, requests: int) -> Load:
    clients = await _connect(target, connections)
    done = asyncio.get_running_loop().create_future()
    latencies: list[float] = []
    left = requests

    def send(client: _Client) -> None:
        nonlocal left
        left -= 1
        sent = time.perf_counter()

        def answered() -> None:
            latencies.append(time.perf_counter() - sent)
            if left > 0:
                send(client)
            elif len(latencies) == requests:
                done.set_result(None)

        client.ask(next_request(), answered)

    start, cpu = time.perf_counter(), cpu_seconds(target.pid)
    for client in clients:
        send(client)
    await done
    load = Load(requests, time.perf_counter() - start, cpu_seconds(target.pid) - cpu, sorted(latencies))
    for client in clients:
        client.transport.close()
    return load


async def _paced(
    target: Target, next_request: Callable[[], bytes], connections: int, rate: float, requests: int
) -> Load:
    free = await _connect(target, connections)
    everyone = list(free)
    waiting: list[float] = []
    latencies: list[float] = []
    start, cpu = time.perf_counter(), cpu_seconds(target.pid)

    def send(client: _Client, due: float) -> None:
        def answered() -> None:
            latencies.append(time.perf_counter() - due)
            if waiting:
                send(client, waiting.pop(0))
            else:
                free.append(client)

        client.ask(next_request(), answered)

    for number in range(requests):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if free:
            send(free.pop(), due)
        else:
            waiting.append(due)
    while len(latencies) < requests:
        await asyncio.sleep(0.01)
    load = Load(len(latencies), time.perf_counter() - start, cpu_seconds(target.pid) - cpu, sorted(latencies))
    for client in everyone:
        client.transport.close()
    return load
