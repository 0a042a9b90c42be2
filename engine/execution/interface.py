"""What the rest of the engine sees of a ledger."""

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
"""Items of a batch that time out, or cost their connection, one after the other before the rest are not tried."""

SNAPSHOT_ENDED: Final = "snapshot-ended"
"""The `code` of a LedgerUnavailableError of items that lost their snapshot through another's error."""

SNAPSHOT_LOST: Final = "the snapshot ended with another query's error"
"""Its message."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What is known of a ledger, at first nothing: the first connection tells (`connected`).

    `write_rights` has one line for each right that lets the session write, read the server's files or run code.
    `warnings` are sentences for an operator, who may mend what they say. `notices` say what holds for each ledger of
    this kind, whatever is done.
    """

    connected: bool = False
    write_rights: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class Queries(Protocol):
    """What composing one event needs of a session."""

    def execute(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Every row that the statement finds, in one round trip; `values` has one for each placeholder, in order.

        Raises LedgerUnavailableError, LedgerTimeoutError, QueryError or DefinitionUnavailableError; none of them
        quotes a value.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """A `with` whose statements all read one state of the ledger; two more round trips, never nested."""
        ...


class Session(Queries, Protocol):
    """The use of one connection by one thread, until the `with` that gave it ends."""

    def execute_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> list[Rows | EngineError]:
        """For each list of values, in order, the rows that `execute` gives or an instance of the error that it raises.

        In few round trips. One that fails hurts no other, in a snapshot too; but where the ledger cannot be reached
        any more, or lets three in a row time out, the rest fail alike without being tried.
        """
        ...


class Ledger(Protocol):
    """A ledger that is read through a bounded number of sessions. Threads may share it."""

    @property
    def dialect(self) -> Dialect:
        """The SQL that the ledger speaks."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """A session for one thread; connects when needed.

        Raises LedgerUnavailableError, also after `close()`, or ReadOnlyRequiredError.
        """
        ...

    def reflect(self) -> LedgerSchema:
        """The schema, read from the ledger itself. Raises as `session()` and `Session.execute` do."""
        ...

    def keep(self, statements: Iterable[Statement]) -> None:
        """Let each connection, at its next use, close what it has prepared of other statements; never connects."""
        ...

    def status(self) -> LedgerStatus:
        """What is known so far; never connects."""
        ...

    def close(self) -> None:
        """End the idle sessions now and each busy one when its `with` ends. Calling it again does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
