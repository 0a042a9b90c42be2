"""The clock on the wall, which may be set while the service runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

STEADY_SECONDS: Final = 600.0
"""For how many seconds the clock must have gone evenly to be believed; or for as many as it was set by."""

LONGEST_DOUBT_SECONDS: Final = 7 * 86400.0
"""Seconds for which it is doubted at most."""

_JUMP_SECONDS: Final = 2.0  # between two looks: no adjustment of the clock's speed explains so much

_log = logging.getLogger(__name__)


class WallClock:
    """Watches whether the clock is set. It is looked at often, and must not be older than a look."""

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._difference = wall() - monotonic()
        self._began = self._steady_since = monotonic()
        self._doubt = STEADY_SECONDS
        self.set_by = 0.0
        """By how many seconds it was set last."""

    @property
    def age(self) -> float:
        """For how many seconds it is watched."""
        return self._monotonic() - self._began

    def time(self) -> float:
        """As it stands, in seconds since 1970."""
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
        """Whether it has gone evenly for long enough to be believed."""
        return not self.was_set() and self._monotonic() - self._steady_since >= self._doubt
