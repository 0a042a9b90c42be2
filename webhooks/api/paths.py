"""Paths without regard to case: the guide and its screenshots spell them differently."""

from __future__ import annotations

import re

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_ALIASES = ((re.compile(r"/v1/webhook(?=/|$)"), "/v1/webhooks"),)
_CASE_COUNTS = re.compile(r"(/v1/events/)(.+)", re.IGNORECASE)  # what follows is the publisher's own id


class AnyCase:
    """ASGI middleware that gives every path its one spelling."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] == ScopeType.HTTP:
            path = normalise(scope["path"])
            if path != scope["path"]:
                scope["path"] = path
                scope["raw_path"] = path.encode()
        await self._app(scope, receive, send)


def normalise(path: str) -> str:
    """The path as the routes spell it."""
    if found := _CASE_COUNTS.fullmatch(path):
        return found[1].lower() + found[2]
    path = path.lower()
    for pattern, spelling in _ALIASES:
        path = pattern.sub(spelling, path, count=1)
    return path
