"""The seam between sessions and a database engine: one module for each engine stands behind these protocols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from engine.errors import EngineError
from engine.execution.interface import LedgerStatus, Rows
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema


class Connection(Protocol):
    """One connection, set up to read only. All methods but `interrupt` are called by one thread at a time."""

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Run one query and fetch all its rows; raises the driver's errors, or an EngineError of its own."""
        ...

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterable[Rows | Exception | None]:
        """Run one query with each list of values: an item for each in order, in few round trips.

        An item is an Exception where that list alone has failed; the others see the same state of the ledger, inside
        a transaction too. Each item is best given as soon as it is known, since the time limit starts anew with it;
        None is no item, and only starts the time anew. Raises where the connection failed, or must not be used again,
        at the first item that was not given; whoever stops before the last item leaves a connection that is not clean.
        """
        ...

    def keep(self, texts: frozenset[str]) -> None:
        """Close what is prepared of other texts than these; raises as `run`. In no transaction."""
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


def run_each(
    connection: Connection, statement: Statement, batch: Sequence[Sequence[object]]
) -> Iterator[Rows | Exception]:
    """`run_many` for a driver that has nothing better: a round trip for each."""
    for values in batch:
        found: Rows | Exception
        try:
            found = connection.run(statement, values)
        except Exception as error:
            if connection.is_stale(error):
                raise
            found = error
        yield found


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
