"""The events that a process has in hand: their turns, their batches, and what is written of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from engine.body import Body
from engine.errors import DefinitionUnavailableError, EngineError, LedgerTimeoutError
from webhooks.composing import making
from webhooks.composing.definitions import Definitions
from webhooks.composing.gates import Closed, Gates, Way, is_away
from webhooks.composing.lanes import Batch, CodeLanes
from webhooks.composing.pace import Pace
from webhooks.composing.threads import in_thread
from webhooks.errors import StoreError
from webhooks.metrics import Metrics
from webhooks.queue.interface import Queue
from webhooks.security.keys import Keyring
from webhooks.store import results
from webhooks.store.compositions import Waiting, key_of
from webhooks.store.jobs import Job
from webhooks.store.results import Ended, Parked, Result, Sendable
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_RETRY_SECONDS

LEDGER_CONNECTIONS: Final = 4
"""How many sessions on the ledger composing has at a time, in each process."""

_EACH: Final = 2  # of them for one event
_GIVEN_UP: Final = 4  # batches that may hang beside those: the engine's pool has so many sessions more
ROOM: Final = 1500
"""How many events of one code are in memory."""

_log = logging.getLogger(__name__)

Found = list[Result | EngineError]
Outcome = tuple[Waiting, Result]


class Work:
    """Composes what it is given, in threads. Not shared by threads itself."""

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
        self._lanes = {
            Way.BY_DEFINITION: CodeLanes(pace, slots=LEDGER_CONNECTIONS, each=_EACH, room=ROOM),
            Way.BY_DEFAULT: CodeLanes(pace, slots=1, each=1, room=ROOM),
        }
        self._jobs: dict[str, Job] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._given_up: set[asyncio.Future[Found]] = set()
        self._is_ending = False
        self.tell_freed: Callable[[], object] = lambda: None
        """Called when events have left the memory."""
        self.tell_sendable: Callable[[Sequence[Sendable]], object] = lambda _: None
        """Called with the deliveries that have a body now."""

    def room(self, way: Way, code: str) -> int:
        """How many more events of a code may be added."""
        return self._lanes[way].room(code)

    def is_full(self, way: Way) -> bool:
        """Whether there are codes without room."""
        return self._lanes[way].is_full()

    def add(self, way: Way, item: Waiting, job: Job) -> None:
        """Has an event composed, at the next `turn` or later."""
        self._jobs[job.key] = job
        self._lanes[way].add(item.code, item)

    def turn(self) -> None:
        """Begins the batches whose turn it is."""
        for way, lanes in self._lanes.items():
            while not self._is_ending and (batch := lanes.next()) is not None:
                task = asyncio.get_running_loop().create_task(self._compose(way, batch))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def write(self, found: Sequence[Result], taken: Sequence[Job]) -> None:
        """Writes what came of events, and ends the leases of their jobs. Raises StoreError."""
        try:
            sendable = await self._store.write(lambda connection: results.write(connection, found, taken))
        except BaseException:
            self._queue.release(taken)
            raise
        self._queue.finished(taken)
        self.tell_sendable(sendable)

    async def end(self, seconds: float) -> None:
        """Begins nothing more, lets the batches under way end, and gives the other jobs back."""
        self._is_ending = True
        for lanes in self._lanes.values():
            lanes.drain()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=seconds)
            for task in late:
                task.cancel()
        self._queue.release(list(self._jobs.values()))
        self._jobs.clear()

    async def _compose(self, way: Way, batch: Batch) -> None:
        """A batch to its end. After an error that nobody foresaw its events are taken from the queue again."""
        try:
            await self._settle(way, await self._composed(way, batch))
        except Exception:
            _log.exception("composing %d events %s met an error; they are composed again", len(batch.items), batch.code)
            await asyncio.sleep(STORE_RETRY_SECONDS)
            self._give_back(way, batch)

    async def _composed(self, way: Way, batch: Batch) -> Sequence[Outcome]:
        lanes, began = self._lanes[way], time.monotonic()
        work = in_thread(lambda: self._bodies(way, batch))
        work.add_done_callback(lambda done: self._free(way, batch.code, done))
        if way is Way.BY_DEFINITION:
            await self._show(work, batch)
        await asyncio.wait({work}, timeout=self._pace.longest_batch)
        self._metrics.composing(batch.code, time.monotonic() - began)
        if work.done() and (error := work.exception()) is not None:
            _log.error("composing %d events %s failed", len(batch.items), batch.code, exc_info=error)
            outcomes = self._failed(way, batch, f"composing met an internal error, {type(error).__name__}")
        elif work.done():
            lanes.measured(batch, time.monotonic() - began)
            outcomes = self._judged(way, batch, work.result())
        else:
            late = f"composing did not end within {self._pace.longest_batch:g} s"
            outcomes = self._judged(way, batch, [LedgerTimeoutError(late) for _ in batch.items])
            asyncio.get_running_loop().call_later(self._pace.given_up_after, self._give_up, way, batch.code, work)
        return list(outcomes)

    def _bodies(self, way: Way, batch: Batch) -> Found:
        """In a thread of its own."""
        composed = self._definitions.default_bodies if way is Way.BY_DEFAULT else self._definitions.compose_many
        found = composed(batch.code, [making.message_of(item) for item in batch.items])
        return [
            making.sealed(self._keyring, item, each) if isinstance(each, Body) else each
            for item, each in zip(batch.items, found, strict=True)
        ]

    def _free(self, way: Way, code: str, work: asyncio.Future[Found]) -> None:
        work.exception()  # it is looked at, even where nobody waits any more
        if work in self._given_up:
            self._given_up.discard(work)
        else:
            self._lanes[way].free(code)
        self.turn()

    def _give_up(self, way: Way, code: str, work: asyncio.Future[Found]) -> None:
        """Gives away the slot of a batch that has not ended: a driver may never come back."""
        if work.done():
            return
        if len(self._given_up) == _GIVEN_UP:
            _log.error("composing %s hangs, as %d others do: restart this process", code, _GIVEN_UP)
            return
        _log.error("composing %s hangs: the ledger's driver does not come back; others take its place", code)
        self._given_up.add(work)
        self._lanes[way].free(code)
        self.turn()

    def _give_back(self, way: Way, batch: Batch) -> None:
        """Ends the leases of a batch's events, and of those of its code that wait: halves of it may be among them."""
        taken = [
            job
            for item in (*batch.items, *self._lanes[way].drain(batch.code))
            if (job := self._jobs.pop(key_of(item.sequence, item.version), None)) is not None
        ]
        self._queue.release(taken)
        self._lanes[way].settle(batch.code, len(taken))
        self.tell_freed()
        self.turn()

    async def _show(self, work: asyncio.Future[Found], batch: Batch) -> None:
        """Shows what takes long enough for somebody to see it."""
        await asyncio.wait({work}, timeout=self._pace.shown_after)
        if work.done():
            return
        shown = [(item.sequence, item.version) for item in batch.items]
        with suppress(StoreError):
            await self._store.write(lambda connection: results.show_composing(connection, shown), can_wait=True)

    def _judged(self, way: Way, batch: Batch, found: Found) -> Iterator[Outcome]:
        """What is written of the events of a batch and of others; those that it leaves out are composed again."""
        closed = self._gates.judge(batch.code, found) if way is Way.BY_DEFINITION else Closed.NOTHING
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
            self._lanes[way].halve(batch.code, again)
        if closed is not Closed.NOTHING:
            for item in self._lanes[way].drain(None if closed is Closed.LEDGER else batch.code):
                yield item, self._parked(item)

    def _failed(self, way: Way, batch: Batch, reason: str) -> Iterator[Outcome]:
        """The same of a batch that gave nothing: it is halved until the culprit stands alone."""
        if len(batch.items) > 1:
            self._lanes[way].halve(batch.code, batch.items)
        else:
            yield batch.items[0], making.after_failure(self._pace, batch.items[0], reason)

    def _parked(self, item: Waiting, reason: str | None = None) -> Parked:
        why = self._gates.reason(item.code) or reason
        return Parked(sequence=item.sequence, version=item.version, code=item.code, reason=why)

    async def _settle(self, way: Way, found: Sequence[Outcome]) -> None:
        """Writes what came of events, which have then left the memory, whatever comes of that."""
        taken = [self._jobs.pop(key_of(item.sequence, item.version)) for item, _ in found]
        try:
            await self.write([each for _, each in found], taken)
            self._tell(found)
        except StoreError as error:
            _log.warning("composing waits for the store: %s", error.message)
            await asyncio.sleep(STORE_RETRY_SECONDS)
        finally:
            for code, count in Counter(item.code for item, _ in found).items():
                self._lanes[way].settle(code, count)
            self.tell_freed()
            self.turn()

    def _tell(self, found: Sequence[Outcome]) -> None:
        """Counts what was written, and logs the events that will have no body."""
        for (code, outcome), count in Counter((item.code, _name(each)) for item, each in found).items():
            self._metrics.composed(code, outcome, count)
        for item, each in found:
            if isinstance(each, Ended):
                ids = {"event": item.event_id}
                _log.warning("%s has no body, %s: %s", item.code, each.state, each.reason, extra={"ids": ids})


def _name(result: Result) -> str:
    return result.state.value if isinstance(result, Ended) else type(result).__name__.lower()
