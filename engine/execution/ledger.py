"""A ledger behind a pool: connections, the facts of the first one, and the end of them all."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from engine.errors import ReadOnlyRequiredError
from engine.execution.driver import Driver
from engine.execution.interface import LedgerStatus, Session
from engine.execution.pool import Pool
from engine.execution.session import PooledConnection, PooledSession
from engine.execution.watchdog import Watchdog
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema

_log = logging.getLogger("engine.execution")


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
        """Let each connection close what it has prepared of other statements."""
        texts = {text for statement in statements for text in (statement.sql, statement.many)}
        self._kept = frozenset(text for text in texts if text is not None)
        self._is_inspected = False  # a reload is the time at which changed rights and settings count

    def status(self) -> LedgerStatus:
        """What is known so far."""
        return self._status

    def close(self) -> None:
        """End the idle sessions now and each busy one when its `with` ends."""
        self._pool.close()
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def take(self) -> PooledConnection:
        """A connection for one thread; the first one is inspected."""
        pooled = self._pool.acquire()
        if not self._is_inspected:
            pooled = self._inspected(pooled)
        if pooled.kept is not self._kept:
            self._tidy(pooled)
        return pooled

    def _tidy(self, pooled: PooledConnection) -> None:
        """Close what is prepared and no longer used. A connection that cannot is lost, as its next query will find."""
        pooled.kept = self._kept
        pooled.guard.start(self.driver.time_limit)
        try:
            pooled.connection.keep(self._kept)
        except Exception as error:
            _log.debug("prepared statements could not be closed: %s", type(error).__name__)
        finally:
            pooled.guard.stop()

    def put_back(self, pooled: PooledConnection) -> None:
        """The thread is done with it, whatever its state."""
        if pooled.connection.is_clean():
            pooled.is_new = False
            self._pool.release(pooled)
        else:
            self._pool.discard(pooled)
            if pooled.guard.has_fired:
                self._pool.clear()  # the server does not answer: the others may be as dead
        self._finish()

    def replace(self, pooled: PooledConnection) -> PooledConnection:
        """A new connection for one that was lost while it was idle; those that were idle with it go too."""
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
        """The connection after the facts were read by it, or another where it had been lost while it was idle."""
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
        """Read the facts once; a refusal is not remembered, so that rights that were taken away count at once."""
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
