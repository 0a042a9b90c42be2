"""What every queue promises; the contract's tests run against each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from webhooks.store.jobs import Job, Kind


class Queue(Protocol):
    """Jobs that are due, each taken by one process at a time. `webhooks.store.jobs` adds and finishes them."""

    async def take(self, kind: Kind, most: int) -> list[Job]:
        """Waits until a job of that kind is due, and leases up to `most`, the longest due first.

        A lease ends with `jobs.finish` and `release`, or with the process: then another one is given the job within
        seconds. Raises StoreError where the store is away; taking may be tried again.
        """
        ...

    def release(self, jobs: Sequence[Job]) -> None:
        """Ends leases: whoever takes next gets what was not finished. To be called after the transaction, always."""
        ...

    def wake(self) -> None:
        """Something was committed in this process: those that wait look again. From any thread."""
        ...

    async def close(self) -> None:
        """Gives every lease back; a `take` that waits ends with an empty list."""
        ...
