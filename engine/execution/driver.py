"""The protocols between sessions and a database. Each kind of database has a folder that implements them."""

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
        """Run one query and fetch all its rows. Raises the driver's errors, or an EngineError."""
        ...

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterable[Rows | Exception | None]:
        """Run one query with each list of values, in few round trips. Yields an item for each list, in order.

        An item is the rows, or an Exception if that list alone has failed. The other lists then still see the same
        state of the ledger, even inside a transaction. Yield each item as soon as it is known, since the time limit
        starts anew with it. None is no item, and only starts the time limit anew. If the connection fails or must not
        be used again, it raises instead of the next item. A caller that stops before the last item leaves a connection
        that is not clean.
        """
        ...

    def keep(self, texts: frozenset[str]) -> None:
        """Close the prepared statements of all texts but these. Raises as `run`. Not for use in a transaction."""
        ...

    def inspect(self) -> LedgerStatus:
        """The facts about this ledger, found by reading only."""
        ...

    def reflect(self) -> LedgerSchema:
        """The ledger's schema."""
        ...

    def begin(self) -> None:
        """Start a transaction in which every query reads the same state."""
        ...

    def rollback(self) -> None:
        """End the transaction. Nothing is ever committed."""
        ...

    def interrupt(self) -> None:
        """Make the call under way fail soon. Another thread calls this. It never raises."""
        ...

    def is_clean(self) -> bool:
        """Whether another thread may use this connection: it is alive and idle, and in no transaction."""
        ...

    def is_stale(self, error: Exception) -> bool:
        """Whether this connection itself caused `error`, so that a new one may do better."""
        ...

    def close(self) -> None:
        """Close the connection. It never raises."""
        ...


def run_each(
    connection: Connection, statement: Statement, batch: Sequence[Sequence[object]]
) -> Iterator[Rows | Exception]:
    """`run_many` for a driver that has nothing better: one round trip for each list."""
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
        """Where the ledger is, for messages. It has no user and no password."""
        ...

    @property
    def time_limit(self) -> float:
        """Seconds after which a call is interrupted. A little more than the timeout if the server keeps that itself."""
        ...

    def connect(self) -> Connection:
        """A new connection. Raises the driver's errors."""
        ...

    def unreachable(self, error: Exception) -> EngineError | None:
        """The engine's error for a failed `connect`. None if `error` is not from the driver."""
        ...

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """The engine's error for one of the driver's. None if `error` is not from the driver."""
        ...

    def close(self) -> None:
        """Release what the connections shared. Called after the last of them is closed."""
        ...
