"""What was read of clients and registrations, kept in memory until one of them changes, or for five seconds.

Whoever changes one says so in its transaction: its own process forgets before the caller is answered, the others when
PostgreSQL notifies them. A notification that is lost costs no more than those seconds.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.store.statement import Prepared

CHANNEL: Final = "aptic_changes"
KEPT_SECONDS: Final = 5.0
"""For how long something is kept, from when its reading began."""

MOST_KEPT: Final = 1000
LARGEST_KEPT_BYTES: Final = 16 * 1024

_CHANGED: Final = "clients or registrations changed"  # key of a connection's `info`
_NOTIFY: Final = Prepared(f"NOTIFY {CHANNEL}")


def tell_changed(connection: Connection) -> None:
    """Says that this transaction changes a client or a registration."""
    connection.info[_CHANGED] = True
    if connection.dialect.name == "postgresql":
        _NOTIFY.run(connection)


def was_changed(connection: Connection) -> bool:
    """Whether `tell_changed` was called on this connection since this was asked last, maybe in what was rolled back."""
    return bool(connection.info.pop(_CHANGED, False))


class _Reading(Struct, frozen=True):
    until: float
    found: Future[Any]


class Kept:
    """Readings by their keys, those under way among them. Threads may share it.

    One that began before a change is not given to who asks after it, whenever it ends: it is here from its beginning,
    and what is forgotten meanwhile does not come back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._readings: dict[Hashable, _Reading] = {}

    def find(self, key: Hashable) -> Future[Any] | None:
        """A reading that still counts."""
        reading = self._readings.get(key)
        if reading is None or time.monotonic() >= reading.until:
            return None
        return reading.found

    def begin(self, key: Hashable) -> Future[Any]:
        """Keeps a reading, which its caller begins now, and ends by the result that it sets."""
        with self._lock:
            self._readings.pop(key, None)  # so that a new one is the last of all
            if len(self._readings) >= MOST_KEPT:
                del self._readings[next(iter(self._readings))]
            reading = _Reading(time.monotonic() + KEPT_SECONDS, Future())
            self._readings[key] = reading
            return reading.found

    def drop(self, key: Hashable, found: Future[Any]) -> None:
        """Keeps this reading no longer."""
        with self._lock:
            if (reading := self._readings.get(key)) is not None and reading.found is found:
                del self._readings[key]

    def forget(self) -> None:
        """Something has changed: what was read until now counts no more."""
        with self._lock:
            self._readings.clear()
