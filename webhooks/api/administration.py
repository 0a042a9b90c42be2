"""What administers: whether the service lives, whether it can do its work, and what it has done."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from functools import partial
from http import HTTPMethod

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from webhooks.api.calls import Call, operation
from webhooks.api.hosts import KnownHosts
from webhooks.api.limits import UrlLimits
from webhooks.api.paths import OneSpelling
from webhooks.api.routing import build_router
from webhooks.errors import StoreError
from webhooks.metrics import CONTENT_TYPE, Metrics
from webhooks.model import MOST_COUNTED_BESIDE, Depth
from webhooks.store.depth import is_whole, merged, read_depth
from webhooks.store.store import Store

_LOOK_EVERY_SECONDS = 1.0
_PROVE_EVERY_SECONDS = 60.0
_BETWEEN_COUNTS = 99  # times as long as counting took


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
            self._next_at = time.monotonic() + _LOOK_EVERY_SECONDS
        await asyncio.shield(self._look)  # whoever goes away leaves it to the others

    async def _look_at_it(self) -> None:
        await self._store.check()
        if time.monotonic() >= self._proved_until:
            await self._store.prove()
            self._proved_until = time.monotonic() + _PROVE_EVERY_SECONDS


class Waiting:
    """How much waits in the store. What is more than a few thousand is counted beside what asks, now and then.

    Counting takes at most a hundredth of a processor's time; what was counted last is told meanwhile.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._whole: Depth | None = None
        self._count: asyncio.Task[None] | None = None
        self._next_at = 0.0

    async def read(self) -> Depth:
        """Raises StoreError."""
        found = await self._store.search(read_depth)
        if is_whole(found):
            return found
        if (self._count is None or self._count.done()) and time.monotonic() >= self._next_at:
            self._count = asyncio.create_task(self._count_all())
        if self._whole is None and self._count is not None:
            await asyncio.shield(self._count)
        return found if self._whole is None else merged(found, self._whole)

    async def _count_all(self) -> None:
        began = time.monotonic()
        with contextlib.suppress(StoreError):
            self._whole = await self._store.search(partial(read_depth, most=MOST_COUNTED_BESIDE))
        self._next_at = time.monotonic() + (time.monotonic() - began) * _BETWEEN_COUNTS


_LOOK = Call(tag="Administration", scopes=None)


@operation(HTTPMethod.GET, "/healthz", call=_LOOK)
async def health(_request: Request) -> Response:
    """The process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@operation(HTTPMethod.GET, "/readyz", call=_LOOK)
async def readiness(request: Request) -> Response:
    """The store can be read and written; 503 with a problem body where it cannot."""
    await request.app.state.readiness.check()
    return Response(b'{"status":"ready"}', media_type="application/json")


@operation(HTTPMethod.GET, "/metrics", call=_LOOK)
async def metrics(request: Request) -> Response:
    """What this process counted, and what waits in the store, as Prometheus reads it."""
    state = request.app.state
    try:
        depth = await state.waiting.read()
    except StoreError:
        depth = None
    return Response(state.metrics.render(depth), headers={"Content-Type": CONTENT_TYPE})


def build_administration(
    store: Store, counted: Metrics, hosts: Sequence[str] = (), window: ASGIApp | None = None
) -> ASGIApp:
    """The ASGI application of the administering port of a process that has `counted`; `hosts` are further names that
    it may be asked by, and `window` answers for all other paths."""
    calls = (health, readiness, metrics)
    router = build_router(calls, store=store, metrics=counted, readiness=Readiness(store), waiting=Waiting(store))
    if window is not None:
        router.router.default = window
    return KnownHosts(UrlLimits(OneSpelling(router)), hosts)
