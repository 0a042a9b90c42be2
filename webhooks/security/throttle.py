"""Slows down whoever shows bad credentials again and again. It counts by address and client id together."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from msgspec import Struct

FREE_ATTEMPTS: Final = 5
"""How many bad attempts cause no wait."""

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 30.0  # between attempts; each wait is twice the one before
_FORGET_SECONDS = 900.0  # without a bad attempt for so long, the earlier ones are forgotten
_MOST_RECORDS = 10_000


class _Record(Struct):
    failures: int = 0
    last: float = 0.0
    free_at: float = 0.0


class Throttle:
    """Counts bad attempts, for one event loop. `clock` gives seconds and never goes back.

    The client id is None for an attempt with an API key or a token, as these name no client.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[tuple[str, str | None], _Record] = OrderedDict()

    def wait(self, address: str, client_id: str | None) -> float:
        """Seconds until the next attempt may be checked. It is 0 for nearly everybody."""
        record = self._records.get((address, client_id))
        if record is None:
            return 0.0
        return max(0.0, record.free_at - self._clock())

    def failed(self, address: str, client_id: str | None) -> None:
        """Counts a bad attempt. After some of them, each makes the next wait longer."""
        now = self._clock()
        record = self._records.pop((address, client_id), None)
        if record is None or now - record.last > _FORGET_SECONDS:
            record = _Record()
        record.failures += 1
        record.last = now
        if record.failures > FREE_ATTEMPTS:
            doublings = min(record.failures - FREE_ATTEMPTS - 1, 16)
            record.free_at = now + min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0**doublings)
        self._records[(address, client_id)] = record
        if len(self._records) > _MOST_RECORDS:
            self._records.popitem(last=False)

    def succeeded(self, address: str, client_id: str | None) -> None:
        """Forgets the bad attempts before a good one."""
        self._records.pop((address, client_id), None)
