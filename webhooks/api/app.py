"""The application that listens for clients."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPMethod
from types import MappingProxyType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from engine.body import Body
from engine.catalogue import Catalogue
from webhooks.api import definitions, deliveries, documentation, events, example_sends, registrations, token
from webhooks.api.calls import Call, operation
from webhooks.api.documentation import Documentation
from webhooks.api.limits import UrlLimits
from webhooks.api.openapi import build_document
from webhooks.api.outgoing import Promises
from webhooks.api.paths import OneSpelling
from webhooks.api.routing import Uncached, build_router
from webhooks.api.service import Service
from webhooks.settings import AuthMethod


@operation(HTTPMethod.GET, "/v1/ping", call=Call(tag="Ping", answer=dict[str, Any], example={}))
async def ping(_request: Request) -> Response:
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
    definitions.list_definitions,
    ping,
)
"""The calls of clients."""


def describe(
    catalogue: Catalogue,
    examples: Mapping[str, Body],
    promises: Promises = MappingProxyType({}),
    auth: frozenset[AuthMethod] = frozenset(AuthMethod),
) -> Documentation:
    """What the API says of itself for these events."""
    calls = (token.issue_token, *GUARDED, *OPEN[1:])
    return Documentation(partial(build_document, calls, catalogue, examples, auth, promises))


def build_routes(service: Service) -> Starlette:
    """The calls of one service, without the bounds and the spellings of `build_app`."""
    describes = partial(describe, service.catalogue, auth=service.auth)
    latest = documentation.Latest(describes, lambda: (service.examples.current, service.promised()))
    return build_router((*OPEN, *GUARDED), service=service, documentation=latest)


def build_app(service: Service) -> ASGIApp:
    """The ASGI application of one service."""
    return Uncached(UrlLimits(OneSpelling(build_routes(service))))
