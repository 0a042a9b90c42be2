"""A plan: one definition, made ready to compose. This is the module that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Mapping

from engine.binding import Binder, Message, Row
from engine.body import Body, DefinitionReference, default_body
from engine.errors import BindingError, DefinitionUnavailableError, EngineError, LedgerError
from engine.execution import Ledger, Queries, Rows
from engine.execution.observed import ObservedSession, Observer
from engine.model import BatchForm, CompiledDefinition, Event, ResultKind
from engine.shaping import Shaper


class Plan:
    """Composes the custom body of one event. Shared by threads; nothing in it changes after load."""

    def __init__(self, compiled: CompiledDefinition, max_rows: int) -> None:
        definition = compiled.definition
        file = definition.file.encode(
            errors="backslashreplace"
        ).decode()  # a file name may have bytes that are not UTF-8, and the body's dump must be UTF-8
        self.reference = DefinitionReference(definition.name, file, definition.content_hash)
        self.steps = compiled.steps
        self.contract = compiled.contract
        self.binder = Binder(compiled)
        self.max_rows = max_rows
        self.is_single = len(compiled.steps) == 1
        self._shaper = Shaper(compiled, max_rows=max_rows)

    def compose(self, event: str, message: Message, ledger: Ledger, observer: Observer | None) -> Body:
        """Bind, execute and shape. Raises the errors of these stages, with the place in the definition added."""
        values = self.binder.bind(message)
        with ledger.session() as opened:
            session: Queries = opened
            if observer is not None:
                session = ObservedSession(opened, self.reference.file, self.steps, observer)
            if self.is_single:
                results = [self._execute(session, 0, values[0])]
            else:
                with session.snapshot():
                    results = self._execute_all(session, values)
        return self.body(results, event, message)

    def _execute_all(self, session: Queries, values: list[list[object]]) -> list[Rows]:
        rows: dict[str, Row | None] = {}
        results = []
        for index in range(len(self.steps)):
            found = self._execute(session, index, self.binder.bind_step(index, values[index], rows))
            results.append(found)
            self.note(index, found, rows)
        return results

    def _execute(self, session: Queries, index: int, values: list[object]) -> Rows:
        try:
            found = session.execute(self.steps[index].statement, values)
        except (LedgerError, DefinitionUnavailableError) as error:
            self.locate(index, error)
            raise
        self.check(index, found)
        return found

    def batch_form(self) -> tuple[BatchForm, str | None]:
        """In which form a batch is run; and, if it is not the quickest form, why."""
        for number, step in enumerate(self.steps, start=1):
            if step.statement.many is None:
                return BatchForm.REPEATED, f"step {step.name or number}: {step.statement.why_one}"
        return BatchForm.SET, None

    def approximations(self) -> tuple[str, ...]:
        """The constructs of its queries that give nearly what SQL Server would."""
        return tuple(sorted({each for step in self.steps for each in step.statement.approximations}))

    def locate(self, index: int, error: EngineError) -> None:
        """Add to an error of the ledger that step `index` met it."""
        step = self.steps[index]
        error.locate(self.reference.name, self.reference.file, step.line, step.name or str(index + 1))

    def check(self, index: int, found: Rows) -> None:
        """Raises ResultError if step `index` found another number of rows than it promises."""
        self._shaper.check_rows(index, found)

    def note(self, index: int, found: Rows, rows: dict[str, Row | None]) -> None:
        """Add the row of step `index`, if it found one, to `rows`, from which later steps may take values."""
        step = self.steps[index]
        if step.name is not None and step.result is not ResultKind.MANY:
            rows[step.name.casefold()] = self._shaper.row(index, found)

    def body(self, results: list[Rows], event: str, message: Message) -> Body:
        """Shape the rows of every step. Raises EncodingError."""
        return Body.custom(event, self.reference, self._shaper.shape(results, event, message))


def compose_default(event: Event, message: Message) -> Body:
    """The body of a message of an event without a definition. Raises BindingError, and EncodingError."""
    arguments = message.get("data")
    if not isinstance(arguments, Mapping):
        raise BindingError(f"{event.code}: the message has no object `data` with the event's arguments.")
    return default_body(event, arguments)


def check_message(event: str, message: object) -> None:
    """Raises BindingError if `message` is not a message of the event."""
    if not isinstance(message, Mapping) or message.get("event", event) != event:
        raise BindingError(f"{event}: the message is no object, or its member `event` names another event.")
