"""A ledger with a pool of connections, and its sessions, which add a timeout, one retry, and errors without values."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from msgspec.structs import replace

from engine.errors import EngineError, LedgerTimeoutError, LedgerUnavailableError, ReadOnlyRequiredError
from engine.execution.driver import Connection, Driver
from engine.execution.interface import (
    MOST_FAILURES_IN_A_ROW,
    SNAPSHOT_ENDED,
    SNAPSHOT_LOST,
    LedgerStatus,
    Rows,
    Session,
)
from engine.execution.pool import Pool
from engine.execution.watchdog import Guard, Watchdog
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema

T = TypeVar("T")

_log = logging.getLogger("engine.execution")


class PooledConnection:
    """A connection as the pool keeps it. `kept` has the texts that it was last told to keep prepared."""

    __slots__ = ("connection", "guard", "is_new", "kept")

    def __init__(self, connection: Connection, guard: Guard, kept: frozenset[str]) -> None:
        self.connection = connection
        self.guard = guard
        self.kept = kept
        self.is_new = True  # it was never idle, so it cannot have been lost while idle


class PooledLedger:
    """The Ledger of `interface`, for every engine that has a Driver."""

    def __init__(self, driver: Driver, *, timeout: float, pool_size: int, require_read_only: bool) -> None:
        self.driver = driver
        self._require_read_only = require_read_only
        self._status = LedgerStatus()
        self._is_inspected = False
        self._inspection = threading.Lock()
        self._kept: frozenset[str] = frozenset()
        self._watchdog = Watchdog(driver.time_limit)
        self._pool: Pool[PooledConnection] = Pool(self._open, self._close, size=pool_size, timeout=timeout)
        weakref.finalize(self, self._watchdog.stop)

    @property
    def dialect(self) -> Dialect:
        """The SQL that the ledger speaks."""
        return self.driver.dialect

    def session(self) -> AbstractContextManager[Session]:
        """A session for one thread."""
        return PooledSession(self)

    def reflect(self) -> LedgerSchema:
        """The schema, read from the ledger itself."""
        with PooledSession(self) as session:
            return session.call(lambda connection: connection.reflect())

    def keep(self, statements: Iterable[Statement]) -> None:
        """Let each connection close its prepared statements but these."""
        texts = {text for statement in statements for text in (statement.sql, statement.many)}
        self._kept = frozenset(text for text in texts if text is not None)
        self._is_inspected = False  # a reload takes account of changed rights and settings

    def status(self) -> LedgerStatus:
        """What is known so far."""
        return self._status

    def close(self) -> None:
        """End the idle sessions now, and each busy one when its `with` ends."""
        self._pool.close()
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def take(self) -> PooledConnection:
        """A connection for one thread. The first connection is inspected."""
        pooled = self._pool.acquire()
        if not self._is_inspected:
            pooled = self._inspected(pooled)
        if pooled.kept is not self._kept:
            self._tidy(pooled)
        return pooled

    def _tidy(self, pooled: PooledConnection) -> None:
        """Close prepared statements that are no longer used. If that fails, the connection is lost.

        Its next query will find that out.
        """
        pooled.kept = self._kept
        pooled.guard.start(self.driver.time_limit)
        try:
            pooled.connection.keep(self._kept)
        except Exception as error:
            _log.debug("prepared statements could not be closed: %s", type(error).__name__)
        finally:
            pooled.guard.stop()

    def put_back(self, pooled: PooledConnection) -> None:
        """Take a connection back from a thread, in whatever state it is."""
        if pooled.connection.is_clean():
            pooled.is_new = False
            self._pool.release(pooled)
        else:
            self._pool.discard(pooled)
            if pooled.guard.has_fired:
                self._pool.clear()  # the server does not answer, so the idle ones may be lost as well
        self._finish()

    def replace(self, pooled: PooledConnection) -> PooledConnection:
        """A new connection for one that was lost while it was idle. The others that were idle are closed as well."""
        self._pool.discard(pooled)
        self._pool.clear()
        return self._pool.acquire()

    def _open(self) -> PooledConnection:
        failure: Exception
        try:
            connection = self.driver.connect()
        except Exception as error:
            failure = self.driver.unreachable(error) or error
        else:
            return PooledConnection(connection, self._watchdog.watch(connection.interrupt), self._kept)
        raise failure  # outside the `except`: see PooledSession.call

    def _close(self, pooled: PooledConnection) -> None:
        self._watchdog.forget(pooled.guard)
        pooled.connection.close()

    def _finish(self) -> None:
        if self._pool.is_drained:
            self._watchdog.stop()
            self.driver.close()

    def _inspected(self, pooled: PooledConnection) -> PooledConnection:
        """The connection, after it has read the facts. Another connection if this one was lost while it was idle."""
        session = PooledSession(self, pooled)
        try:
            self._inspect(session)
        except BaseException:
            held = session.release()
            if held is not None:
                self._pool.discard(held)
            raise
        return session.held()

    def _inspect(self, session: PooledSession) -> None:
        """Read the facts once. A refusal is not remembered, so that the ledger works once its rights are mended."""
        with self._inspection:
            if self._is_inspected:
                return
            self._status = session.call(lambda connection: connection.inspect())
            rights = "; ".join(self._status.write_rights)
            if rights and self._require_read_only:
                raise ReadOnlyRequiredError(f"{self.driver.place}: the session may do more than read: {rights}")
            if rights:
                _log.warning("%s: the session may do more than read: %s", self.driver.place, rights)
            self._is_inspected = True


class PooledSession:
    """The Session of `interface`. It takes its connection when its `with` starts."""

    __slots__ = ("_in_snapshot", "_ledger", "_limit", "_pooled")

    def __init__(self, ledger: PooledLedger, pooled: PooledConnection | None = None) -> None:
        self._ledger = ledger
        self._limit = ledger.driver.time_limit
        self._pooled = pooled
        self._in_snapshot = False

    def __enter__(self) -> Self:
        self._pooled = self._ledger.take()
        return self

    def __exit__(self, *_: object) -> None:
        pooled = self.release()
        if pooled is not None:
            self._ledger.put_back(pooled)

    def release(self) -> PooledConnection | None:
        """Give up the connection that it has now, if any, to the caller."""
        pooled, self._pooled = self._pooled, None
        return pooled

    def execute(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Every row that the statement finds, in one round trip."""
        return self.call(lambda connection: connection.run(statement, values), values)

    def execute_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> list[Rows | EngineError]:
        """The rows or the error of `execute` for each of `batch`, in few round trips."""
        results: list[Rows | EngineError] = []
        losses, is_alone = 0, False
        while len(results) < len(batch):
            error = self._go_on(statement, batch[: len(results) + 1] if is_alone else batch, results)
            if is_alone and error is None:
                last = results[-1] if results else None
                losses = losses + 1 if isinstance(last, LedgerUnavailableError) else 0
                error = last if losses > MOST_FAILURES_IN_A_ROW and isinstance(last, EngineError) else None
            if error is not None:
                results += [copy(error) for _ in batch[len(results) :]]
            # Results under way are lost with a connection. So the next item runs alone, to tell whether it is at fault.
            is_alone = not is_alone
            statement = replace(statement, many=None)
        return results

    def _go_on(
        self, statement: Statement, batch: Sequence[Sequence[object]], results: list[Rows | EngineError]
    ) -> EngineError | None:
        """Add results until all are there or the connection is lost. Returns an error if the rest must not be tried."""
        pooled, known = self.held(), len(results)
        lost = self._collect(pooled, statement, batch, results)
        if lost is None or len(results) == len(batch):
            return None  # if it was lost after the last item, the next query will find out
        if results and lost is results[-1]:
            return results[-1]
        if len(results) > known or not self._may_retry(pooled, lost):
            error = self._error(pooled, lost, batch[len(results)])
            if not isinstance(error, EngineError):
                raise error
            if self._in_snapshot and not error.retryable:  # this item's own error has ended the snapshot of the others
                results.append(error)
                return LedgerUnavailableError(SNAPSHOT_LOST, code=SNAPSHOT_ENDED)
            if self._in_snapshot or pooled.guard.has_fired:
                return error
            if statement.many is None and len(results) == len(batch) - 1:
                results.append(error)  # no other item used this connection
        try:
            self._pooled = None
            self._pooled = self._ledger.replace(pooled)
        except EngineError as error:
            return error
        return None

    def _collect(
        self,
        pooled: PooledConnection,
        statement: Statement,
        batch: Sequence[Sequence[object]],
        results: list[Rows | EngineError],
    ) -> Exception | None:
        """Add results of the items that have none yet. Returns what the connection raised, or the last timeout."""
        guard, timeouts = pooled.guard, 0
        guard.start(self._limit)
        try:
            for found in pooled.connection.run_many(statement, batch[len(results) :]):
                guard.stop()
                if found is None:
                    guard.start(self._limit)
                    continue
                result = self._error(pooled, found, batch[len(results)]) if isinstance(found, Exception) else found
                if isinstance(result, Exception) and not isinstance(result, EngineError):
                    return result
                results.append(result)
                if not isinstance(result, LedgerTimeoutError):
                    timeouts = 0
                elif (timeouts := timeouts + 1) == MOST_FAILURES_IN_A_ROW:
                    return result
                guard.start(self._limit)
        except Exception as error:
            return error
        finally:
            guard.stop()
        return None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A `with` whose statements all read one state."""
        if self._in_snapshot:
            raise RuntimeError("a snapshot is under way already")
        self.call(lambda connection: connection.begin())
        self._in_snapshot = True
        try:
            yield
        finally:
            with suppress(EngineError):  # if it fails, the connection is not clean, and is not used again
                self.call(lambda connection: connection.rollback())
            self._in_snapshot = False

    def call(self, operation: Callable[[Connection], T], values: Sequence[object] = ()) -> T:
        """What `operation` returns. It gets the timeout, the retry and the errors of a query with these `values`."""
        pooled = self.held()
        pooled.guard.start(self._limit)
        try:
            return operation(pooled.connection)
        except Exception as error:
            failure = error
        finally:
            pooled.guard.stop()
        # Raised outside the `except`: inside, the error would have the driver's error, with its text, as its context.
        if self._may_retry(pooled, failure):
            self._pooled = None
            self._pooled = self._ledger.replace(pooled)
            return self.call(operation, values)
        raise self._error(pooled, failure, values)

    def held(self) -> PooledConnection:
        """The connection that it has now."""
        if self._pooled is None:
            raise RuntimeError("this session has ended")
        return self._pooled

    def _may_retry(self, pooled: PooledConnection, failure: Exception) -> bool:
        """Whether the connection was lost while it was idle. Queries only read, so running one again does no harm."""
        can_be_stale = not (pooled.is_new or self._in_snapshot or pooled.guard.has_fired)
        return can_be_stale and pooled.connection.is_stale(failure)

    def _error(self, pooled: PooledConnection, failure: Exception, values: Sequence[object]) -> Exception:
        if isinstance(failure, EngineError):
            return failure
        if pooled.guard.has_fired:
            return LedgerTimeoutError(f"the ledger did not answer within {self._limit:g} s")
        return self._ledger.driver.fault(failure, values) or failure
