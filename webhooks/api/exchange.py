"""One request and its answer, as ASGI has them."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Protocol

from msgspec.json import encode

from webhooks.api.problems import MEDIA_TYPE, members

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
ENDING = "The service ends. Send the request again later."
BUG = "The service met an error of its own; its log tells more."
_STATUS_LINES = {int(status): f"HTTP/1.1 {status:d} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_CLOSE = (b"connection", b"close")
_log = logging.getLogger(__name__)


class Channel(Protocol):
    """The connection, as an exchange needs it."""

    def on_wanted(self, exchange: Exchange) -> None:
        """The application waits for more of the body."""

    def on_answered(self, exchange: Exchange) -> None:
        """The answer is whole."""


class Exchange:
    """A request whose body may still be on its way, and the answer, which is sent once it is whole."""

    def __init__(self, scope: dict[str, Any], channel: Channel) -> None:
        is_current = scope["http_version"] == "1.1"
        self.asks_to_close = self.waits_for_continue = False
        for name, value in scope["headers"]:
            if name == b"connection":
                self.asks_to_close |= b"close" in [token.strip().lower() for token in value.split(b",")]
            elif name == b"expect":
                self.waits_for_continue = is_current and value.lower() == b"100-continue"
        self.is_last = self.asks_to_close or not is_current
        self.is_received = self.is_wanted = self.is_answered = self.is_gone = False
        scope["state"] = {}
        self._scope, self._channel = scope, channel
        self.task: asyncio.Task[None] | None = None
        self._is_head = scope["method"] == "HEAD"
        self._body: list[bytes] = []
        self._is_told = False  # that the body has ended
        self._news = asyncio.Event()
        self._status, self._headers, self._content = 0, [], b""  # type: int, list[tuple[bytes, bytes]], bytes

    @property
    def is_known(self) -> bool:
        """Whether it was found out who asks."""
        return "client" in self._scope["state"]

    async def run(self, app: Any) -> None:
        """Has the application answer. The server cancels it where it ends and has waited long enough."""
        try:
            await app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            self._answer(problem(HTTPStatus.SERVICE_UNAVAILABLE, ENDING, (b"retry-after", b"5")))
        except Exception:
            _log.exception("%s %s failed", self._scope["method"], self._scope["path"])
            self._answer(problem(HTTPStatus.INTERNAL_SERVER_ERROR, BUG))
        else:
            self._answer(problem(HTTPStatus.INTERNAL_SERVER_ERROR, BUG))  # nothing, where it has answered

    def feed(self, part: bytes) -> None:
        """A part of the body has come."""
        if not self.is_answered:
            self._body.append(part)
        self._news.set()

    def end(self) -> None:
        """The body is whole."""
        self.is_received = True
        self._news.set()

    def leave(self) -> None:
        """The client has gone, or what follows of the body is faulty: nobody waits for the answer.

        What a client began goes on to its end; for a stranger nothing does, since it would cost memory.
        """
        self.is_gone = True
        self._news.set()
        if self.task is not None and not self.is_known:
            self.task.cancel()

    async def receive(self) -> dict[str, Any]:
        """ASGI's `receive`."""
        while not (self._body or self.is_received or self.is_gone):
            self._news.clear()
            self.is_wanted = True
            self._channel.on_wanted(self)
            await self._news.wait()
        self.is_wanted = False
        if self.is_gone or self._is_told:
            while not self.is_gone:  # whoever asks now wants to know that
                self._news.clear()
                await self._news.wait()
            return {"type": "http.disconnect"}
        body, self._body = b"".join(self._body), []
        self._is_told = self.is_received
        return {"type": "http.request", "body": body, "more_body": not self.is_received}

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's `send`."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message.get("headers", []))
        else:
            self._content += message.get("body", b"")
            if not message.get("more_body", False):
                self._answer((self._status, self._headers, self._content))

    def _answer(self, answer: tuple[int, list[tuple[bytes, bytes]], bytes]) -> None:
        if self.is_answered or self.is_gone:
            return
        self.is_answered = True
        self._status, self._headers, self._content = answer
        self._body = []
        self._channel.on_answered(self)

    def answer(self, date: bytes) -> list[bytes]:
        """The answer's bytes. Call it once the exchange is answered, and `is_last` says whether another may follow."""
        headers = [(b"date", date), *self._headers]
        names = {name for name, _ in self._headers}
        if (_CLOSE[0], _CLOSE[1]) in self._headers:
            self.is_last = True
        elif self.asks_to_close or (self.is_last and self._scope["http_version"] == "1.1"):
            headers.append(_CLOSE)
        if b"content-length" not in names and self._status not in _BODILESS:
            headers.append((b"content-length", b"%d" % len(self._content)))
        lines = b"".join([name + b": " + value + b"\r\n" for name, value in headers])
        head = _STATUS_LINES[self._status] + lines + b"\r\n"
        return [head] if self._is_head else [head, self._content]


def problem(
    status: HTTPStatus, detail: str, *more: tuple[bytes, bytes]
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """An answer that ends its connection: status, headers and content."""
    content = encode(members(status, detail))
    length = (b"content-length", b"%d" % len(content))
    return int(status), [(b"content-type", MEDIA_TYPE.encode()), length, _CLOSE, *more], content


def standing_alone(status: HTTPStatus, detail: str, *more: tuple[bytes, bytes]) -> bytes:
    """The bytes of an answer to what was no request."""
    _, headers, content = problem(status, detail, *more)
    return _STATUS_LINES[status] + b"".join([b"%s: %s\r\n" % header for header in headers]) + b"\r\n" + content
