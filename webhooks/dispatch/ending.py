"""Writes down what came of attempts, as many in one transaction as have ended meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from webhooks.errors import StoreError
from webhooks.store import attempts
from webhooks.store.attempts import Ended
from webhooks.store.store import Store

_AT_ONCE: Final = 256
_PATIENCE: Final = 1.0  # seconds after which a store that was away is tried again

_log = logging.getLogger(__name__)


class Ending:
    """The ends of attempts of one process, in its event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Ended, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, ended: Ended) -> None:
        """Returns once it is on disk, however long the store is away."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((ended, written))
        if self._writing is None:
            self._writing = loop.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            if not await self._write(batch):
                # One may be what the store cannot take; the others are not to wait for it.
                failed = [each for each in batch if not await self._write([each])]
                if failed:
                    self._waiting += failed
                    await asyncio.sleep(_PATIENCE)
        self._writing = None

    async def _write(self, batch: Sequence[tuple[Ended, asyncio.Future[None]]]) -> bool:
        ended = [each for each, _ in batch]
        try:
            await self._store.write(lambda connection: attempts.end(connection, ended))
        except StoreError as error:
            _log.warning("the ends of %d attempts could not be written: %s", len(ended), error.message)
            return False
        except Exception:
            _log.exception("the ends of %d attempts could not be written", len(ended))
            return False
        for _, written in batch:
            if not written.done():
                written.set_result(None)
        return True
