"""The wall clock, which may be set while the service runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

STEADY_SECONDS: Final = 600.0
"""Seconds for which the clock must keep pace with the monotonic clock to be trusted; more if it was set by more."""

LONGEST_DOUBT_SECONDS: Final = 7 * 86400.0
"""Seconds after which it is trusted again, by however much it was set."""

_JUMP_SECONDS: Final = 2.0  # a change between two looks that is too large for an adjustment of the clock's speed

_log = logging.getLogger(__name__)


class WallClock:
    """Notices that the clock was set, by comparing it with the monotonic clock at each look. Look often."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._difference = wall() - monotonic()
        self._began = self._steady_since = monotonic()
        self._doubt = STEADY_SECONDS
        self.set_by = 0.0
        """By how many seconds it was set the last time; negative if it was set back."""

    @property
    def age(self) -> float:
        """For how many seconds it has been watched."""
        return self._monotonic() - self._began

    def time(self) -> float:
        """The wall clock's time, in seconds since 1970."""
        return self._wall()

    def was_set(self) -> bool:
        """Whether it was set since the last look."""
        difference = self._wall() - self._monotonic()
        by = difference - self._difference
        self._difference = difference
        if abs(by) <= _JUMP_SECONDS:
            return False
        _log.warning("the clock was set by %.1f s", by)
        self._steady_since = self._monotonic()
        self._doubt = max(STEADY_SECONDS, min(abs(by), LONGEST_DOUBT_SECONDS))
        self.set_by = by
        return True

    def is_steady(self) -> bool:
        """Whether it has kept pace with the monotonic clock for long enough to be trusted."""
        return not self.was_set() and self._monotonic() - self._steady_since >= self._doubt
