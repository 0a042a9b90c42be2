"""Group commit: one thread writes, many commands share each COMMIT.

A command runs in a savepoint of its own, so one that fails takes nothing of the others with it, and its caller hears of
success only after the COMMIT that holds it.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webhooks.errors import ServiceError, StoreError

T = TypeVar("T")
Command = Callable[[Connection], T]
"""Reads and writes by a connection, and never commits. It may run again after a failed COMMIT of other commands."""

_MOST_AT_ONCE: Final = 200
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    command: Command[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: object = None
    error: BaseException | None = None


class Writer:
    """The thread that writes. `close` lets it finish what it was given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, command: Command[T]) -> T:
        """What the command gives, once it is committed. Raises what it raises, or StoreError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(command, loop, future))
        return await future

    def close(self) -> None:
        """Ends the thread after the commands that wait already."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._take()
            if batch:
                self._commit(batch)
                for loop in {job.loop for job in batch}:
                    _answer(loop, [job for job in batch if job.loop is loop])

    def _take(self) -> tuple[list[_Job], bool]:
        """The commands that wait now, at least one unless the writer is closed."""
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == _MOST_AT_ONCE:
                return batch, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                for job in batch:
                    _run(job, connection)
        except SQLAlchemyError as error:
            _log.warning("the store refused %d commands: %s", len(batch), type(error.__cause__ or error).__name__)
            is_away = isinstance(error, DBAPIError) and error.connection_invalidated
            if len(batch) > 1 and not is_away:
                for job in batch:  # each by itself, so that one hurts no other
                    self._commit([job])
                return
            for job in batch:
                job.error = StoreError("The store cannot write now; nothing was changed. Try again later.")


def _run(job: _Job, connection: Connection) -> None:
    """One command in its savepoint. An error of the database itself ends the whole batch."""
    job.error = None
    try:
        with connection.begin_nested():
            job.result = job.command(connection)
    except DBAPIError:
        raise
    except Exception as error:  # whatever it is, its caller is to have it
        job.error = error
        if not isinstance(error, ServiceError):
            _log.error("a command failed", exc_info=error)


def _answer(loop: asyncio.AbstractEventLoop, jobs: list[_Job]) -> None:
    """One wake-up of the loop for the whole batch."""

    def tell() -> None:
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
