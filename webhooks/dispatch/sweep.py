"""The sweep: finds work that no job points to, and mends times after the clock was set."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.judging import LONGEST_WAIT
from webhooks.errors import StoreError
from webhooks.store import holding, jobs, timing
from webhooks.store.clock import now
from webhooks.store.jobs import Kind
from webhooks.store.store import Store
from webhooks.wall_clock import WallClock

_EVERY: Final = 5.0  # seconds
_LOOK: Final = 0.25  # seconds between two looks at the clock: one that is set and set back between them is not noticed
_MOST: Final = 1000  # jobs at once
_SECOND: Final = 1_000_000
_MATTERS: Final = 3600.0  # seconds: what is kept or held is so for days
_YOUNG: Final = 86400.0  # seconds

_log = logging.getLogger(__name__)


class Sweep:
    """One for a process; several processes may sweep the same store."""

    def __init__(self, store: Store, dispatcher: Dispatcher | None = None, clock: WallClock | None = None) -> None:
        """The dispatcher is told the deliveries that were found; what it has parked itself is not looked for."""
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock or WallClock()
        self._is_to_mend = True  # what was set by a clock before this process began
        self._set_back = self._set_forth = 0.0  # seconds
        self._began = self._clock.time()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                await self.sweep()
            except StoreError as error:
                _log.warning("the sweep waits for the store: %s", error.message)
            except Exception:
                _log.exception("the sweep met an error; it goes on")
            await self._wait()

    async def sweep(self) -> None:
        """Looks once."""
        if self._was_set() or self._is_to_mend:
            await self._mend()
            self._is_to_mend, self._set_back, self._set_forth = False, 0.0, 0.0
        known = () if self._dispatcher is None else self._dispatcher.parked()
        found = await self._store.search(lambda connection: jobs.missing(connection, now(), _MOST, known))
        if found:
            _log.debug("%d deliveries and bodies were due without a job, and go on now", len(found))
            await self._store.write(lambda connection: jobs.add(connection, found))
            if self._dispatcher is not None:
                await self._dispatcher.recall([job.key for job in found if job.kind is Kind.DELIVER])
        for endpoint in await self._store.search(holding.unsettled):  # last: what is lost must not wait for it
            await self._settle(endpoint)

    async def _settle(self, registration_id: int) -> None:
        """Holds or resumes what is left of an endpoint that was paused, disabled or resumed; in some sweeps."""
        for _ in range(holding.PARTS):
            settled = await self._store.write(
                lambda connection: holding.settle(connection, registration_id), can_wait=True
            )
            if settled < holding.PART:
                break

    async def _wait(self) -> None:
        """Until the next time, which comes at once where the clock was set."""
        until = time.monotonic() + _EVERY
        while time.monotonic() < until and not self._was_set():
            await asyncio.sleep(_LOOK)

    def _was_set(self) -> bool:
        was_set = self._clock.was_set()
        if was_set:
            self._is_to_mend = True
            self._set_back = max(0.0, self._set_back - self._clock.set_by)
            self._set_forth = max(0.0, self._set_forth + self._clock.set_by)
        return was_set

    async def _mend(self) -> None:
        longest = round(LONGEST_WAIT * _SECOND)
        back = round(self._set_back * _SECOND)
        count = await self._store.write(lambda connection: timing.mend(connection, now(), longest, back))
        if count:
            _log.warning("the clock was set back: %d things to do were given new times", count)
        if self._set_forth:
            await self._catch_up(self._set_forth)

    async def _catch_up(self, forth: float) -> None:
        """A clock that is set forth soon after the start was behind; later on, nobody knows when it was right."""
        by = round(forth * _SECOND)
        await self._store.write(lambda connection: timing.catch_up(connection, now(), by))
        if forth > _MATTERS and self._clock.age < _YOUNG:
            began, until = round(self._began * _SECOND), round((self._clock.time() - forth) * _SECOND)
            await self._store.write(lambda connection: timing.mend_since(connection, began, until, by))
            self._began += forth
