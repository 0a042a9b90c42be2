"""The protocols by which the rest of the engine uses a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from engine.errors import EngineError
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema

Rows = list[tuple[object, ...]]
"""Every row of a result, in order."""


MOST_FAILURES_IN_A_ROW: Final = 3
"""How many items of a batch in a row may time out, or lose their connection, before the rest are not tried."""

SNAPSHOT_ENDED: Final = "snapshot-ended"
"""The `code` of the LedgerUnavailableError for items whose snapshot was ended by another item's error."""

SNAPSHOT_LOST: Final = "the snapshot ended with another query's error"
"""The message of that error."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What is known about a ledger. Nothing is known until the first connection, which sets `connected`.

    `write_rights` has one line for each right that lets the session write, read the server's files or run code.
    `warnings` are sentences for an operator, who may mend what they say. `notices` say what holds for each ledger of
    this kind, whatever is done.
    """

    connected: bool = False
    write_rights: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class Queries(Protocol):
    """The part of a session that composing one event needs."""

    def execute(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Every row that the statement finds, in one round trip. `values` has one for each placeholder, in order.

        Raises LedgerUnavailableError, LedgerTimeoutError, QueryError or DefinitionUnavailableError. None of them quotes
        a value.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """A `with` whose statements all read one state of the ledger. It takes two more round trips. Do not nest it."""
        ...


class Session(Queries, Protocol):
    """The use of one connection by one thread, until the `with` that returned it ends."""

    def execute_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> list[Rows | EngineError]:
        """For each list of values, in order, the rows that `execute` returns or an instance of the error it raises.

        It needs few round trips. A list that fails does not affect the others, even in a snapshot. But if the ledger
        can no longer be reached, or three lists in a row time out, the rest are not tried and fail with the same error.
        """
        ...


class Ledger(Protocol):
    """A ledger that is read through a bounded number of sessions. Threads may share it."""

    @property
    def dialect(self) -> Dialect:
        """The SQL that the ledger speaks."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """A session for one thread. It connects if there is no idle connection.

        Raises ReadOnlyRequiredError, and LedgerUnavailableError, also after `close()`.
        """
        ...

    def reflect(self) -> LedgerSchema:
        """The schema, read from the ledger itself. Raises as `session()` and `Session.execute` do."""
        ...

    def keep(self, statements: Iterable[Statement]) -> None:
        """Let each connection, at its next use, close its prepared statements but these. Never connects."""
        ...

    def status(self) -> LedgerStatus:
        """What is known so far. Never connects."""
        ...

    def close(self) -> None:
        """End the idle sessions now, and each busy one when its `with` ends. Calling it again does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
