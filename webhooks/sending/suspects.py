"""Who may have ended a process that sends: their requests go by another one, beside those of their like."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

SECONDS: Final = 600.0
"""For which it is remembered of an origin after the last time."""
_MOST: Final = 4096


class _Suspicion(Struct):
    ends: int
    """How many processes ended while it had a request under way."""
    until: float
    is_apart: bool


class Suspects:
    """The origins that are suspected.

    One that had a request under way just once when a process ended is free as soon as one has ended as usual. After a
    second time, or where it is known to be to blame, it stays suspected for ten minutes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._found: OrderedDict[str, _Suspicion] = OrderedDict()

    def __contains__(self, origin: str) -> bool:
        if not self._found:
            return False
        found = self._found.get(origin)
        if found is not None and found.until < self._now():
            del self._found[origin]
            return False
        return found is not None and found.is_apart

    def add(self, origins: Iterable[str], is_known: bool) -> None:
        """They had requests under way when a process ended."""
        for origin in frozenset(origins):
            before = self._found.pop(origin, None)
            ends = (2 if is_known else 1) + (before.ends if before is not None else 0)
            self._found[origin] = _Suspicion(ends, self._now() + SECONDS, is_apart=True)
            if len(self._found) > _MOST:
                self._found.popitem(last=False)

    def clear(self, origin: str) -> None:
        """A request to it ended as usual."""
        found = self._found.get(origin)
        if found is not None and found.ends == 1:
            found.is_apart = False
