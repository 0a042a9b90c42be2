"""Composes a batch: one plan for many messages, in few round trips. Each result is as if it were composed alone."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import takewhile

from engine.binding import Message, Row
from engine.body import Body
from engine.errors import BindingError, EngineError, LedgerTimeoutError, LedgerUnavailableError
from engine.execution import MOST_FAILURES_IN_A_ROW, Ledger, Rows, Session
from engine.model import ResultKind
from engine.plan import Plan, check_message

_ITEMS = 500  # at a time; fewer if a step may find many rows for each
_ROWS = 50_000  # at most so many rows of such steps are in memory at a time

Result = Body | EngineError


def compose_batch(plan: Plan, event: str, messages: Sequence[Message], ledger: Ledger) -> list[Result]:
    """The body that `plan.compose` makes of each message, or the error that it raises, in order.

    If the ledger can no longer be reached, or three items in a row time out, the remaining items that need it are not
    tried. They fail with the same error, which says to try later.
    """
    size = _ITEMS
    if any(step.result is ResultKind.MANY for step in plan.steps):
        size = max(1, min(_ITEMS, _ROWS // (plan.max_rows + 1)))
    results: list[Result] = []
    for start in range(0, len(messages), size):
        chunk = _Chunk(plan, event, messages[start : start + size])
        chunk.compose(ledger, _lost(results))
        results += chunk.results()
    return results


def _lost(results: Sequence[Result]) -> EngineError | None:
    """The error of the ledger, if it has failed so often in a row that it is not tried again. Else None."""
    tried = (result for result in reversed(results) if not isinstance(result, BindingError))
    failures = takewhile(lambda result: isinstance(result, LedgerUnavailableError | LedgerTimeoutError), tried)
    last = [failure for failure, _ in zip(failures, range(MOST_FAILURES_IN_A_ROW), strict=False)]
    return last[0] if len(last) == MOST_FAILURES_IN_A_ROW and isinstance(last[0], EngineError) else None


class _Item:
    """A message that has no result yet: its values, and the rows that were found so far."""

    __slots__ = ("found", "rows", "values")

    def __init__(self, values: list[list[object]]) -> None:
        self.values = values
        self.found: list[Rows] = []
        self.rows: dict[str, Row | None] = {}


class _Chunk:
    """Messages that go through the stages together. Each failed one has its own instance of an error."""

    def __init__(self, plan: Plan, event: str, messages: Sequence[Message]) -> None:
        self._plan = plan
        self._event = event
        self._messages = messages
        self._results: dict[int, Result] = {}
        self._pending: dict[int, _Item] = {}
        for position, message in enumerate(messages):
            try:
                check_message(event, message)
                self._pending[position] = _Item(plan.binder.bind(message))
            except EngineError as error:
                self._fail(position, error)

    def results(self) -> list[Result]:
        """A result for each message, in order."""
        return [self._results[position] for position in range(len(self._messages))]

    def compose(self, ledger: Ledger, lost: EngineError | None) -> None:
        """Give every message its result. If the ledger is not to be tried any more, `lost` is its error."""
        if self._pending and lost is None:
            lost = self._run(ledger)
        for position, item in list(self._pending.items()):
            try:
                if lost is not None:
                    raise copy(lost)
                self._results[position] = self._plan.body(item.found, self._event, self._messages[position])
            except EngineError as error:
                self._fail(position, error)

    def _run(self, ledger: Ledger) -> EngineError | None:
        """Run all steps. Returns the error if no session can be had."""
        try:
            with ledger.session() as session:
                if self._plan.is_single:
                    self._run_step(session, 0)
                    return None
                with session.snapshot():
                    for index in range(len(self._plan.steps)):
                        self._run_step(session, index)
        except EngineError as error:
            return copy(error)
        self._redo(ledger)
        return None

    def _run_step(self, session: Session, index: int) -> None:
        """Run step `index` of every message that has no result yet."""
        plan = self._plan
        if not plan.is_single:
            for position, item in list(self._pending.items()):
                try:
                    plan.binder.bind_step(index, item.values[index], item.rows)
                except EngineError as error:
                    self._fail(position, error)
        batch = list(self._pending.items())
        results = session.execute_many(plan.steps[index].statement, [item.values[index] for _, item in batch])
        for (position, item), found in zip(batch, results, strict=True):
            try:
                if isinstance(found, EngineError):
                    plan.locate(index, found)
                    raise found
                plan.check(index, found)
                item.found.append(found)
                if not plan.is_single:
                    plan.note(index, found, item.rows)
            except EngineError as error:
                self._fail(position, error)

    def _redo(self, ledger: Ledger) -> None:
        """Compose alone every message that lost its snapshot, as another message's error may have ended it."""
        failures = 0
        for position in sorted(self._results):
            if failures == MOST_FAILURES_IN_A_ROW or not isinstance(self._results[position], LedgerUnavailableError):
                continue
            try:
                self._results[position] = self._plan.compose(self._event, self._messages[position], ledger, None)
                failures = 0
            except EngineError as error:
                self._fail(position, error)
                failures = failures + 1 if isinstance(error, LedgerUnavailableError) else 0

    def _fail(self, position: int, error: EngineError) -> None:
        """Keep a copy of the error, without its traceback, which would keep the message's values in memory."""
        self._pending.pop(position, None)
        self._results[position] = copy(error)
