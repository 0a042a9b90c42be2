"""Times and identifiers as the store keeps them: microseconds since the epoch, and UUIDs that sort by time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Final

MICROSECONDS_PER_SECOND: Final = 1_000_000
MICROSECONDS_PER_DAY: Final = 86_400 * MICROSECONDS_PER_SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = (1 << 62) - 1
_VERSION_AND_VARIANT = 7 << 76 | 0b10 << 62


def now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def moment(microseconds: int) -> datetime:
    """The moment in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(time: datetime) -> int:
    """The moment as the store keeps it. `time` must have an offset."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def sortable_id(created_at: int, index: int = 0) -> str:
    """A UUIDv7 (RFC 9562, section 5.7; method 3 of 6.2). Its text sorts by time, then by `index`."""
    return _uuid7(created_at, index, int.from_bytes(os.urandom(8), "big") & _RANDOM_BITS)


def first_id(created_at: int) -> str:
    """A text that sorts before every id of that time or later, and after every id of an earlier time."""
    return _uuid7(max(0, created_at), 0, 0)


def time_of(id_: str) -> int:
    """The time in an id, to the millisecond."""
    return int(id_[:8] + id_[9:13], 16) * 1000


def _uuid7(created_at: int, index: int, random: int) -> str:
    """48 bits of milliseconds, 12 bits of a millisecond's fraction, 62 random ones."""
    milliseconds, rest = divmod(created_at, 1000)
    time = (milliseconds << 12 | rest * 4096 // 1000) + index
    digits = f"{(time >> 12) << 80 | _VERSION_AND_VARIANT | (time & 0xFFF) << 64 | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
