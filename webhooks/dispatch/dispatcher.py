"""The dispatcher: gives due deliveries turns, sends them and has written down what came of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection

from webhooks.dispatch.judging import Ends
from webhooks.dispatch.recorder import Ending
from webhooks.dispatch.request import Requests
from webhooks.dispatch.turns import EndpointLanes, Limits, Turn
from webhooks.errors import ServiceError, StoreError
from webhooks.model import DeliveryState
from webhooks.queue.interface import Queue
from webhooks.sending.interface import Sender
from webhooks.store import attempts, jobs
from webhooks.store.attempts import Due, Ready
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.outcomes import EndedAttempt
from webhooks.store.results import Sendable
from webhooks.store.store import Store

_AT_ONCE: Final = 256  # deliveries in one transaction
_MOST_SENT: Final = 64  # of these are sent as soon as they are written: who comes meanwhile waits for no more
_BEGINNING: Final = 1 / 32  # of a step, after which others have their turn in the loop, for what is begun ahead
_SENDING: Final = {False: 1 / 4, True: 1.0}  # the same where it is sent; to a doubtful one it often costs a connection
_TICK: Final = 0.05  # seconds
_OLD: Final = 1_000_000  # µs for which an attempt that was begun ahead may wait: its endpoint has become slow
_PATIENCE: Final = 1.0  # seconds after which a store that was away is tried again
_log = logging.getLogger(__name__)


class Dispatcher:
    """Sends what is due until `stop`. One for a process, in its event loop."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        *,
        sender: Sender,
        requests: Requests,
        ends: Ends,
        limits: Limits,
    ) -> None:
        self._store = store
        self._queue = queue
        self._sender = sender
        self._requests = requests
        self._ends = ends
        self._ending = Ending(store)
        self._lanes = EndpointLanes(limits, time.monotonic)
        self._turns = {doubtful: asyncio.Event() for doubtful in (False, True)}
        self._sending: set[asyncio.Task[None]] = set()
        self._begun: defaultdict[int, deque[tuple[Turn, Ready]]] = defaultdict(deque)  # ahead, by registration
        self._taking = Taking(
            store, queue, lanes=self._lanes, ends=ends, ending=self._ending, begin_task=self._begin_task
        )
        self._taker: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def run(self) -> None:
        """Runs until `stop`; ends when all that is under way has ended. The queue is to be closed after that."""
        async with asyncio.TaskGroup() as group:
            self._taker = group.create_task(self._keep(self._take))
            for work in (partial(self._start, doubtful=False), partial(self._start, doubtful=True), self._pass_time):
                group.create_task(self._keep(work))
        await self._ending.finish()
        while self._sending:
            await asyncio.gather(*self._sending)
            await self._ending.finish()

    def stop(self) -> None:
        """Begins nothing any more."""
        self._is_stopping = True
        self._ending.stop()
        if self._taker is not None:
            self._taker.cancel()
        self._queue.release(self._lanes.drain())
        for registration_id in list(self._begun):
            self._go_on(registration_id)
        for turn in self._turns.values():
            turn.set()

    def offer(self, found: Sequence[Sendable]) -> None:
        """Deliveries that this process has just made ready to be sent."""
        if not self._is_stopping:
            self._taking.offer(found)
            self._wake()

    async def recall(self, ids: Sequence[str]) -> None:
        """Has the endpoints of these deliveries refilled: a process that has died may have parked more of them."""
        await self._taking.recall(ids)

    def parked(self) -> frozenset[int]:
        """The endpoints of which it knows that deliveries are parked, and will give them jobs."""
        return self._lanes.parked()

    async def _keep(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Goes on after an error: of the store, which comes back, or one that nobody foresaw."""
        while not self._is_stopping:
            try:
                await work()
            except StoreError as error:
                _log.warning("delivering waits for the store: %s", error.message)
                await asyncio.sleep(_PATIENCE)
            except Exception:
                _log.exception("delivering met an error; it goes on")
                await asyncio.sleep(_PATIENCE)

    async def _take(self) -> None:
        await self._taking.take()
        self._wake()

    def _wake(self) -> None:
        for doubtful, turn in self._turns.items():
            if self._lanes.has_waiting(doubtful=doubtful):
                turn.set()

    async def _start(self, *, doubtful: bool) -> None:
        """Begins the attempts whose turn it is, a transaction for as many as there are; none wait for doubtful ones."""
        await self._turns[doubtful].wait()
        self._turns[doubtful].clear()
        turns = self._next_turns(doubtful=doubtful)
        if doubtful and self._lanes.has_waiting(doubtful=False):
            self._turns[False].set()  # one that is busy has changed to the other line
        if not turns:
            return
        ids, at = list(turns), now()
        try:
            begun = await self._store.write(lambda connection: attempts.begin(connection, ids, at), can_wait=doubtful)
        except BaseException:
            self._give_up(turns.values())
            self._queue.release([turn.job for turn in turns.values()])
            raise
        step = 0.0
        for ready in begun:
            turn = turns.pop(ready.id)
            self._go(turn, ready)
            step += _BEGINNING if turn.is_ahead else _SENDING[doubtful]
            if step >= 1:
                step = 0.0
                await asyncio.sleep(0)
        self._give_up(turns.values())
        if turns:
            self._begin_task(self._taking.finish([turn.job for turn in turns.values()]))
        for registration_id, most in self._lanes.running_low():
            self._begin_task(self._taking.refill(registration_id, most))
        self._wake()

    def _next_turns(self, *, doubtful: bool) -> dict[str, Turn]:
        turns: dict[str, Turn] = {}
        sent = 0
        for turn in islice(self._lanes.starting(doubtful=doubtful), _AT_ONCE):
            turns[turn.job.key] = turn
            sent += not turn.is_ahead
            if sent == _MOST_SENT:
                break
        return turns

    def _give_up(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            if turn.is_ahead:
                self._lanes.leave_ahead(turn.registration_id)
            else:
                self._lanes.leave(turn.registration_id, is_success=None)

    def _go(self, turn: Turn, ready: Ready) -> None:
        """Sends what is begun, or has it wait for its turn."""
        if turn.is_ahead:
            self._begun[turn.registration_id].append((turn, ready))
            self._go_on(turn.registration_id)
        else:
            self._begin_task(self._send(turn.job, turn.registration_id, ready))

    def _go_on(self, registration_id: int) -> None:
        """Sends what was begun ahead, as far as it may be; it is taken back where the endpoint fails or slows down."""
        begun = self._begun.get(registration_id)
        while begun and not self._is_stopping and self._lanes.promote(registration_id):
            turn, ready = begun.popleft()
            self._begin_task(self._send(turn.job, registration_id, ready))
        if begun and (self._is_stopping or self._lanes.is_failing(registration_id) or _is_old(begun[0][1])):
            self._begin_task(self._take_back(list(begun)))
            begun.clear()
        if not begun:
            self._begun.pop(registration_id, None)

    async def _take_back(self, begun: Sequence[tuple[Turn, Ready]]) -> None:
        """Makes attempts undone. Where the store is away, whoever takes them next finds them as interrupted."""
        self._give_up(turn for turn, _ in begun)
        unsent, at = [(ready.id, ready.attempt) for _, ready in begun], now()
        try:
            await self._store.write(lambda connection: attempts.take_back(connection, unsent, at))
        except StoreError as error:
            _log.warning("%d attempts could not be taken back: %s", len(unsent), error.message)
        finally:
            self._queue.release([turn.job for turn, _ in begun])

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return task

    async def _send(self, job: Job, registration_id: int, ready: Ready) -> None:
        """One attempt to its end, which is written whatever happens."""
        started = time.monotonic()
        try:
            ended, is_costly = await self._attempt(ready)
        except BaseException:
            self._queue.release([job])
            raise
        if ended.state is not DeliveryState.DELIVERED:
            self._ending.add(ended, partial(self._leave_failing, job, registration_id, ended))
            return
        self._ending.add(ended, partial(self._queue.finished, [job]))
        seconds, size = time.monotonic() - started, len(ready.body)
        self._lanes.leave(registration_id, is_success=True, is_costly=is_costly, seconds=seconds, size=size)
        self._go_on(registration_id)
        self._wake()

    def _leave_failing(self, job: Job, registration_id: int, ended: EndedAttempt) -> None:
        """A failure is written: its endpoint may be tried again."""
        waits = None if ended.waits_until is None else (ended.waits_until - ended.at) / 1e6
        self._lanes.leave(registration_id, is_success=False, waits=waits)
        self._go_on(registration_id)
        self._queue.finished([job])
        self._wake()

    async def _attempt(self, ready: Ready) -> tuple[EndedAttempt, bool]:
        """What came of it, and whether it cost more than most."""
        try:
            request, secret = self._requests.make(ready)
            outcome = await self._sender.send(request)
            return self._ends.of(ready, outcome, secret), not (outcome.is_cheap and outcome.is_answer_whole)
        except Exception as error:
            words = error.message if isinstance(error, ServiceError) else "the service met an error; its log has it"
            _log.exception("a delivery could not be sent: %s", words, extra={"ids": {"delivery": ready.id}})
            return self._ends.of_failure(ready.id, ready.attempt, ready.endpoint.id, ready.failures, words), True

    async def _pass_time(self) -> None:
        await asyncio.sleep(_TICK)
        self._lanes.pass_time()
        for registration_id in list(self._begun):
            self._go_on(registration_id)
        refills = [self._taking.refill(*each) for each in self._lanes.to_refill(_AT_ONCE)]
        await asyncio.gather(*refills)  # the writer joins their commits
        self._wake()


def _is_old(ready: Ready) -> bool:
    return ready.started_at < now() - _OLD


_EARLY: Final = 500_000  # µs until a job that came too early comes again, at least
_FINISHING: Final = 4  # transactions that end jobs, while others are taken

_INTERRUPTED: Final = "the service was interrupted while it sent; whether it arrived is not known"


class Taking:
    """From the queue to the lanes of one process. `begin_task` has something done whose end is waited for."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        *,
        lanes: EndpointLanes,
        ends: Ends,
        ending: Ending,
        begin_task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._store = store
        self._queue = queue
        self._lanes = lanes
        self._ends = ends
        self._ending = ending
        self._begin_task = begin_task
        self._finishing: set[asyncio.Task[None]] = set()

    async def take(self) -> None:
        """Waits for jobs that are due, and has their deliveries wait for their turns. Raises StoreError."""
        if len(self._finishing) >= _FINISHING:
            await asyncio.wait(self._finishing, return_when=asyncio.FIRST_COMPLETED)
        taken = await self._queue.take(Kind.DELIVER, _AT_ONCE)
        try:
            ids = [job.key for job in taken]
            found = await self._store.read(lambda connection: attempts.look(connection, ids))
            over = [job for job in taken if not self._enter(job, found.get(job.key))]
            early = [job for job in over if (due := found.get(job.key)) and _is_early(due)]
            removed = [due.id for due in found.values() if due.registration_id is None]
        except BaseException:
            self._queue.release(taken)
            raise
        if over:
            again = [Job(job.kind, job.key, max(found[job.key].next_attempt_at or 0, now() + _EARLY)) for job in early]
            self._finishing.add(task := self._begin_task(self.finish(over, again, removed)))
            task.add_done_callback(self._finishing.discard)

    def offer(self, found: Sequence[Sendable]) -> None:
        """Has what this process has just made ready wait for its turns, as far as the queue lets it have it at once."""
        to = {each.job.key: each for each in found}
        claimed = self._queue.claim([each.job for each in found])
        try:
            over = [
                job for job in claimed if not self._lanes.enter(to[job.key].registration_id, to[job.key].client_id, job)
            ]
        except BaseException:
            self._queue.release(claimed)
            raise
        if over:
            self._begin_task(self.finish(over, can_wait=True))  # they are parked, so none of them needs its job

    async def finish(
        self, over: Sequence[Job], again: Sequence[Job] = (), removed: Sequence[str] = (), *, can_wait: bool = False
    ) -> None:
        """Ends jobs. Deliveries whose URL was `removed` while their attempts were ended are cancelled."""

        def write(connection: Connection) -> None:
            attempts.begin(connection, removed, now())
            jobs.finish(connection, over)
            jobs.add(connection, again)

        try:
            await self._store.write(write, can_wait=can_wait)
        except StoreError as error:
            _log.warning("jobs that are over wait for the store: %s", error.message)
            await asyncio.sleep(_PATIENCE)  # before they are taken again
            self._queue.release(over)
        except BaseException:
            self._queue.release(over)
            raise
        else:
            self._queue.finished(over)

    async def recall(self, ids: Sequence[str]) -> None:
        """Has the endpoints of these deliveries refilled: a process that has died may have parked more of them."""
        for due in (await self._store.read(lambda connection: attempts.look(connection, ids))).values():
            if due.state is DeliveryState.PENDING and due.registration_id is not None:
                self._lanes.park(due.registration_id, waits=_wait(due))

    async def refill(self, registration_id: int, most: int) -> None:
        """Gives jobs to an endpoint's parked deliveries; where the store is away, `to_refill` finds them again."""
        count, at = most, now()
        try:
            count = await self._store.write(
                lambda connection: jobs.refill(connection, registration_id, at, most), can_wait=True
            )
        except StoreError as error:
            _log.warning("parked deliveries wait for the store: %s", error.message)
        finally:
            if count == most:  # there may be more
                self._lanes.park(registration_id)

    def _enter(self, job: Job, due: Due | None) -> bool:
        """Whether the job is kept: its delivery waits for its turn, or what came of it is being written."""
        if due is None:
            return False
        if due.state is DeliveryState.SENDING:
            self._recover(job, due)
            return True
        if not due.is_composed or due.registration_id is None:
            return False
        if due.state is not DeliveryState.PENDING or due.next_attempt_at is None or _is_early(due):
            return False
        return self._lanes.enter(due.registration_id, due.client_id, job, waits=_wait(due))

    def _recover(self, job: Job, due: Due) -> None:
        """Ends an attempt whose process died."""
        ended = self._ends.of_failure(due.id, due.attempts, due.registration_id, due.failures, _INTERRUPTED)
        self._ending.add(ended, partial(self._queue.finished, [job]))


def _is_early(due: Due) -> bool:
    """Whether the queue's clock is before this one's: the job has to come again."""
    return due.state is DeliveryState.PENDING and due.next_attempt_at is not None and due.next_attempt_at > now()


def _wait(due: Due) -> float:
    """For how many seconds its endpoint is left alone."""
    return 0.0 if due.waits_until is None else max(0.0, (due.waits_until - now()) / 1e6)
