"""What administers: whether the service lives, whether it can do its work, and what it has done."""

from __future__ import annotations

from http import HTTPStatus

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State

from webhooks.api.authentication import service_of
from webhooks.api.problems import HANDLERS
from webhooks.errors import StoreError
from webhooks.metrics import CONTENT_TYPE
from webhooks.service import Service
from webhooks.store.depth import read_depth


@get("/healthz")
async def health() -> Response[bytes]:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@get("/readyz")
async def readiness(request: Request[object, object, State]) -> Response[bytes]:
    """The store can be read and written; 503 with a problem body where it cannot."""
    await service_of(request).store.check()
    return Response(b'{"status":"ready"}', status_code=HTTPStatus.OK, media_type="application/json")


@get("/metrics")
async def metrics(request: Request[object, object, State]) -> Response[bytes]:
    """What this process counted, and what waits in the store, as Prometheus reads it."""
    service = service_of(request)
    try:
        depth = await service.store.search(read_depth)
    except StoreError:
        depth = None
    return Response(service.metrics.render(depth), headers={"Content-Type": CONTENT_TYPE})


def build_administration(service: Service) -> Litestar:
    """The ASGI application of the administering port."""
    return Litestar(
        [health, readiness, metrics],
        exception_handlers=HANDLERS,
        logging_config=None,
        openapi_config=None,
        state=State({"service": service}),
    )
