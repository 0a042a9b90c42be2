"""The leases of this process on jobs that other processes take as well: rows that name it in `taken_by`."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

from webhooks.store.jobs import Job, Kind

Key = tuple[Kind, str]

_KEPT_SECONDS: Final = 2.0  # after a heartbeat; others wait longer for the next one before they take a process's jobs
_CLAIM_SECONDS: Final = 5.0  # after which a job that was added as claimed, and is not, is given back


class Leases:
    """Implements Taker. Threads may share it."""

    def __init__(self) -> None:
        self.id = secrets.randbits(62) + 1
        self._lock = threading.Lock()
        self._held: set[Key] = set()
        self._again: set[Key] = set()  # held, and taken once more: its row was finished, and added anew
        self._claims: dict[Key, float] = {}
        self._ended: list[Key] = []
        self._seen = -math.inf
        self._is_closed = False

    def may_claim(self) -> bool:
        """As Taker says."""
        return not self._is_closed and time.monotonic() < self._seen + _KEPT_SECONDS

    def close(self) -> None:
        """Claims nothing any more."""
        self._is_closed = True

    def note_claims(self, jobs: Sequence[Job]) -> None:
        """As Taker says."""
        with self._lock:
            self._claims |= {key: time.monotonic() for key in map(_key, jobs) if key not in self._held}

    def beaten(self, at: float) -> None:
        """Hears of a heartbeat that was sent at this monotonic time."""
        self._seen = at

    def begin(self, found: Sequence[Job]) -> list[Job]:
        """Notes leases on jobs that were taken. Returns the jobs that this process did not have.

        It may take a job that it has: the lease had ended meanwhile, or another process took the job and added it anew.
        """
        with self._lock:
            return self._begin(found)

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """Notes leases on jobs that were added as claimed, or are about to be. Returns those that it did not have."""
        with self._lock:
            new = [job for job in jobs if _key(job) not in self._held]
            return self._begin(new)

    def finish(self, jobs: Sequence[Job]) -> bool:
        """Forgets leases on jobs whose rows are deleted. Whether rows are to be given back: they were added anew."""
        with self._lock:
            self._held.difference_update(map(_key, jobs))
            again = self._again.intersection(map(_key, jobs))
            self._again -= again
            self._ended += again
        return bool(again)

    def end(self, jobs: Sequence[Job]) -> None:
        """Ends the leases on these jobs. Their rows are to be given back, if they still exist."""
        with self._lock:
            ended = self._held.intersection(map(_key, jobs))
            self._held -= ended
            self._again -= ended
            self._ended += ended

    def has_ended(self) -> bool:
        """Whether there are rows to give back."""
        with self._lock:
            return bool(self._ended) or any(self._old_claims())

    def ended(self) -> list[Key]:
        """The jobs whose rows are to be given back. Each is returned once."""
        with self._lock:
            for key in list(self._old_claims()):
                del self._claims[key]
                self._ended.append(key)
            ended, self._ended = self._ended, []
            return [key for key in ended if key not in self._held and key not in self._claims]

    def end_again(self, keys: Iterable[Key]) -> None:
        """Has `ended` give these once more: they were locked."""
        with self._lock:
            self._ended += keys

    def known(self) -> list[str]:
        """The jobs whose rows may name this process, as `kind:key`."""
        with self._lock:
            return [f"{kind.value}:{key}" for kind, key in {*self._held, *self._claims, *self._ended}]

    def _begin(self, found: Sequence[Job]) -> list[Job]:
        new = []
        for job in found:
            key = _key(job)
            self._claims.pop(key, None)
            if key in self._held:
                self._again.add(key)
            else:
                self._held.add(key)
                new.append(job)
        return new

    def _old_claims(self) -> Iterable[Key]:
        until = time.monotonic() - _CLAIM_SECONDS
        return (key for key, at in self._claims.items() if at < until)


def _key(job: Job) -> Key:
    return job.kind, job.key
