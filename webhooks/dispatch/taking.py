"""Takes jobs of due deliveries from the queue, and gives jobs to parked deliveries once there is room for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from webhooks.dispatch.judging import Judge
from webhooks.dispatch.recorder import Recorder
from webhooks.dispatch.turns import EndpointTurns
from webhooks.errors import StoreError
from webhooks.model import DeliveryState
from webhooks.queue.interface import Queue
from webhooks.store import attempts, behind, jobs
from webhooks.store.attempts import Due
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.command import Pipelined
from webhooks.store.compositions import Sendable
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_RETRY_SECONDS

MOST_DELIVERIES: Final = 256
"""Of one transaction."""

_MOST_PARKED: Final = 2048  # jobs of endpoints that have no room, in one transaction
_MOST_FINISHING: Final = 4  # transactions that finish jobs, while others are taken

_INTERRUPTED: Final = "the service was interrupted while it sent; whether it arrived is not known"
_log = logging.getLogger(__name__)


class Taker:
    """Takes jobs from the queue and has them wait for their turns in this process.

    `begin_task` begins work that the dispatcher waits for before it ends.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        *,
        turns: EndpointTurns,
        judge: Judge,
        recorder: Recorder,
        begin_task: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._store = store
        self._queue = queue
        self._turns = turns
        self._judge = judge
        self._recorder = recorder
        self._begin_task = begin_task
        self._finishing: set[asyncio.Task[None]] = set()
        self._looked_after = 0  # the last endpoint of which deliveries were looked for behind those of others

    async def take(self) -> None:
        """Waits for due jobs, and has their deliveries wait for their turns. Raises StoreError."""
        if len(self._finishing) >= _MOST_FINISHING:
            await asyncio.wait(self._finishing, return_when=asyncio.FIRST_COMPLETED)
        if await self._let_wait(await self._queue.take(Kind.DELIVER, MOST_DELIVERIES)):
            await self._take_behind()

    async def _take_behind(self) -> None:
        """Takes jobs of other endpoints that come after many of those that are full: some endpoints' at each call."""
        after, known, at = self._looked_after, self._turns.parked(), now()
        keys, self._looked_after = await self._store.read(
            lambda connection: behind.oldest(connection, after, known, at)
        )
        await self._let_wait(await self._queue.take_these(Kind.DELIVER, keys))

    async def _let_wait(self, taken: Sequence[Job]) -> bool:
        """Has the deliveries of jobs wait for their turns. Whether most are of endpoints that have no room for more."""
        try:
            ids = [job.key for job in taken]
            found = await self._store.read(lambda connection: attempts.look(connection, ids))
            left, parked = self._enter(taken, found)
            removed = [due.id for due in found.values() if due.registration_id is None]
            full = self._full([found[job.key] for job in parked])
        except BaseException:
            self._queue.release(taken)
            raise
        if left or parked:
            self._finishing.add(task := self._begin_task(self.finish(left, parked, removed, full=full)))
            task.add_done_callback(self._finishing.discard)
        return bool(full)

    def offer(self, found: Sequence[Sendable]) -> None:
        """Has deliveries that this process has just composed wait for their turns, as far as the queue leases them."""
        by_key = {each.job.key: each for each in found}
        claimed = self._queue.claim([each.job for each in found])
        try:
            parked = [
                job
                for job in claimed
                if not self._turns.enter(by_key[job.key].registration_id, by_key[job.key].client_id, job)
            ]
        except BaseException:
            self._queue.release(claimed)
            raise
        if parked:
            self._begin_task(self.finish([], parked, can_wait=True))

    async def finish(
        self,
        left: Sequence[Job],
        parked: Sequence[Job] = (),
        removed: Sequence[str] = (),
        *,
        full: Collection[int] = (),
        can_wait: bool = False,
    ) -> None:
        """Finishes jobs: those `left` were taken in vain, and come again where they have to.

        Those `parked` need none before their endpoints are refilled. Deliveries whose URL was `removed` while they were
        sent are cancelled. Those of `full` endpoints, whose jobs come before others, are parked.
        """

        def write(connection: Connection) -> None:
            """Begins attempts, and finishes and adds jobs, in one transaction."""
            attempts.begin(connection, removed, now())  # finds that their URLs are gone
            attempts.leave(connection, left, now())
            jobs.finish(connection, parked)
            if full:
                jobs.park(connection, full, now(), _MOST_PARKED)

        over = [*left, *parked]
        try:
            await self._store.write(Pipelined(write), can_wait=can_wait)
        except StoreError as error:
            _log.warning("finished jobs wait for the store: %s", error.message)
            await asyncio.sleep(STORE_RETRY_SECONDS)  # or they would be taken again at once
            self._queue.release(over)
        except BaseException:
            self._queue.release(over)
            raise
        else:
            self._queue.finished(over)
            for registration_id in full:  # which may have been given its last jobs meanwhile, and these among them
                self._turns.park(registration_id)

    async def recall(self, ids: Sequence[str]) -> None:
        """As Dispatcher says."""
        for due in (await self._store.read(lambda connection: attempts.look(connection, ids))).values():
            if due.state is DeliveryState.PENDING and due.registration_id is not None:
                self._turns.park(due.registration_id, wait_seconds=_wait_seconds(due))

    async def refill(self, registration_id: int, most: int) -> None:
        """Gives jobs to an endpoint's parked deliveries. Where the store is away, they stay parked."""
        count, at = most, now()
        try:
            count = await self._store.write(
                Pipelined(lambda connection: jobs.refill(connection, registration_id, at, most)), can_wait=True
            )
        except StoreError as error:
            _log.warning("parked deliveries wait for the store: %s", error.message)
        finally:
            if count == most:  # there may be more
                self._turns.park(registration_id)

    def _enter(self, taken: Sequence[Job], found: Mapping[str, Due]) -> tuple[list[Job], list[Job]]:
        """Lets deliveries wait for their turns, and has interrupted attempts ended.

        Gives the other jobs: those that were taken in vain, and those whose deliveries have to be parked.
        """
        left, parked, at = [], [], now()
        for job in taken:
            due = found.get(job.key)
            if due is not None and due.state is DeliveryState.SENDING:
                self._recover(job, due)
            elif due is None or due.registration_id is None or not due.is_to_be_sent(at):
                left.append(job)
            elif not self._turns.enter(due.registration_id, due.client_id, job, wait_seconds=_wait_seconds(due)):
                parked.append(job)
        return left, parked

    def _full(self, refused: Sequence[Due]) -> frozenset[int]:
        """The parked endpoints whose jobs were most of what was taken: who knows how many more come before others."""
        ids = [due.registration_id for due in refused if due.registration_id is not None]
        return frozenset(ids) & self._turns.parked() if len(ids) > MOST_DELIVERIES // 2 else frozenset()

    def _recover(self, job: Job, due: Due) -> None:
        """Ends an attempt whose process died."""
        ended = self._judge.judge_own_failure(
            due.id, due.attempts, due.registration_id, failures=due.failures, reason=_INTERRUPTED
        )
        self._recorder.add(ended, partial(self._queue.finished, [job]))


def _wait_seconds(due: Due) -> float:
    """For how long the endpoint has asked to be left alone."""
    return 0.0 if due.waits_until is None else max(0.0, (due.waits_until - now()) / MICROSECONDS_PER_SECOND)
