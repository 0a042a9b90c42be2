"""The queue in a store on PostgreSQL, for any number of processes. A lease is a row that names its process."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy import Connection

from webhooks.errors import StoreError
from webhooks.queue.keeper import Keeper
from webhooks.queue.leases import Leases
from webhooks.queue.session import Session
from webhooks.queue.statements import ANY_UNKNOWN, BEAT, RELEASE, RELEASE_UNKNOWN, STILL_TAKEN, TAKE, TAKE_THESE, TELL
from webhooks.store import jobs as added_jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

_POLL: Final = 1.0  # seconds until notifications that were lost are made up for
_GATHERING: Final = 0.25  # seconds in which what is released is gathered: most of it is finished, and so is gone
_TELLING: Final = 0.01  # seconds in which commits are gathered of which other processes hear
_TELLING_AGAIN: Final = 0.1  # seconds, after which others are told once more, where that failed
_SHORTEST: Final = 0.001  # seconds
_PART: Final = 1000  # jobs that are given back in one statement
_LAST_TRIES: Final = 20  # to give back at the end what others have locked


class PostgreSQLQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._changed = {kind: asyncio.Event() for kind in Kind}
        self._looks_at = dict.fromkeys(Kind, self._loop.time())
        self._untold: set[Kind] = set()  # kinds of which other processes have not heard yet
        self._is_closed = self._is_giving_back = False
        self._leases = Leases()
        self._session = Session(store)
        self._taker = ThreadPoolExecutor(1, thread_name_prefix="queue-taker")  # whose connection the session has
        self._keeper = Keeper(store, self._leases, self._wake)
        store.serve_as(self._leases)
        store.when_committed(self._note_commit)

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        changed = self._changed[kind]
        while True:
            await self._wait(kind)
            if self._is_closed:
                return []
            changed.clear()
            jobs, wait = await self._taken(self._taker.submit(self._take, kind, most))
            self._looks_at[kind] = self._loop.time() + wait
            if jobs:
                return [] if self._is_closed else jobs

    async def take_these(self, kind: Kind, keys: Sequence[str]) -> list[Job]:
        """As Queue says."""
        if self._is_closed or not keys:
            return []
        jobs, _ = await self._taken(self._taker.submit(self._take_these, kind, keys))
        return [] if self._is_closed else jobs

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """As Queue says."""
        return [] if self._is_closed else self._leases.claim(jobs)

    def finished(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        if self._leases.finish(jobs):
            self._give_back_soon()

    def release(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        self._leases.end(jobs)
        self._give_back_soon()

    async def close(self) -> None:
        """As Queue says."""
        if self._is_closed:
            return
        self._is_closed = True
        self._store.serve_as(None)
        self._leases.close()
        self._notice()
        await asyncio.to_thread(self._end)

    async def _wait(self, kind: Kind) -> None:
        """Until there may be jobs that the last look did not find."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(
                self._looks_at[kind]
            ):  # not `wait_for`, which may lose a cancellation on 3.11
                await self._changed[kind].wait()

    async def _taken(self, found: Future[tuple[list[Job], float]]) -> tuple[list[Job], float]:
        try:
            return await asyncio.shield(asyncio.wrap_future(found))
        except asyncio.CancelledError:  # nobody is there to have what is found
            found.add_done_callback(self._take_back)
            raise

    def _wake(self, kinds: str) -> None:
        """From the keeper's thread."""
        self._call(self._notice, kinds)

    def _notice(self, kinds: str = "") -> None:
        for kind, changed in self._changed.items():
            if not kinds or kind.value in kinds:
                changed.set()
        if self._leases.has_ended():
            self._give_back_soon()

    def _note_commit(self, connection: Connection) -> None:
        """In the writer's thread, after its COMMIT."""
        soon = now() + round(_POLL * 1e6)
        added = [kind for kind, due_at in added_jobs.earliest_added(connection).items() if due_at < soon]
        if added:
            self._call(self._note_added, added)

    def _note_added(self, kinds: Sequence[Kind]) -> None:
        """This process may take them now. Others hear of it outside of the transaction, whose commits would queue."""
        for kind in kinds:
            self._changed[kind].set()
        if not (self._untold or self._is_closed):
            self._loop.call_later(_TELLING, self._tell)
        self._untold.update(kinds)

    def _tell(self) -> None:
        kinds = sorted(self._untold)
        self._untold.clear()
        if not self._is_closed:
            self._taker.submit(self._tell_others, kinds)

    def _tell_others(self, kinds: Sequence[Kind]) -> None:
        """Of jobs of these kinds. In the taker's thread. Where the store was lost meanwhile, they are told again."""
        try:
            self._session.run(TELL, f"{self._leases.id}:{','.join(kinds)}")
        except StoreError:
            self._call(self._loop.call_later, _TELLING_AGAIN, self._note_added, kinds)

    def _give_back_soon(self) -> None:
        if not (self._is_giving_back or self._is_closed):
            self._is_giving_back = True
            self._loop.call_later(_GATHERING, self._give_back_now)

    def _give_back_now(self) -> None:
        self._is_giving_back = False
        if not self._is_closed:
            self._taker.submit(self._give_back)

    def _take(self, kind: Kind, most: int) -> tuple[list[Job], float]:
        """Jobs, and how long to wait before the next look. In the taker's thread, as all that follows."""
        self._prepare()
        rows = self._session.run(TAKE, kind.value, most, self._leases.id)
        (wait,) = (row["wait"] for row in rows if row["key"] is None)
        seconds = _POLL if wait is None else min(_POLL, wait / 1e6 + _SHORTEST)
        is_all = len(rows) <= most
        return self._begin(kind, [row for row in rows if row["key"] is not None]), seconds if is_all else 0.0

    def _take_these(self, kind: Kind, keys: Sequence[str]) -> tuple[list[Job], float]:
        self._prepare()
        return self._begin(kind, self._session.run(TAKE_THESE, kind.value, sorted(keys), self._leases.id)), 0.0

    def _begin(self, kind: Kind, rows: Sequence[dict[str, Any]]) -> list[Job]:
        found = sorted((Job(kind, row["key"], row["due_at"]) for row in rows), key=lambda job: (job.due_at, job.key))
        return self._leases.begin(found)

    def _prepare(self) -> None:
        """What has to be so before jobs are taken."""
        if not self._leases.may_claim():  # or others would not know of a lease that its end was near
            at = time.monotonic()
            self._session.run(BEAT, self._leases.id)
            self._leases.beaten(at)
        if self._session.was_lost:
            self._session.was_lost = self._has_unknown(self._leases.known())

    def _has_unknown(self, known: Sequence[str]) -> bool:
        """Gives back all but what is known, such as jobs of which the answer was lost with the connection.

        Whether some are left, which others have locked now.
        """
        while len(self._session.run(RELEASE_UNKNOWN, self._leases.id, known, _PART)) == _PART:
            pass
        return bool(self._session.run(ANY_UNKNOWN, self._leases.id, known))

    def _give_back(self) -> None:
        ended = self._leases.ended()
        locked: list[tuple[Kind, str]] = []
        try:
            for kind in {kind for kind, _ in ended}:
                values = kind.value, sorted(key for of, key in ended if of is kind), self._leases.id
                self._session.run(RELEASE, *values)
                locked += ((kind, row["key"]) for row in self._session.run(STILL_TAKEN, *values))
        except BaseException:
            self._leases.end_again(ended)
            raise
        self._leases.end_again(locked)
        if len(locked) < len(ended):
            self._call(self._note_added, sorted({kind for kind, _ in ended}))

    def _take_back(self, found: Future[tuple[list[Job], float]]) -> None:
        if not found.cancelled() and found.exception() is None:
            self._call(self.release, found.result()[0])

    def _call(self, work: Callable[..., object], *arguments: object) -> None:
        """Has something done in the event loop, from another thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, and so is the queue
            self._loop.call_soon_threadsafe(work, *arguments)

    def _end(self) -> None:
        self._keeper.close()
        self._taker.submit(self._leave)
        self._taker.shutdown()
        self._keeper.join()

    def _leave(self) -> None:
        """Gives all back. What others have locked for long, they have once the heartbeats have ended."""
        try:
            for _ in range(_LAST_TRIES):
                if not self._has_unknown([]):
                    break
            self._session.run(TELL, "")  # also the keeper, that it is closed
        finally:
            self._session.close()
