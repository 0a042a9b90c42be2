"""The queue in an embedded store. One process serves it, so its leases need no more than that process's memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared
from webhooks.store.store import Store

_POLL: Final = 0.1  # seconds until another process's commit is noticed, such as a command's
_LONGEST: Final = 5.0  # seconds after which a time that is awaited is looked at again: the clock may have been set
_SCANNED: Final = 10_000  # leased jobs that a second may pass over
_LATE: Final = 200_000  # µs by which a job may be committed after others that are due later
_PASSED: Final = 1000  # leased jobs that may be passed over to find such ones
_DUE = Prepared(
    "SELECT key, due_at FROM job WHERE kind = :kind AND due_at <= :now AND (due_at, key) > (:due_at, :key)"
    " ORDER BY due_at, key LIMIT :most"
)
_NEXT = Prepared("SELECT min(due_at) FROM job WHERE kind = :kind AND due_at > :now")
_VERSION = Prepared("SELECT data_version FROM pragma_data_version")


class EmbeddedQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leased: dict[Kind, dict[str, Job]] = {kind: {} for kind in Kind}
        self._taken: dict[Kind, tuple[int, str]] = dict.fromkeys(Kind, (0, ""))
        self._whole_at: dict[Kind, float] = dict.fromkeys(Kind, 0.0)  # in the loop's time
        self._loop = asyncio.get_running_loop()
        self._changed = {kind: asyncio.Event() for kind in Kind}
        self._is_closed = False
        self._watching = self._loop.create_task(self._watch())

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        changed = self._changed[kind]
        while not self._is_closed:
            changed.clear()
            to_whole = max(0.0, self._whole_at[kind] - self._loop.time())
            at = now()  # one for both: what becomes due between them must not be missed
            if found := self._due(kind, most, at, is_whole=to_whole == 0):
                self._leased[kind].update((job.key, job) for job in found)
                return found
            with contextlib.suppress(TimeoutError):  # not `wait_for`, which may lose a cancellation on Python 3.11
                to_next = self._time_to_next(kind, at)
                async with asyncio.timeout(min(to_next, to_whole) if to_whole else to_next):
                    await changed.wait()
        return []

    def release(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        for job in jobs:
            self._leased[job.kind].pop(job.key, None)
        for kind in {job.kind for job in jobs}:
            self._changed[kind].set()

    def wake(self) -> None:
        """As Queue says."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._notice)

    async def close(self) -> None:
        """As Queue says."""
        self._is_closed = True
        self._watching.cancel()
        self._leased = {kind: {} for kind in Kind}
        self._notice()

    def _due(self, kind: Kind, most: int, at: int, *, is_whole: bool) -> list[Job]:
        """Those that are due and not leased; if not `is_whole`, those that follow what was taken last, or nearly.

        The leased ones are the longest due. Where they are many, they are not to be passed over for each batch.
        """
        leased = self._leased[kind]
        (due_at, last), passed = ((0, ""), len(leased)) if is_whole else self._start(kind)
        limit = most + passed

        def query(connection: Connection) -> list[Job]:
            rows = _DUE.run(connection, kind=kind.value, now=at, due_at=due_at, key=last, most=limit)
            return [Job(kind, key, due_at) for key, due_at in rows if key not in leased][:most]

        found = self._store.read_now(query)
        if is_whole and len(found) < most:
            self._whole_at[kind] = self._loop.time() + len(leased) / _SCANNED
        if found:
            self._taken[kind] = max(self._taken[kind], (found[-1].due_at, found[-1].key))
        return found

    def _start(self, kind: Kind) -> tuple[tuple[int, str], int]:
        """Where to look on, and how many leased jobs may be in the way there."""
        start = self._taken[kind][0] - _LATE
        passed = sum(job.due_at >= start for job in self._leased[kind].values())
        return ((start, ""), passed) if passed <= _PASSED else (self._taken[kind], 0)

    def _time_to_next(self, kind: Kind, at: int) -> float:
        ((due_at,),) = self._store.read_now(lambda connection: _NEXT.run(connection, kind=kind.value, now=at))
        return _LONGEST if due_at is None else min(_LONGEST, max(0.0, (due_at - now()) / 1e6))

    def _notice(self) -> None:
        for changed in self._changed.values():
            changed.set()

    async def _watch(self) -> None:
        """Notices what other processes commit. SQLite counts them for each connection; the loop's thread has one."""
        seen = None
        while True:
            with contextlib.suppress(Exception):  # take tells of a store that is away
                ((version,),) = self._store.read_now(_VERSION.run)
                if version != seen:
                    seen = version
                    self._notice()
            await asyncio.sleep(_POLL)
