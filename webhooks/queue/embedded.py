"""The queue in an embedded store. One process serves it, so its leases need no more than that process's memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared
from webhooks.store.store import Store

_POLL: Final = 0.1  # seconds until another process's commit is noticed, such as a command's
_LONGEST: Final = 5.0  # seconds after which a time that is awaited is looked at again: the clock may have been set
_TOGETHER: Final = 0.01  # seconds within which jobs become due that are taken together
_SCANNED: Final = 10_000  # leased jobs that a second may pass over
_SHORTEST: Final = 0.02  # seconds between two looks from the beginning
_DUE = Prepared(
    "SELECT key, due_at FROM job WHERE kind = :kind AND due_at <= :now AND (due_at, key) > (:due_at, :key)"
    " ORDER BY due_at, key LIMIT :most",
    finds=2,
)
_NEXT = Prepared("SELECT min(due_at) FROM job WHERE kind = :kind AND due_at > :now")
_SEEN: Final = "version seen"  # of a connection
_VERSION = Prepared("SELECT data_version FROM pragma_data_version")


@dataclass(slots=True)
class _Line:
    """The jobs of a kind: which of them are leased, and how far the others were looked at, by due time and key."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    leased: dict[str, Job] = field(default_factory=dict)
    seen: tuple[int, str] = (0, "")
    furthest: tuple[int, str] = (0, "")  # none is leased beyond
    is_stale: bool = True  # there may be jobs before `seen` that are not leased
    anew_at: float = 0.0  # when to look from the beginning, in the loop's time
    looks_at: int = 0  # when who waits looks again anyway (microseconds)

    def begin_anew(self, at: float) -> None:
        """Looks from the beginning, where it is time to. Leased jobs are not to be passed over all the time."""
        if at >= self.anew_at and (self.is_stale or at >= self.anew_at + _LONGEST):
            self.seen = (0, "")
            self.is_stale = False
            self.anew_at = at + max(_SHORTEST, len(self.leased) / _SCANNED)

    def lease(self, rows: Sequence[tuple[str, int]], kind: Kind, most: int) -> list[Job]:
        """What is new among jobs that follow those that were seen."""
        found: list[Job] = []
        for key, due_at in rows:
            held = self.leased.get(key)
            if held is None:
                found.append(Job(kind, key, due_at))
            elif held.due_at != due_at:  # added anew, before its holder has heard that it was finished
                self.is_stale = True
            self.seen = due_at, key
            if len(found) == most:
                break
        self.furthest = max(self.furthest, self.seen)
        self.leased.update((job.key, job) for job in found)
        return found

    def claim(self, job: Job) -> bool:
        """Leases a job, unless it is leased."""
        self.furthest = max(self.furthest, (job.due_at, job.key))
        return self.leased.setdefault(job.key, job) is job


class EmbeddedQueue:
    """Implements Queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._lines = {kind: _Line() for kind in Kind}
        self._is_closed = False
        self._commits = 0
        self._watching = self._loop.create_task(self._watch())
        store.when_committed(self._tell)

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """As Queue says."""
        line = self._lines[kind]
        while not self._is_closed:
            line.changed.clear()
            line.begin_anew(self._loop.time())
            at = now()  # one for both: what becomes due between them must not be missed
            if found := line.lease(self._due(kind, line, most, at), kind, most):
                return found
            wait = self._time_to_next(kind, at)
            if line.is_stale:
                wait = min(wait, line.anew_at - self._loop.time())
            wait = max(wait, _TOGETHER)
            line.looks_at = at + round(wait * 1e6)
            with contextlib.suppress(TimeoutError):  # not `wait_for`, which may lose a cancellation on Python 3.11
                async with asyncio.timeout(wait):
                    await line.changed.wait()
        return []

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """As Queue says."""
        if self._is_closed:
            return []
        return [job for job in jobs if self._lines[job.kind].claim(job)]

    def finished(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        for job in jobs:
            leased = self._lines[job.kind].leased
            if leased.get(job.key) == job:  # not one that was added anew, and is taken already
                del leased[job.key]

    def release(self, jobs: Sequence[Job]) -> None:
        """As Queue says."""
        self.finished(jobs)
        for kind in {job.kind for job in jobs}:
            self._look_anew(self._lines[kind])

    async def close(self) -> None:
        """As Queue says."""
        self._is_closed = True
        self._watching.cancel()
        for line in self._lines.values():
            line.leased.clear()
            line.changed.set()

    def _due(self, kind: Kind, line: _Line, most: int, at: int) -> list[tuple[str, int]]:
        limit = most + (len(line.leased) if line.seen < line.furthest else 0)
        due_at, last = line.seen

        def query(connection: Connection) -> list[tuple[str, int]]:
            return _DUE.run(connection, kind=kind.value, now=at, due_at=due_at, key=last, most=limit)

        return self._store.read_now(query)

    def _time_to_next(self, kind: Kind, at: int) -> float:
        ((due_at,),) = self._store.read_now(lambda connection: _NEXT.run(connection, kind=kind.value, now=at))
        return _LONGEST if due_at is None else min(_LONGEST, max(0.0, (due_at - now()) / 1e6))

    def _tell(self, connection: Connection) -> None:
        """In the writer's thread, after its COMMIT."""
        self._commits += 1
        added = jobs.earliest_added(connection)
        before, is_changed = connection.info.pop(_SEEN, None), True
        with contextlib.suppress(SQLAlchemyError):
            ((version,),) = _VERSION.run(connection)
            connection.info[_SEEN], is_changed = version, version != before
        if added or is_changed:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._note, added, is_changed)

    def _note(self, added: Mapping[Kind, int], is_changed: bool) -> None:
        """Jobs were added, the earliest of each kind at these times; others that are due later may have been seen.

        Where another process has written meanwhile, nobody knows what it added.
        """
        for line in self._lines.values() if is_changed else ():
            self._look_anew(line)
        at = now()  # may be later by more than time has passed: a clock was set
        for kind, due_at in added.items():
            line = self._lines[kind]
            line.seen = min(line.seen, (due_at, ""))
            if due_at < max(line.looks_at, at):
                line.changed.set()

    @staticmethod
    def _look_anew(line: _Line) -> None:
        line.is_stale = True
        line.changed.set()

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
            await asyncio.sleep(_POLL)
