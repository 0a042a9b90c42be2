"""Reads requests of HTTP/1.1 out of a connection's bytes, which are never changed, and refuses what is unclear."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import unquote

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

HEAD_BYTES: Final = 32 * 1024
HEAD_FIELDS: Final = 100
_HEAD_ROOM_BYTES: Final = HEAD_BYTES + 1024  # for line ends, colons and the request line's other words

Headers = list[tuple[bytes, bytes]]


class ParserListener(Protocol):
    """What hears of each request: of its head once, of its body in parts, and of its end."""

    def on_head(self, scope: dict[str, Any]) -> None:
        """The head, as ASGI's scope has it; the server's part of the scope is not there yet."""

    def on_body(self, part: bytes) -> None:
        """A part of the body."""

    def on_end(self, *, is_last: bool) -> None:
        """The request is whole; `is_last` says that httptools takes no further one."""


class UnclearError(Exception):
    """What came is no request, or could be taken in two ways; `status` is the answer to it."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class RequestParser:
    """The requests of one connection. It uses httptools, which is strict, and adds what that leaves open."""

    def __init__(self, listener: ParserListener) -> None:
        self._listener = listener
        self._parser = HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []
        self._is_in_head = True
        self._size = 0  # bytes since the last head, part of a body or end of a request
        self._body_to_come = b""  # the header that frames the body of a request that offers another protocol
        self._is_muted = False
        self._fault = HTTPStatus.BAD_REQUEST

    @property
    def is_in_head(self) -> bool:
        """Whether bytes of a head have come, but not its end."""
        return self._is_in_head and self._size > 0

    def feed(self, data: bytes | memoryview) -> None:
        """Reads on. Raises UnclearError, after which nothing can be read any more."""
        room = _HEAD_ROOM_BYTES + 1 - self._size if self._is_in_head else len(data)
        try:
            self._feed_part(data[:room])
            if room < len(data):  # a head that goes on is not even kept
                self._feed_part(data[room:])
        except UnclearError:
            self.let_go()
            raise

    def let_go(self) -> None:
        """Forgets what has been read; nothing can be read any more. The two parsers know each other, so that what they
        hold would stay until the garbage collector comes, for each connection of a stranger."""
        self._headers, self._target, self._parser = [], b"", HttpRequestParser(object())

    def _feed_part(self, data: bytes | memoryview) -> None:
        self._size += len(data)
        try:
            self._feed(data)
        except HttpParserError:
            raise UnclearError(self._fault) from None
        if self._size > _HEAD_ROOM_BYTES:  # of a head, of trailers or of a chunk's extension that does not end
            raise UnclearError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _feed(self, data: bytes | memoryview) -> None:
        while len(data):
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                self._go_on_after_offer()
            else:
                return

    def _go_on_after_offer(self) -> None:
        """Ignores that the client offers another protocol, as a server may (RFC 9110, section 7.8).

        httptools ends such a request after its head, and takes what follows for the other protocol. So another parser
        reads on, which is told how the body is framed by a head of our own.
        """
        self._parser = HttpRequestParser(self)
        if self._body_to_come:
            self._is_muted = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\n" + self._body_to_come + b"\r\n\r\n")
            self._is_muted = False
            self._body_to_come = b""

    def on_message_begin(self) -> None:
        """Called by httptools, as are all that follow."""
        if not self._is_muted:
            self._target, self._headers = b"", []

    def on_url(self, part: bytes) -> None:
        """The request's target, in parts."""
        if not self._is_muted:
            self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which must not be taken for one (RFC 9110, section 6.5.1)."""
        if self._is_muted or not self._is_in_head:
            return
        if len(self._headers) == HEAD_FIELDS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._headers.append((name.lower(), value.rstrip(b" \t")))  # httptools leaves what is behind the value

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._is_muted:
            return
        if len(self._target) + sum(len(name) + len(value) for name, value in self._headers) > HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        method, version = self._parser.get_method(), self._parser.get_http_version()
        if method == b"CONNECT" or not _is_clear(version, self._headers):
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self._parser.should_upgrade():
            self._body_to_come = _framing(self._headers)
        self._is_in_head, self._size = False, 0
        self._listener.on_head(
            {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.3"},
                "http_version": version,
                "method": method.decode("ascii"),
                "scheme": "http",
                "root_path": "",
                "headers": self._headers,
                **_target(self._target),
            }
        )

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self._size = 0
        self._listener.on_body(part)

    def on_message_complete(self) -> None:
        """What follows is the next request's head."""
        if self._body_to_come:
            return  # for httptools only: the body comes now
        self._is_in_head, self._size = True, 0
        self._listener.on_end(is_last=not self._parser.should_keep_alive())

    def _refuse(self, status: HTTPStatus) -> None:
        self._fault = status
        raise ValueError  # httptools makes an HttpParserError of it


def _target(target: bytes) -> dict[str, Any]:
    """The path and the query; raises what httptools makes an HttpParserError of."""
    parsed = parse_url(target)
    path = parsed.path or b"/"  # of http://host alone
    return {
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": parsed.query or b"",
    }


def _framing(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The header that says where the body ends; empty where there is none. They were judged before."""
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and int(value) > 0):
            return name + b": " + value
    return b""


def _is_clear(version: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether every server on the way takes it for the same request (RFC 9112, sections 2.3, 3.2 and 6.1)."""
    hosts = sum(name == b"host" for name, _ in headers)
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    is_hosted = hosts == 1 or (hosts == 0 and version == "1.0")
    is_framed = not codings or (codings == [b"chunked"] and version == "1.1")
    return version in ("1.0", "1.1") and is_hosted and is_framed
