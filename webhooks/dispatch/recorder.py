"""Writes what came of attempts, with one transaction for all that ended while the last one was written."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from webhooks.store import ended_attempts
from webhooks.store.command import Pipelined
from webhooks.store.ended_attempts import EndedAttempt, Recorded
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_RETRY_SECONDS, is_done
from webhooks.wording import counted

_MOST_ATTEMPTS: Final = 256  # in one transaction
_LAST_TRIES_SECONDS: Final = 10.0  # for which a store that is away is tried again once the process is to end

_Waiting = tuple[EndedAttempt, Callable[[], object]]
_log = logging.getLogger(__name__)


class Recorder:
    """Writes the ended attempts of one process, in its event loop."""

    def __init__(self, store: Store, tell: Callable[[Sequence[EndedAttempt]], object]) -> None:
        """`tell` gets what was written."""
        self._store = store
        self._tell = tell
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._gives_up_at = math.inf

    def stop(self) -> None:
        """The process is to end: a store that is away is waited for only a little longer."""
        self._gives_up_at = time.monotonic() + _LAST_TRIES_SECONDS

    def add(self, ended: EndedAttempt, then: Callable[[], object]) -> None:
        """Has an attempt written, and calls `then` once it is on disk, however long the store is away.

        After `stop` it may be given up, and `then` is called all the same: whoever takes the delivery next finds an
        interrupted attempt, as if this process had died.
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
            batch, self._waiting = self._waiting[:_MOST_ATTEMPTS], self._waiting[_MOST_ATTEMPTS:]
            if not await self._write(batch):
                # One of them may be what the store cannot take: written one by one, the others need not wait for it.
                # They do so at the same time, so that they learn together that the store is away.
                written = await asyncio.gather(*(self._write([each]) for each in batch))
                failed = [each for each, is_written in zip(batch, written, strict=True) if not is_written]
                if failed and time.monotonic() > self._gives_up_at:
                    _log.warning("%d attempts end as if they had been interrupted: the store is away", len(failed))
                    _call_all(failed)
                elif failed:
                    self._waiting += failed
                    await asyncio.sleep(STORE_RETRY_SECONDS)
        self._writing = None

    async def _write(self, batch: Sequence[_Waiting]) -> bool:
        ended = [each for each, _ in batch]
        written = Recorded([], [])

        async def write() -> None:
            """Writes the ended attempts, and notes which endpoints that disables."""
            nonlocal written
            written = await self._store.write(Pipelined(lambda connection: ended_attempts.write(connection, ended)))

        if not await is_done(write, f"the end of {counted(len(ended), 'attempt')}", _log):
            return False
        self._tell(written.done)
        for each in written.disabling:
            words = "an endpoint is disabled, and what is for it held until it is resumed: %s"
            _log.warning(words, each.disable_reason, extra={"ids": {"delivery": each.id}})
        _call_all(batch)
        return True


def _call_all(batch: Sequence[_Waiting]) -> None:
    for ended, then in batch:
        try:
            then()
        except Exception:  # the others must be told all the same
            _log.exception("an attempt has ended, but not for the dispatcher", extra={"ids": {"delivery": ended.id}})
