"""The events that a process has in memory: composes them in batches, and writes the results."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from engine.body import Body
from engine.errors import DefinitionUnavailableError, EngineError, LedgerTimeoutError
from webhooks.composing import making
from webhooks.composing.definitions import Definitions
from webhooks.composing.gates import Gates, Stopped, Way, is_away
from webhooks.composing.pace import Pace
from webhooks.composing.threads import in_thread
from webhooks.composing.turns import Batch, CodeTurns
from webhooks.errors import StoreError
from webhooks.metrics import Metrics
from webhooks.queue.interface import Queue
from webhooks.security.keys import Keyring
from webhooks.store import results
from webhooks.store.clock import now
from webhooks.store.command import Pipelined
from webhooks.store.compositions import Addressed, Waiting, key_of
from webhooks.store.jobs import UNLIMITED, Job, RoomFor
from webhooks.store.results import Composed, Ended, Parked, Result, Write, Written
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_RETRY_SECONDS

LEDGER_CONNECTIONS: Final = 4
"""How many sessions on the ledger composing has at a time, in each process."""

_CONNECTIONS_OF_ONE_CODE: Final = 2
_MOST_HANGING_BATCHES: Final = 4  # beside the running ones; the engine's pool has as many further sessions
ROOM_EVENTS: Final = 1500
"""How many events of one code may be in memory at once."""

_log = logging.getLogger(__name__)

Found = list[Result | EngineError]
ItemResult = tuple[Waiting, Result]


class Onward(Protocol):
    """Has results of composing written, and sends what follows from them."""

    async def __call__(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        """Calls `write` once, with the ids of those deliveries in `to` whose attempts may begin with their bodies.

        Their jobs are due at `at`. Raises what `write` raises.
        """
        ...


async def write_only(
    to: Sequence[Addressed],  # noqa: ARG001  of the protocol
    at: int,  # noqa: ARG001
    write: Write,
) -> None:
    """An Onward that sends nothing: whoever takes the jobs does."""
    await write((), UNLIMITED)


class Work:
    """Composes what it is given, in threads. The object itself is for one thread."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        keyring: Keyring,
        *,
        definitions: Definitions,
        gates: Gates,
        pace: Pace,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._queue = queue
        self._keyring = keyring
        self._definitions = definitions
        self._gates = gates
        self._pace = pace
        self._metrics = metrics
        self._turns = {
            Way.BY_DEFINITION: CodeTurns(
                pace, slots=LEDGER_CONNECTIONS, each=_CONNECTIONS_OF_ONE_CODE, room=ROOM_EVENTS
            ),
            Way.BY_DEFAULT: CodeTurns(pace, slots=1, each=1, room=ROOM_EVENTS),
        }
        self._jobs: dict[str, Job] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._given_up: set[asyncio.Future[Found]] = set()
        self._is_ending = False
        self.tell_freed: Callable[[], object] = lambda: None
        """Called when events have left the memory."""
        self.onward: Onward = write_only

    def room(self, way: Way, code: str) -> int:
        """How many more events of a code may be added."""
        return self._turns[way].room(code)

    def is_full(self, way: Way) -> bool:
        """Whether a code has no room for a large batch."""
        return self._turns[way].is_full()

    def add(self, way: Way, item: Waiting, job: Job) -> None:
        """Has an event composed, once `begin_batches` finds that it is its turn."""
        self._jobs[job.key] = job
        self._turns[way].add(item.code, item)

    def begin_batches(self) -> None:
        """Begins the batches whose turn it is."""
        for way, turns in self._turns.items():
            while not self._is_ending and (batch := turns.next()) is not None:
                task = asyncio.get_running_loop().create_task(self._compose(way, batch))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def write(self, found: Sequence[Result], taken: Sequence[Job], to: Sequence[Addressed] = ()) -> None:
        """Writes results, finishes the jobs of their events, and has deliveries sent. Raises StoreError."""
        at = now()

        async def write(begin: Collection[str], room: RoomFor) -> Written:
            """As Onward needs it."""
            command = partial(results.write, results=found, taken=taken, at=at, begin=begin, room=room)
            return await self._store.write(Pipelined(command))

        try:
            await self.onward(to, at, write)
        except BaseException:
            self._queue.release(taken)
            raise
        self._queue.finished(taken)

    async def end(self, seconds: float) -> None:
        """Begins no more batches, lets those under way end within so many seconds, and releases the other jobs."""
        self._is_ending = True
        for turns in self._turns.values():
            turns.drain()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=seconds)
            for task in late:
                task.cancel()
        self._queue.release(list(self._jobs.values()))
        self._jobs.clear()

    async def _compose(self, way: Way, batch: Batch) -> None:
        """Composes a batch and writes the results. After an unforeseen error its jobs are taken again."""
        try:
            await self._write_results(way, await self._composed(way, batch))
        except Exception:
            _log.exception("composing %d events %s met an error; they are composed again", len(batch.items), batch.code)
            await asyncio.sleep(STORE_RETRY_SECONDS)
            self._give_back(way, batch)

    async def _composed(self, way: Way, batch: Batch) -> Sequence[ItemResult]:
        turns, began = self._turns[way], time.monotonic()
        work = in_thread(lambda: self._bodies(way, batch))
        work.add_done_callback(lambda done: self._free_slot(way, batch.code, done))
        if way is Way.BY_DEFINITION:
            await self._show(work, batch)
        await asyncio.wait({work}, timeout=self._pace.longest_batch)
        self._metrics.composing(batch.code, time.monotonic() - began)
        if work.done() and (error := work.exception()) is not None:
            _log.error("composing %d events %s failed", len(batch.items), batch.code, exc_info=error)
            pairs = self._failed(way, batch, f"composing met an internal error, {type(error).__name__}")
        elif work.done():
            turns.measured(batch, time.monotonic() - began)
            pairs = self._judged(way, batch, work.result())
        else:
            late = f"composing did not end within {self._pace.longest_batch:g} s"
            pairs = self._judged(way, batch, [LedgerTimeoutError(late) for _ in batch.items])
            asyncio.get_running_loop().call_later(self._pace.given_up_after, self._give_up, way, batch.code, work)
        return list(pairs)

    def _bodies(self, way: Way, batch: Batch) -> Found:
        """Composes a batch. Runs in a thread of its own."""
        composed = self._definitions.default_bodies if way is Way.BY_DEFAULT else self._definitions.compose_many
        found = composed(batch.code, [making.message_of(item) for item in batch.items])
        return [
            making.sealed(self._keyring, item, each) if isinstance(each, Body) else each
            for item, each in zip(batch.items, found, strict=True)
        ]

    def _free_slot(self, way: Way, code: str, work: asyncio.Future[Found]) -> None:
        work.exception()  # so that asyncio does not report it as never retrieved
        if work in self._given_up:
            self._given_up.discard(work)
        else:
            self._turns[way].free(code)
        self.begin_batches()

    def _give_up(self, way: Way, code: str, work: asyncio.Future[Found]) -> None:
        """Gives the slot of a batch that hangs to another batch, since its driver may never return."""
        if work.done():
            return
        if len(self._given_up) == _MOST_HANGING_BATCHES:
            _log.error("composing %s hangs, as %d others do: restart this process", code, _MOST_HANGING_BATCHES)
            return
        _log.error("composing %s hangs: the ledger's driver does not come back; others take its place", code)
        self._given_up.add(work)
        self._turns[way].free(code)
        self.begin_batches()

    def _give_back(self, way: Way, batch: Batch) -> None:
        """Releases the jobs of a batch, and of all events of its code that wait: its halves may be among them."""
        taken = [
            job
            for item in (*batch.items, *self._turns[way].drain(batch.code))
            if (job := self._jobs.pop(key_of(item.sequence, item.version), None)) is not None
        ]
        self._queue.release(taken)
        self._turns[way].leave(batch.code, len(taken))
        self.tell_freed()
        self.begin_batches()

    async def _show(self, work: asyncio.Future[Found], batch: Batch) -> None:
        """Shows the deliveries as composing, if the batch takes longer than `shown_after`."""
        await asyncio.wait({work}, timeout=self._pace.shown_after)
        if work.done():
            return
        shown = [(item.sequence, item.version) for item in batch.items]
        with suppress(StoreError):
            await self._store.write(lambda connection: results.show_composing(connection, shown), can_wait=True)

    def _judged(self, way: Way, batch: Batch, found: Found) -> Iterator[ItemResult]:
        """The results of a batch, and of waiting events that are parked because of it. Others are composed again."""
        stopped = self._gates.judge(batch.code, found) if way is Way.BY_DEFINITION else Stopped.NOTHING
        is_open = self._gates.reason(batch.code) is None
        again = []
        for item, each in zip(batch.items, found, strict=True):
            if isinstance(each, Result):
                yield item, each
            elif isinstance(each, DefinitionUnavailableError) or (is_away(each) and not is_open):
                yield item, self._parked(item, each.message)
            elif isinstance(each, LedgerTimeoutError) and len(batch.items) > 1:
                again.append(item)
            else:
                yield item, making.refused(self._pace, item, each)
        if again:
            self._turns[way].halve(batch.code, again)
        if stopped is not Stopped.NOTHING:
            for item in self._turns[way].drain(None if stopped is Stopped.LEDGER else batch.code):
                yield item, self._parked(item)

    def _failed(self, way: Way, batch: Batch, reason: str) -> Iterator[ItemResult]:
        """The results of a batch that failed as a whole. It is halved until the culprit stands alone."""
        if len(batch.items) > 1:
            self._turns[way].halve(batch.code, batch.items)
        else:
            yield batch.items[0], making.after_failure(self._pace, batch.items[0], reason)

    def _parked(self, item: Waiting, reason: str | None = None) -> Parked:
        why = self._gates.reason(item.code) or reason
        return Parked(sequence=item.sequence, version=item.version, code=item.code, reason=why)

    async def _write_results(self, way: Way, found: Sequence[ItemResult]) -> None:
        """Writes results. Their events leave the memory, whether that succeeds or not."""
        taken = [self._jobs.pop(key_of(item.sequence, item.version)) for item, _ in found]
        try:
            to = [each for item, result in found if isinstance(result, Composed) for each in item.to]
            await self.write([each for _, each in found], taken, to)
            self._tell(found)
        except StoreError as error:
            _log.warning("composing waits for the store: %s", error.message)
            await asyncio.sleep(STORE_RETRY_SECONDS)
        finally:
            for code, count in Counter(item.code for item, _ in found).items():
                self._turns[way].leave(code, count)
            self.tell_freed()
            self.begin_batches()

    def _tell(self, found: Sequence[ItemResult]) -> None:
        """Counts the written results, and logs the events that get no body."""
        for (code, outcome), count in Counter((item.code, _name(each)) for item, each in found).items():
            self._metrics.composed(code, outcome, count)
        for item, each in found:
            if isinstance(each, Ended):
                ids = {"event": item.event_id}
                _log.warning("%s has no body, %s: %s", item.code, each.state, each.reason, extra={"ids": ids})


def _name(result: Result) -> str:
    return result.state.value if isinstance(result, Ended) else type(result).__name__.lower()
