"""A session that reports what it runs, for `compose --explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import perf_counter

from engine.execution.interface import Queries, Rows
from engine.model import CompiledStep, Statement


@dataclass(frozen=True, slots=True)
class Execution:
    """One step of the definition in `file`, as it was run.

    `rows` are those that it found, None if the ledger returned an error. `seconds` is the time that the query took in
    the session. `values` are those of `step.statement.parameters`. They come from the event message and the ledger,
    never from the registration, so no secret is among them.
    """

    file: str
    step: CompiledStep
    values: tuple[object, ...] = field(repr=False)
    rows: Rows | None = field(repr=False)
    seconds: float


Observer = Callable[[Execution], None]
"""Called after each step, in the composing thread, before the step's rows are checked."""


class ObservedSession:
    """A session that reports each execution of a definition's steps to an observer."""

    def __init__(self, session: Queries, file: str, steps: Sequence[CompiledStep], observer: Observer) -> None:
        self._session = session
        self._file = file
        self._steps = steps
        self._observer = observer

    def execute(self, statement: Statement, values: Sequence[object]) -> Rows:
        """As the session's own. The observer is called even if it raises."""
        step = next(step for step in self._steps if step.statement is statement)
        rows: Rows | None = None
        started = perf_counter()
        try:
            rows = self._session.execute(statement, values)
        finally:
            self._observer(Execution(self._file, step, tuple(values), rows, perf_counter() - started))
        return rows

    def snapshot(self) -> AbstractContextManager[None]:
        """As the session's own."""
        return self._session.snapshot()
