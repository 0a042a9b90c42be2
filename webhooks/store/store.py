"""The store as the rest of the service sees it: reads, and writes that are durable when they return."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webhooks.errors import StoreError
from webhooks.store import soundness
from webhooks.store.command import Command, T
from webhooks.store.following import follow
from webhooks.store.jobs import Taker, serve_as
from webhooks.store.kept import LARGEST_KEPT_BYTES, Kept, was_changed
from webhooks.store.opening import open_store
from webhooks.store.waiting import STORE_AWAY
from webhooks.store.writer import Writer

_READER_THREADS = 4
_BROWSER_THREADS = 2
_LONGEST_LOOK_SECONDS: Final = 2.0
_STEPS_BETWEEN_LOOKS: Final = 10_000  # of SQLite's machine, between two looks at the clock
_SCRUB_TRIES: Final = 20
_SCRUB_PAUSE_SECONDS: Final = 0.1  # between two tries
_SCRUB_BUSY_MILLISECONDS: Final = 250  # for which a try waits for readers
_UNSOUND: Final = "The store cannot be read and written whole: {}."


class Store:
    """One store, shared by all requests of a process."""

    def __init__(self, url: str, *, may_migrate: bool = True) -> None:
        self._engine = open_store(url, may_migrate=may_migrate)
        self._kept = Kept()
        self._tell_committed: Callable[[Connection], object] = lambda _: None
        self._tell_changed: Callable[[], object] = lambda: None
        self._writer = Writer(self._engine)
        self._writer.tell_committed = self._note_commit
        # SQLite answers from memory in less time than another thread needs to wake up.
        self._is_embedded = self._engine.dialect.name == "sqlite"
        self._readers = ThreadPoolExecutor(_READER_THREADS, thread_name_prefix="store-reader")
        self._browsers = ThreadPoolExecutor(_BROWSER_THREADS, thread_name_prefix="store-browser")
        self._of_thread = threading.local()
        self._connections: set[Connection] = set()

    def when_committed(self, tell: Callable[[Connection], object]) -> None:
        """Calls `tell` after each of this process's transactions, in the writer's thread and with its connection."""
        self._tell_committed = tell

    def when_changed(self, tell: Callable[[], object]) -> None:
        """Calls `tell` when a client or registration may have changed, in any thread.

        Of other processes' changes it hears while `follow_changes` runs.
        """
        self._tell_changed = tell

    def serve_as(self, taker: Taker | None) -> None:
        """Has jobs be added and finished by a process that takes them, where several do."""
        serve_as(self._engine, taker)

    def when_written(self, tell: Callable[[int], object]) -> None:
        """Calls `tell` with the number of writes in each of this process's transactions, 0 where it failed.

        In the writer's thread.
        """
        self._writer.tell_written = tell

    async def write(self, command: Command[T], size: int = 0, *, can_wait: bool = False) -> T:
        """What the command gives, once it is on disk. Raises what it raises, or StoreError with nothing changed,
        unless the store was lost in its COMMIT. `size` and `can_wait` are as the Writer takes them."""
        return await self._writer.run(command, size, can_wait=can_wait)

    async def read(self, query: Command[T]) -> T:
        """What the query finds in what is committed. Raises what it raises, or StoreError."""
        if self._is_embedded:
            return self.read_now(query)
        return await self.search(query)

    async def read_kept(self, key: Hashable, query: Command[T]) -> T:
        """As `read`, for what is read of clients and registrations alone; `key` says what it is.

        What this process has changed is seen at once, and what another one has changed after five seconds at most. On
        SQLite it is read each time, since that takes no longer than to ask whether something has changed.
        """
        if self._is_embedded:
            return self.read_now(query)
        found = self._kept.find(key)
        if found is None:
            found = self._kept.begin(key)
            self._readers.submit(self._read_for, key, query, found)
        result: T = found.result() if found.done() else await asyncio.shield(asyncio.wrap_future(found))
        return result

    async def follow_changes(self) -> None:
        """Has what is kept for `read_kept` told of other processes' changes, until it is cancelled."""
        if not self._is_embedded:
            await follow(self.connect, self._note_change)

    async def search(self, query: Command[T]) -> T:
        """As `read`, for a query that may look at many rows: it keeps no other request waiting."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, query)

    async def browse(self, look: Callable[[], T]) -> T:
        """What a look finds that reads by `read_now`, for people's pages: it has threads of its own, and a time limit.

        So it keeps no request of a client waiting. Raises what it raises, or StoreError where it takes too long.
        """
        return await asyncio.get_running_loop().run_in_executor(self._browsers, self._look, look)

    def _look(self, look: Callable[[], T]) -> T:
        self._of_thread.until = time.monotonic() + _LONGEST_LOOK_SECONDS
        try:
            return look()
        finally:
            self._of_thread.until = None

    def read_now(self, query: Command[T]) -> T:
        """As `read`, in this thread. Each thread keeps a connection, which takes no snapshot between statements."""
        try:
            try:
                return self._read(query)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._read(query)  # the database was started again since this thread's last query
        except DBAPIError as error:
            raise StoreError(STORE_AWAY) from error

    def _limit(self, connection: Connection) -> None:
        """Ends what a look takes too long for. Such a statement is refused as if the store were away."""
        if not self._is_embedded:
            connection.exec_driver_sql(f"SET statement_timeout = {round(_LONGEST_LOOK_SECONDS * 1000)}")
            return
        of_thread, driver = self._of_thread, connection.connection.driver_connection
        assert driver is not None  # noqa: S101  for the type checker

        def is_late() -> bool:
            """Whether the look of this thread has taken too long; SQLite asks in the thread that runs the statement."""
            until: float | None = of_thread.until
            return until is not None and time.monotonic() > until

        driver.set_progress_handler(is_late, _STEPS_BETWEEN_LOOKS)

    def _read_for(self, key: Hashable, query: Command[Any], found: Future[Any]) -> None:
        """Reads what was begun to be kept. Who is not there is not kept: anybody may ask for him."""
        try:
            result = self.read_now(query)
        except BaseException as error:
            self._kept.drop(key, found)
            found.set_exception(error)
            return
        if result is None or (isinstance(result, bytes) and len(result) > LARGEST_KEPT_BYTES):
            self._kept.drop(key, found)
        found.set_result(result)

    def _note_commit(self, connection: Connection) -> None:
        if was_changed(connection):
            self._note_change()
        self._tell_committed(connection)

    def _note_change(self) -> None:
        self._kept.forget()
        self._tell_changed()

    def _read(self, query: Command[T]) -> T:
        connection: Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connections.add(connection)
            self._of_thread.connection = connection
            if getattr(self._of_thread, "until", None) is not None:
                self._limit(connection)
        try:
            return query(connection)
        except DBAPIError:
            self._of_thread.connection = None
            self._connections.remove(connection)
            connection.close()
            raise
        finally:
            if connection.in_transaction():  # as SQLAlchemy sees it
                connection.rollback()

    def connect(self) -> Connection:
        """A connection of the caller's own, who closes it; each of its statements commits. Raises StoreError."""
        try:
            return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except SQLAlchemyError as error:
            raise StoreError(STORE_AWAY) from error

    @property
    def is_embedded(self) -> bool:
        """Whether one process only serves it."""
        return self._is_embedded

    async def scrub(self) -> bool:
        """Has what was erased leave SQLite's files, whose log keeps it while nobody moves it into the database.

        False where others did not let go of it within some seconds. Raises StoreError.
        """
        for _ in range(_SCRUB_TRIES if self._is_embedded else 0):
            if not await self.search(_truncate_log):
                return True
            await asyncio.sleep(_SCRUB_PAUSE_SECONDS)
        return not self._is_embedded

    async def check(self) -> None:
        """Raises StoreError where it cannot be read or written now; to know that, it writes."""
        await self.read(_read_something)
        await self.write(_write_something)

    async def prove(self) -> None:
        """Raises StoreError where a table or an index cannot be read or written. It takes a look at each."""
        await asyncio.get_running_loop().run_in_executor(self._readers, self.with_transaction, soundness.touch)

    def with_transaction(self, command: Command[T], *, is_reading: bool = False) -> T:
        """What a command gives that sees the store as it is on disk; nothing of what it writes stays.

        In this thread. One that only reads keeps no writer waiting. Raises StoreError with what the database says.
        """
        try:
            with self._engine.connect() as connection:
                if self._is_embedded and is_reading:
                    connection.execution_options(isolation_level="AUTOCOMMIT")  # without BEGIN IMMEDIATE
                if self._is_embedded:
                    connection.detach()  # closed at the end: one that is kept remembers pages that are damaged since
                with connection.begin() as transaction:
                    found = command(connection)
                    transaction.rollback()
                return found
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
            raise StoreError(_UNSOUND.format(said)) from error

    def close(self) -> None:
        """Ends the writer after what it was given, and every connection."""
        self._writer.close()
        self._readers.shutdown()
        self._browsers.shutdown()
        for connection in self._connections:
            connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _truncate_log(connection: Connection) -> bool:
    """Whether somebody was in the way."""
    (waits,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    connection.exec_driver_sql(
        f"PRAGMA busy_timeout = {_SCRUB_BUSY_MILLISECONDS}"
    )  # it keeps writers out while it waits for readers
    try:
        return bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0])
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {waits}")


def _read_something(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT 1")


def _write_something(connection: Connection) -> None:
    """On PostgreSQL a transaction number, which its COMMIT has to log."""
    is_embedded = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("PRAGMA user_version = 1" if is_embedded else "SELECT txid_current()")
