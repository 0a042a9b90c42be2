"""What every queue promises; the contract's tests run against each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from webhooks.store.jobs import Job, Kind


class Queue(Protocol):
    """Jobs that are due, each taken by one process at a time. `webhooks.store.jobs` adds and finishes them."""

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """Waits until a job of that kind is due, and leases up to `most`, the longest due first.

        A lease ends with `finished` or `release`, or with the process: then another one is given the job within
        seconds. Raises StoreError where the store is away; taking may be tried again.
        """
        ...

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """Leases jobs that this process has just added, where it is the only one that takes; gives those."""
        ...

    def finished(self, jobs: Sequence[Job]) -> None:
        """Ends leases after the transaction in which `jobs.finish` has removed them."""
        ...

    def release(self, jobs: Sequence[Job]) -> None:
        """Ends leases before that: whoever takes next gets the jobs."""
        ...

    async def close(self) -> None:
        """Gives every lease back; a `take` that waits ends with an empty list."""
        ...
