"""What administers: whether the service lives, whether it can do its work, and what it has done."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State

from webhooks.api.paths import OneSpelling
from webhooks.api.problems import HANDLERS
from webhooks.errors import StoreError
from webhooks.metrics import CONTENT_TYPE, Metrics
from webhooks.store.depth import read_depth
from webhooks.store.store import Store

_LOOK_EVERY = 1.0  # seconds
_PROVE_EVERY = 60.0  # seconds


class Readiness:
    """Looks whether the store can be read and written: once a second at most, since looking writes.

    Each table and index is looked at once a minute, and as long as one of them is damaged.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._look: asyncio.Task[None] | None = None
        self._next_at = 0.0
        self._proved_until = 0.0

    async def check(self) -> None:
        """Raises StoreError where it could not when it was looked last."""
        if self._look is None or (self._look.done() and time.monotonic() >= self._next_at):
            self._look = asyncio.create_task(self._look_at_it())
            self._next_at = time.monotonic() + _LOOK_EVERY
        await asyncio.shield(self._look)  # whoever goes away leaves it to the others

    async def _look_at_it(self) -> None:
        await self._store.check()
        if time.monotonic() >= self._proved_until:
            await self._store.prove()
            self._proved_until = time.monotonic() + _PROVE_EVERY


@get("/healthz")
async def health() -> Response[bytes]:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@get("/readyz")
async def readiness(request: Request[object, object, State]) -> Response[bytes]:
    """The store can be read and written; 503 with a problem body where it cannot."""
    await request.app.state.readiness.check()
    return Response(b'{"status":"ready"}', status_code=HTTPStatus.OK, media_type="application/json")


@get("/metrics")
async def metrics(request: Request[object, object, State]) -> Response[bytes]:
    """What this process counted, and what waits in the store, as Prometheus reads it."""
    state = request.app.state
    try:
        depth = await state.store.search(read_depth)
    except StoreError:
        depth = None
    return Response(state.metrics.render(depth), headers={"Content-Type": CONTENT_TYPE})


def build_administration(store: Store, counted: Metrics) -> OneSpelling:
    """The ASGI application of the administering port of a process that has `counted`."""
    return OneSpelling(
        Litestar(
            [health, readiness, metrics],
            exception_handlers=HANDLERS,
            logging_config=None,
            openapi_config=None,
            state=State({"store": store, "metrics": counted, "readiness": Readiness(store)}),
        )
    )
