"""Waiting for a store that is away: it comes back by itself, and what was under way goes on then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from webhooks.errors import StoreError

STORE_RETRY_SECONDS: Final = 1.0
"""After so many seconds a store that was away is tried again."""

STORE_AWAY: Final = "The store cannot be reached now. Try again later."


async def is_done(work: Callable[[], Awaitable[object]], part: str, log: logging.Logger) -> bool:
    """Does the work of a part of the service once.

    False where the store was away, or an error came that nobody foresaw: then `log` has a line about `part`.
    """
    try:
        await work()
    except StoreError as error:
        log.warning("%s waits for the store: %s", part, error.message)
    except Exception:
        log.exception("%s met an error; it goes on", part)
    else:
        return True
    return False


async def until_done(work: Callable[[], Awaitable[object]], part: str, log: logging.Logger) -> None:
    """Does the work, and tries again until it is done."""
    while not await is_done(work, part, log):
        await asyncio.sleep(STORE_RETRY_SECONDS)


async def keep_doing(
    work: Callable[[], Awaitable[object]], part: str, log: logging.Logger, *, is_over: Callable[[], bool]
) -> None:
    """Does the work again and again until `is_over` says so; after a failure it waits first."""
    while not is_over():
        if not await is_done(work, part, log):
            await asyncio.sleep(STORE_RETRY_SECONDS)
