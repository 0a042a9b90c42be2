"""Where a request ends: however its bytes are parted into reads, and whatever its body looks like."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import echo, reading, served
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from webhooks.api.bodies import read_body
from webhooks.api.connection import Connection
from webhooks.api.exchange import Exchange

SMUGGLED = b"DELETE /stolen HTTP/1.1\r\nHost: ab\r\n\r\n"  # an even number of bytes
BODY = b"x" + b"\r\nupgrade:" * (len(SMUGGLED) // 2) + SMUGGLED  # each such line was made two bytes longer once
HOST = b"Host: a\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
FRAMED = {
    "plain": b"PUT /x HTTP/1.1\r\n" + HOST + LENGTH + b"\r\n" + BODY,
    "chunked": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n" + chunks(BODY[:7], BODY[7:]),
    "offers a protocol": b"PUT /x HTTP/1.1\r\n" + HOST + UPGRADE + LENGTH + b"\r\n" + BODY,
    "offers a protocol, chunked": b"PUT /x HTTP/1.1\r\n" + HOST + UPGRADE + CHUNKED + b"\r\n" + chunks(BODY),
    "offers a protocol, no body": b"GET /x HTTP/1.1\r\n" + HOST + UPGRADE + b"\r\n",
    "offers a protocol, empty body": b"PUT /x HTTP/1.1\r\n" + HOST + UPGRADE + b"Content-Length: 0\r\n\r\n",
    "trailers": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n1\r\na\r\n0\r\nUpgrade: x\r\nHost: b\r\n\r\n",
    "a trailer closes": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n0\r\nConnection: close\r\n\r\n",
    "a trailer closes, offer": b"PUT /x HTTP/1.1\r\n"
    + HOST
    + UPGRADE
    + CHUNKED
    + b"\r\n0\r\nConnection: close\r\n\r\n",
    "offers a protocol in trailers": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n0\r\n" + UPGRADE + b"\r\n",
    "a proxy's header closes": b"PUT /x HTTP/1.1\r\n" + HOST + b"Proxy-Connection: close\r\n\r\n",
    "two conflicting lengths": b"PUT /x HTTP/1.1\r\n" + HOST + LENGTH + b"Content-Length: 1\r\n\r\n" + BODY,
    "length and chunked": b"PUT /x HTTP/1.1\r\n" + HOST + LENGTH + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED,
    "chunked in HTTP/1.0": b"PUT /x HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED,
    "folded": b"PUT /x HTTP/1.1\r\n" + HOST + b"X: a\r\n " + LENGTH + b"\r\n" + BODY,
    "bare LF": b"PUT /x HTTP/1.1\n" + HOST + b"Content-Length: 0\n\n" + SMUGGLED,
    "bare CR": b"PUT /x HTTP/1.1\r\n" + HOST + b"X: a\rContent-Length: 3\r\n\r\n" + SMUGGLED,
    "closes": b"PUT /x HTTP/1.1\r\n" + HOST + b"Connection: close\r\n" + LENGTH + b"\r\n" + BODY,
    "closes and offers": b"PUT /x HTTP/1.1\r\n"
    + HOST
    + UPGRADE.replace(b"Upgrade,", b"Upgrade, close,")
    + LENGTH
    + b"\r\n"
    + BODY,
    "chunk's length in two ways": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n1_0\r\n" + SMUGGLED,
    "chunk's end is no line end": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n1\r\naX\r\n0\r\n\r\n" + SMUGGLED,
    "chunk's line ends with LF": b"PUT /x HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n1\na\r\n0\r\n\r\n" + SMUGGLED,
}
REFUSED = {name for name in FRAMED if re.search("conflict|length and|1.0|folded|bare|two ways|line end", name)}


class Wire:
    """A transport (a fake) that keeps what is written, and a server (a fake) that starts each exchange at once."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(16 * 1024))
        self.app: Any = answer
        self.is_ending = self.is_closed = False
        self.written = b""
        self.tasks: list[asyncio.Task[None]] = []
        self.connection = Connection(self)
        self.connection.connection_made(self)  # type: ignore[arg-type]

    async def read(self, data: bytes) -> None:
        self.buffer[: len(data)] = data
        if not self.is_closed:
            self.connection.buffer_updated(len(data))
        for _ in range(3):
            await asyncio.sleep(0)

    def start(self, exchange: Exchange) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(exchange.run(self.app)))

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def writelines(self, parts: list[bytes]) -> None:
        self.written += b"".join(parts)

    write_eof = abort = close

    def date(self) -> bytes:
        return b"now"

    def is_closing(self) -> bool:
        return self.is_closed

    def enter(self, _connection: Any) -> bool:
        return True

    def nothing(self, *_: Any, **__: Any) -> None:
        """The rest of a transport and of a server, which no answer depends on."""

    set_write_buffer_limits = get_extra_info = pause_reading = resume_reading = rest = leave = nothing


async def answer(scope: Any, receive: Any, send: Any) -> None:
    try:
        body = await read_body(Request(scope, receive), 1000)
    except ClientDisconnect:
        return
    content = json.dumps([scope["method"], scope["path"], body.decode("latin-1")])
    await Response(content)(scope, receive, send)


def answers(*reads: bytes) -> bytes:
    """What is written for bytes that are read like this."""

    async def exchange() -> bytes:
        wire = Wire()
        for data in reads:
            await wire.read(data)
        wire.connection.connection_lost(None)
        await asyncio.gather(*wire.tasks)
        return wire.written

    return asyncio.run(exchange())


def splits(content: bytes, cuts: tuple[int, ...]) -> list[bytes]:
    edges = [0, *cuts, len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def paths(written: bytes) -> list[str]:
    return [found.decode() for found in re.findall(rb'\["\w+", "(/\w+)"', written)]


@pytest.mark.parametrize("name", FRAMED)
def test_how_bytes_are_parted_changes_no_answer(name: str) -> None:
    """Every way to part a request, and the one behind it, into two reads; and into three, about its head's end."""
    content = FRAMED[name] + NEXT
    whole = answers(content)
    assert "/stolen" not in paths(whole)
    assert paths(whole) == ([] if name in REFUSED else ["/x"] if "closes" in name else ["/x", "/next"])
    assert whole.count(b"HTTP/1.1 400 ") == (name in REFUSED)
    head = content.index(b"\n\n" if name == "bare LF" else b"\r\n\r\n")
    near = sorted({*range(head - 3, head + 12), *range(len(FRAMED[name]) - 3, len(FRAMED[name]) + 3)})
    cuts = [(cut,) for cut in range(1, len(content))] + list(combinations(near, 2))
    different = {cut for cut in cuts if answers(*splits(content, cut)) != whole}
    assert different == set()
    assert answers(*(bytes([byte]) for byte in content)) == whole


UNCLEAR = {
    "a sign before a length": b"Content-Length: +3\r\n",
    "a negative length": b"Content-Length: -3\r\n",
    "a length in hexadecimal digits": b"Content-Length: 0x3\r\n",
    "a length of nothing": b"Content-Length:\r\n",
    "a list of lengths": b"Content-Length: 3, 3\r\n",
    "two lengths in one": b"Content-Length: 3 3\r\n",
    "the same length twice": b"Content-Length: 3\r\nContent-Length: 3\r\n",
    "a length beyond 64 bits": b"Content-Length: 18446744073709551619\r\n",
    "a blank before the colon of a length": b"Content-Length : 3\r\n",
    "a vertical tab before a length": b"Content-Length:\x0b3\r\n",
    "a blank before the colon of a coding": b"Transfer-Encoding : chunked\r\n",
    "a vertical tab before a coding": b"Transfer-Encoding: \x0bchunked\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n',
    "another coding": b"Transfer-Encoding: xchunked\r\n",
    "two codings": b"Transfer-Encoding: gzip, chunked\r\n",
    "chunks and then no coding": b"Transfer-Encoding: chunked, identity\r\n",
    "an empty coding before chunks": b"Transfer-Encoding: ,chunked\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "no coding": b"Transfer-Encoding: identity\r\n",
    "a length of 0 and chunks": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "a second host": b"Host: b\r\n",
    "NUL": b"X: a\0b\r\n",
    "no name": b": a\r\n",
    "no colon": b"X\r\n",
}


@pytest.mark.parametrize("offer", [b"", UPGRADE])
@pytest.mark.parametrize("name", UNCLEAR)
def test_a_head_that_could_be_taken_in_two_ways_is_refused(name: str, offer: bytes) -> None:
    content = b"PUT /x HTTP/1.1\r\n" + HOST + offer + UNCLEAR[name] + b"\r\n0\r\n\r\n" + SMUGGLED
    whole = answers(content)
    assert whole.startswith(b"HTTP/1.1 400 ")
    assert paths(whole) == []
    assert answers(*(bytes([byte]) for byte in content)) == whole


@pytest.mark.parametrize(
    "chunk",
    [
        b"-3\r\nabc\r\n",
        b"+3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"3 \r\nabc\r\n",
        b" 3\r\nabc\r\n",
        b"\r\nabc\r\n",
        b"3\r\r\nabc\r\n",
        b"3\r\nabcd\r\n",
        b'3;a="b\r\nabc\r\n',
        b"3;a\nabc\r\n",
        b"3;a\rb\r\nabc\r\n",
        b"10000000000000003\r\nabc\r\n",
        b"0\r\nContent-Length: 9\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\nX : a\r\n\r\n",
        b"0\r\n X: a\r\n\r\n",
    ],
)
@pytest.mark.parametrize("offer", [b"", UPGRADE])
def test_a_chunk_that_could_be_taken_in_two_ways_is_refused(chunk: bytes, offer: bytes) -> None:
    content = b"PUT /x HTTP/1.1\r\n" + HOST + offer + CHUNKED + b"\r\n" + chunk + b"0\r\n\r\n" + SMUGGLED
    whole = answers(content)
    assert whole.startswith(b"HTTP/1.1 400 ")
    assert paths(whole) == []
    assert answers(*(bytes([byte]) for byte in content)) == whole


@pytest.mark.parametrize(
    "line", [b"GET /x", b"GET /x HTTP/0.9", b"GET /x HTTP/1.2", b"GET /x HTTP/2.0", b"PRI * HTTP/2.0"]
)
def test_another_version_is_refused(line: bytes) -> None:
    whole = answers(line + b"\r\n" + HOST + b"\r\n" + SMUGGLED)
    assert whole.startswith(b"HTTP/1.1 400 ")
    assert paths(whole) == []


@given(name=st.sampled_from(sorted(FRAMED)), data=st.data())
def test_any_three_reads_are_answered_as_one(name: str, data: st.DataObject) -> None:
    content = FRAMED[name] + NEXT
    cuts = tuple(sorted(data.draw(st.lists(st.integers(1, len(content) - 1), min_size=2, max_size=2, unique=True))))
    assert answers(*splits(content, cuts)) == answers(content)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(reading(echo)) as found:
        yield found


@pytest.mark.parametrize("name", ["plain", "offers a protocol", "chunked"])
def test_a_head_that_ends_in_the_next_read_ends_there(port: int, name: str) -> None:
    """On a real socket: the attack was a read that ended within the head's last line ends."""
    content = FRAMED[name] + NEXT
    head = content.index(b"\r\n\r\n")
    for cut in range(head, head + 5):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(content[:cut])
            time.sleep(0.05)  # so that they are two reads
            connection.sendall(content[cut:])
            received = b""
            while len(paths(received)) < 2 and (data := connection.recv(65536)):
                received += data
        assert paths(received) == ["/x", "/next"]
        assert json.dumps(BODY.decode()).encode() in received
