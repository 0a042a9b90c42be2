"""The composer: loads a folder of definitions and makes the body of an event."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from engine.batch import compose_batch
from engine.body import Body
from engine.errors import (
    ConfigurationError,
    DefinitionUnavailableError,
    EngineError,
    LedgerError,
    UnknownEventError,
)
from engine.execution import Ledger, open_ledger
from engine.execution.observed import Observer
from engine.model import DEFAULT_MAX_ROWS, Status
from engine.plan import check_message, compose_default
from engine.serving import Loader, Serving, load, read_serving
from engine.settings import LoadOptions

if TYPE_CHECKING:
    from sqlalchemy import URL


class Composer:
    """Makes webhook bodies by service definitions. Threads may share it. A context manager that closes its sessions."""

    _load_files: ClassVar[Loader] = staticmethod(load)

    def __init__(self, options: LoadOptions, ledger: Ledger, serving: Serving) -> None:
        self._options = options
        self._ledger = ledger
        self._serving = serving
        self._failed_reload: tuple[str, ...] = ()
        self._reloading = threading.Lock()

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        ledger: str | URL,
        ledger_schema: str | Path | None = None,
        events: str | Path | None = None,
        time_zone: str | None = None,
        databases: Sequence[str] = (),
        timeout: float = 5.0,
        max_rows: int = DEFAULT_MAX_ROWS,
        require_read_only: bool = False,
        on_invalid: Literal["raise", "hold"] = "raise",
    ) -> Self:
        """Reads, checks and compiles every definition of `folder` for a ledger (definition language, section 7).

        `ledger` is a SQLAlchemy URL; `ledger_schema` a file of T-SQL DDL, without which the schema is read from the
        ledger now; `events` a folder of further event schemas; `time_zone` an IANA name for GETDATE and its like;
        `databases` may begin three-part table names; `timeout` is in seconds for each query; `max_rows` caps a `many`
        step. With `on_invalid="hold"` faulty definitions hold back their events instead of stopping the load.

        Raises InvalidDefinitionError and ConfigurationError; ReadOnlyRequiredError, if the ledger can be reached; and
        LedgerError, if there is no schema file.
        """
        if on_invalid not in ("raise", "hold"):
            raise ConfigurationError(f'on_invalid must be "raise" or "hold", not {on_invalid!r}.')
        if folder == "":
            raise ConfigurationError("The folder of definitions is an empty text: is a variable not set?")
        options = LoadOptions(
            folder=Path(folder),
            ledger=ledger,
            ledger_schema=None if ledger_schema is None else Path(ledger_schema),
            events=None if events is None else Path(events),
            time_zone=time_zone,
            databases=databases,
            timeout=timeout,
            max_rows=max_rows,
            require_read_only=require_read_only,
        )
        options.check()
        opened = open_ledger(ledger, timeout=timeout, require_read_only=require_read_only)
        try:
            if require_read_only:
                _connect_if_reachable(opened)
            return cls(options, opened, cls._read(options, opened, None, may_hold=on_invalid == "hold"))
        except BaseException:
            opened.close()
            raise

    @classmethod
    def _read(cls, options: LoadOptions, ledger: Ledger, previous: Serving | None, *, may_hold: bool) -> Serving:
        return read_serving(options, ledger, previous, cls._load_files, may_hold=may_hold)

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        """The body of one event: a custom body if it has a definition, else the default body.

        `data` is the event message; its member `data` holds the event's arguments. Raises UnknownEventError,
        BindingError, DefinitionUnavailableError, LedgerError, ResultError and EncodingError.
        """
        return self._compose(self._serving, event, data, None)

    def compose_many(self, event: str, data: Iterable[Mapping[str, object]]) -> list[Body | EngineError]:
        """For each message, in order, the body that `compose` returns or an instance of the error that it raises.

        It needs few round trips, and a message that fails does not affect the others. If the ledger cannot be reached,
        or three messages in a row time out, the remaining messages that need it get the same retryable error without
        being tried. All messages are composed by the definition that is in service now. Other errors than EngineError,
        such as a fault in a caller's own Mapping, are raised.
        """
        if isinstance(data, Mapping | str | bytes):
            raise TypeError("compose_many takes a list of messages, not one message.")
        serving, messages = self._serving, list(data)
        plan = serving.plans.get(event) if isinstance(event, str) and event in serving.catalogue.events else None
        if plan is not None:
            return compose_batch(plan, event, messages, self._ledger)
        results: list[Body | EngineError] = []
        for message in messages:
            try:
                results.append(self._compose(serving, event, message, None))
            except EngineError as error:
                results.append(copy(error))
        return results

    def explain(self, event: str, data: Mapping[str, object], observer: Observer) -> Body:
        """As `compose`, for finding faults: calls `observer` after each query, even one that failed.

        The observer gets an `engine.execution.observed.Execution`, which holds the values that were bound, but never a
        registration's secret.
        """
        return self._compose(self._serving, event, data, observer)

    def _compose(self, serving: Serving, event: str, data: Mapping[str, object], observer: Observer | None) -> Body:
        known = serving.catalogue.events.get(event) if isinstance(event, str) else None
        if known is None:
            raise UnknownEventError(f"The event {event!r} is in no catalogue.", definition=event)
        check_message(event, data)
        plan = serving.plans.get(event)
        if plan is not None:
            return plan.compose(event, data, self._ledger, observer)
        if (reason := serving.reason_to_hold(event)) is not None:
            raise DefinitionUnavailableError(f"{event}: no version of its definition is good: {reason}")
        return compose_default(known, data)

    def reload(self) -> Status:
        """Reads everything again, and puts it into service as a whole or not at all.

        Calls under way go on with the state with which they began. A definition that became faulty stays in service as
        it was. If the folder cannot be read or has no definition any more, it raises ConfigurationError and the old
        state stays in service. Raises LedgerError as `load` does.
        """
        with self._reloading:
            try:
                self._serving = self._read(self._options, self._ledger, self._serving, may_hold=True)
            except Exception as error:
                what = error if isinstance(error, EngineError) else type(error).__name__
                self._failed_reload = (f"The last reload failed, so what was read before is in service: {what}",)
                raise
            self._failed_reload = ()
            self._ledger.keep(step.statement for plan in self._serving.plans.values() for step in plan.steps)
        return self.status()

    def status(self) -> Status:
        """What is in service now, with warnings for an operator. It does not use the ledger."""
        serving, ledger = self._serving, self._ledger.status()
        diagnostics = tuple(d for file in serving.files for d in file.diagnostics)
        return Status(
            dialect=self._ledger.dialect.value,
            connected=ledger.connected,
            definitions=serving.definitions(),
            write_rights=ledger.write_rights,
            warnings=(*self._failed_reload, *serving.warnings, *ledger.warnings, *ledger.notices),
            diagnostics=diagnostics,
        )

    def close(self) -> None:
        """Ends all sessions. Later calls that need the ledger raise LedgerUnavailableError."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connect_if_reachable(ledger: Ledger) -> None:
    """Connects, so that a login that may write stops the load. A ledger that is away is checked once it is back."""
    with contextlib.suppress(LedgerError), ledger.session():
        pass
