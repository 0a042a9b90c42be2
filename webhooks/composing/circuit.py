"""A circuit breaker: what fails again and again is left alone for a while, then tried once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from webhooks.composing.pace import Pauses

_TRIAL: Final = 120.0  # seconds after which a trial that nobody told of counts as forgotten


class Circuit:
    """Closed while things go well. `clock` is monotonic, in seconds. Not shared by threads."""

    def __init__(self, pauses: Pauses, clock: Callable[[], float]) -> None:
        self._pauses = pauses
        self._clock = clock
        self._failures = 0
        self._pause = 0.0
        self._until = 0.0
        self._trial_until = 0.0
        self.reason: str | None = None
        """Why it is open; None while it is closed."""

    @property
    def is_closed(self) -> bool:
        """Whether anything may be tried."""
        return self.reason is None

    @property
    def pause(self) -> float:
        """How long it is left alone now, in seconds."""
        return self._pause

    def is_trial_due(self) -> bool:
        """Whether it is open, and one thing should be tried now."""
        at = self._clock()
        return not self.is_closed and self._until <= at and self._trial_until <= at

    def begin_trial(self) -> None:
        """One thing is being tried: nothing else is until `succeeded`, `failed` or `undecided` tells of it."""
        self._trial_until = self._clock() + _TRIAL

    def succeeded(self) -> bool:
        """Closes it; whether it was open."""
        was_open = not self.is_closed
        self._failures, self._pause, self._trial_until, self.reason = 0, 0.0, 0.0, None
        return was_open

    def failed(self, reason: str, *, is_certain: bool = False) -> bool:
        """Whether it opens now, or stays open after its trial; `is_certain` needs no others in a row."""
        at = self._clock()
        if not self.is_closed and self._trial_until <= at:
            return False  # it was begun before the circuit opened
        self._failures += 1
        if self.is_closed and not is_certain and self._failures < self._pauses.patience:
            return False
        self._pause = min(self._pauses.longest, self._pause * 2 or self._pauses.first)
        self._until, self._trial_until, self.reason = at + self._pause, 0.0, reason
        return True

    def undecided(self) -> None:
        """The trial said nothing: another one may be made."""
        self._trial_until = 0.0
