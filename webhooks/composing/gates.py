"""Gates: decide which events can be composed now.

An event cannot be composed while its definition is faulty or keeps timing out, or while the ledger cannot be reached.
Such events do not hinder the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from engine.errors import (
    DefinitionUnavailableError,
    EncodingError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
    ReadOnlyRequiredError,
    ResultError,
)
from webhooks.composing.definitions import Definitions
from webhooks.composing.pace import Pace, Pauses
from webhooks.store.results import Result

_MOST_CULPRITS: Final = 3  # if at most so many events of a batch lose the connection, they are at fault, not the ledger
_TRIAL_SECONDS: Final = 120.0  # a trial without a result for so long is given up, and another one may begin
_ANSWERED: Final = (Result, ResultError, QueryError, EncodingError)  # results that show that the ledger has answered
_log = logging.getLogger(__name__)


class Way(Enum):
    """How an event is composed."""

    BY_DEFINITION = "by its definition"
    BY_DEFAULT = "by default"


class Stopped(Enum):
    """Which events cannot be composed any more after a batch."""

    NOTHING = "nothing"
    EVENT = "the batch's event"
    LEDGER = "every event with a definition"


class Gates:
    """Decides for each event, and learns from the results of others. Not shared by threads."""

    def __init__(self, definitions: Definitions, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._definitions = definitions
        self._pace = pace
        self._clock = clock
        self.ledger = Circuit(pace.ledger, clock)
        self._of_event: dict[str, Circuit] = {}

    def enter(self, event: str, *, is_remembered: bool) -> Way | str:
        """How an event is composed, or the reason why it cannot be now. An open circuit lets only a trial through."""
        if (reason := self._definitions.fault(event, is_remembered=is_remembered)) is not None:
            return reason
        if event not in self._definitions.good:
            return Way.BY_DEFAULT
        if (reason := self._why_stopped(event)) is not None:
            return reason
        for circuit in self._circuits(event):
            if not circuit.is_closed:
                circuit.begin_trial()
        return Way.BY_DEFINITION

    def allowance(self, event: str, *, is_remembered: bool) -> int | None:
        """How many parked events of a code should be tried: none, one, or (None) as many as there is room for."""
        if self._definitions.fault(event, is_remembered=is_remembered) is not None:
            return 0
        if event not in self._definitions.good:
            return None
        if self._why_stopped(event) is not None:
            return 0
        return None if self.reason(event) is None else 1

    def judge(self, event: str, results: Sequence[Result | EngineError]) -> Stopped:
        """Learns from the results of a batch, and says which events cannot be composed any more."""
        has_answered = any(isinstance(result, _ANSWERED) for result in results)
        timeouts = [result for result in results if isinstance(result, LedgerTimeoutError)]
        undefined = [result for result in results if isinstance(result, DefinitionUnavailableError)]
        away = [result for result in results if is_away(result)]
        if away and not (has_answered and len(away) <= _MOST_CULPRITS):
            self._circuit(event).undecided()
            return self._lose_ledger(str(away[0]))
        self._find_ledger(is_there=has_answered or bool(timeouts or undefined))
        if undefined:
            return self._pause(event, undefined[0].message, is_certain=True)
        if timeouts and not has_answered:
            return self._pause(event, f"its definition keeps timing out, so it is paused: {timeouts[0].message}")
        circuit = self._circuit(event)
        if not has_answered:
            circuit.undecided()
        elif circuit.succeeded():
            _log.info("composing %s goes on", event)
        return Stopped.NOTHING

    def undecided(self, event: str) -> None:
        """An event that was let in is not composed after all."""
        for circuit in self._circuits(event):
            circuit.undecided()

    def reason(self, event: str) -> str | None:
        """Why the events of a definition in service cannot be composed. None if they can."""
        return next((circuit.reason for circuit in self._circuits(event) if not circuit.is_closed), None)

    def forget(self) -> None:
        """Closes the circuits of all definitions, as these were read again."""
        self._of_event.clear()

    def _why_stopped(self, event: str) -> str | None:
        """As `reason`, but None if a trial is due."""
        for circuit in self._circuits(event):
            if not circuit.is_closed and not circuit.is_trial_due():
                return circuit.reason
        return None

    def _lose_ledger(self, message: str) -> Stopped:
        if not self.ledger.failed(f"it waits for the ledger: {message}"):
            return Stopped.NOTHING
        _log.error("composing waits for the ledger, which is tried again in %g s: %s", self.ledger.pause, message)
        return Stopped.LEDGER

    def _find_ledger(self, *, is_there: bool) -> None:
        if not is_there:
            self.ledger.undecided()
        elif self.ledger.succeeded():
            _log.info("the ledger is back, and composing goes on")

    def _pause(self, event: str, reason: str, *, is_certain: bool = False) -> Stopped:
        circuit = self._circuit(event)
        if not circuit.failed(reason, is_certain=is_certain):
            return Stopped.NOTHING
        _log.error("%s is not composed for %g s, then tried again: %s", event, circuit.pause, reason)
        return Stopped.EVENT

    def _circuits(self, event: str) -> tuple[Circuit, ...]:
        found = self._of_event.get(event)
        return (self.ledger,) if found is None else (self.ledger, found)

    def _circuit(self, event: str) -> Circuit:
        return self._of_event.setdefault(event, Circuit(self._pace.definition, self._clock))


def is_away(result: Result | EngineError) -> bool:
    """Whether the result says that the ledger cannot be used for any event."""
    return isinstance(result, LedgerUnavailableError | ReadOnlyRequiredError)


class Circuit:
    """A circuit breaker. Closed while tries succeed, it opens after failures. Then it allows trials now and then.

    `clock` is monotonic, in seconds. Not shared by threads.
    """

    def __init__(self, pauses: Pauses, clock: Callable[[], float]) -> None:
        self._pauses = pauses
        self._clock = clock
        self._failures = 0
        self._pause = 0.0
        self._open_until = 0.0
        self._trial_until = 0.0
        self.reason: str | None = None
        """Why it is open; None while it is closed."""

    @property
    def is_closed(self) -> bool:
        """Whether everything may be tried."""
        return self.reason is None

    @property
    def pause(self) -> float:
        """For how many seconds nothing is tried now."""
        return self._pause

    def is_trial_due(self) -> bool:
        """Whether it is open, and one trial should be made now."""
        at = self._clock()
        return not self.is_closed and self._open_until <= at and self._trial_until <= at

    def begin_trial(self) -> None:
        """Begins a trial. Nothing else may be tried until `succeeded`, `failed` or `undecided` ends it."""
        self._trial_until = self._clock() + _TRIAL_SECONDS

    def succeeded(self) -> bool:
        """Closes it. Returns whether it was open."""
        was_open = not self.is_closed
        self._failures, self._pause, self._trial_until, self.reason = 0, 0.0, 0.0, None
        return was_open

    def failed(self, reason: str, *, is_certain: bool = False) -> bool:
        """Counts a failure. Returns whether the circuit opens now, or stays open after a trial.

        If `is_certain`, this single failure opens it.
        """
        at = self._clock()
        if not self.is_closed and self._trial_until <= at:
            return False  # this try began before the circuit opened
        self._failures += 1
        if self.is_closed and not is_certain and self._failures < self._pauses.opens_after:
            return False
        self._pause = min(self._pauses.longest, self._pause * 2 or self._pauses.first)
        self._open_until, self._trial_until, self.reason = at + self._pause, 0.0, reason
        return True

    def undecided(self) -> None:
        """Ends a trial without a result, so that another one may be made."""
        self._trial_until = 0.0
