"""What connections may cost before it is known who asks: how many there are, and what is read of their bodies."""

import asyncio
import os
import resource
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
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
    """An application that answers 401 without a look at the body, once it is opened; who asks may be known to it."""

    def __init__(self, *, knows: bool = False) -> None:
        self.asked, self.cancelled = threading.Semaphore(0), threading.Semaphore(0)
        self.open = threading.Event()
        self.knows = knows

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.knows:
            Request(scope).state.client = "somebody"
        self.asked.release()
        try:
            while not self.open.is_set():
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled.release()
            raise
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


KEPT = b"GET /known HTTP/1.1\r\nHost: a\r\nX-API-Key: k\r\n\r\n"
DRIPPED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nx"


async def knowing(request: Request, body: bytes) -> Response:
    """As `echo`; who shows a key is known."""
    if "x-api-key" in request.headers:
        request.state.client = "somebody"
    return await echo(request, body)


@pytest.mark.parametrize("strangers_send", [b"", ASK[:-2], DRIPPED])
def test_strangers_make_room_for_clients(strangers_send: bytes) -> None:
    """Whatever they do, a body byte by byte, too: the idle connection of a client's proxy is older, and stays."""
    with served(reading(knowing), connections=5) as port, ExitStack() as stack:
        kept = stack.enter_context(connected(port, KEPT))
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")
        for _ in range(20):
            stack.enter_context(connected(port, strangers_send))
            with connected(port, KEPT) as made:
                assert made.recv(65536).startswith(b"HTTP/1.1 200 ")
        kept.sendall(KEPT)
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_idle_clients_make_room_where_there_are_no_strangers() -> None:
    with served(reading(knowing), connections=3) as port, ExitStack() as stack:
        idle = [stack.enter_context(connected(port, KEPT)) for _ in range(3)]
        for made in idle:
            assert made.recv(65536).startswith(b"HTTP/1.1 200 ")
        idle[0].sendall(KEPT)
        assert idle[0].recv(65536).startswith(b"HTTP/1.1 200 ")
        with connected(port, KEPT) as made:
            assert made.recv(65536).startswith(b"HTTP/1.1 200 ")
            assert answer_of(idle[1]) == b""  # it was idle longest


@pytest.mark.parametrize("knows", [False, True])
def test_only_what_a_client_asked_for_outlives_its_connection(knows: bool) -> None:
    gate = Gate(knows=knows)
    with served(gate) as port:
        with connected(port, ASK) as made:
            assert gate.asked.acquire(timeout=10)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it resets as it closes
        assert gate.cancelled.acquire(timeout=1 if knows else 10) is not knows
        gate.open.set()


def test_one_too_many_is_told_so_where_all_have_clients_requests_under_way() -> None:
    gate = Gate(knows=True)
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


def test_a_page_is_not_copied_for_those_who_read_it_slowly() -> None:
    page, count = b"x" * 2_000_000, 100

    async def show(_request: Request, _body: bytes) -> Response:
        return Response(page)

    with served(reading(show)) as port, ExitStack() as stack:
        tracemalloc.start()
        try:
            for _ in range(count):
                made = stack.enter_context(connected(port))
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                made.sendall(ASK)
                assert made.recv(1) == b"H"
            assert tracemalloc.get_traced_memory()[0] < count * len(page) / 10
        finally:
            tracemalloc.stop()


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="there is no /proc to measure by")
def test_fifteen_hundred_strangers_cost_little(service: Any, new_credentials: Any) -> None:
    """Half heads, bodies of a megabyte without credentials, large forms: they took 103 MB to 1 GB. Clients are served
    beside them.
    """
    client = {"X-API-Key": new_credentials().api_key}
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
                length = b"65000" if number % 3 == 0 else b"1000000"
                head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nX-API-Key: x\r\nContent-Length: " + length + b"\r\n"
                made = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
                made.setblocking(False)
                with suppress(OSError):
                    made.send(head + (b"X: " if number % 2 else b"\r\n") + b"y" * 60_000)
                if number % 100 == 0:
                    assert httpx.get(f"{service.api}/v1/ping", headers=client, timeout=20).status_code == 200
            time.sleep(0.5)
            assert resident() - before < 80
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
