"""What receivers do, the good one and those from hell, on an open connection.

Each takes one connection and ends it. `BEHAVIOURS` has them by name.
"""

import asyncio
import contextlib
import gzip
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Final

Behaviour = Callable[[StreamReader, StreamWriter], Awaitable[None]]

LONG: Final = 3600.0
DRIP: Final = 1.0
MARK: Final = b"from the receiver"
_BLOCK = b"x" * 65_536
_BOMB = gzip.compress(b"\0" * 100_000_000)

BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__] = function
    return function


async def read_request(reader: StreamReader) -> bytes:
    """Head and body of one request; IncompleteReadError where the sender has gone."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


def answer(head: str, body: bytes = b"") -> Behaviour:
    """Answers each request of a connection with exactly these bytes."""

    async def answers(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                await read_request(reader)
                writer.write(head.replace("\n", "\r\n").encode("latin-1") + body)
                await writer.drain()

    return answers


def answer_once(head: str, body: bytes = b"", *, resets: bool = False) -> Behaviour:
    """Answers the first request with exactly these bytes, and closes or resets the connection."""

    async def answers(reader: StreamReader, writer: StreamWriter) -> None:
        await read_request(reader)
        writer.write(head.replace("\n", "\r\n").encode("latin-1") + body)
        await writer.drain()
        if resets:
            await asyncio.sleep(0.05)  # what was written shall arrive first
            reset(writer)

    return answers


def recording(requests: list[bytes]) -> Behaviour:
    """A good receiver that notes each request."""

    async def records(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                requests.append(await read_request(reader))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    return records


def reset(writer: StreamWriter) -> None:
    """Ends the connection by RST."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def with_status(status: int, *headers: str) -> Behaviour:
    lines = "".join(f"{header}\n" for header in headers)
    return answer(f"HTTP/1.1 {status} Status\n{lines}Content-Length: {len(MARK)}\n\n", MARK)


_WITH = "HTTP/1.1 200 OK\n"

BEHAVIOURS |= {
    "good": with_status(200),
    "created": with_status(201),
    "failing": with_status(500),
    "gone": with_status(410),
    "asks_for_a_password": with_status(401, 'WWW-Authenticate: Basic realm="x"', "WWW-Authenticate: Negotiate"),
    "asks_for_a_cookie": with_status(200, "Set-Cookie: a=b; Path=/", "Set-Cookie: c=d"),
    "wants_http_3": with_status(200, 'Alt-Svc: h3=":443"; ma=86400', "Strict-Transport-Security: max-age=99999999"),
    "continues": answer(f"HTTP/1.1 100 Continue\n\n{_WITH}Content-Length: 2\n\n", b"{}"),
    "hints": answer(f"HTTP/1.1 103 Early Hints\nLink: </x>\n\n{_WITH}Content-Length: 2\n\n", b"{}"),
    "only_continues": answer_once("HTTP/1.1 100 Continue\n\n"),
    "switches": answer(
        "HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: Upgrade\n\n", b"\0\0\0\4\0\0\0\0\0"
    ),
    "no_content_with_body": answer("HTTP/1.1 204 No Content\nContent-Length: 17\n\n", MARK),
    "no_content_with_chunks": answer(
        "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n", b"5\r\nhello\r\n0\r\n\r\n"
    ),
    "not_modified_with_body": answer("HTTP/1.1 304 Not Modified\nContent-Length: 17\n\n", MARK),
    "too_short": answer_once(f"{_WITH}Content-Length: 100\n\n", MARK),
    "too_long": answer(f"{_WITH}Content-Length: 4\n\n", MARK),
    "two_lengths": answer(f"{_WITH}Content-Length: 4\nContent-Length: 17\n\n", MARK),
    "negative_length": answer_once(f"{_WITH}Content-Length: -1\n\n", MARK),
    "huge_length": answer_once(f"{_WITH}Content-Length: 99999999999999999999999999\n\n", MARK),
    "length_of_words": answer_once(f"{_WITH}Content-Length: seventeen\n\n", MARK),
    "length_and_chunks": answer(f"{_WITH}Content-Length: 3\nTransfer-Encoding: chunked\n\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "no_length": answer_once(f"{_WITH}\n", MARK),
    "bad_chunks": answer_once(f"{_WITH}Transfer-Encoding: chunked\n\n", b"zz\r\nhello\r\n0\r\n\r\n"),
    "huge_chunk": answer_once(f"{_WITH}Transfer-Encoding: chunked\n\n", b"fffffffffffffffff\r\nhello"),
    "half_a_chunk": answer_once(f"{_WITH}Transfer-Encoding: chunked\n\n", b"ff\r\nhello"),
    "huge_trailer": answer_once(f"{_WITH}Transfer-Encoding: chunked\n\n", b"2\r\n{}\r\n0\r\nX: " + _BLOCK * 20),
    "http_0_9": answer_once("hello, world\n", MARK),
    "http_9": answer_once("HTTP/9.9 200 OK\nContent-Length: 2\n\n", b"{}"),
    "status_of_words": answer_once("HTTP/1.1 two hundred\n\n"),
    "status_line_in_small_letters": answer_once("http/1.1 200 ok\nContent-Length: 0\n\n"),
    "status_line_with_tabs": answer_once("HTTP/1.1\t200\tOK\nContent-Length: 0\n\n"),
    "header_like_a_status_line": answer_once("HTTP/1.1 200 OK\nHTTP/X: 1\nContent-Length: 0\n\n"),
    "status_of_four_digits": answer_once("HTTP/1.1 2000 OK\nContent-Length: 0\n\n"),
    "status_999": answer_once("HTTP/1.1 999 Beyond\nContent-Length: 0\n\n"),
    "other_protocol": answer_once("SSH-2.0-OpenSSH_9.6\n"),
    "garbage": answer_once("\x16\x03\x01\x00\xff\x00\n\n"),
    "null_bytes": answer_once("HTTP/1.1 200 OK\nX: a\0b\nContent-Length: 2\n\n", b"{}"),
    "header_without_colon": answer_once(f"{_WITH}nonsense\nContent-Length: 2\n\n", b"{}"),
    "closes_within_head": answer_once("HTTP/1.1 200 OK\nConte"),
    "resets_after_request": answer_once("", resets=True),
    "resets_within_head": answer_once("HTTP/1.1 200 OK\nConte", resets=True),
    "resets_within_body": answer_once(f"{_WITH}Content-Length: 100\n\n", MARK, resets=True),
    "bomb": answer(f"{_WITH}Content-Encoding: gzip\nContent-Length: {len(_BOMB)}\n\n", _BOMB),
    "bomb_twice": answer(f"{_WITH}Content-Encoding: gzip, gzip\nContent-Length: {len(_BOMB)}\n\n", _BOMB),
    "bomb_in_transfer": answer_once(f"{_WITH}Transfer-Encoding: gzip\n\n", _BOMB),
    "bomb_of_unknown_kind": answer_once(f"{_WITH}Content-Encoding: zstd-of-the-future\nContent-Length: 17\n\n", MARK),
}


@behaviour
async def silent(reader: StreamReader, writer: StreamWriter) -> None:
    """Accepts, reads nothing and says nothing."""
    await asyncio.sleep(LONG)


@behaviour
async def silent_after_request(reader: StreamReader, writer: StreamWriter) -> None:
    await read_request(reader)
    await asyncio.sleep(LONG)


@behaviour
async def slow(reader: StreamReader, writer: StreamWriter) -> None:
    """A good receiver that takes its time: 50 ms."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            await read_request(reader)
            await asyncio.sleep(0.05)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@behaviour
async def drips(reader: StreamReader, writer: StreamWriter) -> None:
    """A byte a second, of a body that it says is long."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await _drip(writer, b"x")


@behaviour
async def drips_head(reader: StreamReader, writer: StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    await _drip(writer, b"x")


@behaviour
async def drips_interim(reader: StreamReader, writer: StreamWriter) -> None:
    await read_request(reader)
    await _drip(writer, b"HTTP/1.1 102 Processing\r\n\r\n")


async def _drip(writer: StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await writer.drain()
        await asyncio.sleep(DRIP)


def _endless(head: bytes, block: bytes) -> Behaviour:
    async def endless(reader: StreamReader, writer: StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        while True:
            writer.write(block)
            await writer.drain()

    return endless


BEHAVIOURS |= {
    "endless_body": _endless(b"HTTP/1.1 200 OK\r\n\r\n", _BLOCK),
    "endless_chunks": _endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + _BLOCK[:0x8000] + b"\r\n"
    ),
    "endless_chunk_size": _endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 65_536),
    "endless_chunk_extension": _endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=", _BLOCK),
    "endless_trailers": _endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: yes\r\n" * 1000
    ),
    "endless_headers": _endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 1000),
    "endless_header": _endless(b"HTTP/1.1 200 OK\r\nX-More: ", _BLOCK),
    "endless_folding": _endless(b"HTTP/1.1 200 OK\r\nX-More: a\r\n", b" more\r\n" * 1000),
    "endless_status": _endless(b"HTTP/1.1 200 ", _BLOCK),
    "endless_interim": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "endless_blank_lines": _endless(b"", b"\r\n" * 30_000),
}


@behaviour
async def resets_at_once(reader: StreamReader, writer: StreamWriter) -> None:
    reset(writer)


@behaviour
async def resets_within_request(reader: StreamReader, writer: StreamWriter) -> None:
    await reader.readexactly(1)
    reset(writer)


@behaviour
async def closes_at_once(reader: StreamReader, writer: StreamWriter) -> None:
    """Leaves without a word."""


@behaviour
async def closes_after_request(reader: StreamReader, writer: StreamWriter) -> None:
    await read_request(reader)


@behaviour
async def half_closed(reader: StreamReader, writer: StreamWriter) -> None:
    """Says at once that it will say nothing, and goes on listening."""
    writer.write_eof()
    await reader.read()


@behaviour
async def half_closed_after_answer(reader: StreamReader, writer: StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    writer.write_eof()
    await reader.read()


@behaviour
async def answers_before_the_body(reader: StreamReader, writer: StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


@behaviour
async def answers_before_the_request(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    await writer.drain()
    await reader.read()
