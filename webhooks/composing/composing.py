"""Composing: takes due jobs and composes their events or parks them. Parked events get a job once that is possible."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection

from webhooks.composing import making
from webhooks.composing.definitions import Definitions
from webhooks.composing.gates import Gates, Way
from webhooks.composing.pace import Pace
from webhooks.composing.threads import in_thread
from webhooks.composing.work import ROOM_EVENTS, Onward, Work, write_only
from webhooks.errors import SettingsError
from webhooks.metrics import Metrics
from webhooks.queue.interface import Queue
from webhooks.security.keys import Keyring
from webhooks.store import compositions, definitions, parking
from webhooks.store.compositions import Waiting
from webhooks.store.jobs import Job, Kind
from webhooks.store.results import Parked, Result, Unneeded
from webhooks.store.store import Store
from webhooks.store.waiting import keep_doing, until_done

_MOST_JOBS: Final = 500  # taken at once
_MOST_ADDRESSED: Final = 64  # deliveries of these that are looked up: attempts of so many may begin with their bodies
_ROOM_WITHIN_SECONDS: Final = 0.5  # a full lane that has no room again within this time counts as stuck
_DRAIN_SECONDS: Final = 5.0  # in which batches under way must end when the process does
_PART: Final = "composing"  # as the log names it
_log = logging.getLogger(__name__)


class Composing:
    """Composes due events until `stop`. A process has one, in its event loop.

    `onward` writes what is composed, and sends it.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        keyring: Keyring,
        definitions: Definitions,
        pace: Pace = Pace(),  # noqa: B008  immutable
        *,
        metrics: Metrics | None = None,
        onward: Onward = write_only,
    ) -> None:
        self._store = store
        self._queue = queue
        self._definitions = definitions
        self._pace = pace
        self._gates = Gates(definitions, pace)
        self._metrics = metrics or Metrics()
        self._work = Work(
            store, queue, keyring, definitions=definitions, gates=self._gates, pace=pace, metrics=self._metrics
        )
        self._work.tell_freed = self._note_freed
        self._work.onward = onward
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._look_now = asyncio.Event()
        self._crowded: set[str] = set()
        self._is_stuck = False
        self._has_held = False
        self._looks = 0

    async def run(self) -> None:
        """Runs until `stop`, or until the queue is closed, then lets batches under way end. Raises SettingsError."""
        running = asyncio.ensure_future(self._compose())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            running.cancel()
            stopping.cancel()
            await asyncio.gather(running, stopping, return_exceptions=True)
            await self._work.end(_DRAIN_SECONDS)

    def stop(self) -> None:
        """Begins no further batch, and lets `run` end."""
        self._stopping.set()

    def has_room(self, code: str) -> bool:
        """Whether few events of a code wait in memory. Any thread may ask."""
        return self._work.room(Way.BY_DEFINITION, code) > ROOM_EVENTS // 2

    def offer(self, found: Sequence[tuple[Waiting, Job]]) -> None:
        """Composes events that this process has just stored, as far as the queue leases them to it."""
        by_key = {job.key: item for item, job in found}
        for job in self._queue.claim([job for _, job in found]):
            if self._stopping.is_set() or self._enter(by_key[job.key], job) is not None:
                self._queue.release([job])  # whoever takes it writes why it has to wait
        self._work.begin_batches()

    async def reload(self) -> None:
        """Reads the definitions again."""
        await in_thread(self._definitions.reload)
        self._gates.forget()
        await until_done(self._remember, _PART, _log)

    async def _compose(self) -> None:
        await in_thread(self._definitions.load)
        await until_done(self._remember, _PART, _log)
        await asyncio.gather(
            keep_doing(self._take, _PART, _log, is_over=self._stopping.is_set),
            keep_doing(self._look_at_parked, _PART, _log, is_over=self._stopping.is_set),
            self._load_later(),
        )

    async def _load_later(self) -> None:
        """Reads the definitions as soon as the ledger, which is needed for that, can be reached."""
        pause = self._pace.ledger.first
        while not self._definitions.is_loaded:
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._pace.ledger.longest)
            try:
                await in_thread(self._definitions.load)
            except SettingsError as error:
                _log.error("the definitions cannot be read, which is tried again: %s", error.message)
            await until_done(self._remember, _PART, _log)

    async def _remember(self) -> None:
        """Writes which events have a definition, and why parked ones are still parked.

        Called before composing.
        """
        named = self._definitions.named
        known = frozenset(await self._store.read(definitions.remembered))
        faults = self._count_definitions(known | named)
        for event in sorted(faults.keys() - self._definitions.faults().keys()):
            _log.error("%s waits: %s", event, faults[event])

        await self._store.write(lambda connection: definitions.remember(connection, named - known))
        for event in await self._store.read(parking.codes):
            if event in faults:
                while await self._store.write(_explaining(event, faults[event]), can_wait=True) == parking.PART:
                    pass
        self._look_now.set()

    def _count_definitions(self, known: frozenset[str]) -> Mapping[str, str]:
        """Sets the metrics of the definitions, and returns the faults by event code."""
        faults, good, stale = self._definitions.faults(known), self._definitions.good, self._definitions.stale
        self._metrics.definitions(len(good - stale), len(stale), len(faults))
        self._has_held = bool(faults)
        return faults

    async def _take(self) -> None:
        await self._wait_for_room()
        taken = await self._queue.take(Kind.COMPOSE, _MOST_JOBS)
        if not taken:  # the queue is closed
            self.stop()
            return
        keys = [job.key for job in taken]
        try:
            found = await self._store.read(
                lambda connection: compositions.find(connection, keys, most_addressed=_MOST_ADDRESSED)
            )
        except BaseException:
            self._queue.release(taken)
            raise
        aside: list[Result] = []
        over: list[Job] = []
        for job in taken:
            item = found.get(job.key)
            result = None if item is None else self._enter(item, job)
            if result is not None:
                aside.append(result)
            if result is not None or item is None:
                over.append(job)
        self._work.begin_batches()
        if over:
            await self._work.write(aside, over)

    def _enter(self, item: Waiting, job: Job) -> Result | None:
        """Lets an event be composed, or returns the result that is to be written instead."""
        if not item.is_needed:
            return Unneeded(sequence=item.sequence, version=item.version)
        if item.arguments is None:
            return making.erased(item)
        way = self._gates.enter(item.code, is_remembered=item.is_defined)
        reason = None
        if isinstance(way, str):
            reason = way
        elif self._work.room(way, item.code) > 0:
            self._work.add(way, item, job)
            return None
        else:
            self._crowded.add(item.code)
            self._gates.undecided(item.code)
        return Parked(sequence=item.sequence, version=item.version, code=item.code, reason=reason)

    async def _wait_for_room(self) -> None:
        """Waits until the jobs that are taken next have room, whatever their code.

        Where one code is slow it waits only a little: jobs of that code are parked, and do not block the others.
        """
        while self._work.is_full(Way.BY_DEFAULT):
            await self._wait_for_freed(None)
        until = time.monotonic() + _ROOM_WITHIN_SECONDS
        while (is_full := self._work.is_full(Way.BY_DEFINITION)) and not self._is_stuck:
            await self._wait_for_freed(until - time.monotonic())
            self._is_stuck = time.monotonic() > until
        self._is_stuck = is_full

    async def _wait_for_freed(self, seconds: float | None) -> None:
        self._freed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._freed.wait(), seconds)

    def _note_freed(self) -> None:
        self._freed.set()
        if any(self._work.room(Way.BY_DEFINITION, code) > ROOM_EVENTS // 2 for code in self._crowded):
            self._crowded.clear()
            self._look_now.set()

    async def _look_at_parked(self) -> None:
        """Gives jobs to the parked events that may be composed now.

        If a circuit is open, one event is tried. It is in turn the oldest and the newest of its code, since one of them
        may be the culprit.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._look_now.wait(), self._pace.tick)
        self._look_now.clear()
        codes = await self._store.read(parking.codes)
        if not codes and not self._has_held:
            return
        known = await self._store.read(definitions.remembered)
        self._count_definitions(frozenset(known))  # somebody may have run `definitions accept` meanwhile
        if not codes:
            return
        self._looks += 1
        start = self._looks % len(codes)
        for code in codes[start:] + codes[:start]:
            allowed = self._gates.allowance(code, is_remembered=code in known)
            way = Way.BY_DEFINITION if code in self._definitions.good else Way.BY_DEFAULT
            most = min(self._work.room(way, code), ROOM_EVENTS if allowed is None else allowed)
            if most > 0:
                await self._store.write(
                    _unparking(code, most, is_newest_first=most == 1 and bool(self._looks % 2)), can_wait=True
                )
            if most > 0 and not self._gates.ledger.is_closed:
                break  # one event is enough to find out whether the ledger is back


def _explaining(code: str, reason: str) -> Callable[[Connection], int]:
    return lambda connection: parking.explain(connection, code, reason)


def _unparking(code: str, most: int, *, is_newest_first: bool) -> Callable[[Connection], int]:
    return lambda connection: parking.unpark(connection, code, most, is_newest_first=is_newest_first)
