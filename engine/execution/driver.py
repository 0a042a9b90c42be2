"""The seam between sessions and a database engine: one module for each engine stands behind these protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from engine.errors import EngineError
from engine.execution.interface import LedgerStatus
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema


class Connection(Protocol):
    """One connection, set up to read only. All methods but `interrupt` are called by one thread at a time."""

    def run(self, statement: Statement, values: Sequence[object]) -> list[tuple[object, ...]]:
        """Run one query and fetch all its rows; raises the driver's errors, or an EngineError of its own."""
        ...

    def inspect(self) -> LedgerStatus:
        """The facts of this ledger; reads, and writes nothing to find out."""
        ...

    def reflect(self) -> LedgerSchema:
        """The ledger's schema."""
        ...

    def begin(self) -> None:
        """Start a transaction in which every query reads the same state."""
        ...

    def rollback(self) -> None:
        """End the transaction; nothing is ever committed."""
        ...

    def interrupt(self) -> None:
        """Make the call that is under way fail soon. Called by another thread; never raises."""
        ...

    def is_clean(self) -> bool:
        """Whether another thread may go on with this connection: alive, idle, in no transaction."""
        ...

    def is_stale(self, error: Exception) -> bool:
        """Whether `error` is the fault of this connection, so that a new one may do better."""
        ...

    def close(self) -> None:
        """Close it; never raises."""
        ...


class Driver(Protocol):
    """How to reach one ledger. Threads may share it."""

    @property
    def dialect(self) -> Dialect:
        """The SQL that the ledger speaks."""
        ...

    @property
    def place(self) -> str:
        """Where the ledger is, for messages; without user and password."""
        ...

    @property
    def time_limit(self) -> float:
        """Seconds after which a call under way is interrupted; where the server keeps the time, a little more."""
        ...

    def connect(self) -> Connection:
        """A new connection; raises the driver's errors."""
        ...

    def unreachable(self, error: Exception) -> EngineError | None:
        """The engine's error for a failed `connect`, or None where `error` is not of the driver's making."""
        ...

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """The engine's error for a driver's, or None where `error` is not of the driver's making."""
        ...

    def close(self) -> None:
        """Let go of what the connections shared; called after the last of them is closed."""
        ...
