"""Runs work in a thread for which the process does not wait at its end, since a driver may never return."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Runs the work in a new thread. The future gets what it returns or raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        """Ends the future, unless it was cancelled."""
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]  # what the work gave
        else:
            future.set_exception(error)

    def run() -> None:
        """Does the work and tells the event loop."""
        result, error = None, None
        try:
            result = work()
        except Exception as raised:  # passed on to whoever waits for the future
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="composing", daemon=True).start()
    return future
