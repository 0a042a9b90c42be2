"""Group commit: one thread writes, many commands share each COMMIT.

A command runs in a savepoint of its own, so one that fails takes nothing of the others with it, and its caller hears of
success only after the COMMIT that holds it. What the database refuses as a whole is tried again command by command.
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
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from webhooks.errors import ServiceError, StoreError
from webhooks.store.statement import Prepared
from webhooks.wording import counted

T = TypeVar("T")
Command = Callable[[Connection], T]
"""Reads and writes by a connection, and never commits. It may run twice, where another process was in its way."""

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
_ITS_OWN = (DataError, IntegrityError, InterfaceError, ProgrammingError)  # of one command; the transaction lives on
_DISK_FULL: Final = ("SQLITE_FULL", "53100")
_TOO_MANY = "Too many requests wait for the store; nothing was changed. Try again later."
_CLOSED = "The service is ending; nothing was changed. Try again later."
_NOTHING_CHANGED = "The store cannot write now; nothing was changed. Try again later."
_NOT_KNOWN = (
    "The store was lost while it wrote, and whether this was done is not known. Try again later: an event with the "
    "same id is taken once."
)
_SAVE, _RELEASE, _UNDO = map(Prepared, ("SAVEPOINT one", "RELEASE SAVEPOINT one", "ROLLBACK TO SAVEPOINT one"))
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    command: Command[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: object = None
    error: Exception | None = None


@dataclass(slots=True, order=True)
class _Place:
    """A place in the queue: the earlier time comes first, then the lower number."""

    after: float
    number: int
    job: _Pending | None = field(compare=False)  # None where the writer is to end


class Writer:
    """The thread that writes. `close` lets it finish what it was given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
        self._queue.put(_Place(after, next(self._numbers), _Pending(command, loop, future)))
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

    def _commit(self, batch: list[_Pending], *, can_wait: bool) -> None:
        """Runs the command in `batch`, and those that wait, in one transaction. Each then has a result or an error.

        Where the first one cannot wait, those that can are left for a later transaction.
        """
        connection, told = None, _NOTHING_CHANGED
        try:
            with self._engine.connect() as connection:
                with connection.begin():
                    _run(batch[0], connection)
                    until = time.monotonic() + _LONGEST_TRANSACTION_SECONDS
                    for job in self._waiting(_MOST_IN_TRANSACTION - 1, until, can_wait=can_wait):
                        batch.append(job)
                        _run(job, connection)
                    told = _NOT_KNOWN  # from here on it is the COMMIT that fails
                self._tell(connection)
        except SQLAlchemyError as error:
            if connection is None:
                batch += self._waiting(MOST_COMMANDS)  # they need not wait each for a connection that does not come
            _log.warning("the store refused a transaction of %s: %s", counted(len(batch), "command"), error_name(error))
            if connection is None or _is_lost(error):
                _fail(batch, error, told)
            else:
                self._one_by_one(batch)

    def _tell(self, connection: Connection) -> None:
        """Tells of a COMMIT. An error of who is told changes nothing: the commands are done."""
        try:
            self.tell_committed(connection)
        except Exception:
            _log.exception("a transaction was committed, but nobody heard of it")

    def _waiting(self, most: int, until: float = math.inf, *, can_wait: bool = True) -> Iterator[_Pending]:
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

    def _one_by_one(self, batch: Sequence[_Pending]) -> None:
        """Tries the commands of a transaction that was rolled back again, each in one of its own."""
        for index, job in enumerate(batch):
            error = self._alone(job)
            if error is not None and _is_lost(error):
                _fail(batch[index + 1 :], error)
                return

    def _alone(self, job: _Pending) -> SQLAlchemyError | None:
        """Runs one command in a transaction of its own, again where another process is in its way. Gives its error."""
        for attempt in range(1, _MOST_TRIES + 1):
            told = _NOTHING_CHANGED
            try:
                with self._engine.connect() as connection:
                    with connection.begin():
                        _run(job, connection)
                        told = _NOT_KNOWN
                    self._tell(connection)
            except SQLAlchemyError as error:
                is_lost = _is_lost(error)
                if is_lost or attempt == _MOST_TRIES:
                    _fail([job], error, told if is_lost else _NOTHING_CHANGED)
                    return error
            else:
                return None
        return None


def error_name(error: BaseException) -> str:
    """What the database calls its error; never its text, which may quote values."""
    original = getattr(error, "orig", None) or error
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    name = f"{type(original).__name__} {code}" if code else type(original).__name__
    return f"the disk is full ({name})" if code in _DISK_FULL else name


def _run(job: _Pending, connection: Connection) -> None:
    """One command in its savepoint. An error of the database that is not this command's alone ends the transaction."""
    if job.future.cancelled():
        return  # its caller has gone away
    try:
        try:
            _attempt(job, connection)
        except IntegrityError:  # another process was quicker: now its rows are there to be seen
            _attempt(job, connection)
    except _ITS_OWN as error:
        _log.error("the store refused a command: %s", error_name(error))
        _fail([job], error)


def _attempt(job: _Pending, connection: Connection) -> None:
    job.error = None
    _SAVE.run(connection)
    try:
        job.result = job.command(connection)
    except _ITS_OWN:
        _UNDO.run(connection)
        raise
    except SQLAlchemyError:
        raise
    except Exception as error:  # whatever it is, its caller is to have it
        _UNDO.run(connection)
        job.error = error
        if not isinstance(error, ServiceError):
            _log.exception("a command failed")
    _RELEASE.run(connection)


def _fail(jobs: Sequence[_Pending], cause: Exception, told: str = _NOTHING_CHANGED) -> None:
    for job in jobs:
        job.error = StoreError(told)
        job.error.__cause__ = cause


def _is_lost(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _answer(loop: asyncio.AbstractEventLoop, jobs: Sequence[_Pending]) -> None:
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
