"""Bounds what a request may bring, and how long it may take to bring it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPRequestEvent, HTTPScope, Receive, Scope, Send
from msgspec.json import encode

from webhooks.api.paths import normalise
from webhooks.api.problems import MEDIA_TYPE, members

_SECONDS = 30.0
"""For the whole body: a client that drips it byte by byte is cut off."""

_LONGEST_PATH = 1024
_DIGITS = 12  # of a Content-Length that is worth reading
_DRAINED_BYTES, _DRAINED_SECONDS = 4 * 1024 * 1024, 1.0


class RequestLimits:
    """ASGI middleware that reads the body before the application sees the request.

    `most` gives the bytes that a path may take, `otherwise` those of every other path.
    """

    def __init__(self, app: ASGIApp, *, most: Mapping[str, int], otherwise: int) -> None:
        self._app = app
        self._most = most
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers what it may not bring."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        try:
            await self._judge(scope, receive, send)
        except asyncio.CancelledError:  # by the server, which ends and has waited long enough
            with suppress(RuntimeError):  # the answer has begun
                await _answer(send, HTTPStatus.SERVICE_UNAVAILABLE, "The service ends. Send the request again later.")

    async def _judge(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await _answer(send, HTTPStatus.BAD_REQUEST, "The request's URL holds NUL, which nothing here has.")
            return
        # Paths are remembered, and memory is to stay small. An encoded slash parts a path for some servers and not for
        # others, so that one before this one may take it for another path.
        if len(scope["path"]) > _LONGEST_PATH or b"%2f" in scope["raw_path"].lower():
            await _answer(send, HTTPStatus.NOT_FOUND, "There is no such path. /docs has those that there are.")
            return
        if not _has_body(scope):
            await self._app(scope, receive, send)
            return
        limit = self._most.get(normalise(scope["path"]), self._otherwise)
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _read(scope, receive, limit)
        except TimeoutError:
            detail = f"The body did not arrive within {_SECONDS:g} s. Send it again, whole and at once."
            await _answer(send, HTTPStatus.REQUEST_TIMEOUT, detail)
            return
        except _TooLargeError:
            detail = f"The body is larger than {limit} bytes, which is the most that this call takes."
            await _answer(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, before_end=_drained(receive))
            return
        if body is not None:
            await self._app(scope, _Replayed(body, receive), send)


def _has_body(scope: HTTPScope) -> bool:
    """RFC 9112, section 6.3: without these a request has none. HTTP/1 is all that is served."""
    names = [name for name, _ in scope["headers"]]
    return b"content-length" in names or b"transfer-encoding" in names


class _TooLargeError(Exception):
    pass


async def _read(scope: HTTPScope, receive: Receive, limit: int) -> bytes | None:
    """The whole body; None where the client has gone before it was sent, so that nothing is done by half of it.

    Raises _TooLargeError where it is larger than `limit`, which a header may tell before it is sent.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and (len(value) > _DIGITS or int(value) > limit):
            raise _TooLargeError
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            raise _TooLargeError
        if not message.get("more_body", False):
            return body


async def _drained(receive: Receive) -> None:
    """Lets go of some of what is still on its way: a connection that is closed before is reset, and the client would
    see that instead of the answer."""
    rest = _DRAINED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAINED_SECONDS):
            while rest > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                rest -= len(message["body"])


class _Replayed:
    """`receive` of a request whose body was read already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._event: HTTPRequestEvent | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Any:
        event, self._event = self._event, None
        return event if event is not None else await self._receive()


async def _answer(send: Send, status: HTTPStatus, detail: str, before_end: Awaitable[None] | None = None) -> None:
    content = encode(members(status, detail))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if before_end is not None:
        await before_end
    await send({"type": "http.response.body", "body": b"", "more_body": False})
