"""What every queue promises, on each kind of store."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from webhooks.queue.embedded import EmbeddedQueue
from webhooks.queue.interface import Queue
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

SECOND = 1_000_000
Test = Callable[[Store, Queue], Awaitable[None]]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[Store, Queue]]:
    with Store(url) as store:
        queue = EmbeddedQueue(store)
        store.when_committed(queue.wake)
        yield store, queue
        await queue.close()


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Test], None]:
    async def within(test: Test) -> None:
        async with opened(f"sqlite:///{tmp_path / 'store'}") as (store, queue):
            await asyncio.wait_for(test(store, queue), 20)

    return lambda test: asyncio.run(within(test))


def deliver(key: str, delay: float = 0.0) -> Job:
    return Job(Kind.DELIVER, key, now() + int(delay * SECOND))


async def add(store: Store, *wanted: Job) -> None:
    await store.write(lambda connection: jobs.add(connection, wanted))


async def end(store: Store, queue: Queue, *taken: Job) -> None:
    await store.write(lambda connection: jobs.finish(connection, taken))
    queue.release(taken)


async def nothing_is_due(queue: Queue, kind: Kind = Kind.DELIVER) -> bool:
    try:
        return await asyncio.wait_for(queue.take(kind, 10), 0.4) == []
    except TimeoutError:
        return True


def test_a_job_is_taken_once_and_gone_when_it_is_finished(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("a"))
        (job,) = await queue.take(Kind.DELIVER, 10)
        assert (job.kind, job.key) == (Kind.DELIVER, "a")
        assert await nothing_is_due(queue)
        await end(store, queue, job)
        assert await nothing_is_due(queue)

    run(test)


def test_who_waits_is_woken_by_a_commit(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.1)
        at = time.monotonic()
        await add(store, deliver("a"))
        assert [job.key for job in await waiting] == ["a"]
        assert time.monotonic() - at < 2

    run(test)


def test_what_is_rolled_back_was_never_there(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        def fail(connection: object) -> None:
            jobs.add(connection, [deliver("a")])  # type: ignore[arg-type]
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await store.write(fail)
        assert await nothing_is_due(queue)

    run(test)


def test_a_job_comes_when_it_is_due_and_not_before(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        due = deliver("a", 1.0)
        await add(store, due)
        assert await nothing_is_due(queue)
        (job,) = await queue.take(Kind.DELIVER, 10)
        assert now() >= due.due_at
        assert job.key == "a"

    run(test)


def test_the_longest_due_comes_first_and_kinds_are_apart(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("b", -1), deliver("a", -2), deliver("c", -3), Job(Kind.COMPOSE, "1/0", now()))
        assert [job.key for job in await queue.take(Kind.DELIVER, 2)] == ["c", "a"]
        assert [job.key for job in await queue.take(Kind.DELIVER, 2)] == ["b"]
        assert [job.key for job in await queue.take(Kind.COMPOSE, 2)] == ["1/0"]

    run(test)


def test_a_job_that_waits_is_added_once_at_its_earlier_time(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("a", 60))
        await add(store, deliver("a"), deliver("a", 30))
        assert [job.key for job in await queue.take(Kind.DELIVER, 10)] == ["a"]
        assert await nothing_is_due(queue)

    run(test)


def test_a_job_that_is_finished_and_added_again_comes_again(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("a"))
        taken = await queue.take(Kind.DELIVER, 10)

        def again(connection: object) -> None:
            jobs.finish(connection, taken)  # type: ignore[arg-type]
            jobs.add(connection, [deliver("a", 0.5)])  # type: ignore[arg-type]

        await store.write(again)
        queue.release(taken)
        assert [job.key for job in await queue.take(Kind.DELIVER, 10)] == ["a"]

    run(test)


def test_what_was_not_finished_comes_again_after_its_release(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("a"))
        queue.release(await queue.take(Kind.DELIVER, 10))
        assert [job.key for job in await queue.take(Kind.DELIVER, 10)] == ["a"]

    run(test)


def test_a_take_that_waits_ends_when_the_queue_is_closed(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.1)
        await queue.close()
        assert await waiting == []

    run(test)


def test_what_another_process_adds_is_noticed(run: Callable[[Test], None], tmp_path: Path) -> None:
    async def test(store: Store, queue: Queue) -> None:
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.1)

        def elsewhere() -> None:  # a store of its own: what another process has
            with Store(f"sqlite:///{tmp_path / 'store'}") as other:
                asyncio.run(add(other, deliver("a")))

        await asyncio.to_thread(elsewhere)
        assert [job.key for job in await waiting] == ["a"]

    run(test)
