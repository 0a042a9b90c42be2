"""The application that listens for clients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from litestar import Litestar, Response, Router, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from engine.body import Body
from engine.catalogue import Catalogue
from webhooks.api import deliveries, documentation, events, example_sends, registrations, token
from webhooks.api.authentication import authenticate
from webhooks.api.calls import Call, described
from webhooks.api.documentation import Documentation
from webhooks.api.limits import RequestLimits
from webhooks.api.openapi import build_document
from webhooks.api.paths import OneSpelling
from webhooks.api.problems import HANDLERS
from webhooks.api.service import Service
from webhooks.settings import AuthMethod

_MOST = 64 * 1024
_MOST_INTAKE = 1024 * 1024


@get("/v1/ping", opt=described(Call(tag="Ping", answer=dict[str, Any], example={})))
async def ping() -> Response[bytes]:
    """Answers whoever is let in."""
    return Response(b"{}", media_type="application/json")


OPEN = (token.issue_token, documentation.show_openapi, documentation.show_docs)
"""The calls that need no authentication."""

GUARDED = (
    registrations.list_registrations,
    registrations.register,
    registrations.remove,
    registrations.make_signing_key,
    registrations.pause,
    registrations.resume,
    example_sends.send_test,
    events.list_events,
    events.publish,
    events.show_event,
    deliveries.list_deliveries,
    deliveries.show_delivery,
    deliveries.replay,
    ping,
)
"""The calls of clients."""


def describe(
    catalogue: Catalogue, examples: Mapping[str, Body], auth: frozenset[AuthMethod] = frozenset(AuthMethod)
) -> Documentation:
    """What the API says of itself for these events."""
    return Documentation(partial(build_document, (token.issue_token, *GUARDED, *OPEN[1:]), catalogue, examples, auth))


def build_routes(service: Service) -> Litestar:
    """The calls of one service, without the bounds and the spellings of `build_app`."""
    describes = partial(describe, service.catalogue, auth=service.auth)
    guarded = Router("/", before_request=authenticate, route_handlers=[*_options(GUARDED), *GUARDED])
    return Litestar(
        [*_options(OPEN), *OPEN, guarded],
        exception_handlers=HANDLERS,
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,  # RequestLimits counts, before anything is parsed
        state=State({"service": service, "documentation": documentation.Latest(describes, service.examples)}),
    )


def build_app(service: Service) -> RequestLimits:
    """The ASGI application of one service."""
    return RequestLimits(OneSpelling(build_routes(service)), most={"/v1/events": _MOST_INTAKE}, otherwise=_MOST)


def _options(handlers: Iterable[HTTPRouteHandler]) -> Iterator[HTTPRouteHandler]:
    """Says which methods a path has; comes before the others, or Litestar makes one that knows of one method only."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    for path, found in methods.items():
        yield _answering(path, ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set()))))


def _answering(path: str, allowed: str) -> HTTPRouteHandler:
    async def options() -> Response[None]:
        return Response(None, status_code=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})

    return HTTPRouteHandler(path, http_method="OPTIONS", status_code=HTTPStatus.NO_CONTENT)(options)
