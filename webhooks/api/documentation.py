"""The API's description as it is served: /openapi.json for programs, /docs for people. Both are open."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPMethod
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from engine.body import Body
from webhooks.api.calls import Call, operation
from webhooks.api.openapi import ALIAS, Json, encode_document
from webhooks.api.outgoing import Promises

_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "docs.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Documentation:
    """The document in both forms, each made when it is first asked for."""

    def __init__(self, build: Callable[[], Json]) -> None:
        self._build = build

    @cached_property
    def document(self) -> Json:
        """What both are made of."""
        return self._build()

    @cached_property
    def json(self) -> bytes:
        """The OpenAPI document."""
        return encode_document(self.document)

    @cached_property
    def html(self) -> bytes:
        """The page."""
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["pretty"] = _pretty
        environment.filters["form"] = urlencode
        template = environment.get_template("docs.html.jinja")
        return template.render(document=self.document, style=_STYLE, calls=list(_calls(self.document))).encode()


class Latest:
    """The documentation of the moment: `describe` makes it of the examples and promises that `latest` gives."""

    def __init__(
        self,
        describe: Callable[[Mapping[str, Body], Promises], Documentation],
        latest: Callable[[], tuple[Mapping[str, Body], Promises]],
    ) -> None:
        self._describe = describe
        self._latest = latest
        self._shown = latest()
        self._made = describe(*self._shown)

    def __call__(self) -> Documentation:
        """It is made anew once either was replaced."""
        latest = self._latest()
        if any(shown is not now for shown, now in zip(self._shown, latest, strict=True)):
            self._shown, self._made = latest, self._describe(*latest)
        return self._made


@operation(HTTPMethod.GET, "/openapi.json", call=Call(tag="Description", scopes=None, answer=dict[str, Any]))
async def show_openapi(request: Request) -> Response:
    """This description, for programs: OpenAPI 3.1."""
    headers = {"Cache-Control": _HEADERS["Cache-Control"]}
    return Response(request.app.state.documentation().json, media_type="application/json", headers=headers)


@operation(HTTPMethod.GET, "/docs", call=Call(tag="Description", scopes=None, answer=str, media_type="text/html"))
async def show_docs(request: Request) -> Response:
    """This description, for people: one page that needs nothing else."""
    return Response(request.app.state.documentation().html, media_type="text/html", headers=_HEADERS)


def _calls(document: Json) -> Any:
    """Each call with its method and path, by tag in the order of their first call."""
    found: dict[str, list[Json]] = {}
    for path, operations in document["paths"].items():
        for method, described in operations.items():
            call = {**described, "method": method.upper(), "path": path}
            if ALIAS not in described:
                found.setdefault(described["tags"][0], []).append(call)
    return found.items()


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
