"""Bounds what a request may bring, and how long it may take to bring it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPRequestEvent, Receive, Scope, Send
from msgspec.json import encode

from webhooks.api.paths import normalise
from webhooks.api.problems import MEDIA_TYPE, members

_SECONDS = 30.0
"""For the whole body: a client that drips it byte by byte is cut off."""


class Limits:
    """ASGI middleware that reads the body before the application sees the request.

    `most` gives the bytes that a path may take, `otherwise` those of every other path.
    """

    def __init__(self, app: ASGIApp, *, most: Mapping[str, int], otherwise: int) -> None:
        self._app = app
        self._most = most
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 413 or 408."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        limit = self._most.get(normalise(scope["path"]), self._otherwise)
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _read(scope, receive, limit)
        except TimeoutError:
            await _answer(send, HTTPStatus.REQUEST_TIMEOUT, f"The body did not arrive within {_SECONDS:g} s.")
            return
        if body is None:
            detail = f"The body is larger than {limit} bytes."
            await _answer(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
            return
        await self._app(scope, _Replayed(body, receive), send)


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """The whole body; None where it is larger than `limit`, which a header may tell before it is sent."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            return None
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body  # the client has gone; nothing that it began is done
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return body


class _Replayed:
    """`receive` of a request whose body was read already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._event: HTTPRequestEvent | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Any:
        event, self._event = self._event, None
        return event if event is not None else await self._receive()


async def _answer(send: Send, status: HTTPStatus, detail: str) -> None:
    content = encode(members(status, detail))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
