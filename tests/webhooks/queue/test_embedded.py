"""What the embedded queue does beyond the contract."""

import asyncio
import math
from pathlib import Path

import pytest
from sqlalchemy import Connection
from waiting import PATIENCE_SECONDS

from webhooks.queue.embedded import EmbeddedQueue, _KindOfJobs
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

LEASED = 2000  # jobs that are held


@pytest.fixture(autouse=True)
def _is_never_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found late, by looking again because the clock may have been set, is not found here."""
    monkeypatch.setattr("webhooks.queue.embedded._LOOK_AGAIN_SECONDS", 3600.0)


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
        queue._kinds[Kind.DELIVER].anew_at = math.inf  # those that are held are not passed over any more
        await store.write(lambda connection: jobs.add(connection, [deliver("late", at - 50_000)]))
        try:
            return await asyncio.wait_for(queue.take(Kind.DELIVER, 10), PATIENCE_SECONDS)
        finally:
            await queue.close()

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        (job,) = asyncio.run(test(store))
    assert job.key == "late"


def test_a_job_that_is_added_anew_before_its_holder_hears_that_it_was_finished_is_taken_then(tmp_path: Path) -> None:
    async def test(store: Store) -> list[Job]:
        queue, at = EmbeddedQueue(store), now()

        def again(connection: Connection) -> None:
            jobs.finish(connection, taken)
            jobs.add(connection, [deliver("a", at + 1)])

        await store.write(lambda connection: jobs.add(connection, [deliver("a", at)]))
        taken = await queue.take(Kind.DELIVER, 10)
        await store.write(again)
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        queue.finished(taken)
        try:
            return await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        finally:
            await queue.close()

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        (job,) = asyncio.run(test(store))
    assert job.key == "a"


def test_a_lease_outlives_the_end_of_an_older_one(tmp_path: Path) -> None:
    async def test(store: Store) -> None:
        queue, at = EmbeddedQueue(store), now()
        await store.write(lambda connection: jobs.add(connection, [deliver("a", at)]))
        (first,) = await queue.take(Kind.DELIVER, 10)
        queue.release([first])
        await store.write(lambda connection: jobs.finish(connection, [first]))
        await store.write(lambda connection: jobs.add(connection, [deliver("a", at + 1)]))
        (second,) = await queue.take(Kind.DELIVER, 10)
        queue.finished([first])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 0.3)
        assert second.due_at == at + 1
        await queue.close()

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        asyncio.run(test(store))


def test_the_jobs_behind_many_that_are_held_are_found_whatever_was_added_before_them(tmp_path: Path) -> None:
    async def test(store: Store) -> set[str]:
        queue, at = EmbeddedQueue(store), now()
        many = [deliver(f"{number:05}", at) for number in range(LEASED)]
        await store.write(lambda connection: jobs.add(connection, many))
        found: set[str] = set()
        for step in range(LEASED // 100):
            found |= {job.key for job in await queue.take(Kind.DELIVER, 100)}
            early = [deliver(f"early {step}", at - 1_000_000)]
            await store.write(lambda connection, early=early: jobs.add(connection, early))
        while len(found) < LEASED + LEASED // 100:
            found |= {job.key for job in await asyncio.wait_for(queue.take(Kind.DELIVER, 100), PATIENCE_SECONDS)}
        await queue.close()
        return found

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert len(asyncio.run(test(store))) == LEASED + LEASED // 100


def test_what_is_claimed_is_leased_once_and_is_given_again_after_its_release(tmp_path: Path) -> None:
    async def test(store: Store) -> list[Job]:
        queue, at = EmbeddedQueue(store), now()
        mine, others = deliver("a", at), deliver("b", at)
        await store.write(lambda connection: jobs.add(connection, [mine], is_claimed=True))
        assert queue.claim([mine]) == [mine]
        assert queue.claim([deliver("a", at)]) == []
        await store.write(lambda connection: jobs.add(connection, [others]))
        assert await queue.take(Kind.DELIVER, 10) == [others]
        queue.release([mine])
        try:
            return await asyncio.wait_for(queue.take(Kind.DELIVER, 10), PATIENCE_SECONDS)
        finally:
            await queue.close()

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert [job.key for job in asyncio.run(test(store))] == ["a"]


def test_what_another_process_adds_is_taken_while_this_one_writes_without_pause(tmp_path: Path) -> None:
    async def test(store: Store, elsewhere: Store) -> str:
        queue = EmbeddedQueue(store)

        async def write() -> None:
            while True:
                await store.write(lambda connection: jobs.add(connection, [deliver("later", now() + 10**9)]))

        writing = asyncio.ensure_future(write())
        await asyncio.sleep(0.3)
        await elsewhere.write(lambda connection: jobs.add(connection, [deliver("other", 1)]))
        (job,) = await asyncio.wait_for(queue.take(Kind.DELIVER, 10), PATIENCE_SECONDS)
        writing.cancel()
        await queue.close()
        return job.key

    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store(url) as store, Store(url) as elsewhere:
        assert asyncio.run(test(store, elsewhere)) == "other"


def test_those_that_become_due_one_soon_after_the_other_are_taken_together(tmp_path: Path) -> None:
    async def test(store: Store) -> list[int]:
        queue = EmbeddedQueue(store)
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 100))
        await asyncio.sleep(0.05)
        later = [deliver(f"{number:05}", now() + 400_000 + number * 2000) for number in range(50)]
        for job in later:  # each in a transaction of its own, while it waits
            await store.write(lambda connection, job=job: jobs.add(connection, [job]))
        counts = [len(await waiting)]
        while sum(counts) < len(later):
            counts.append(len(await asyncio.wait_for(queue.take(Kind.DELIVER, 100), PATIENCE_SECONDS)))
        await queue.close()
        return counts

    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert len(asyncio.run(test(store))) <= 30  # within 100 ms; one by one without that


def test_what_is_due_is_taken_though_the_clock_was_set_forth_while_it_was_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 0

    async def test(store: Store) -> list[Job]:
        nonlocal ahead
        queue = EmbeddedQueue(store)
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 1))
        await asyncio.sleep(0.05)
        ahead = 3600_000_000
        await store.write(lambda connection: jobs.add(connection, [deliver("a", now() + ahead)]))
        try:
            return await asyncio.wait_for(waiting, PATIENCE_SECONDS)
        finally:
            await queue.close()

    monkeypatch.setattr("webhooks.queue.embedded.now", lambda: now() + ahead)
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert [job.key for job in asyncio.run(test(store))] == ["a"]


def test_many_that_are_held_are_passed_over_the_more_seldom() -> None:
    kind = _KindOfJobs(leased={str(key): deliver(str(key), key) for key in range(10_000)})
    kind.begin_anew(100.0)
    for at, expected in ((100.9, (5, "5")), (101.1, (0, ""))):
        kind.seen, kind.is_stale = (5, "5"), True
        kind.begin_anew(at)
        assert kind.seen == expected
