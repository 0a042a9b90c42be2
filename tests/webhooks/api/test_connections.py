"""What connections may cost before it is known who asks: how many there are, and what is read of their bodies."""

import asyncio
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from serving import echo, reading, served
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api import connection
from webhooks.api.connection import READ_BYTES

HEAD = b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
ASK = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def connected(port: int, *sent: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as made:
        for part in sent:
            made.sendall(part)
        yield made


def answer_of(made: socket.socket) -> bytes:
    answer = b""
    try:
        while received := made.recv(65536):
            answer += received
    except ConnectionResetError:
        pass
    return answer


class Gate:
    """An application that answers 401 without a look at the body, once it is opened."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.open = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.release()
        while not self.open.is_set():
            await asyncio.sleep(0.01)
        await Response(b"{}", status_code=401)(scope, receive, send)


def test_no_more_of_a_body_is_read_than_came_with_the_head() -> None:
    """Who is not known yet cannot fill our memory: what is not read waits with the client, whose sending stops."""
    gate, sent = Gate(), 0
    with served(gate) as port, connected(port, HEAD % 1) as made:
        assert gate.asked.acquire(timeout=10)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
        made.settimeout(1)
        try:
            while sent < 100_000_000:
                sent += made.send(b"x" * 65536)
        except TimeoutError:
            pass
        gate.open.set()
        made.settimeout(10)
        answer = answer_of(made)
    assert sent < 100_000_000  # the system's buffers are full, and nobody reads
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close\r\n" in answer


def test_what_came_with_the_head_is_all_that_is_held(monkeypatch: Any) -> None:
    held: list[int] = []
    real = connection.Exchange.feed

    def feed(self: Any, part: bytes) -> None:
        held.append(len(part))
        real(self, part)

    monkeypatch.setattr(connection.Exchange, "feed", feed)
    gate = Gate()
    with served(gate) as port, connected(port, HEAD % 1 + b"x" * 500_000):
        assert gate.asked.acquire(timeout=10)
        time.sleep(0.2)
        assert 0 < sum(held) <= READ_BYTES
        gate.open.set()


def test_who_waits_longest_for_a_head_makes_room() -> None:
    with served(reading(echo), connections=5) as port, ExitStack() as stack:
        silent = [stack.enter_context(connected(port)) for _ in range(5)]
        time.sleep(0.1)
        for _ in range(3):
            with connected(port, ASK[:-2] + b"Connection: close\r\n\r\n") as made:
                assert answer_of(made).startswith(b"HTTP/1.1 200 ")
        assert answer_of(silent[0]) == b""  # closed
        silent[4].sendall(ASK)
        assert silent[4].recv(65536).startswith(b"HTTP/1.1 200 ")


def test_one_too_many_is_told_so_where_all_have_requests_under_way() -> None:
    gate = Gate()
    with served(gate, connections=3) as port, ExitStack() as stack:
        busy = [stack.enter_context(connected(port, ASK)) for _ in range(3)]
        for _ in busy:
            assert gate.asked.acquire(timeout=10)
        with connected(port) as made:
            answer = answer_of(made)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in answer
        gate.open.set()
        for made in busy:
            assert made.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_who_does_not_take_an_answer_is_cut_off(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection, "SEND_SECONDS", 0.3)

    async def large(_request: Request, _body: bytes) -> Response:
        return Response(b"x" * 20_000_000)

    with served(reading(large)) as port, connected(port, ASK * 10) as made:
        time.sleep(1)
        assert len(answer_of(made)) < 20_000_000 + 1000  # not ten of them


def test_what_is_pipelined_has_a_bound() -> None:
    with served(reading(echo)) as port, connected(port, ASK * 1000) as made:
        answer = answer_of(made)
    assert 0 < answer.count(b"HTTP/1.1 200 ") < 1000
    assert answer.count(b"connection: close") == 1


def test_who_shuts_down_its_half_hears_the_answer() -> None:
    with served(reading(echo)) as port, connected(port, ASK) as made:
        made.shutdown(socket.SHUT_WR)
        assert answer_of(made).startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="there is no /proc to measure by")
def test_fifteen_hundred_strangers_cost_little(service: Any) -> None:
    """Half heads, and bodies of a megabyte without credentials: they took 103 MB to 1 GB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))

    def resident() -> int:
        with open(f"/proc/{service.process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() // 1_000_000

    host, _, port = service.api.removeprefix("http://").partition(":")
    before = resident()
    try:
        with ExitStack() as stack:
            for number in range(1500):
                path = b"/login/oauth/access" if number % 3 == 0 else b"/v1/events"
                head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nX-API-Key: x\r\nContent-Length: 1000000\r\n"
                made = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
                made.setblocking(False)
                with suppress(OSError):
                    made.send(head + (b"X: " if number % 2 else b"\r\n") + b"y" * 60_000)
            time.sleep(0.5)
            assert resident() - before < 80
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
