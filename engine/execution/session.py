"""Sessions: the use of one pooled connection, with its timeout, its one retry and clean errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import Protocol, Self, TypeVar

from msgspec.structs import replace

from engine.errors import EngineError, LedgerTimeoutError, LedgerUnavailableError
from engine.execution.driver import Connection, Driver
from engine.execution.interface import SNAPSHOT_ENDED, SNAPSHOT_LOST, Rows
from engine.execution.watchdog import Guard
from engine.model import Statement

T = TypeVar("T")

_PATIENCE = 3  # items of a batch that time out, or cost their connection, in a row before the rest are not tried


class PooledConnection:
    """A connection as the pool keeps it; `kept` are the texts that it was last told to keep prepared."""

    __slots__ = ("connection", "guard", "is_new", "kept")

    def __init__(self, connection: Connection, guard: Guard, kept: frozenset[str]) -> None:
        self.connection = connection
        self.guard = guard
        self.kept = kept
        self.is_new = True  # it was never idle, so a failure is not because of that


class Connections(Protocol):
    """Where a session gets its connection from."""

    @property
    def driver(self) -> Driver:
        """The engine behind the connections."""
        ...

    def take(self) -> PooledConnection:
        """A connection for one thread."""
        ...

    def put_back(self, pooled: PooledConnection) -> None:
        """The thread is done with it, whatever its state."""
        ...

    def replace(self, pooled: PooledConnection) -> PooledConnection:
        """A new connection for one that was lost while it was idle."""
        ...


class PooledSession:
    """The Session of `interface`; it takes its connection when its `with` starts."""

    __slots__ = ("_connections", "_in_snapshot", "_limit", "_pooled")

    def __init__(self, connections: Connections, pooled: PooledConnection | None = None) -> None:
        self._connections = connections
        self._limit = connections.driver.time_limit
        self._pooled = pooled
        self._in_snapshot = False

    def __enter__(self) -> Self:
        self._pooled = self._connections.take()
        return self

    def __exit__(self, *_: object) -> None:
        pooled = self.release()
        if pooled is not None:
            self._connections.put_back(pooled)

    def release(self) -> PooledConnection | None:
        """The connection that it has now, if any, which is the caller's from now on."""
        pooled, self._pooled = self._pooled, None
        return pooled

    def execute(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Every row that the statement finds, in one round trip."""
        return self.call(lambda connection: connection.run(statement, values), values)

    def execute_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> list[Rows | EngineError]:
        """What `execute` gives or raises for each of `batch`, in few round trips."""
        results: list[Rows | EngineError] = []
        losses, is_alone = 0, False
        while len(results) < len(batch):
            error = self._go_on(statement, batch[: len(results) + 1] if is_alone else batch, results)
            if is_alone and error is None:
                last = results[-1] if results else None
                losses = losses + 1 if isinstance(last, LedgerUnavailableError) else 0
                error = last if losses > _PATIENCE and isinstance(last, EngineError) else None
            if error is not None:
                results += [copy(error) for _ in batch[len(results) :]]
            # Results that were under way go with a connection, so who cost it is found only alone.
            is_alone = not is_alone
            statement = replace(statement, many=None)
        return results

    def _go_on(
        self, statement: Statement, batch: Sequence[Sequence[object]], results: list[Rows | EngineError]
    ) -> EngineError | None:
        """Add results until all are there or the connection is lost; an error where the rest is not to be tried."""
        pooled, known = self.held(), len(results)
        lost = self._collect(pooled, statement, batch, results)
        if lost is None or len(results) == len(batch):
            return None  # what is lost after the last item is met by the next query
        if results and lost is results[-1]:
            return results[-1]
        if len(results) > known or not self._may_retry(pooled, lost):
            error = self._error(pooled, lost, batch[len(results)])
            if not isinstance(error, EngineError):
                raise error
            if self._in_snapshot and not error.retryable:  # this item's own, which ended the snapshot of the others
                results.append(error)
                return LedgerUnavailableError(SNAPSHOT_LOST, code=SNAPSHOT_ENDED)
            if self._in_snapshot or pooled.guard.has_fired:
                return error
            if statement.many is None and len(results) == len(batch) - 1:
                results.append(error)  # nobody else had the connection
        try:
            self._pooled = None
            self._pooled = self._connections.replace(pooled)
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
        """Add what the connection gives for the items without a result; what it raised, or the last of the timeouts."""
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
                elif (timeouts := timeouts + 1) == _PATIENCE:
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
            with suppress(EngineError):  # the connection is then not clean and will not be used again
                self.call(lambda connection: connection.rollback())
            self._in_snapshot = False

    def call(self, operation: Callable[[Connection], T], values: Sequence[object] = ()) -> T:
        """What `operation` gives, with the timeout, the retry and the errors of a query that was given `values`."""
        pooled = self.held()
        pooled.guard.start(self._limit)
        try:
            return operation(pooled.connection)
        except Exception as error:
            failure = error
        finally:
            pooled.guard.stop()
        # Outside the `except`, where a new error would carry the driver's error, and so its text, as its context.
        if self._may_retry(pooled, failure):
            self._pooled = None
            self._pooled = self._connections.replace(pooled)
            return self.call(operation, values)
        raise self._error(pooled, failure, values)

    def held(self) -> PooledConnection:
        """The connection that it has now."""
        if self._pooled is None:
            raise RuntimeError("this session has ended")
        return self._pooled

    def _may_retry(self, pooled: PooledConnection, failure: Exception) -> bool:
        """Whether the connection was lost while it was idle. Queries only read: running one again does no harm."""
        can_be_stale = not (pooled.is_new or self._in_snapshot or pooled.guard.has_fired)
        return can_be_stale and pooled.connection.is_stale(failure)

    def _error(self, pooled: PooledConnection, failure: Exception, values: Sequence[object]) -> Exception:
        if isinstance(failure, EngineError):
            return failure
        if pooled.guard.has_fired:
            return LedgerTimeoutError(f"the ledger did not answer within {self._limit:g} s")
        return self._connections.driver.fault(failure, values) or failure
