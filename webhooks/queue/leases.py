"""The leases of this process on jobs in PgQueuer's table, and the thread that renews them."""

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
_SET_BACK_SECONDS: Final = 0.5  # if the database's clock goes back by more, it was set

_log = logging.getLogger(__name__)


class Leases:
    """The leases that this process has: row numbers of PgQueuer's table, by job. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        self._ended: list[int] = []

    def begin(self, found: Sequence[tuple[Job, int]]) -> list[Job]:
        """Notes leases on jobs that were taken, given with their rows. Returns the jobs that this process did not have.

        It may take a job that it has: the lease had ended meanwhile, or another process took the job and added it anew.
        """
        with self._lock:
            new = [job for job, _ in found if dedupe_key(job) not in self._held]
            self._held |= {dedupe_key(job): row for job, row in found}
        return new

    def forget(self, jobs: Sequence[Job]) -> None:
        """Forgets leases on jobs whose rows are deleted. If a row is there all the same, its lease ends in seconds."""
        with self._lock:
            for job in jobs:
                self._held.pop(dedupe_key(job), None)

    def end(self, jobs: Sequence[Job]) -> None:
        """Ends the leases on these jobs. Their rows are to be given back, if they still exist."""
        with self._lock:
            self._ended += [row for job in jobs if (row := self._held.pop(dedupe_key(job), None)) is not None]

    def end_all(self) -> None:
        """Ends all leases. Their rows are to be given back."""
        with self._lock:
            self._ended += self._held.values()
            self._held.clear()

    def ended(self) -> list[int]:
        """The rows to give back. Each is returned once."""
        with self._lock:
            ended, self._ended = self._ended, []
        return ended

    def held(self) -> list[int]:
        """The rows whose leases are to be renewed."""
        with self._lock:
            return list(self._held.values())


class Keeper:
    """A thread that renews the leases, even while the event loop is busy, and listens for jobs that others add.

    It calls `tell` for each.
    """

    def __init__(self, store: Store, leases: Leases, tell: Callable[[], object]) -> None:
        self._session = Session(store)
        self._leases = leases
        self._tell = tell
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="queue-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Asks the thread to end. Send it a notification afterwards, as it may be waiting for one, and call `join`."""
        self._is_closed.set()

    def join(self) -> None:
        """Waits until the thread has ended."""
        self._thread.join()

    def _work(self) -> None:
        while not self._is_closed.is_set():
            try:
                self._keep()
            except StoreError as error:
                _log.warning("the queue has lost the store: %s", type(error.__cause__).__name__)
                self._is_closed.wait(_RECONNECT_SECONDS)
            except Exception:  # without the thread every lease would end
                _log.exception("the queue's keeper failed")
                self._is_closed.wait(_RECONNECT_SECONDS)
        self._session.close()

    def _keep(self) -> None:
        self._renew()
        self._session.run(LISTEN)
        self._set_back()
        self._tell()  # jobs may have been added while it was not listening
        ahead = self._clock_ahead()
        while not self._is_closed.is_set():
            for payload in self._session.notifications(_HEARTBEAT_SECONDS):
                if self._is_closed.is_set():
                    return
                if '"delete"' not in payload:  # the name of the operation: after a deletion there is nothing to take
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
        """The database's time minus this machine's monotonic time, in seconds. It hardly changes if no clock is set."""
        ((time_,),) = (row.values() for row in self._session.run(TIME))
        return float(time_) - time.monotonic()

    def _set_back(self) -> None:
        for statement in SET_BACK:
            self._session.run(statement)
