"""The event loop of a process that serves or works: uvloop's where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What `asyncio.Runner` makes its loop by; None for its own."""
    try:
        import uvloop  # noqa: PLC0415  not for every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
