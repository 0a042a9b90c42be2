"""A batch: one plan over many messages in few round trips, each item as if it had been composed alone."""

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

_ITEMS = 500  # at a time, and fewer where steps may find many rows each
_ROWS = 50_000  # of such steps that may be in memory at a time

Result = Body | EngineError


def compose_batch(plan: Plan, event: str, messages: Sequence[Message], ledger: Ledger) -> list[Result]:
    """What `plan.compose` gives or raises for each message, in order.

    Where the ledger cannot be reached any more, or lets three items in a row time out, the others that need it fail
    alike without being tried: an error that says to try later is the same for all of them.
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
    """The error of a ledger that has failed so often in a row that it is not tried again."""
    tried = (result for result in reversed(results) if not isinstance(result, BindingError))
    failures = takewhile(lambda result: isinstance(result, LedgerUnavailableError | LedgerTimeoutError), tried)
    last = [failure for failure, _ in zip(failures, range(MOST_FAILURES_IN_A_ROW), strict=False)]
    return last[0] if len(last) == MOST_FAILURES_IN_A_ROW and isinstance(last[0], EngineError) else None


class _Item:
    """A message that has no result yet: its values and, so far, its rows."""

    __slots__ = ("found", "rows", "values")

    def __init__(self, values: list[list[object]]) -> None:
        self.values = values
        self.found: list[Rows] = []
        self.rows: dict[str, Row | None] = {}


class _Chunk:
    """Messages that go through the stages together. Each error of the results is an instance of its own."""

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
        """One for each message, in order."""
        return [self._results[position] for position in range(len(self._messages))]

    def compose(self, ledger: Ledger, lost: EngineError | None) -> None:
        """Give every message its result; `lost` is the error of a ledger that is not to be tried."""
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
        """Run all steps; the error where there is no session to run them in."""
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
        """Step `index` of every message that has no result yet."""
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
        """Compose alone what lost its snapshot, since it may have been through another."""
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
        """A copy is kept: it drags no traceback along, and so none of the values in it."""
        self._pending.pop(position, None)
        self._results[position] = copy(error)
