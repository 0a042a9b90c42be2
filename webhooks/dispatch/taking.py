"""Takes what is due from the queue: each delivery waits in its endpoint's lane for its turn, or its job is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from webhooks.dispatch.ending import Ending
from webhooks.dispatch.ends import Ends
from webhooks.dispatch.lanes import EndpointLanes
from webhooks.errors import StoreError
from webhooks.model import DeliveryState
from webhooks.queue.interface import Queue
from webhooks.store import attempts, jobs
from webhooks.store.attempts import Due
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.results import Sendable
from webhooks.store.store import Store

_AT_ONCE: Final = 256  # deliveries in one transaction
_EARLY: Final = 500_000  # µs until a job that came too early comes again, at least
_FINISHING: Final = 4  # transactions that end jobs, while others are taken
_PATIENCE: Final = 1.0  # seconds after which a store that was away is tried again

_INTERRUPTED: Final = "the service was interrupted while it sent; whether it arrived is not known"
_log = logging.getLogger(__name__)


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
