"""Every error that the engine raises.

EngineError
├── ConfigurationError             what the caller passed cannot work (URL, catalogue, schema file)
│   └── ReadOnlyRequiredError      the session may write and `require_read_only` forbids that (retryable)
├── InvalidDefinitionError         carries every diagnostic of every file
├── DefinitionUnavailableError     no good version of the event's definition (retryable)
├── UnknownEventError              in no catalogue
├── BindingError                   the message does not fit the definition's arguments
├── LedgerError
│   ├── LedgerUnavailableError     not reachable, or lost (retryable)
│   ├── LedgerTimeoutError         the query's time was up (retryable)
│   └── QueryError                 refused by the ledger for this event's data
├── ResultError
│   ├── EmptyResultError           no row where one was promised (retryable)
│   └── TooManyRowsError           more rows than promised or allowed
├── EncodingError                  a value or a rendered template has no JSON form
└── SkippedBodyError               the definition said that this event is not to be sent
"""

from __future__ import annotations

from typing import ClassVar, TypedDict, Unpack

from engine.model import Diagnostic


class Place(TypedDict, total=False):
    """Where in a definition an error arose: the location fields of EngineError."""

    definition: str | None
    file: str | None
    line: int | None
    step: str | None
    argument: int | None
    column: str | None


class EngineError(Exception):
    """Root of the engine's errors.

    `retryable` says whether the same call may succeed later without anybody mending anything in the event itself.
    The location fields are None where they do not apply; `line` and `argument` count from 1.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        definition: str | None = None,
        file: str | None = None,
        line: int | None = None,
        step: str | None = None,
        argument: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.definition = definition
        self.file = file
        self.line = line
        self.step = step
        self.argument = argument
        self.column = column

    def locate(self, definition: str, file: str, line: int, step: str) -> None:
        """Says which step of which definition met an error that arose below the definitions, also in the message."""
        self.definition, self.file, self.line, self.step = definition, file, line, step
        self.message = f"{definition}, step {step}: {self.message}"
        self.args = (self.message,)


class ConfigurationError(EngineError):
    """What the caller passed cannot work: an unsupported ledger URL, an unreadable folder, a faulty catalogue."""


class ReadOnlyRequiredError(ConfigurationError):
    """The ledger session has write rights, and `require_read_only=True` refuses that.

    Retryable, since it says nothing of the event: once the rights are taken away the same call succeeds.
    """

    retryable = True


class InvalidDefinitionError(EngineError):
    """At least one definition is faulty; `diagnostics` holds every finding of every file."""

    def __init__(self, message: str, *, diagnostics: tuple[Diagnostic, ...] = (), **where: Unpack[Place]) -> None:
        super().__init__(message, **where)
        self.diagnostics = diagnostics


class DefinitionUnavailableError(EngineError):
    """The event's definition has no version that works; the default body never stands in for it."""

    retryable = True


class UnknownEventError(EngineError):
    """The event is in no catalogue."""


class BindingError(EngineError):
    """The message does not fit the definition's arguments; `faults` lists each of them, one line each."""

    def __init__(self, message: str, *, faults: tuple[str, ...] = (), **where: Unpack[Place]) -> None:
        super().__init__(message, **where)
        self.faults = faults


class LedgerError(EngineError):
    """The ledger did not give a result; `code` is the database's own (SQLSTATE or class), never its text."""

    def __init__(self, message: str, *, code: str | None = None, **where: Unpack[Place]) -> None:
        super().__init__(message, **where)
        self.code = code


class LedgerUnavailableError(LedgerError):
    """The ledger cannot be reached, or the connection was lost."""

    retryable = True


class LedgerTimeoutError(LedgerError):
    """The query did not end within its time, or waited too long for a lock."""

    retryable = True


class QueryError(LedgerError):
    """The ledger refused the query for this event's data: a cast that fails, an overflow, a division by zero."""


class ResultError(EngineError):
    """The result set does not have the rows that the definition promises."""


class EmptyResultError(ResultError):
    """No row where `result="one"` promises one: the event may have overtaken the commit."""

    retryable = True


class TooManyRowsError(ResultError):
    """More rows than `one` or `optional` allows, or than the cap of `many`."""


class EncodingError(EngineError):
    """A value has no JSON form, or a rendered template is not one JSON value."""


class SkippedBodyError(EngineError):
    """The definition said that this event is not to be sent: there are no bytes to fill."""
