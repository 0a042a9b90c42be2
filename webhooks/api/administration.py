"""What administers: whether the service lives, and whether it can do its work."""

from __future__ import annotations

from http import HTTPStatus

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State

from webhooks.api.authentication import service_of
from webhooks.api.problems import HANDLERS
from webhooks.service import Service


@get("/healthz")
async def health() -> Response[bytes]:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@get("/readyz")
async def readiness(request: Request[object, object, State]) -> Response[bytes]:
    """The store can be read and written; 503 with a problem body where it cannot."""
    await service_of(request).store.check()
    return Response(b'{"status":"ready"}', status_code=HTTPStatus.OK, media_type="application/json")


def build_administration(service: Service) -> Litestar:
    """The ASGI application of the administering port."""
    return Litestar(
        [health, readiness],
        exception_handlers=HANDLERS,
        logging_config=None,
        openapi_config=None,
        state=State({"service": service}),
    )
