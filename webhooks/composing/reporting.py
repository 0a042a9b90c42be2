"""Tells the store by which definitions this process composes, for those who look at all processes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from typing import Final

from engine.model import DefinitionStatus
from webhooks.composing.definitions import Definitions, InService
from webhooks.store import composers
from webhooks.store.clock import now
from webhooks.store.composers import Composer, Version
from webhooks.store.store import Store
from webhooks.store.waiting import is_done

_LOOK_EVERY_SECONDS: Final = 1.0
_PROVE_EVERY_SECONDS: Final = 10.0  # whether what was told is still there
_AGAIN_SECONDS: Final = 5.0  # after a failure
_log = logging.getLogger(__name__)


class Reporting:
    """Writes after each reading of the definitions. Neither composing nor delivering waits for it."""

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self._store = store
        self._definitions = definitions
        self._host, self._pid, self._started_at = socket.gethostname(), os.getpid(), now()
        self._told: InService | None = None
        self._proved_until = 0.0

    async def run(self) -> None:
        """Tells until it is cancelled."""
        while True:
            is_told = await is_done(self._tell, "telling which definitions are in service", _log)
            await asyncio.sleep(_LOOK_EVERY_SECONDS if is_told else _AGAIN_SECONDS)

    async def _tell(self) -> None:
        served = self._definitions.in_service
        if served is self._told and await self._is_there():
            return
        composer = self._composer(served)
        await self._store.write(lambda connection: composers.tell(connection, composer), can_wait=True)
        self._told = served

    async def _is_there(self) -> bool:
        """Whether the store still has what was told; it is asked now and then."""
        if time.monotonic() >= self._proved_until:
            self._proved_until = time.monotonic() + _PROVE_EVERY_SECONDS
            return await self._store.read(composers.has_told)
        return True

    def _composer(self, served: InService) -> Composer:
        trouble = served.unread_since or served.unread
        return Composer(
            host=self._host,
            pid=self._pid,
            started_at=self._started_at,
            read_at=served.read_at,
            trouble=trouble and _text(trouble),
            versions=[_version(served.by_event[event]) for event in sorted(served.by_event)],
        )


def _version(status: DefinitionStatus) -> Version:
    form = None if status.batch_form is None else status.batch_form.value
    return Version(
        event=_text(status.event),
        state=status.state.value,
        file=status.file and _text(status.file),
        hash=status.content_hash,
        form=f"{form}: {status.batch_reason}" if status.batch_reason else form,
        reason=status.reason and _text(status.reason),
    )


def _text(given: str) -> str:
    """As databases take it: the names of files may have bytes that are no text."""
    return given.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
