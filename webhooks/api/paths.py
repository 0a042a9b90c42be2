"""What a request asks for, in its one spelling: the guide and its screenshots spell paths differently."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPMethod

from starlette.types import ASGIApp, Receive, Scope, Send

_ALIASES = ((re.compile(r"/v1/webhook(?=/|$)"), "/v1/webhooks"),)
_CASE_COUNTS = re.compile(r"(/v1/events/)(.+)", re.IGNORECASE | re.ASCII)  # what follows is the publisher's own id
_SLASHES = re.compile("/{2,}")


class OneSpelling:
    """ASGI middleware that gives every path its one spelling, and answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] == "http":
            path = normalise(scope["path"])
            if scope["method"] == HTTPMethod.HEAD:  # in a copy: the server leaves the body out by its own
                scope = {**scope, "method": "GET"}
            if path != scope["path"]:
                scope["path"] = path
                scope["raw_path"] = path.encode()
        await self._app(scope, receive, send)


@lru_cache(1024)
def normalise(path: str) -> str:
    """The path as the routes spell it: without regard to case and to slashes too many."""
    path = _SLASHES.sub("/", path)
    path = path.rstrip("/") or "/"
    if found := _CASE_COUNTS.fullmatch(path):
        return _lower(found[1]) + found[2]
    path = _lower(path)
    for pattern, spelling in _ALIASES:
        path = pattern.sub(spelling, path, count=1)
    return path


def _lower(path: str) -> str:
    """ASCII's letters only: others that become them (the Kelvin sign) would lead past a proxy's rules for a path."""
    return path.encode().lower().decode()
