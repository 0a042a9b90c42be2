"""The queue in a store on PostgreSQL: PgQueuer's table and statements, taken from by any number of processes.

A lease is a row that is `picked` and has a fresh heartbeat. All times are the database's.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from uuid import uuid4

from webhooks.queue.leases import Keeper, Leases
from webhooks.queue.session import GIVE_BACK, TELL, TIME, TIME_TO_NEXT, Session, dequeue
from webhooks.store.clock import microseconds
from webhooks.store.jobs import Job, Kind, key_of
from webhooks.store.store import Store

_POLL: Final = 1.0  # seconds until leases that ended, and notifications that were lost, are looked for
_RENEWING: Final = 1.0  # seconds after the database was away, in which every process renews its leases
_GATHERING: Final = 0.25  # seconds in which what is released is gathered: most of it is finished, and so is gone
_SHORTEST: Final = 0.001  # seconds


class PgQueuerQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = {kind: asyncio.Event() for kind in Kind}
        self._is_closed = self._is_giving_back = False
        self._id = uuid4()
        self._leases = Leases()
        self._session = Session(store)
        self._taker = ThreadPoolExecutor(1, thread_name_prefix="queue-taker")  # whose connection the session has
        self._keeper = Keeper(store, self._leases, self._wake)

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        changed = self._changed[kind]
        while not self._is_closed:
            changed.clear()
            found = self._taker.submit(self._take, kind, most)
            try:
                jobs, wait = await asyncio.shield(asyncio.wrap_future(found))
            except asyncio.CancelledError:  # nobody is there to have what is found
                found.add_done_callback(self._take_back)
                raise
            if jobs:
                return [] if self._is_closed else jobs
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):  # not `wait_for`, which may lose a cancellation on Python 3.11
                    await changed.wait()
        return []

    def claim(self, jobs: Sequence[Job]) -> list[Job]:  # noqa: ARG002  of the protocol
        """As Queue says: others take as well, and may have them already."""
        return []

    def finished(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        self._leases.forget(jobs)

    def release(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        self._leases.end(jobs)
        if not (self._is_giving_back or self._is_closed):
            self._is_giving_back = True
            self._loop.call_later(_GATHERING, self._give_back_soon)

    def _wake(self) -> None:
        """From any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._notice)

    async def close(self) -> None:
        """As Queue says."""
        if self._is_closed:
            return
        self._is_closed = True
        self._notice()
        await asyncio.to_thread(self._end)

    def _give_back_soon(self) -> None:
        self._is_giving_back = False
        if not self._is_closed:
            self._taker.submit(self._give_back)

    def _notice(self) -> None:
        for changed in self._changed.values():
            changed.set()

    def _take(self, kind: Kind, most: int) -> tuple[list[Job], float]:
        """Jobs, or none and how long to wait. In the taker's thread, as all that follows."""
        if self._session.was_lost:
            self._session.run(TIME)  # raises while it is away
            self._session.was_lost = False
            time.sleep(_RENEWING)
        sql, values = dequeue(kind.value, most, self._id)
        rows = self._session.run(sql, *values)
        found = [(Job(kind, key_of(row["dedupe_key"]), microseconds(row["execute_after"])), row["id"]) for row in rows]
        if jobs := self._leases.begin(found):
            return jobs, 0.0
        next_: list[dict[str, timedelta]] = self._session.run(TIME_TO_NEXT, [kind.value])
        return [], min([_POLL, *(row["eta"].total_seconds() + _SHORTEST for row in next_)])

    def _give_back(self) -> None:
        if (ended := self._leases.ended()) and self._session.run(GIVE_BACK, ended, self._id):
            self._session.run(TELL)

    def _take_back(self, found: Future[tuple[list[Job], float]]) -> None:
        if not found.cancelled() and found.exception() is None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and so is the queue
                self._loop.call_soon_threadsafe(self.release, found.result()[0])

    def _end(self) -> None:
        self._keeper.close()
        self._taker.submit(self._leave)
        self._taker.shutdown()
        self._keeper.join()

    def _leave(self) -> None:
        self._leases.end_all()
        try:
            self._give_back()
            self._session.run(TELL)  # the keeper, that it is closed
        finally:
            self._session.close()
