"""The queue in an embedded store. Only one process serves the store, so leases are kept in its memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from webhooks.store import jobs
from webhooks.store.bulk import TEXT, Bulk
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared
from webhooks.store.store import Store

_POLL_SECONDS: Final = 0.1  # after which a commit of another process, such as a command's, is noticed
_LOOK_AGAIN_SECONDS: Final = 5.0  # after which a waiting `take` looks again: the clock may have been set
_TOGETHER_SECONDS: Final = 0.01  # jobs that become due within this time are taken together
_LEASED_JOBS_PASSED_A_SECOND: Final = 10_000  # how many leased jobs may be passed over in a second
_LOOK_ANEW_SECONDS: Final = 0.02  # between two looks from the beginning, at least
_DUE = Prepared(
    "SELECT key, due_at FROM job WHERE kind = :kind AND due_at <= :now AND (due_at, key) > (:due_at, :key)"
    " ORDER BY due_at, key LIMIT :most",
    finds=2,
)
_THESE = Bulk(
    "SELECT job.key, job.due_at FROM GIVEN CROSS JOIN job"
    " WHERE job.kind = :kind AND job.key = given.key AND job.due_at <= :now",
    finds=2,
    key=TEXT,
)
_NEXT = Prepared("SELECT min(due_at) FROM job WHERE kind = :kind AND due_at > :now")
_SEEN_VERSION: Final = "version seen"  # key of a connection's `info`
_VERSION = Prepared("SELECT data_version FROM pragma_data_version")


@dataclass(slots=True)
class _KindOfJobs:
    """The jobs of a kind: which of them are leased, and how far the others were looked at.

    Jobs are looked at in the order of due time and key.
    """

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a waiting `take` should look again."""
    leased: dict[str, Job] = field(default_factory=dict)
    seen: tuple[int, str] = (0, "")
    """The last job that was looked at."""
    furthest: tuple[int, str] = (0, "")
    """No job after this one is leased."""
    is_stale: bool = True
    """There may be jobs before `seen` that are not leased."""
    anew_at: float = 0.0
    """When to look from the beginning next, in the loop's time."""
    looks_at: int = 0
    """When a waiting `take` looks again anyway, in microseconds."""

    def begin_anew(self, at: float) -> None:
        """Lets the next look start from the beginning, but not too often, since it passes over all leased jobs."""
        if at >= self.anew_at and (self.is_stale or at >= self.anew_at + _LOOK_AGAIN_SECONDS):
            self.seen = (0, "")
            self.is_stale = False
            self.anew_at = at + max(_LOOK_ANEW_SECONDS, len(self.leased) / _LEASED_JOBS_PASSED_A_SECOND)

    def lease(self, rows: Sequence[tuple[str, int]], kind: Kind, most: int) -> list[Job]:
        """Leases the jobs among these rows that are not leased; rows follow those that were seen before."""
        found: list[Job] = []
        for key, due_at in rows:
            held = self.leased.get(key)
            if held is None:
                found.append(Job(kind, key, due_at))
            elif held.due_at != due_at:  # it was added anew before its holder heard that it was finished
                self.is_stale = True
            self.seen = due_at, key
            if len(found) == most:
                break
        self.furthest = max(self.furthest, self.seen)
        self.leased.update((job.key, job) for job in found)
        return found

    def leased_ahead(self) -> int:
        """How many leased jobs the next look may have to pass over."""
        if self.seen >= self.furthest:
            return 0
        return sum((job.due_at, job.key) > self.seen for job in self.leased.values())

    def claim(self, job: Job) -> bool:
        """Leases a job, unless it is leased."""
        self.furthest = max(self.furthest, (job.due_at, job.key))
        return self.leased.setdefault(job.key, job) is job


class EmbeddedQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._kinds = {kind: _KindOfJobs() for kind in Kind}
        self._is_closed = False
        self._commits = 0
        self._watching = self._loop.create_task(self._watch())
        store.when_committed(self._tell)

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        of_kind = self._kinds[kind]
        while not self._is_closed:
            of_kind.changed.clear()
            of_kind.begin_anew(self._loop.time())
            at = now()  # one time for both queries, so that no job that becomes due between them is missed
            if found := of_kind.lease(self._due(kind, of_kind, most, at), kind, most):
                return found
            wait = self._time_to_next(kind, at)
            if of_kind.is_stale:
                wait = min(wait, of_kind.anew_at - self._loop.time())
            wait = max(wait, _TOGETHER_SECONDS)
            of_kind.looks_at = at + round(wait * 1e6)
            with contextlib.suppress(TimeoutError):  # not `wait_for`, which may lose a cancellation on Python 3.11
                async with asyncio.timeout(wait):
                    await of_kind.changed.wait()
        return []

    async def take_these(self, kind: Kind, keys: Sequence[str]) -> list[Job]:
        """As Queue says."""
        wanted, at = [(key,) for key in keys], now()
        rows = self._store.read_now(lambda connection: _THESE.run(connection, wanted, kind=kind.value, now=at))
        return self.claim([Job(kind, key, due_at) for key, due_at in rows])

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """As Queue says."""
        if self._is_closed:
            return []
        return [job for job in jobs if self._kinds[job.kind].claim(job)]

    def finished(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        for job in jobs:
            leased = self._kinds[job.kind].leased
            if leased.get(job.key) == job:  # unless it was added anew meanwhile, and taken
                del leased[job.key]

    def release(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        self.finished(jobs)
        for kind in {job.kind for job in jobs}:
            self._look_anew(self._kinds[kind])

    async def close(self) -> None:
        """As Queue says."""
        self._is_closed = True
        self._watching.cancel()
        for of_kind in self._kinds.values():
            of_kind.leased.clear()
            of_kind.changed.set()

    def _due(self, kind: Kind, of_kind: _KindOfJobs, most: int, at: int) -> list[tuple[str, int]]:
        due_at, last = of_kind.seen
        limit = most + of_kind.leased_ahead()

        def query(connection: Connection) -> list[tuple[str, int]]:
            """The due jobs after the last one that was seen."""
            return _DUE.run(connection, kind=kind.value, now=at, due_at=due_at, key=last, most=limit)

        return self._store.read_now(query)

    def _time_to_next(self, kind: Kind, at: int) -> float:
        ((due_at,),) = self._store.read_now(lambda connection: _NEXT.run(connection, kind=kind.value, now=at))
        return _LOOK_AGAIN_SECONDS if due_at is None else min(_LOOK_AGAIN_SECONDS, max(0.0, (due_at - now()) / 1e6))

    def _tell(self, connection: Connection) -> None:
        """In the writer's thread, after its COMMIT."""
        self._commits += 1
        added = jobs.earliest_added(connection)
        before, is_changed = connection.info.pop(_SEEN_VERSION, None), True
        with contextlib.suppress(SQLAlchemyError):
            ((version,),) = _VERSION.run(connection)
            connection.info[_SEEN_VERSION], is_changed = version, version != before
        if added or is_changed:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._note, added, is_changed)

    def _note(self, added: Mapping[Kind, int], is_changed: bool) -> None:
        """Jobs were added, the earliest of each kind at these times; others that are due later may have been seen.

        Where another process has written meanwhile, nobody knows what it added.
        """
        for of_kind in self._kinds.values() if is_changed else ():
            self._look_anew(of_kind)
        at = now()  # may be later by more than time has passed: a clock was set
        for kind, due_at in added.items():
            of_kind = self._kinds[kind]
            of_kind.seen = min(of_kind.seen, (due_at, ""))
            if due_at < max(of_kind.looks_at, at):
                of_kind.changed.set()

    @staticmethod
    def _look_anew(of_kind: _KindOfJobs) -> None:
        of_kind.is_stale = True
        of_kind.changed.set()

    async def _watch(self) -> None:
        """Notices what other processes commit while this one does not; `_tell` notices it else.

        SQLite counts for each connection what the others have committed, and the loop's thread has one of its own.
        """
        seen, commits = None, 0
        while True:
            with contextlib.suppress(Exception):  # take tells of a store that is away
                before, commits = commits, self._commits
                ((version,),) = self._store.read_now(_VERSION.run)
                if version != seen and commits == before:
                    seen = version
                    self._note({}, is_changed=True)
            await asyncio.sleep(_POLL_SECONDS)
