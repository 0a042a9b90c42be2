"""A connection of HTTP/1.1: its requests in their order, and bounds on what it brings and how long it takes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, Protocol

from webhooks.api.exchange import CONTINUE, Exchange, standing_alone
from webhooks.api.request_parser import HEAD_BYTES, HEAD_FIELDS, RequestParser, UnclearError

HEAD_SECONDS: Final = 10.0
"""For the request line and the headers, from the connection's start or the request's first byte."""

IDLE_SECONDS: Final = 75.0
"""For which a connection is kept between requests: a client that asks as it is closed meets an error."""

SEND_SECONDS: Final = 30.0
"""For the client to take an answer."""

READ_BYTES: Final = 16 * 1024
"""What is read at once, and so all of a body that can be here before somebody asks for it."""

PIPELINED_REQUESTS: Final = 16
"""Requests that may wait behind the one that is being answered. With one more the connection ends after these."""

_LINGER_BYTES, _LINGER_SECONDS = 4 * 1024 * 1024, 1.0
_DETAILS = {
    HTTPStatus.BAD_REQUEST: "This is no HTTP/1.1 request with one Host, and its body plain or chunked.",
    HTTPStatus.REQUEST_TIMEOUT: f"The request's headers did not arrive within {HEAD_SECONDS:g} s. Send them at once.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"A request may have {HEAD_FIELDS} headers, of {HEAD_BYTES} bytes together with its target. Send less."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: "The service has as many connections as it takes. Try again in a while.",
}


class Server(Protocol):
    """The server, as a connection needs it."""

    app: Any
    buffer: memoryview
    """Where every connection reads to: what is there has been used up before the next one reads."""

    is_ending: bool

    def date(self) -> bytes:
        """The header's value."""

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for one more."""

    def leave(self, connection: Connection) -> None:
        """It is closed."""

    def rest(self, connection: Connection, *, is_waiting: bool) -> None:
        """Whether it waits for a head, so that it may be closed where another needs its place."""

    def start(self, exchange: Exchange) -> None:
        """Has the application answer."""


class Connection(asyncio.BufferedProtocol):
    """One connection. What is no request is answered with a problem body, and ends the connection.

    Nothing is read while a request is answered, but what of its body the application asks for.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport
        self._parser = RequestParser(self)
        self._queue: deque[Exchange] = deque()  # the first is being answered
        self._incoming: Exchange | None = None  # whose body is not whole
        self._clock: asyncio.TimerHandle | None = None
        self._addresses: dict[str, Any] = {}
        self._is_ended = False  # no further request is taken
        self._lingering: int | None = None  # bytes that are still let go of
        self._is_idle = False  # between two requests
        self._was_known = False
        self._is_paused = self._is_blocked = False  # reading; writing
        self._when_sent: Callable[[], None] | None = None

    @property
    def is_known(self) -> bool:
        """Whether a request on it was a client's, so that it is no stranger's."""
        return self._was_known or (bool(self._queue) and self._queue[0].is_known)

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # of a socket's stream
        """Starts the clock: whoever connects and is silent is cut off."""
        self._transport = transport
        transport.set_write_buffer_limits(0)
        if not self._server.enter(self):
            status = HTTPStatus.SERVICE_UNAVAILABLE
            transport.write(standing_alone(status, _DETAILS[status], (b"retry-after", b"5")))
            transport.close()
            self._is_ended = True
            return
        for name, kind in (("client", "peername"), ("server", "sockname")):
            address = transport.get_extra_info(kind)
            self._addresses[name] = tuple(address[:2]) if isinstance(address, tuple) else None
        self._await_rest_of_head()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Lets requests that have not been received whole do nothing."""
        self._set_clock()
        self._is_ended = True
        for exchange in self._queue:
            exchange.leave()
        self._parser.let_go()
        self._server.leave(self)

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where to read to."""
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Reads on."""
        if self._lingering is not None:
            self._lingering -= nbytes
            if self._lingering <= 0:
                self._transport.abort()
            return
        if self._is_ended and self._incoming is None:
            return
        if self._is_idle:
            self._await_rest_of_head()
        try:
            self._parser.feed(self._server.buffer[:nbytes])
        except UnclearError as error:
            self._refuse(error.status)
        else:
            self._pace()

    def eof_received(self) -> bool:
        """Whether it stays open: who has asked and shuts down its half still hears the answer."""
        self._is_ended = True
        return self._lingering is None and bool(self._queue) and self._incoming is None

    def pause_writing(self) -> None:
        """The client does not take what was written."""
        self._is_blocked = True

    def resume_writing(self) -> None:
        """It has taken it."""
        self._is_blocked = False
        if self._when_sent is not None:
            then, self._when_sent = self._when_sent, None
            then()

    # What the parser tells

    def on_head(self, scope: dict[str, Any]) -> None:
        """Begins a request."""
        if self._is_ended or len(self._queue) > PIPELINED_REQUESTS:
            self._is_ended = True
            self._incoming = Exchange(scope, self)  # which nobody will answer
            return
        self._incoming = exchange = Exchange({**scope, **self._addresses}, self)
        self._queue.append(exchange)
        self._is_ended = exchange.is_last
        if len(self._queue) == 1:
            self._set_clock()
            self._server.rest(self, is_waiting=False)
            self._server.start(exchange)

    def on_body(self, part: bytes) -> None:
        """A part of the last one's body."""
        if self._incoming is not None:
            self._incoming.feed(part)

    def on_end(self, *, is_last: bool) -> None:
        """It is whole. What makes it the last one may be a trailer, so that the head does not tell."""
        if self._incoming is not None:
            self._is_ended |= is_last
            self._incoming.is_last |= is_last
            self._incoming.end()
            self._incoming = None

    # What an exchange tells

    def on_wanted(self, exchange: Exchange) -> None:
        """Reads the body, now that it is asked for."""
        if exchange.waits_for_continue:
            exchange.waits_for_continue = False
            self._transport.write(CONTINUE)
        self._pace()

    def on_answered(self, exchange: Exchange) -> None:
        """Sends the answer, and then goes on."""
        if exchange is self._incoming or self._server.is_ending or (self._is_ended and len(self._queue) == 1):
            exchange.is_last = True
        self._send(exchange.answer(self._server.date()), self._end if exchange.is_last else self._go_on)

    # What the server tells

    def shut_down(self) -> None:
        """Ends it once what it was asked is answered."""
        self._is_ended = True
        if not self._queue:
            self._transport.close()

    def abort(self) -> None:
        """Ends it now."""
        self._transport.abort()

    # Its own

    def _send(self, parts: list[bytes], then: Callable[[], None]) -> None:
        self._transport.writelines(parts)  # uncopied: one page is the same bytes for all who read it slowly
        if self._is_blocked:
            self._when_sent = then
            self._set_clock(SEND_SECONDS, self._transport.abort)
        else:
            then()

    def _go_on(self) -> None:
        """Takes the next request, or waits for it."""
        self._was_known = self.is_known
        self._queue.popleft()
        if self._queue:
            self._set_clock()
            self._server.start(self._queue[0])
        elif self._is_ended:
            self._transport.close()
        else:
            self._await_head()
        self._pace()

    def _await_head(self) -> None:
        self._server.rest(self, is_waiting=True)
        if self._parser.is_in_head:
            self._await_rest_of_head()
        else:
            self._is_idle = True
            self._set_clock(IDLE_SECONDS, self._transport.close)

    def _await_rest_of_head(self) -> None:
        self._is_idle = False
        self._set_clock(HEAD_SECONDS, self._be_late)

    def _be_late(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answers what is no request; where what came before is still being answered, that is all there will be."""
        self._is_ended = True
        faulty, self._incoming = self._incoming, None
        if faulty is not None:
            faulty.leave()
            if faulty in self._queue:
                self._queue.remove(faulty)
        if not self._queue:
            self._send([standing_alone(status, _DETAILS[status])], self._end)

    def _end(self) -> None:
        """Closes it once the client has heard: what is closed while more comes is reset, and the answer may be lost."""
        self._is_ended = True
        self._lingering = _LINGER_BYTES
        with suppress(OSError, RuntimeError):  # the client has gone
            self._transport.write_eof()
        self._set_clock(_LINGER_SECONDS, self._transport.close)
        self._pace()

    def _pace(self) -> None:
        """Reads, or lets the client wait."""
        incoming = self._incoming
        is_wanted = incoming.is_wanted if incoming is not None else len(self._queue) < 2
        if self._is_ended and incoming is None:
            is_wanted = not self._queue
        is_paused = self._lingering is None and not is_wanted
        if is_paused == self._is_paused or self._transport.is_closing():
            return
        self._is_paused = is_paused
        (self._transport.pause_reading if is_paused else self._transport.resume_reading)()

    def _set_clock(self, seconds: float = 0, then: Callable[[], None] | None = None) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock = None if then is None else asyncio.get_running_loop().call_later(seconds, then)
