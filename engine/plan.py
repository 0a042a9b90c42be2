"""A plan: one definition made ready to compose; it knows the order of a call's stages."""

from __future__ import annotations

from engine.binding import Binder, Message, Row
from engine.body import Body, DefinitionReference
from engine.errors import DefinitionUnavailableError, LedgerError
from engine.execution import Ledger, Queries, Rows
from engine.execution.observed import ObservedSession, Observer
from engine.model import CompiledDefinition, ResultKind
from engine.shaping import Shaper


class Plan:
    """Composes the custom body of one event. Shared by threads; nothing in it changes after load."""

    def __init__(self, compiled: CompiledDefinition, max_rows: int) -> None:
        definition = compiled.definition
        file = definition.file.encode(errors="backslashreplace").decode()  # a name in no encoding could not be dumped
        self.reference = DefinitionReference(definition.name, file, definition.content_hash)
        self._steps = compiled.steps
        self._binder = Binder(compiled)
        self._shaper = Shaper(compiled, max_rows=max_rows)
        self._is_single = len(compiled.steps) == 1

    def compose(self, event: str, message: Message, ledger: Ledger, observer: Observer | None) -> Body:
        """Bind, execute, shape. Raises what these stages raise, with the place in the definition."""
        values = self._binder.bind(message)
        with ledger.session() as opened:
            session: Queries = opened
            if observer is not None:
                session = ObservedSession(opened, self.reference.file, self._steps, observer)
            if self._is_single:
                results = [self._execute(session, 0, values[0])]
            else:
                with session.snapshot():
                    results = self._execute_all(session, values)
        return Body.custom(event, self.reference, self._shaper.shape(results, event, message))

    def _execute_all(self, session: Queries, values: list[list[object]]) -> list[Rows]:
        rows: dict[str, Row | None] = {}
        results = []
        for index, step in enumerate(self._steps):
            found = self._execute(session, index, self._binder.bind_step(index, values[index], rows))
            results.append(found)
            if step.name is not None and step.result is not ResultKind.MANY:
                rows[step.name.casefold()] = self._shaper.row(index, found)
        return results

    def _execute(self, session: Queries, index: int, values: list[object]) -> Rows:
        step = self._steps[index]
        try:
            found = session.execute(step.statement, values)
        except (LedgerError, DefinitionUnavailableError) as error:
            error.locate(self.reference.name, self.reference.file, step.line, step.name or str(index + 1))
            raise
        self._shaper.check_rows(index, found)
        return found
