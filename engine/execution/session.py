"""Sessions: the use of one pooled connection, with its timeout, its one retry and clean errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol, Self, TypeVar

from engine.errors import EngineError, LedgerTimeoutError
from engine.execution.driver import Connection, Driver
from engine.execution.watchdog import Guard
from engine.model import Statement

T = TypeVar("T")


class Line:
    """A connection as the pool keeps it."""

    __slots__ = ("connection", "guard", "is_new")

    def __init__(self, connection: Connection, guard: Guard) -> None:
        self.connection = connection
        self.guard = guard
        self.is_new = True  # it was never idle, so a failure is not because of that


class Lines(Protocol):
    """Where a session gets its connection from."""

    @property
    def driver(self) -> Driver:
        """The engine behind the connections."""
        ...

    def take(self) -> Line:
        """A connection for one thread."""
        ...

    def put_back(self, line: Line) -> None:
        """The thread is done with it, whatever its state."""
        ...

    def replace(self, line: Line) -> Line:
        """A new connection for one that was lost while it was idle."""
        ...


class PooledSession:
    """The Session of `interface`; it takes its connection when its `with` starts."""

    __slots__ = ("_in_snapshot", "_limit", "_line", "_lines")

    def __init__(self, lines: Lines, line: Line | None = None) -> None:
        self._lines = lines
        self._limit = lines.driver.time_limit
        self._line = line
        self._in_snapshot = False

    def __enter__(self) -> Self:
        self._line = self._lines.take()
        return self

    def __exit__(self, *_: object) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._lines.put_back(line)

    def execute(self, statement: Statement, values: Sequence[object]) -> list[tuple[object, ...]]:
        """Every row that the statement finds, in one round trip."""
        return self.call(lambda connection: connection.run(statement.sql, values), values)

    def snapshot(self) -> AbstractContextManager[None]:
        """A `with` whose statements all read one state."""
        return self._snapshot()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
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
        line = self._line
        if line is None:
            raise RuntimeError("this session has ended")
        line.guard.start(self._limit)
        try:
            return operation(line.connection)
        except Exception as error:
            failure = error
        finally:
            line.guard.stop()
        # Outside the `except`, where a new error would carry the driver's error, and so its text, as its context.
        if self._may_retry(line, failure):
            self._line = None
            self._line = self._lines.replace(line)
            return self.call(operation, values)
        raise self._error(line, failure, values)

    def _may_retry(self, line: Line, failure: Exception) -> bool:
        """Whether the connection was lost while it was idle. Queries only read: running one again does no harm."""
        can_be_stale = not (line.is_new or self._in_snapshot or line.guard.has_fired)
        return can_be_stale and line.connection.is_stale(failure)

    def _error(self, line: Line, failure: Exception, values: Sequence[object]) -> Exception:
        if isinstance(failure, EngineError):
            return failure
        if line.guard.has_fired:
            return LedgerTimeoutError(f"the ledger did not answer within {self._limit:g} s")
        return self._lines.driver.fault(failure, values) or failure
