"""Cases as they are run for a page: what came of each, and of every query on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.body import Body
from engine.errors import ConfigurationError, LedgerUnavailableError
from engine.execution import Ledger
from engine.execution.observed import Execution
from engine.model import Event
from engine.plan import Plan, check_message, compose_default
from engine.testing.cases import Case, CaseResult, run_case


@dataclass(frozen=True, slots=True)
class Run:
    """A case and its queries in order. `is_run` is false where it could not be run, `is_away` where for the ledger."""

    result: CaseResult
    executions: tuple[Execution, ...] = ()
    is_run: bool = True
    is_away: bool = False

    @property
    def is_failed(self) -> bool:
        """It was run, and something else came of it than it expects."""
        return self.is_run and self.result.problem is not None


def not_run(case: Case, reason: str, *, is_away: bool = False) -> Run:
    """A case that could not be run; `is_away` says that the ledger does not answer."""
    return Run(CaseResult(case, None, reason), is_run=False, is_away=is_away)


def run(case: Case, plan: Plan, ledger: Ledger) -> Run:
    """The case, composed as `compose` does it, and compared as `test` does it."""
    return _run(case, _Observed(plan, ledger))


def run_default(case: Case, event: Event) -> Run:
    """The case of an event without a definition."""
    return _run(case, _Default(event))


def _run(case: Case, composing: _Observed | _Default) -> Run:
    try:
        result = run_case(composing, case)
    except (LedgerUnavailableError, ConfigurationError) as error:
        return not_run(case, error.message, is_away=True)
    return Run(result, tuple(composing.executions))


@dataclass(frozen=True, slots=True)
class _Observed:
    """Composes by one plan, and keeps each query with its rows."""

    plan: Plan
    ledger: Ledger
    executions: list[Execution] = field(default_factory=list)

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        """As `Composer.compose`, of an event with a definition."""
        check_message(event, data)
        return self.plan.compose(event, data, self.ledger, self.executions.append)


@dataclass(frozen=True, slots=True)
class _Default:
    """Makes default bodies; no query is needed for them."""

    event: Event
    executions: tuple[Execution, ...] = ()

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        """As `Composer.compose`, of an event without a definition."""
        check_message(event, data)
        return compose_default(self.event, data)
