"""Slows down who shows bad credentials again and again, by address and client id together."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from msgspec import Struct

FREE: Final = 5
"""Bad attempts that cost no time."""

_FIRST, _LONGEST = 0.2, 30.0  # seconds between attempts, doubling
_FORGET_SECONDS = 900.0  # seconds without a bad attempt, after which all is forgotten
_MOST_RECORDS = 10_000


class _Record(Struct):
    failures: int = 0
    last: float = 0.0
    free_at: float = 0.0


class Throttle:
    """What is known of bad attempts; for one event loop. `clock` gives seconds and only rises.

    A client id is None where a key or a token was shown, which names nobody.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[tuple[str, str | None], _Record] = OrderedDict()

    def wait(self, address: str, client_id: str | None) -> float:
        """Seconds until the next attempt may be looked at; 0 for nearly everybody."""
        record = self._records.get((address, client_id))
        if record is None:
            return 0.0
        return max(0.0, record.free_at - self._clock())

    def failed(self, address: str, client_id: str | None) -> None:
        """Counts a bad attempt; the next one has to wait longer."""
        now = self._clock()
        record = self._records.pop((address, client_id), None)
        if record is None or now - record.last > _FORGET_SECONDS:
            record = _Record()
        record.failures += 1
        record.last = now
        if record.failures > FREE:
            record.free_at = now + min(_LONGEST, _FIRST * 2.0 ** min(record.failures - FREE - 1, 16))
        self._records[(address, client_id)] = record
        if len(self._records) > _MOST_RECORDS:
            self._records.popitem(last=False)

    def succeeded(self, address: str, client_id: str | None) -> None:
        """Forgets what went wrong before."""
        self._records.pop((address, client_id), None)
