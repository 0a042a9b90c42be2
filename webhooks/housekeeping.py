"""Housekeeping: erases what was kept long enough, and gives up deliveries that were held too long.

None of it can be undone. So it is done only while the clock can be trusted: for some minutes it has kept pace with the
monotonic clock. A clock that was wrong when the machine started is usually set within them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection

from webhooks.store import places, retention, tallies
from webhooks.store.clock import MICROSECONDS_PER_DAY, now
from webhooks.store.places import Name, Place
from webhooks.store.retention import Search
from webhooks.store.store import Store
from webhooks.store.tallies import ERASED_AT_ONCE, Series
from webhooks.store.waiting import is_done
from webhooks.wall_clock import WallClock

P = ParamSpec("P")
T = TypeVar("T")

HELD_DAYS: Final = 30
"""For how many days a delivery may be held (service specification, section 2)."""

_LOOK_AT_CLOCK_EVERY_SECONDS: Final = 30.0
_ROUND_EVERY_SECONDS: Final = 3600.0
_PAUSE_SECONDS: Final = 0.05  # after each batch, for other writes
_MONTH_MICROSECONDS: Final = 30.44 * MICROSECONDS_PER_DAY
_HELD_TOO_LONG: Final = f"it was held for {HELD_DAYS} days"

_log = logging.getLogger(__name__)


class Housekeeping:
    """Tidies one store. `keep_data` is in days, `keep_attempts` in months."""

    def __init__(self, store: Store, *, keep_data: int, keep_attempts: int, clock: WallClock | None = None) -> None:
        self._store = store
        self._keep_data = keep_data * MICROSECONDS_PER_DAY
        self._keep_attempts = round(keep_attempts * _MONTH_MICROSECONDS)
        self._clock = clock or WallClock()
        self._next_round = 0.0
        self._is_to_scrub = False

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await is_done(lambda: self._begin_again_if_behind(now()), "housekeeping", _log)
            if self._clock.is_steady() and time.monotonic() >= self._next_round:
                self._next_round = time.monotonic() + _ROUND_EVERY_SECONDS
                await is_done(lambda: self.tidy(now()), "housekeeping", _log)
            await asyncio.sleep(_LOOK_AT_CLOCK_EVERY_SECONDS)

    async def tidy(self, at: int) -> None:
        """One round. `at` is the time now, in microseconds. What it cannot do waits for the next. Raises StoreError."""
        for part in (
            self._give_up,
            self._erase_data,
            self._erase_unsubscribed,
            self._erase_attempts,
            self._erase_tallies,
        ):
            count = await part(at)
            if count:
                _log.info("housekeeping%s: %d", part.__name__.replace("_", " "), count)
                self._is_to_scrub = True
        if self._is_to_scrub:
            self._is_to_scrub = not await self._store.scrub()
        if self._is_to_scrub:
            _log.warning("the store's log keeps what was erased until the next round: others were reading it")

    async def _begin_again_if_behind(self, at: int) -> None:
        """Looks, even at a clock that is not trusted, whether deliveries that end now would never be found."""
        if await self._store.read(lambda connection: places.is_behind(connection, at)):
            for name in Name:
                await self._find_place(name, at)

    async def _give_up(self, at: int) -> int:
        count = 0
        while ids := await self._find(retention.held_since, at - HELD_DAYS * MICROSECONDS_PER_DAY):
            if not await self._erase(retention.give_up, ids, _HELD_TOO_LONG, at):
                break
            count += len(ids)
        return count

    async def _erase_data(self, at: int) -> int:
        until, count = at - self._keep_data, 0
        place: Place | None = await self._find_place(Name.DATA, at)
        while place is not None:
            search = await self._find(retention.with_data, place.reached, until)
            if search.found and not await self._erase(retention.erase_data, search.found, until):
                break
            place = await self._go_on(place, search, until)
            count += len(search.found)
        return count

    async def _erase_unsubscribed(self, at: int) -> int:
        until, count = at - self._keep_data, 0
        place: Place | None = await self._find_place(Name.UNSUBSCRIBED, at)
        while place is not None:
            found = await self._find(retention.unsubscribed, place.reached, until, at)
            if found.sequences and not await self._erase(retention.erase_events, found.sequences):
                break
            place = await self._move(place, found.last) if found.last != place.reached else None
            count += len(found.sequences)
        return count

    async def _erase_attempts(self, at: int) -> int:
        until, count = at - self._keep_attempts, 0
        place: Place | None = await self._find_place(Name.ATTEMPTS, at)
        while place is not None:
            search = await self._find(retention.with_attempts, place.reached, until)
            if search.found and not await self._erase(retention.erase_attempts, search.found):
                break
            place = await self._go_on(place, search, until)
            count += len(search.found)
        return count

    async def _erase_tallies(self, at: int) -> int:
        count = 0
        for series in Series:
            erased = ERASED_AT_ONCE
            while erased == ERASED_AT_ONCE:
                erased = await self._store.write(
                    partial(tallies.erase, series=series, before=at - series.kept), can_wait=True
                )
                count += erased
                await asyncio.sleep(_PAUSE_SECONDS if erased else 0.0)
        return count

    async def _find_place(self, name: Name, at: int) -> Place:
        return await self._store.write(partial(places.find, name=name, at=at), can_wait=True)

    async def _move(self, place: Place, reached: int) -> Place | None:
        return await self._store.write(partial(places.move, place=place, reached=reached), can_wait=True)

    async def _go_on(self, place: Place, search: Search, until: int) -> Place | None:
        """Where a search goes on, None where it ends. It pauses where it found nothing, for others."""
        if search.reached is None:
            await self._move(place, until)
            return None
        if not search.found:
            await asyncio.sleep(_PAUSE_SECONDS)
        return await self._move(place, search.reached)

    async def _find(self, query: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        return await self._store.search(lambda connection: query(connection, *arguments, **named))

    async def _erase(
        self, command: Callable[Concatenate[Connection, P], None], *arguments: P.args, **named: P.kwargs
    ) -> bool:
        """Runs a command, then pauses, so that others can write.

        Returns False, without running it, if the clock cannot be trusted or another process erases.
        """
        if not self._clock.is_steady():
            return False

        def write(connection: Connection) -> bool:
            """Runs the command, unless another process erases."""
            if is_ours := retention.is_ours(connection):
                command(connection, *arguments, **named)
            return is_ours

        is_done = await self._store.write(write, can_wait=True)
        await asyncio.sleep(_PAUSE_SECONDS)  # so that others can write
        return is_done
