"""Group commit: one thread writes, many commands share each COMMIT.

One that fails takes nothing of the others with it, and each caller hears of success only after the COMMIT that holds
its command. What the database refuses as a whole is tried again command by command.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webhooks.errors import StoreError
from webhooks.store.command import Command, T, Together
from webhooks.store.statement import has_ended
from webhooks.store.transaction import NOTHING_CHANGED, Pending, Transaction, error_name
from webhooks.wording import counted

MOST_COMMANDS: Final = 1000
"""How many commands may wait. The next one is refused, so that a slow disk does not fill the memory."""

MOST_BYTES: Final = 16 * 1024 * 1024
"""From how many bytes the waiting commands may have been read. As objects they take several times as many."""

_MOST_IN_TRANSACTION: Final = 200
_BEHIND_SECONDS: Final = 0.05  # for which a command that can wait lets later ones go first
_LONGEST_TRANSACTION_SECONDS: Final = (
    0.02  # after this a COMMIT is due, so that large commands do not keep small ones waiting
)
_MOST_TRIES: Final = 3  # of a command whose transaction is rolled back, as in a deadlock with another process
_MOST_TOGETHER_BYTES = 64 * 1024  # of commands in one statement, which nobody can go before
_TOO_MANY = "Too many requests wait for the store; nothing was changed. Try again later."
_CLOSED = "The service is ending; nothing was changed. Try again later."
_NOT_KNOWN = (
    "The store was lost while it wrote, and whether this was done is not known. Try again later: an event with the "
    "same id is taken once."
)
_log = logging.getLogger(__name__)


@dataclass(slots=True, order=True)
class _Place:
    """A place in the queue: the earlier time comes first, then the lower number."""

    after: float
    number: int
    job: Pending | None = field(compare=False)  # None where the writer is to end


class Writer:
    """The thread that writes. `close` lets it finish what it was given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None  # of the writer's thread
        self._queue: queue.PriorityQueue[_Place] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._is_closed = False
        self._size = 0
        self.tell_committed: Callable[[Connection], object] = lambda _: None
        """Called by the writer's thread after each COMMIT, with the connection that made it."""
        self.tell_written: Callable[[int], object] = lambda _: None
        """Called by that thread after each transaction, with how many commands it committed: 0 where it failed."""
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, command: Command[T], size: int = 0, *, can_wait: bool = False) -> T:
        """What the command gives, once it is committed. Raises what it raises, or StoreError.

        `size` is roughly the bytes that it keeps while it waits, where they are many. One that can wait lets others go
        before it for a little while.
        """
        if self._is_closed:
            raise StoreError(_CLOSED)
        if self._queue.qsize() >= MOST_COMMANDS or size > max(0, MOST_BYTES - self._size):
            raise StoreError(_TOO_MANY)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        after = time.monotonic() + (_BEHIND_SECONDS if can_wait else 0.0)
        self._queue.put(_Place(after, next(self._numbers), Pending(command, size, loop, future)))
        self._size += size
        try:
            return await future
        finally:
            self._size -= size

    def close(self) -> None:
        """Ends the thread after the commands that wait already; later ones are refused."""
        self._is_closed = True
        self._queue.put(_Place(math.inf, 0, None))
        self._thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()).job is not None:
            batch = [first.job]
            try:
                self._commit(batch, can_wait=first.after > time.monotonic())
            except Exception as error:  # the thread must live, and nobody may wait for ever
                _log.exception("the writer failed")
                _fail(batch, error)
            self.tell_written(sum(not isinstance(job.error, StoreError) for job in batch))
            for loop in {job.loop for job in batch}:
                _answer(loop, [job for job in batch if job.loop is loop])
        self._disconnect()

    def _commit(self, batch: list[Pending], *, can_wait: bool) -> None:
        """Runs the command in `batch`, and those that wait, in one transaction. Each then has a result or an error.

        Where the first one cannot wait, those that can are left for a later transaction.
        """
        is_connected, told = False, NOTHING_CHANGED
        try:
            connection = self._connected()
            is_connected = True
            with connection.begin():
                self._run(batch, Transaction(connection), can_wait=can_wait)
                told = _NOT_KNOWN  # from here on it is the COMMIT that fails
            self._tell(connection)
        except SQLAlchemyError as error:
            self._disconnect()
            if not is_connected:
                batch += self._waiting(MOST_COMMANDS)  # they need not wait each for a connection that does not come
            _log.warning("the store refused a transaction of %s: %s", counted(len(batch), "command"), error_name(error))
            if not is_connected or _is_lost(error):
                _fail(batch, error, told)
            else:
                self._one_by_one(batch)

    def _run(self, batch: list[Pending], transaction: Transaction, *, can_wait: bool) -> None:
        """Runs what waits; commands of a class that runs together are gathered, and run at the end or when large."""
        together: list[Pending] = []
        size = 0
        until = time.monotonic() + _LONGEST_TRANSACTION_SECONDS
        for job in itertools.chain(batch[:1], self._waiting(_MOST_IN_TRANSACTION - 1, until, can_wait=can_wait)):
            if job is not batch[0]:
                batch.append(job)
            if not isinstance(job.command, Together):
                transaction.run([job])
                continue
            size += job.size
            if together and (size > _MOST_TOGETHER_BYTES or type(job.command) is not type(together[0].command)):
                transaction.run(together)
                together, size = [], job.size
            together.append(job)
        transaction.run(together)

    def _connected(self) -> Connection:
        """The writer's own connection, made where there is none, or the server has ended it meanwhile."""
        if self._connection is not None and has_ended(self._connection):
            self._disconnect()
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _tell(self, connection: Connection) -> None:
        """Tells of a COMMIT. An error of who is told changes nothing: the commands are done."""
        try:
            self.tell_committed(connection)
        except Exception:
            _log.exception("a transaction was committed, but nobody heard of it")

    def _waiting(self, most: int, until: float = math.inf, *, can_wait: bool = True) -> Iterator[Pending]:
        """Takes the commands that wait, and those that come meanwhile; with `can_wait` also those that can wait."""
        for _ in range(most):
            try:
                place = self._queue.get_nowait()
            except queue.Empty:
                return
            if place.job is None or (not can_wait and place.after > time.monotonic()):
                self._queue.put(place)  # for `_work` and its next transaction, or its end
                return
            yield place.job
            if time.monotonic() > until:
                return

    def _one_by_one(self, batch: Sequence[Pending]) -> None:
        """Tries the commands of a transaction that was rolled back again, each in one of its own."""
        for index, job in enumerate(batch):
            error = self._alone(job)
            if error is not None and _is_lost(error):
                _fail(batch[index + 1 :], error)
                return

    def _alone(self, job: Pending) -> SQLAlchemyError | None:
        """Runs one command in a transaction of its own, again where another process is in its way. Gives its error."""
        for attempt in range(1, _MOST_TRIES + 1):
            told = NOTHING_CHANGED
            try:
                connection = self._connected()
                with connection.begin():
                    Transaction(connection).run([job])
                    told = _NOT_KNOWN
                self._tell(connection)
            except SQLAlchemyError as error:
                self._disconnect()
                is_lost = _is_lost(error)
                if is_lost or attempt == _MOST_TRIES:
                    _fail([job], error, told if is_lost else NOTHING_CHANGED)
                    return error
            else:
                return None
        return None


def _fail(jobs: Sequence[Pending], cause: Exception, told: str = NOTHING_CHANGED) -> None:
    for job in jobs:
        job.fail(cause, told)


def _is_lost(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _answer(loop: asyncio.AbstractEventLoop, jobs: Sequence[Pending]) -> None:
    """One wake-up of the loop for the whole transaction."""

    def tell() -> None:
        """Ends the futures of the jobs, except cancelled ones."""
        for job in jobs:
            if job.future.done():
                continue  # its caller has gone away
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.error)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        _log.info("a loop was closed before it heard of %d commands", len(jobs))
