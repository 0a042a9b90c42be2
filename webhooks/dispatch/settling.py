"""Settles what was resumed or removed: an endpoint's deliveries are looked at, a part at a time, until all are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection

from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.store import holding, jobs
from webhooks.store.clock import now
from webhooks.store.holding import Place, Removal, Resumed
from webhooks.store.jobs import Kind
from webhooks.store.store import Store
from webhooks.store.waiting import is_done

_LOOKS_EVERY_SECONDS: Final = 1.0  # another process may have resumed something
_PAUSE_SECONDS: Final = 0.02  # between two parts, for others
_LONGEST_WAIT_SECONDS: Final = 1.0  # for who is busy with the last part
_MANY_BODIES: Final = 1000  # to be composed: more would keep those of other events waiting

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Progress:
    """How far an endpoint was looked at since it was resumed, and when something was changed for that."""

    place: Place = field(default_factory=Place)
    changed_at: float = -math.inf


class Settling:
    """A process has one, to be made in its event loop; several may settle the same store."""

    def __init__(self, store: Store, dispatcher: Dispatcher | None = None) -> None:
        """The dispatcher is told of endpoints that were resumed, and says where there is room for more."""
        self._store = store
        self._dispatcher = dispatcher
        self._resumed: dict[Resumed, _Progress] = {}
        self._removed: dict[Removal, Place] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            """In any thread."""
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._changed.set)

        self._store.when_changed(hear)
        while True:
            self._changed.clear()
            await is_done(self.settle, "what was resumed or removed", _log)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOKS_EVERY_SECONDS):
                    await self._changed.wait()

    async def settle(self) -> None:
        """Goes on until all is settled. Raises StoreError."""
        while await self._settle_parts():
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _settle_parts(self) -> bool:
        """Settles a part of what each endpoint has. Whether there was anything."""
        resumed = await self._store.search(holding.resumed)
        if self._dispatcher is not None:  # for those that are due already
            self._dispatcher.park({each.registration_id for each in resumed if each not in self._resumed})
        self._resumed = {each: self._resumed.get(each, _Progress()) for each in resumed}
        for each, progress in self._resumed.items():
            await self._go_on(each, progress)
        removed = await self._store.search(holding.removals)
        self._removed = {each: self._removed.get(each, Place()) for each in removed}
        for removal, place in self._removed.items():
            cancel = partial(holding.cancel, removal=removal, place=place)
            following = await self._store.write(cancel, can_wait=True)
            self._removed[removal] = following or place
        return bool(resumed or removed)

    async def _go_on(self, resumed: Resumed, progress: _Progress) -> None:
        """Looks at the next part of an endpoint's deliveries, and changes those that waited for its resumption."""
        if time.monotonic() < progress.changed_at + _LONGEST_WAIT_SECONDS and await self._is_busy(resumed):
            return
        window = partial(holding.window, registration_id=resumed.registration_id, place=progress.place)
        seen, following = await self._store.search(window)
        at = now()
        if found := [each for each in seen if holding.is_to_go_on(each, resumed.at, at)]:
            go_on = partial(holding.go_on, registration_id=resumed.registration_id, found=found)
            if not await self._store.write(go_on, can_wait=True):
                return  # another process does it; who knows whether it succeeds
            progress.changed_at = time.monotonic()
        if following is None:
            await self._store.write(partial(holding.settled, resumed=resumed), can_wait=True)
        else:
            progress.place = following

    async def _is_busy(self, resumed: Resumed) -> bool:
        """Whether the endpoint, or who composes, has enough to do already."""
        if self._dispatcher is not None and self._dispatcher.room(resumed.registration_id) <= 0:
            return True

        def composes_many(connection: Connection) -> bool:
            """Whether many bodies are to be composed now."""
            return jobs.count_due(connection, Kind.COMPOSE, now(), _MANY_BODIES) == _MANY_BODIES

        return await self._store.read(composes_many)
