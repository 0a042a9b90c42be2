"""Adds up what came of one process' attempts, and writes it to the store every few seconds, for charts."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from webhooks.model import DeliveryState
from webhooks.store import tallies
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.store import Store
from webhooks.store.tallies import EVERY_ENDPOINT, Key, Series, What, bound_of
from webhooks.store.waiting import is_done

_WRITE_EVERY_SECONDS: Final = 10.0
_LAST_SECONDS: Final = 2.0  # for which a process that ends waits for its last write
_MOST_KEPT: Final = 50_000  # tallies while the store is away; more attempts are in no chart, which is said
_MOST_WRITTEN: Final = 1000  # in one transaction

_log = logging.getLogger(__name__)


class Tallying:
    """The tallies of one process, in its event loop. What is not written yet when it is killed is in no chart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._process = secrets.randbits(62) + 1
        self._counts: dict[Key, tuple[int, int]] = {}
        self._left_out = 0

    def tell(self, ended: Iterable[EndedAttempt]) -> None:
        """These attempts have ended, and that is on disk."""
        counts = self._counts
        for each in ended:
            for key, duration in _keys(each):
                count, total = counts.get(key, (0, 0))
                if count or len(counts) < _MOST_KEPT:
                    counts[key] = count + 1, total + duration
                elif key.series is Series.MINUTES and key.what is What.ATTEMPT:
                    self._left_out += 1

    async def run(self) -> None:
        """Writes until it is cancelled."""
        while True:
            await asyncio.sleep(_WRITE_EVERY_SECONDS)
            await self._write()

    async def finish(self) -> None:
        """Writes what is left, unless the store is away."""
        try:
            await asyncio.wait_for(self._write(), _LAST_SECONDS)
        except TimeoutError:
            _log.warning("the attempts of the last seconds are in no chart: the store is away")

    async def _write(self) -> None:
        while self._counts:
            part = {key: self._counts[key] for key in list(self._counts)[:_MOST_WRITTEN]}
            if not await is_done(partial(self._add, part), "adding up attempts for charts", _log):
                return
            for key, (count, duration) in part.items():
                now_count, now_duration = self._counts[key]
                if now_count == count:
                    del self._counts[key]
                else:
                    self._counts[key] = now_count - count, now_duration - duration
        if self._left_out:
            _log.warning("%d attempts are in no chart: the store was away for long", self._left_out)
            self._left_out = 0

    async def _add(self, part: dict[Key, tuple[int, int]]) -> None:
        await self._store.write(lambda connection: tallies.add(connection, self._process, part), can_wait=True)


def _keys(ended: EndedAttempt) -> Iterator[tuple[Key, int]]:
    """What an attempt adds to, each with a duration."""
    outcome, took = ended.error or f"{(ended.status or 0) // 100}xx", ended.duration or 0
    for series in Series:
        at = ended.at - ended.at % series.grain
        if series is Series.ENDPOINT_HOURS:
            if ended.registration_id is not None:
                yield Key(series, ended.registration_id, What.ATTEMPT, at, outcome), took
            continue
        yield Key(series, EVERY_ENDPOINT, What.ATTEMPT, at, outcome), took
        if ended.state is DeliveryState.DELIVERED and ended.latency is not None:
            yield Key(series, EVERY_ENDPOINT, What.LATENCY, at, bound_of(ended.latency)), ended.latency
