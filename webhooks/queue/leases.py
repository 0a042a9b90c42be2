"""The leases of this process on jobs in PgQueuer's table, and the thread that keeps them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from webhooks.errors import StoreError
from webhooks.queue.session import LISTEN, RENEW, SET_BACK, TIME, Session
from webhooks.store.jobs import Job, dedupe_key
from webhooks.store.store import Store

_HEARTBEAT_SECONDS: Final = 0.8
_RECONNECT_SECONDS: Final = 0.25
_SET_BACK_SECONDS: Final = 0.5  # a clock that went back by more was set

_log = logging.getLogger(__name__)


class Leases:
    """Which rows this process has, by their jobs. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        self._ended: list[int] = []

    def begin(self, found: Sequence[tuple[Job, int]]) -> list[Job]:
        """Of jobs with their rows those that are new here.

        One whose lease had ended may be found by its holder, also in the row that whoever had it meanwhile has added.
        """
        with self._lock:
            new = [job for job, _ in found if dedupe_key(job) not in self._held]
            self._held |= {dedupe_key(job): row for job, row in found}
        return new

    def forget(self, jobs: Sequence[Job]) -> None:
        """Their rows are gone. One that is there all the same is not kept any more, and somebody's in seconds."""
        with self._lock:
            for job in jobs:
                self._held.pop(dedupe_key(job), None)

    def end(self, jobs: Sequence[Job]) -> None:
        """These are to be given back, where they are still there."""
        with self._lock:
            self._ended += [row for job in jobs if (row := self._held.pop(dedupe_key(job), None)) is not None]

    def end_all(self) -> None:
        """All are to be given back."""
        with self._lock:
            self._ended += self._held.values()
            self._held.clear()

    def ended(self) -> list[int]:
        """The rows to give back, each said once."""
        with self._lock:
            ended, self._ended = self._ended, []
        return ended

    def held(self) -> list[int]:
        """The rows to keep."""
        with self._lock:
            return list(self._held.values())


class Keeper:
    """A thread: it renews the leases, whatever the event loop is busy with, and hears what other processes add."""

    def __init__(self, store: Store, leases: Leases, tell: Callable[[], object]) -> None:
        self._session = Session(store)
        self._leases = leases
        self._tell = tell
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="queue-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread. To be followed by a notification, for which it waits, and by `join`."""
        self._is_closed.set()

    def join(self) -> None:
        """Waits until it has ended."""
        self._thread.join()

    def _work(self) -> None:
        while not self._is_closed.is_set():
            try:
                self._keep()
            except StoreError as error:
                _log.warning("the queue has lost the store: %s", type(error.__cause__).__name__)
                self._is_closed.wait(_RECONNECT_SECONDS)
            except Exception:  # the thread must live, or every lease ends
                _log.exception("the queue's keeper failed")
                self._is_closed.wait(_RECONNECT_SECONDS)
        self._session.close()

    def _keep(self) -> None:
        self._renew()
        self._session.run(LISTEN)
        self._set_back()
        self._tell()  # of what was not heard before
        ahead = self._clock_ahead()
        while not self._is_closed.is_set():
            for payload in self._session.notifications(_HEARTBEAT_SECONDS):
                if self._is_closed.is_set():
                    return
                if '"delete"' not in payload:  # of the operation: what is finished is nothing to take
                    self._tell()
            self._renew()
            before, ahead = ahead, self._clock_ahead()
            if ahead < before - _SET_BACK_SECONDS:
                _log.warning("the clock of the database was set back by %.1f s", before - ahead)
                self._set_back()

    def _renew(self) -> None:
        if held := self._leases.held():
            self._session.run(RENEW, held)

    def _clock_ahead(self) -> float:
        """The database's time without the steady clock's: a number that hardly changes."""
        ((time_,),) = (row.values() for row in self._session.run(TIME))
        return float(time_) - time.monotonic()

    def _set_back(self) -> None:
        for statement in SET_BACK:
            self._session.run(statement)
