"""Time and identifiers as the store keeps them."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def moment(microseconds: int) -> datetime:
    """The moment in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(time: datetime) -> int:
    """The moment as the store keeps it; `time` has an offset."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def sortable_id() -> str:
    """A UUIDv7 (RFC 9562, section 5.7), whose text sorts by the time at which it was made; Python has it from 3.14."""
    milliseconds = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    value = int.from_bytes(milliseconds + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(UUID(int=value & ~(0b11 << 62) | 0b10 << 62))
