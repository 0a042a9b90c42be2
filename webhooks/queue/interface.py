"""What every queue promises. One suite of tests runs against each of them."""

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

    async def take_these(self, kind: Kind, keys: Sequence[str]) -> list[Job]:
        """Leases those of these jobs that are due and that nobody has, and does not wait for any. Raises as `take`."""
        ...

    def claim(self, jobs: Sequence[Job]) -> list[Job]:
        """Leases jobs that this process has just added or is about to add, where no other process takes any.

        Gives those leased.
        """
        ...

    def finished(self, jobs: Sequence[Job]) -> None:
        """Ends the leases of jobs that `jobs.finish` has removed, after its transaction."""
        ...

    def release(self, jobs: Sequence[Job]) -> None:
        """Ends the leases of jobs that are not done: whoever takes next gets them."""
        ...

    async def close(self) -> None:
        """Gives every lease back; a `take` that waits ends with an empty list."""
        ...
