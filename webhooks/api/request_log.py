"""Logs each request, for who looks for an error. Queries, headers and bodies may hold secrets and are not shown."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

_log = logging.getLogger(__name__)


class RequestLog:
    """ASGI middleware that logs what was asked for, the status, and the time until the answer was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 0, time.perf_counter()

        async def noted(message: Any) -> None:
            """Sends a part of the answer; notes its status."""
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            milliseconds = (time.perf_counter() - start) * 1000
            _log.debug("%s %s %d in %.1f ms", scope["method"], scope["path"], status, milliseconds)
