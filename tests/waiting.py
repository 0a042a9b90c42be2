"""Waiting for what must come true: no test judges how long that takes, since a busy machine is slow and not wrong.

What never comes true fails after `PATIENCE_SECONDS`. What must be quick is a row of `make bench`; what must not grow
faster than its input is held by `processor_seconds_below`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.005

T = TypeVar("T")


def until(look: Callable[[], T], told: Callable[[], object] | None = None) -> T:
    """What `look` finds, once that is true; if it never is, the test fails with what `told` gives."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"it never came true: {told() if told else found!r}"
        time.sleep(_PAUSE_SECONDS)
    return found


async def until_true(look: Callable[[], T], told: Callable[[], object] | None = None) -> T:
    """As `until`, while the event loop goes on."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"it never came true: {told() if told else found!r}"
        await asyncio.sleep(_PAUSE_SECONDS)
    return found


@contextmanager
def processor_seconds_below(most: float) -> Iterator[None]:
    """Fails where the work takes that much of the processor in this process: other processes do not count.

    For what must not grow faster than its input: take at least twenty times what is usual, which no machine needs.
    """
    started = time.process_time()
    yield
    spent = time.process_time() - started
    assert spent < most, f"{spent:.1f} s of the processor"
