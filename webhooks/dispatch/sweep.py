"""The sweep: finds due work that has no job, and mends times of a set clock."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Final

from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.judging import LONGEST_WAIT_SECONDS
from webhooks.store import jobs, timing
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.holding import Place
from webhooks.store.jobs import Kind
from webhooks.store.store import Store
from webhooks.store.waiting import is_done
from webhooks.wall_clock import WallClock

_SWEEP_EVERY_SECONDS: Final = 5.0
_LOOK_AT_CLOCK_EVERY_SECONDS: Final = 0.25  # a clock that is set and set back between two looks is not noticed
_MOST_JOBS: Final = 1000  # of each sort, in one sweep

# A process that is young may have been started before the clock was right. Then times of days are mended too.
_YOUNG_PROCESS_SECONDS: Final = 86400.0
_LEAST_MENDED_SECONDS: Final = 3600.0

_log = logging.getLogger(__name__)


class Sweep:
    """A process has one; several processes may sweep the same store."""

    def __init__(self, store: Store, dispatcher: Dispatcher | None = None, clock: WallClock | None = None) -> None:
        """The dispatcher is told which deliveries were found. Those that it has parked itself are not looked for."""
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock or WallClock()
        self._is_to_mend = True  # also at the start: the clock may have been set before
        self._set_back = self._set_forth = 0.0  # seconds, since times were mended
        self._began = self._clock.time()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await is_done(self.sweep, "the sweep", _log)
            await self._wait()

    async def sweep(self) -> None:
        """One sweep. Raises StoreError."""
        if self._was_set() or self._is_to_mend:
            await self._mend()
            self._is_to_mend, self._set_back, self._set_forth = False, 0.0, 0.0
        known = () if self._dispatcher is None else self._dispatcher.parked()
        found = await self._store.search(lambda connection: jobs.missing(connection, now(), _MOST_JOBS, known))
        if found:
            _log.debug("%d deliveries and bodies were due without a job, and go on now", len(found))
            await self._store.write(lambda connection: jobs.add_missing(connection, found))
            if self._dispatcher is not None:
                await self._dispatcher.recall([job.key for job in found if job.kind is Kind.DELIVER])

    async def _wait(self) -> None:
        """Waits for the next sweep, which comes at once where the clock was set."""
        until = time.monotonic() + _SWEEP_EVERY_SECONDS
        while time.monotonic() < until and not self._was_set():
            await asyncio.sleep(_LOOK_AT_CLOCK_EVERY_SECONDS)

    def _was_set(self) -> bool:
        was_set = self._clock.was_set()
        if was_set:
            self._is_to_mend = True
            self._set_back = max(0.0, self._set_back - self._clock.set_by)
            self._set_forth = max(0.0, self._set_forth + self._clock.set_by)
        return was_set

    async def _mend(self) -> None:
        longest = round(LONGEST_WAIT_SECONDS * MICROSECONDS_PER_SECOND)
        back = round(self._set_back * MICROSECONDS_PER_SECOND)
        count = await self._mend_deliveries()
        count += await self._store.write(lambda connection: timing.mend(connection, now(), longest, back))
        if count:
            _log.warning("the clock was set back: %d things to do were given new times", count)
        if self._set_forth:
            await self._catch_up(self._set_forth)

    async def _mend_deliveries(self) -> int:
        """Looks at all that are due later, where there is need to. Between its writes others have their turn."""
        count, at = 0, now()
        place = Place() if await self._store.search(partial(timing.is_ahead, now=at)) else None
        while place is not None:
            ids, place = await self._store.search(partial(timing.window, now=at, place=place))
            if ids:
                count += await self._store.write(partial(timing.mend_deliveries, ids=ids, now=at), can_wait=True)
        return count

    async def _catch_up(self, forth: float) -> None:
        """Mends times after the clock was set forth.

        Soon after the start, all times since then were written by a clock that was behind. Later nobody knows since
        when it was.
        """
        by = round(forth * MICROSECONDS_PER_SECOND)
        await self._store.write(lambda connection: timing.catch_up(connection, now(), by))
        if forth > _LEAST_MENDED_SECONDS and self._clock.age < _YOUNG_PROCESS_SECONDS:
            began, until = (
                round(self._began * MICROSECONDS_PER_SECOND),
                round((self._clock.time() - forth) * MICROSECONDS_PER_SECOND),
            )
            await self._store.write(lambda connection: timing.mend_since(connection, began, until, by))
            self._began += forth
