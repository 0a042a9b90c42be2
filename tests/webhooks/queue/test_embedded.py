"""What the embedded queue does beyond the contract."""

import asyncio
import math
from pathlib import Path

from webhooks.queue.embedded import EmbeddedQueue
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

LEASED = 2000  # jobs that are held


def deliver(key: str, due_at: int) -> Job:
    return Job(Kind.DELIVER, key, due_at)


def test_a_job_that_is_committed_after_one_that_is_due_later_waits_for_neither_time_nor_those_that_are_held(
    tmp_path: Path,
) -> None:
    async def test(store: Store) -> list[Job]:
        queue, at = EmbeddedQueue(store), now()
        held = [deliver(f"{number:05}", at - 10_000_000) for number in range(LEASED)]
        await store.write(lambda connection: jobs.add(connection, [*held, deliver("later", at)]))
        taken = 0
        while taken <= LEASED:
            taken += len(await queue.take(Kind.DELIVER, 500))
        queue._whole_at[Kind.DELIVER] = math.inf  # those that are held are not passed over any more
        await store.write(lambda connection: jobs.add(connection, [deliver("late", at - 50_000)]))
        try:
            return await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 3)
        finally:
            await queue.close()

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        (job,) = asyncio.run(test(store))
    assert job.key == "late"
