"""Hostile and odd connections, by a real socket to a real server of one small application."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from serving import echo, reading, served
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api import bodies, connection


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "HEAD_SECONDS", 0.6)
        patch.setattr(bodies, "BODY_SECONDS", 0.6)
        with served(reading(echo)) as found:
            yield found


def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back for what is sent part by part, until the server closes or is silent for two seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        except OSError:
            pass  # it was cut off: what it has answered counts
        try:
            while received := connection.recv(65536):
                answer += received
        except OSError:
            pass
        return answer


def problem_of(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    problem: dict[str, Any] = json.loads(body)
    assert head.startswith(f"HTTP/1.1 {problem['status']} ".encode())
    return problem


CLOSE = b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "pause"),
    [
        ((b"",), 0.0),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n",), 0.0),
        (tuple(bytes([byte]) for byte in b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: abcdefghijklmnop"), 0.05),
    ],
    ids=["silent", "half a head", "dripped byte by byte"],
)
def test_slow_headers_are_cut_off(port: int, parts: tuple[bytes, ...], pause: float) -> None:
    assert problem_of(exchange(port, *parts, pause=pause))["status"] == 408


def test_a_blank_line_after_an_answer_does_not_hold_the_connection(port: int) -> None:
    """It is the next head's first byte."""
    answer = exchange(port, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n", pause=0.2)
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 408 " in answer


def test_a_slow_body_is_cut_off(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
    answer = exchange(port, head, *[b"x"] * 40, pause=0.05)
    assert problem_of(answer)["status"] == 408


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(200)),
        b"X-Large: " + b"y" * 40_000 + b"\r\n",
        b"X-Endless: " + b"y" * 5_000_000,
        b"".join(b"X%05d:%s\r\n" % (number, b"y" * 1000) for number in range(90)),
    ],
    ids=["many headers", "a large header", "an endless header", "large together"],
)
def test_a_large_head_is_refused(port: int, head: bytes) -> None:
    assert problem_of(exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\n" + head + CLOSE))["status"] == 431


def test_a_long_target_is_refused(port: int) -> None:
    answer = exchange(port, b"GET /" + b"a" * 50_000 + b" HTTP/1.1\r\nHost: a\r\n" + CLOSE)
    assert problem_of(answer)["status"] == 431


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=[
        "nonsense",
        "two lengths",
        "negative",
        "smuggled",
        "NUL",
        "blank in name",
        "CONNECT",
        "TLS",
        "HTTP2",
        "HTTP 0.9",
        "HTTP 1.2",
        "no host",
        "two hosts",
        "folded",
        "bare LF",
        "gzip",
        "chunked twice",
    ],
)
def test_what_is_no_request_is_refused(port: int, request_: bytes) -> None:
    assert problem_of(exchange(port, request_))["status"] == 400


def test_a_request_of_http_1_0_needs_no_host(port: int) -> None:
    assert b'["GET", "/x", ""]' in exchange(port, b"GET /x HTTP/1.0\r\n\r\n")


def test_blanks_around_a_header_are_no_part_of_it() -> None:
    async def values(request: Request, _body: bytes) -> Response:
        return Response(json.dumps(request.headers["x-api-key"]))

    with served(reading(values)) as port:
        assert b'"a b"' in exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\nX-API-Key: \t a b \t \r\n" + CLOSE)


def test_trailers_are_no_headers_and_have_an_end() -> None:
    async def names(request: Request, _body: bytes) -> Response:
        return Response(json.dumps(list(request.headers)))

    head = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    with served(reading(names)) as port:
        assert b'["host", "transfer-encoding"]' in exchange(port, head, b"X-API-Key: x\r\n\r\n", pause=0.1)
        endless = exchange(port, head + b"X-Endless: ", *[b"y" * 10_000] * 8, pause=0.05)
        assert problem_of(endless)["status"] == 431


def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    answer = exchange(port, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n" + CLOSE)
    assert answer.index(b'"/1"') < answer.index(b'"/2"')


@pytest.mark.parametrize(
    "rest",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //\x00:x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Large: " + b"y" * 60_000,
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nonsense", "no host", "target", "NUL", "large", "chunk"],
)
def test_what_follows_a_request_does_not_take_its_answer(caplog: Any, rest: bytes) -> None:
    async def slow(_request: Request, _body: bytes) -> Response:
        await asyncio.sleep(0.2)
        return Response(b"{}")

    with served(reading(slow)) as port:
        answer = exchange(port, b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}" + rest)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1 ") == 1
    assert not caplog.records


def test_who_asks_twice_and_goes_is_no_error_of_ours(caplog: Any) -> None:
    async def slow(_request: Request, _body: bytes) -> Response:
        await asyncio.sleep(0.3)
        return Response(b"{}")

    with served(reading(slow)) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
            time.sleep(0.1)
        time.sleep(0.4)
    assert not caplog.records


def test_an_absolute_target_is_the_path_in_it(port: int) -> None:
    assert b'["GET", "/v1/ping", ""]' in exchange(port, b"GET http://a/v1/ping HTTP/1.1\r\nHost: a\r\n" + CLOSE)


def test_an_offer_of_another_protocol_is_ignored(port: int) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
    answer = exchange(port, b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n" + upgrade + b"\r\nbody")
    assert b'["PUT", "/x", "body"]' in answer


def test_a_body_is_asked_for_only_where_it_will_be_taken(port: int) -> None:
    expecting = b"PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n"
    assert b"100 Continue" in exchange(port, expecting % 4 + CLOSE, b"body", pause=0.1)
    refused = exchange(port, expecting % 4000 + CLOSE)
    assert refused.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("is_chunked", [True, False])
def test_an_oversized_body_is_refused_before_it_was_sent(port: int, is_chunked: bool) -> None:
    """A gigabyte is announced or streamed; the answer comes at once, and is not lost in a reset."""
    framing = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 1000000000"
    chunk = b"x" * 65536
    part = b"%x\r\n%s\r\n" % (len(chunk), chunk) if is_chunked else chunk
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"PUT /x HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
        for _ in range(40):
            connection.sendall(part)
            sent += len(part)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"1000 bytes" in answer


def test_a_connection_that_breaks_in_its_body_does_nothing() -> None:
    asked: list[str] = []

    async def remember(request: Request, body: bytes) -> Response:
        asked.append(request.url.path)
        return await echo(request, body)

    with served(reading(remember)) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"PUT /half HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{}")
            time.sleep(0.2)
        exchange(port, b"GET /whole HTTP/1.1\r\nHost: a\r\n" + CLOSE)
    assert asked == ["/whole"]


@pytest.mark.parametrize("is_body_there", [True, False])
def test_a_request_that_outlasts_the_service_is_told_so(caplog: Any, monkeypatch: Any, is_body_there: bool) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 60)
    asked = threading.Event()

    async def never(*_: Any) -> Response:
        asked.set()
        await asyncio.sleep(60)
        raise AssertionError

    with socket.socket() as connection:
        with served(reading(never), drain_seconds=0.5) as port:
            connection.connect(("127.0.0.1", port))
            connection.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{" + b"}" * is_body_there)
            assert asked.wait(5 if is_body_there else 0.2) == is_body_there
        connection.settimeout(10)
        answer = connection.recv(65536)
    assert problem_of(answer)["status"] == 503
    assert b"retry-after: 5\r\n" in answer
    assert not caplog.records
