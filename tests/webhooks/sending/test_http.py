"""What is sent, and that nothing else is."""

import asyncio
import contextlib
import resource
import subprocess
import sys
import time
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
import uvloop
from receivers.asking import USER_AGENT, opened, send, send_all, to
from receivers.behaviours import MARK, answer, answer_once, read_request, recording, reset
from receivers.certificates import Authority
from receivers.http2 import http2_refusing
from receivers.hub import Hub

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import MAX_ANSWER, Outcome, SendError
from webhooks.sending.transfers import Ended, Transfers

MIB = 1 << 20


def parts_of(request: bytes) -> tuple[str, Message, bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    return line.decode(), BytesParser().parsebytes(headers), body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("body", [b"{}", b"", b"\x00\xff" * 5, b'"' + b"a" * MIB + b'"'], ids=len)
def test_request(hub: Hub, method: str, body: bytes) -> None:
    requests: list[bytes] = []
    port = hub.start(recording(requests)).port
    outcome = send(
        to(
            f"http://127.0.0.1:{port}/a/../b?c=%41&d",
            opened(port),
            method=method,
            body=body,
            headers={"webhook-id": "5"},
        )
    )
    assert outcome.is_success
    line, headers, came = parts_of(requests[0])
    assert line == f"{method} /a/../b?c=%41&d HTTP/1.1"
    assert came == body
    assert sorted((name.lower(), value) for name, value in headers.items()) == sorted(
        {
            "host": f"127.0.0.1:{port}",
            "accept": "*/*",
            "user-agent": USER_AGENT,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "webhook-id": "5",
        }.items()
    )


def test_a_handle_forgets_the_request_before(hub: Hub) -> None:
    """One after the other by the same handle: nothing of one is in the next."""
    requests: list[bytes] = []
    port = hub.start(recording(requests)).port
    url, reach = f"http://127.0.0.1:{port}", opened(port)
    send_all(
        [
            to(f"{url}/1", reach, method="PUT", headers={"webhook-signature": "v1,a"}, body=b"one"),
            to(f"{url}/2", reach, headers={"webhook-id": "2"}, body=b"second"),
            to(f"{url}/3", reach, method="PATCH", headers={}, body=b""),
        ],
        at_once=False,
    )
    seen = [parts_of(request) for request in requests]
    assert [line for line, _, _ in seen] == ["PUT /1 HTTP/1.1", "POST /2 HTTP/1.1", "PATCH /3 HTTP/1.1"]
    assert [body for _, _, body in seen] == [b"one", b"second", b""]
    assert [headers["webhook-id"] for _, headers, _ in seen] == [None, "2", None]
    assert [headers["webhook-signature"] for _, headers, _ in seen] == ["v1,a", None, None]


@pytest.mark.parametrize("announced", ["Content-Length: 2", "content-length:\t2", "Transfer-Encoding: chunked"])
def test_a_body_that_comes_after_an_answer_that_has_none(hub: Hub, announced: str) -> None:
    """It is not taken for the answer to the next request, which is sent before it comes."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await read_request(reader)
                writer.write(f"HTTP/1.1 204 No Content\r\n{announced}\r\n\r\n".encode())
                await asyncio.sleep(0.01)
                writer.write(b"{}")

    port = hub.start(answers).port
    request = to(f"http://127.0.0.1:{port}/", opened(port))
    assert [(outcome.status, outcome.error) for outcome in send_all([request] * 20, at_once=False)] == [
        (204, None)
    ] * 20


@pytest.mark.parametrize("head", ["204 No Content", "204 No Content\nContent-Length: 0", "200 OK\nContent-Length: 2"])
def test_an_answer_that_announces_what_it_has_keeps_its_connection(hub: Hub, head: str) -> None:
    receiver = hub.start(answer(f"HTTP/1.1 {head}\n\n", b"{}" if head.startswith("200") else b""))
    send_all([to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))] * 5, at_once=False)
    assert receiver.connections == 1


def test_connections_are_used_again(hub: Hub) -> None:
    receiver = hub.start("good")
    request = to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))
    assert all(outcome.is_success for outcome in send_all([request] * 10, at_once=False))
    assert receiver.connections == 1


class LateLoop(uvloop.Loop):
    """Other threads have their turn between a time that was looked at and the timer that is set for it."""

    def call_at(self, when: float, *words: Any, **more: Any) -> asyncio.TimerHandle:
        time.sleep(0.005)
        return super().call_at(when, *words, **more)


def test_a_timer_whose_time_has_passed_before_it_is_set() -> None:
    """uvloop makes none then. Nothing may be raised: libcurl gives up all transfers where its callback fails."""

    async def run() -> None:
        transfers = Transfers(1, 0.0, Ended())
        transfers._on_timer(1)
        transfers._on_timer(1)
        transfers.close()

    with asyncio.Runner(loop_factory=LateLoop) as runner:
        runner.run(run())


@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_ended_while_it_was_idle(hub: Hub, resets: bool) -> None:
    """The request goes over a new one: it is no failure."""
    receiver = hub.start(answer_once("HTTP/1.1 200 OK\nContent-Length: 2\n\n", b"{}", resets=resets))
    request = to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))

    async def run() -> list[Outcome]:
        sender = CurlSender(user_agent="test")
        outcomes = []
        for pause in (0.0, 0.2, 0.2):
            await asyncio.sleep(pause)
            outcomes.append(await sender.send(request))
        await sender.close()
        return outcomes

    assert all(outcome.is_success for outcome in uvloop.run(run()))
    assert receiver.connections == 3


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("ends", ["closes", "resets"])
def test_a_used_connection_that_ends_without_an_answer(hub: Hub, authority: Authority, ends: str, tls: bool) -> None:
    """The receiver has read the request: it is not sent again within the same attempt."""
    requests: list[bytes] = []

    async def answers_every_other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        requests.append(await read_request(reader))
        if ends == "resets":
            reset(writer)

    receiver = hub.start(answers_every_other, authority.context("localhost") if tls else None)
    request = to(f"http{'s' * tls}://localhost:{receiver.port}/", opened(receiver.port))
    outcomes = send_all([request] * 4, at_once=False, ca_bundle=authority.bundle)
    assert len(requests) == 4
    assert [(each.status, each.error, each.is_by_chance) for each in outcomes] == [
        (200, None, False),
        (None, SendError.RESET, True),
    ] * 2


@pytest.mark.parametrize("ends", ["closes", "resets"])
def test_a_new_connection_that_ends_without_an_answer(hub: Hub, ends: str) -> None:
    requests: list[bytes] = []

    async def answers_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        if ends == "resets":
            reset(writer)

    receiver = hub.start(answers_nothing)
    outcome = send(to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port)))
    assert (outcome.error, outcome.is_by_chance, len(requests)) == (SendError.RESET, False, 1)


@pytest.mark.parametrize("does", ["asks_for_a_cookie", "asks_for_a_password", "wants_http_3"])
def test_nothing_that_a_receiver_says_changes_the_next_request(hub: Hub, does: str) -> None:
    requests: list[bytes] = []
    first = hub.start(does)
    second = hub.start(recording(requests))
    reach = opened(first.port, second.port)
    urls = (f"http://127.0.0.1:{first.port}/", f"http://127.0.0.1:{second.port}/")
    asked, other = send_all([to(url, reach) for url in urls], at_once=False)
    assert asked.answer == MARK
    assert other.is_success
    names = {name.lower() for name in parts_of(requests[0])[1]}
    assert names.isdisjoint({"cookie", "authorization", "upgrade", "connection"})


@pytest.mark.parametrize("length", [0, 1, MAX_ANSWER - 1, MAX_ANSWER, MAX_ANSWER + 1, 10 * MAX_ANSWER])
def test_the_beginning_of_an_answer_is_read(hub: Hub, length: int) -> None:
    port = hub.start(answer(f"HTTP/1.1 500 X\nContent-Length: {length}\n\n", b"x" * length)).port
    outcome = send(to(f"http://127.0.0.1:{port}/", opened(port)))
    assert (outcome.status, outcome.error) == (500, None)
    assert len(outcome.answer) == min(length, MAX_ANSWER)
    assert outcome.is_answer_whole == (length < MAX_ANSWER)


def test_http2_is_not_asked_for(hub: Hub, authority: Authority) -> None:
    """There a receiver may refuse a request that it has read, and libcurl would send it again."""
    spoken: list[str | None] = []
    requests: list[bytes] = []

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await recording(requests)(reader, writer)

    receiver = hub.start(answers, authority.context("localhost", alpn=("h2", "http/1.1")))
    request = to(f"https://localhost:{receiver.port}/", opened(receiver.port))
    assert send(request, ca_bundle=authority.bundle).is_success
    assert (spoken, len(requests)) == (["http/1.1"], 1)


@pytest.mark.parametrize("refuses", ["by GOAWAY", "by RST_STREAM"])
def test_a_receiver_that_speaks_http2_alone(hub: Hub, authority: Authority, refuses: str) -> None:
    """It gets no request that it could refuse: one attempt was up to six there."""
    requests: list[dict[bytes, bytes]] = []
    receiver = hub.start(http2_refusing(requests, refuses), authority.context("localhost", alpn=("h2",)))
    request = to(f"https://localhost:{receiver.port}/", opened(receiver.port))
    assert send(request, ca_bundle=authority.bundle, deadline=2.0).status is None
    assert requests == []


def test_http2_in_plain_text_is_not_spoken(hub: Hub) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")  # SETTINGS, as a server of HTTP/2 begins
        await reader.read()

    port = hub.start(answers).port
    outcome = send(to(f"http://127.0.0.1:{port}/", opened(port)), deadline=2.0)
    assert outcome.error is SendError.PROTOCOL


def test_nobody_listens(hub: Hub) -> None:
    port = hub.start("good").port
    hub.stop(port)
    outcome = send(to(f"http://127.0.0.1:{port}/", opened(port)))
    assert (outcome.status, outcome.error) == (None, SendError.CONNECT)


def test_no_descriptor_is_left(hub: Hub) -> None:
    """Where the process may open no more files, the attempt fails, and the sender goes on afterwards."""
    receiver = hub.start("good")
    request = to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))

    async def run() -> tuple[Outcome, Outcome]:
        sender = CurlSender(user_agent="test")
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            first = await sender.send(request)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        second = await sender.send(request)
        await sender.close()
        return first, second

    first, second = uvloop.run(run())
    assert first.error is SendError.CONNECT
    assert "Too many open files" in (first.detail or "")
    assert second.is_success


def test_the_soft_limit_of_descriptors_is_raised() -> None:
    code = (
        "import resource; from webhooks.sending.descriptors import raise_limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))\n"
        "raise_limit(); print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "(4096, 4096)\n"


def test_the_docs_have_every_error() -> None:
    page = (Path(__file__).parents[3] / "docs" / "explanation" / "sending.md").read_text()
    assert [error for error in SendError if f"| `{error}` |" not in page] == []
