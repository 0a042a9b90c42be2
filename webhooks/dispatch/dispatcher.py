"""The dispatcher: takes due deliveries, gives them turns, sends them and writes down what came of it."""

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

from webhooks.dispatch.ending import Ending
from webhooks.dispatch.ends import Ends
from webhooks.dispatch.lanes import Lanes, Limits, Turn
from webhooks.dispatch.request import Requests
from webhooks.errors import ServiceError, StoreError
from webhooks.model import DeliveryState
from webhooks.queue.interface import Queue
from webhooks.sending.interface import Sender
from webhooks.store import attempts, jobs
from webhooks.store.attempts import Due, Ready
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.outcomes import EndedAttempt
from webhooks.store.store import Store

_AT_ONCE: Final = 256  # deliveries in one transaction
_TOGETHER: Final = 32  # of these are begun to be sent before others have their turn in the loop
_EARLY: Final = 500_000  # µs until a job that came too early comes again, at least
_TICK: Final = 0.05  # seconds
_FINISHING: Final = 4  # transactions that end jobs, while others are taken
_PATIENCE: Final = 1.0  # seconds after which a store that was away is tried again

_INTERRUPTED: Final = "the service was interrupted while it sent; whether it arrived is not known"
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
        self._lanes = Lanes(limits, time.monotonic)
        self._turn = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._begun: defaultdict[int, deque[tuple[Turn, Ready]]] = defaultdict(deque)  # ahead, by registration
        self._finishing: set[asyncio.Task[None]] = set()
        self._taking: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def run(self) -> None:
        """Runs until `stop`; ends when all that is under way has ended. The queue is to be closed after that."""
        async with asyncio.TaskGroup() as group:
            self._taking = group.create_task(self._keep(self._take))
            for work in (self._start, self._pass_time):
                group.create_task(self._keep(work))
        await self._ending.finish()
        while self._sending:
            await asyncio.gather(*self._sending)
            await self._ending.finish()

    def stop(self) -> None:
        """Begins nothing any more."""
        self._is_stopping = True
        self._ending.stop()
        if self._taking is not None:
            self._taking.cancel()
        self._queue.release(self._lanes.drain())
        for registration_id in list(self._begun):
            self._go_on(registration_id)
        self._turn.set()

    async def recall(self, ids: Sequence[str]) -> None:
        """Has the endpoints of these deliveries refilled: a process that has died may have parked more of them."""
        for due in (await self._store.read(lambda connection: attempts.look(connection, ids))).values():
            if due.state is DeliveryState.PENDING and due.registration_id is not None:
                self._lanes.park(due.registration_id, waits=_wait(due))

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
            self._finishing.add(task := self._begin_task(self._finish(over, again, removed)))
            task.add_done_callback(self._finishing.discard)
        self._turn.set()

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
        return self._lanes.enter(due.registration_id, job, waits=_wait(due))

    async def _finish(self, over: Sequence[Job], again: Sequence[Job] = (), removed: Sequence[str] = ()) -> None:
        """Ends jobs. Deliveries whose URL was `removed` while their attempts were ended are cancelled."""

        def write(connection: Connection) -> None:
            attempts.begin(connection, removed, now())
            jobs.finish(connection, over)
            jobs.add(connection, again)

        try:
            await self._store.write(write)
        except StoreError as error:
            _log.warning("jobs that are over wait for the store: %s", error.message)
            await asyncio.sleep(_PATIENCE)  # before they are taken again
        finally:
            self._queue.release(over)

    async def _start(self) -> None:
        """Begins the attempts whose turn it is, a transaction for as many as there are."""
        await self._turn.wait()
        self._turn.clear()
        turns = self._next_turns()
        if not turns:
            return
        ids, at = list(turns), now()
        try:
            begun = await self._store.write(lambda connection: attempts.begin(connection, ids, at))
        except BaseException:
            self._give_up(turns.values())
            self._queue.release([turn.job for turn in turns.values()])
            raise
        for count, ready in enumerate(begun, 1):
            self._go(turns.pop(ready.id), ready)
            if count % _TOGETHER == 0:
                await asyncio.sleep(0)
        self._give_up(turns.values())
        if turns:
            await self._finish([turn.job for turn in turns.values()])
        for registration_id, most in self._lanes.running_low():
            self._begin_task(self._refill(registration_id, most))
        self._turn.set()

    def _next_turns(self) -> dict[str, Turn]:
        return {turn.job.key: turn for turn in islice(self._lanes.starting(), _AT_ONCE)}

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
        """Sends what was begun ahead, as far as it may be sent; it is taken back where the endpoint fails."""
        begun = self._begun.get(registration_id)
        while begun and not self._is_stopping and self._lanes.promote(registration_id):
            turn, ready = begun.popleft()
            self._begin_task(self._send(turn.job, registration_id, ready))
        if begun and (self._is_stopping or self._lanes.is_failing(registration_id)):
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
            ended = await self._attempt(ready)
        except BaseException:
            self._queue.release([job])
            raise
        if ended.state is not DeliveryState.DELIVERED:
            self._ending.add(ended, partial(self._leave_failing, job, registration_id, ended))
            return
        self._ending.add(ended, partial(self._queue.release, [job]))
        self._lanes.leave(registration_id, is_success=True, seconds=time.monotonic() - started)  # it need not wait
        self._go_on(registration_id)
        self._turn.set()

    def _leave_failing(self, job: Job, registration_id: int, ended: EndedAttempt) -> None:
        """A failure is written: its endpoint may be tried again."""
        waits = None if ended.waits_until is None else (ended.waits_until - ended.at) / 1e6
        self._lanes.leave(registration_id, is_success=False, waits=waits)
        self._go_on(registration_id)
        self._queue.release([job])
        self._turn.set()

    async def _attempt(self, ready: Ready) -> EndedAttempt:
        try:
            request, secret = self._requests.make(ready)
            return self._ends.of(ready, await self._sender.send(request), secret)
        except Exception as error:
            words = error.message if isinstance(error, ServiceError) else "the service met an error; its log has it"
            _log.exception("a delivery could not be sent: %s", words, extra={"ids": {"delivery": ready.id}})
            return self._ends.of_failure(ready.id, ready.attempt, ready.endpoint.id, ready.failures, words)

    def _recover(self, job: Job, due: Due) -> None:
        """Ends an attempt whose process died."""
        ended = self._ends.of_failure(due.id, due.attempts, due.registration_id, due.failures, _INTERRUPTED)
        self._ending.add(ended, partial(self._queue.release, [job]))

    async def _pass_time(self) -> None:
        await asyncio.sleep(_TICK)
        self._lanes.pass_time()
        refills = [self._refill(*each) for each in self._lanes.to_refill(_AT_ONCE)]
        await asyncio.gather(*refills)  # the writer joins their commits
        self._turn.set()

    async def _refill(self, registration_id: int, most: int) -> None:
        """Gives jobs to an endpoint's parked deliveries; where the store is away, `to_refill` finds them again."""
        count, at = most, now()
        try:
            count = await self._store.write(lambda connection: jobs.refill(connection, registration_id, at, most))
        except StoreError as error:
            _log.warning("parked deliveries wait for the store: %s", error.message)
        finally:
            if count == most:  # there may be more
                self._lanes.park(registration_id)


def _is_early(due: Due) -> bool:
    """Whether the queue's clock is before this one's: the job has to come again."""
    return due.state is DeliveryState.PENDING and due.next_attempt_at is not None and due.next_attempt_at > now()


def _wait(due: Due) -> float:
    """For how many seconds its endpoint is left alone."""
    return 0.0 if due.waits_until is None else max(0.0, (due.waits_until - now()) / 1e6)
