"""Answers whose bytes are known, without what Litestar does for those that have to be made."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.types import Receive, Scope

_JSON = (b"content-type", b"application/json")


class JsonAnswer(Response[bytes]):
    """JSON text, ready to be sent."""

    def __init__(self, content: bytes, status_code: int = 200) -> None:
        self.content = content
        self.status_code = status_code

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """Itself, which is an ASGI application as well."""
        return self

    async def __call__(self, _scope: Scope, _receive: Receive, send: Any) -> None:
        """Sends it."""
        headers = [_JSON, (b"content-length", b"%d" % len(self.content))]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.content, "more_body": False})
