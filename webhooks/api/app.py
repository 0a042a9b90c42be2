"""The application that listens for clients."""

from __future__ import annotations

from litestar import Litestar, Response, Router, get
from litestar.datastructures import State

from webhooks.api import deliveries, events, registrations, token
from webhooks.api.authentication import authenticate
from webhooks.api.limits import Limits
from webhooks.api.paths import OneSpelling
from webhooks.api.problems import HANDLERS
from webhooks.service import Service

_MOST = 64 * 1024
_MOST_INTAKE = 1024 * 1024


@get("/v1/ping")
async def ping() -> Response[bytes]:
    """Answers whoever is let in."""
    return Response(b"{}", media_type="application/json")


def build_app(service: Service) -> Limits:
    """The ASGI application of one service."""
    guarded = Router(
        "/",
        guards=[authenticate],
        route_handlers=[
            ping,
            registrations.register,
            registrations.list_registrations,
            registrations.remove,
            registrations.make_signing_key,
            registrations.pause,
            registrations.resume,
            events.list_events,
            events.publish,
            events.show_event,
            deliveries.list_deliveries,
            deliveries.show_delivery,
            deliveries.replay,
        ],
    )
    app = Litestar(
        [token.issue_token, guarded],
        exception_handlers=HANDLERS,
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,  # Limits counts, before anything is parsed
        state=State({"service": service}),
    )
    return Limits(OneSpelling(app), most={"/v1/events": _MOST_INTAKE}, otherwise=_MOST)
