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
_DUE = Prepared("SELECT key, due_at FROM job WHERE kind = :kind AND due_at <= :now ORDER BY due_at, key LIMIT :most")
_NEXT = Prepared("SELECT min(due_at) FROM job WHERE kind = :kind AND due_at > :now")
_VERSION = Prepared("SELECT data_version FROM pragma_data_version")


class EmbeddedQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leased: dict[Kind, dict[str, Job]] = {kind: {} for kind in Kind}
        self._loop = asyncio.get_running_loop()
        self._changed = {kind: asyncio.Event() for kind in Kind}
        self._is_closed = False
        self._watching = self._loop.create_task(self._watch())

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        changed = self._changed[kind]
        while not self._is_closed:
            changed.clear()
            if found := self._due(kind, most):
                self._leased[kind].update((job.key, job) for job in found)
                return found
            with contextlib.suppress(TimeoutError):  # not `wait_for`, which may lose a cancellation on Python 3.11
                async with asyncio.timeout(self._time_to_next(kind)):
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

    def _due(self, kind: Kind, most: int) -> list[Job]:
        """Those that are due and not leased; the leased ones are the longest due, and few."""
        leased = self._leased[kind]

        def query(connection: Connection) -> list[Job]:
            rows = _DUE.run(connection, kind=kind.value, now=now(), most=most + len(leased))
            return [Job(kind, key, due_at) for key, due_at in rows if key not in leased][:most]

        return self._store.read_now(query)

    def _time_to_next(self, kind: Kind) -> float:
        ((due_at,),) = self._store.read_now(lambda connection: _NEXT.run(connection, kind=kind.value, now=now()))
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
