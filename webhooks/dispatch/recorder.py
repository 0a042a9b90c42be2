"""Writes down what came of attempts, as many in one transaction as have ended meanwhile."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from webhooks.errors import StoreError
from webhooks.store import outcomes
from webhooks.store.outcomes import EndedAttempt
from webhooks.store.store import Store
from webhooks.wording import counted

_AT_ONCE: Final = 256
_PATIENCE: Final = 1.0  # seconds after which a store that was away is tried again
_LAST: Final = 10.0  # seconds for which it is tried again once the process is to end

_Waiting = tuple[EndedAttempt, Callable[[], object]]
_log = logging.getLogger(__name__)


class Ending:
    """The ends of attempts of one process, in its event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._until = math.inf

    def stop(self) -> None:
        """The process is to end: a store that is away is not waited for much longer."""
        self._until = time.monotonic() + _LAST

    def add(self, ended: EndedAttempt, then: Callable[[], object]) -> None:
        """Has it written, and calls `then` once it is on disk, however long the store is away.

        After `stop` it may be given up: whoever takes the delivery next finds it as if its process had died.
        """
        self._waiting.append((ended, then))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def finish(self) -> None:
        """Waits until nothing is left to write."""
        while self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            if not await self._write(batch):
                # One may be what the store cannot take; the others are not to wait for it. Where the store is away,
                # they find that out together.
                written = await asyncio.gather(*(self._write([each]) for each in batch))
                failed = [each for each, is_written in zip(batch, written, strict=True) if not is_written]
                if failed and time.monotonic() > self._until:
                    _log.warning("%d attempts end as if they had been interrupted: the store is away", len(failed))
                    _let_go(failed)
                elif failed:
                    self._waiting += failed
                    await asyncio.sleep(_PATIENCE)
        self._writing = None

    async def _write(self, batch: Sequence[_Waiting]) -> bool:
        ended = [each for each, _ in batch]
        try:
            disabling = await self._store.write(lambda connection: outcomes.end(connection, ended))
        except StoreError as error:
            _log.warning("the ends of %s could not be written: %s", counted(len(ended), "attempt"), error.message)
            return False
        except Exception:
            _log.exception("the ends of %s could not be written", counted(len(ended), "attempt"))
            return False
        for each in disabling:
            told = "an endpoint is disabled, and what is for it held until it is resumed: %s"
            _log.warning(told, each.disables, extra={"ids": {"delivery": each.id}})
        _let_go(batch)
        return True


def _let_go(batch: Sequence[_Waiting]) -> None:
    for ended, then in batch:
        try:
            then()
        except Exception:  # one must not keep the others waiting
            _log.exception("an attempt has ended, but not for the dispatcher", extra={"ids": {"delivery": ended.id}})
