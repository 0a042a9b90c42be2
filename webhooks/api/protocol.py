"""HTTP/1.1 on a connection, with bounds that uvicorn's protocol lacks: on a request's head, and on its slowness."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from msgspec.json import encode
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from webhooks.api.problems import MEDIA_TYPE, members

HEAD_SECONDS: Final = 10.0
"""For the request line and the headers, from the connection's start or the request's first byte."""

HEAD_BYTES: Final = 32 * 1024
HEAD_FIELDS: Final = 100

_DETAILS = {
    HTTPStatus.BAD_REQUEST: "This is no HTTP/1.1 request with one Host, and its body plain or chunked.",
    HTTPStatus.REQUEST_TIMEOUT: f"The request's headers did not arrive within {HEAD_SECONDS:g} s. Send them at once.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"A request may have {HEAD_FIELDS} headers, of {HEAD_BYTES} bytes together with its target. Send less."
    ),
}


_UPGRADE = re.compile(rb"(?i)(?<=\r\n)upgrade(?=[ \t]*:)")


class BoundedProtocol(HttpToolsProtocol):
    """One connection. What is wrong with a request's head is answered with a problem body, and ends the connection."""

    _timer: asyncio.TimerHandle | None = None
    _is_in_head = True
    _got_on = False  # to a head's end, a part of a body or a request's end, by the data that were received last
    _size = 0  # of what was received since it got on: a head that has not ended, or trailers
    _fault = HTTPStatus.BAD_REQUEST
    _answering: RequestResponseCycle | None = None  # `cycle` is received, and may wait for its turn

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Starts the clock: whoever connects and is silent is cut off."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops it."""
        self._stop_clock()
        if self._answering is not None:
            self._leave(self._answering)  # uvicorn tells the request that was received last
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on; a head or trailers that never end have their end here."""
        was_in_head = self._is_in_head
        self._got_on = False
        self._size += len(data)
        super().data_received(_without_upgrade(data) if was_in_head and b"pgrade" in data else data)
        if self._got_on:
            self._size = 0
        elif not self.transport.is_closing():
            is_next = self._is_in_head and (self.cycle is None or self.cycle.response_complete)
            if is_next and self._timer is None:
                self._await_head()
            if self._size > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Raises ValueError, which ends in `send_400_response`, for one header too many."""
        if not self._is_in_head:
            return  # a trailer: it must not be taken for a header (RFC 9110, section 6.5.1)
        super().on_header(name, value.rstrip(b" \t"))  # the parser leaves what is behind it (RFC 9112, section 5)
        if len(self.headers) > HEAD_FIELDS:
            self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError

    def on_headers_complete(self) -> None:
        """Stops the clock, and begins the request.

        Raises ValueError for a head that came at once and is too large, and for one that could be taken in two ways.
        """
        self._stop_clock()
        self._got_on = True
        if (
            self._size > HEAD_BYTES
            and len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES
        ):
            self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError
        if not _is_clear(self.parser.get_http_version(), self.headers):
            raise ValueError
        super().on_headers_complete()
        self._is_in_head = False  # not before: until here `cycle` is that of the request before

    def on_body(self, body: bytes) -> None:
        """A part of it has arrived."""
        self._got_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What follows is the next request's head."""
        super().on_message_complete()
        self._is_in_head = self._got_on = True

    def send_400_response(self, _msg: str) -> None:
        """Instead of uvicorn's plain text."""
        self._refuse(self._fault)

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_clock()
        if self.transport.is_closing():
            return
        answering = self._answering
        if answering is not None and not answering.response_complete:
            if self._is_in_head or self.cycle is not answering:  # what is faulty came behind it
                self.pipeline.clear()
                answering.keep_alive = False
                return
            self._leave(answering)
            if answering.response_started:  # in the middle of an answer there is no place for another
                self.transport.close()
                return
        content = encode(members(status, _DETAILS[status]))
        head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + content)
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    @staticmethod
    def _leave(cycle: RequestResponseCycle) -> None:
        """Lets it write no more to what is closed."""
        cycle.disconnected = True
        cycle.message_event.set()


def _is_clear(version: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether every server on the way takes it for the same request (RFC 9112, sections 2.3, 3.2 and 6.1)."""
    hosts = sum(name == b"host" for name, _ in headers)
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    is_hosted = hosts == 1 or (hosts == 0 and version == "1.0")
    return version in ("1.0", "1.1") and is_hosted and codings in ([], [b"chunked"])


def _without_upgrade(data: bytes) -> bytes:
    """Without an offer of another protocol, which a server may ignore (RFC 9110, section 7.8).

    The parser would take the body for that protocol's; Java's client offers HTTP/2 with each request.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"x-ignored", head) + end + rest
