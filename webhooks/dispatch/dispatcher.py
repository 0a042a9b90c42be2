"""The dispatcher: takes jobs of due deliveries, gives them turns, sends them and has written what came of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from webhooks.dispatch.judging import Judge
from webhooks.dispatch.recorder import Recorder
from webhooks.dispatch.request import Requests
from webhooks.dispatch.taking import MOST_DELIVERIES, Taker
from webhooks.dispatch.turns import EndpointTurns, Limits, Turn
from webhooks.errors import ServiceError, StoreError
from webhooks.model import DeliveryState
from webhooks.queue.interface import Queue
from webhooks.sending.interface import Sender
from webhooks.store import attempts
from webhooks.store.attempts import Ready
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.command import Pipelined
from webhooks.store.compositions import Addressed, Sendable
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.jobs import Job, Kind
from webhooks.store.results import Write
from webhooks.store.store import Store
from webhooks.store.waiting import keep_doing

_TICK_SECONDS: Final = 0.05

_MOST_SENT: Final = 64  # of one transaction; the others are begun ahead: who comes meanwhile need not wait for more

# What beginning an attempt costs. At a sum of 1 other work in the event loop has its turn.
_COST_AHEAD: Final = 1 / 32
_COST_SENT: Final = {False: 1 / 4, True: 1.0}  # by whether the endpoint is doubtful: that often costs a connection

_AHEAD_MICROSECONDS: Final = 1_000_000  # for which an attempt may wait ahead: then its endpoint has become slow

_log = logging.getLogger(__name__)


class Dispatcher:
    """Sends what is due until `stop`. A process has one, in its event loop."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        *,
        sender: Sender,
        requests: Requests,
        judge: Judge,
        limits: Limits,
        tell: Callable[[Sequence[EndedAttempt]], object],
    ) -> None:
        """`tell` gets the attempts that have ended, once that is written."""
        self._store = store
        self._queue = queue
        self._sender = sender
        self._requests = requests
        self._judge = judge
        self._recorder = Recorder(store, tell)
        self._turns = EndpointTurns(limits, time.monotonic)
        self._wake_ups = {doubtful: asyncio.Event() for doubtful in (False, True)}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead: defaultdict[int, deque[tuple[Turn, Ready]]] = defaultdict(deque)  # by registration
        self._taker = Taker(
            store, queue, turns=self._turns, judge=judge, recorder=self._recorder, begin_task=self._begin_task
        )
        self._taking: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def run(self) -> None:
        """Runs until `stop`, and then until the attempts under way have ended. After that the queue may be closed."""
        async with asyncio.TaskGroup() as group:
            self._taking = group.create_task(self._repeat(self._take))
            group.create_task(self._repeat(partial(self._begin, doubtful=False)))
            group.create_task(self._repeat(partial(self._begin, doubtful=True)))
            group.create_task(self._repeat(self._pass_time))
        await self._recorder.finish()
        while self._tasks:
            await asyncio.wait(self._tasks)
            await self._recorder.finish()

    def stop(self) -> None:
        """Begins no more attempts."""
        self._is_stopping = True
        self._recorder.stop()
        if self._taking is not None:
            self._taking.cancel()
        self._queue.release(self._turns.drain())
        for registration_id in list(self._ahead):
            self._send_ahead(registration_id)
        for wake_up in self._wake_ups.values():
            wake_up.set()

    async def write_and_send(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        """Has bodies written, with the attempts of those deliveries in `to` whose endpoints have a free turn now.

        Sends these, and has the other deliveries wait for their turns. So an event whose endpoint is idle needs no
        transaction of its own to begin its attempt. Their jobs are due at `at`. Raises what `write` raises.
        """
        await asyncio.shield(self._begin_task(self._write_and_send(to, at, write)))

    def offer(self, found: Sequence[Sendable]) -> None:
        """Takes deliveries whose bodies this process has just written, where the queue lets it have them at once."""
        if not self._is_stopping:
            self._taker.offer(found)
            self._wake()

    def park(self, registration_ids: Collection[int]) -> None:
        """Refills these endpoints soon: they have due deliveries without a job."""
        for registration_id in registration_ids:
            self._turns.park(registration_id)

    def room(self, registration_id: int) -> int:
        """For how many more deliveries of an endpoint there is room in memory, about. Any thread may call it."""
        return self._turns.room(registration_id)

    async def recall(self, ids: Sequence[str]) -> None:
        """Refills the endpoints of these deliveries: a process that died may have parked more of theirs."""
        await self._taker.recall(ids)

    def parked(self) -> frozenset[int]:
        """The endpoints with parked deliveries that this process will give jobs by itself."""
        return self._turns.parked()

    async def _repeat(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Repeats work until `stop`, also after an error."""
        await keep_doing(work, "delivering", _log, is_over=lambda: self._is_stopping)

    async def _take(self) -> None:
        await self._taker.take()
        self._wake()

    def _wake(self) -> None:
        for doubtful, wake_up in self._wake_ups.items():
            if self._turns.has_waiting(doubtful=doubtful):
                wake_up.set()

    async def _begin(self, *, doubtful: bool) -> None:
        """Begins the attempts of the doubtful or the good endpoints whose turn it is, by one transaction."""
        await self._wake_ups[doubtful].wait()
        self._wake_ups[doubtful].clear()
        turns = self._next_turns(doubtful=doubtful)
        if doubtful and self._turns.has_waiting(doubtful=False):
            self._wake_ups[False].set()  # a costly endpoint is busy, and has become a good one by that
        if not turns:
            return
        ids, at = list(turns), now()
        try:
            begun = await self._store.write(
                Pipelined(lambda connection: attempts.begin(connection, ids, at)), can_wait=doubtful
            )
        except BaseException:
            self._give_back(turns.values())
            self._queue.release([turn.job for turn in turns.values()])
            raise
        await self._go(turns, begun, doubtful=doubtful)
        self._give_back(turns.values())
        if turns:  # not to be sent now: they are held, for example
            self._begin_task(self._taker.finish([turn.job for turn in turns.values()]))
        for registration_id, most in self._turns.to_refill_now():
            self._begin_task(self._taker.refill(registration_id, most))
        self._wake()

    async def _write_and_send(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        turns = self._turns_at_once(to[:_MOST_SENT], at)
        try:
            written = await write(turns.keys(), self.room)
            await self._go(turns, written.begun, doubtful=False)
        finally:
            self._give_back(turns.values())
            self._queue.release([turn.job for turn in turns.values()])
        self.park(written.parked)
        begun = {ready.id for ready in written.begun}
        self.offer([each for each in written.sendable if each.job.key not in begun])

    def _turns_at_once(self, to: Sequence[Addressed], at: int) -> dict[str, Turn]:
        """Turns for deliveries that have no body yet, whose jobs are claimed with that. Not for all of them."""
        if self._is_stopping:
            return {}
        claimed = self._queue.claim([Job(Kind.DELIVER, each.id, at) for each in to])
        by_id = {each.id: each for each in to}
        turns: dict[str, Turn] = {}
        for job in claimed:
            registration_id, client_id = by_id[job.key].registration_id, by_id[job.key].client_id
            if self._turns.give_at_once(registration_id, client_id):
                turns[job.key] = Turn(registration_id, job, is_ahead=False)
        self._queue.finished([job for job in claimed if job.key not in turns])
        return turns

    def _next_turns(self, *, doubtful: bool) -> dict[str, Turn]:
        turns: dict[str, Turn] = {}
        sent = 0
        for turn in islice(self._turns.give(doubtful=doubtful), MOST_DELIVERIES):
            turns[turn.job.key] = turn
            sent += not turn.is_ahead
            if sent == _MOST_SENT:
                break
        return turns

    def _give_back(self, turns: Iterable[Turn]) -> None:
        """Of these turns nothing was sent."""
        for turn in turns:
            if turn.is_ahead:
                self._turns.leave_ahead(turn.registration_id)
            else:
                self._turns.leave(turn.registration_id, is_success=None)

    async def _go(self, turns: dict[str, Turn], begun: Sequence[Ready], *, doubtful: bool) -> None:
        """Sends attempts, or keeps them ahead of their turns; takes their turns out of `turns`."""
        cost = 0.0
        for ready in begun:
            turn = turns.pop(ready.id)
            if turn.is_ahead:
                self._ahead[turn.registration_id].append((turn, ready))
                self._send_ahead(turn.registration_id)
            else:
                self._begin_task(self._send(turn.job, turn.registration_id, ready))
            cost += _COST_AHEAD if turn.is_ahead else _COST_SENT[doubtful]
            if cost >= 1:
                cost = 0.0
                await asyncio.sleep(0)

    def _send_ahead(self, registration_id: int) -> None:
        """Sends the attempts begun ahead whose turn it is. Takes them back where the endpoint fails or is slow now."""
        ahead = self._ahead.get(registration_id)
        while ahead and not self._is_stopping and self._turns.promote(registration_id):
            turn, ready = ahead.popleft()
            self._begin_task(self._send(turn.job, registration_id, ready))
        if ahead and (self._is_stopping or self._turns.is_failing(registration_id) or _is_old(ahead[0][1])):
            self._begin_task(self._take_back(list(ahead)))
            ahead.clear()
        if not ahead:
            self._ahead.pop(registration_id, None)

    async def _take_back(self, ahead: Sequence[tuple[Turn, Ready]]) -> None:
        """Undoes attempts of which nothing was sent. Where the store is away, they will be found interrupted."""
        self._give_back(turn for turn, _ in ahead)
        unsent, at = [(ready.id, ready.attempt) for _, ready in ahead], now()
        try:
            await self._store.write(Pipelined(lambda connection: attempts.take_back(connection, unsent, at)))
        except StoreError as error:
            _log.warning("%d attempts could not be taken back: %s", len(unsent), error.message)
        finally:
            self._queue.release([turn.job for turn, _ in ahead])

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send(self, job: Job, registration_id: int, ready: Ready) -> None:
        """Makes one attempt, and has written what came of it, whatever happens."""
        started = time.monotonic()
        try:
            ended, is_costly = await self._attempt(ready)
        except BaseException:
            self._queue.release([job])
            raise
        if ended.state is not DeliveryState.DELIVERED:
            self._recorder.add(ended, partial(self._leave_failed, job, registration_id, ended))
            return
        self._recorder.add(ended, partial(self._queue.finished, [job]))
        self._turns.leave(
            registration_id,
            is_success=True,
            is_costly=is_costly,
            duration_seconds=time.monotonic() - started,
            body_bytes=len(ready.body),
        )
        self._send_ahead(registration_id)
        self._wake()

    def _leave_failed(self, job: Job, registration_id: int, ended: EndedAttempt) -> None:
        """A failure gives its turn back once it is written: the next attempt must find what it says of the endpoint."""
        wait_seconds = None if ended.waits_until is None else (ended.waits_until - ended.at) / MICROSECONDS_PER_SECOND
        self._turns.leave(registration_id, is_success=False, wait_seconds=wait_seconds)
        self._send_ahead(registration_id)
        self._queue.finished([job])
        self._wake()

    async def _attempt(self, ready: Ready) -> tuple[EndedAttempt, bool]:
        """The attempt as it ended, and whether it cost the sender much: a connection, or a long answer."""
        try:
            request, secret = self._requests.make(ready)
            outcome = await self._sender.send(request)
            return self._judge.judge(ready, outcome, secret), not (outcome.is_cheap and outcome.is_answer_whole)
        except Exception as error:
            words = error.message if isinstance(error, ServiceError) else "the service met an error; its log has it"
            _log.exception("a delivery could not be sent: %s", words, extra={"ids": {"delivery": ready.id}})
            return self._judge.judge_own_failure(
                ready.id, ready.attempt, ready.endpoint.id, failures=ready.failures, reason=words
            ), True

    async def _pass_time(self) -> None:
        await asyncio.sleep(_TICK_SECONDS)
        self._turns.pass_time()
        for registration_id in list(self._ahead):
            self._send_ahead(registration_id)
        refills = [self._taker.refill(*each) for each in self._turns.to_refill(MOST_DELIVERIES)]
        await asyncio.gather(*refills)  # together: the store's writer commits them as one
        self._wake()


def _is_old(ready: Ready) -> bool:
    """Whether it has waited ahead of its turn for too long."""
    return ready.started_at < now() - _AHEAD_MICROSECONDS
