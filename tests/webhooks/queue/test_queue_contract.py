"""What every queue promises, on each kind of store."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from waiting import PATIENCE_SECONDS, until_true

from webhooks.queue.interface import Queue
from webhooks.queue.opening import open_queue
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

SECOND = 1_000_000
Test = Callable[[Store, Queue], Awaitable[None]]
# Another process that takes jobs. It tells of each one that it has, and once it was finished.
TAKER = """
import asyncio, sys
from webhooks.queue.opening import open_queue
from webhooks.store import jobs
from webhooks.store.jobs import Kind
from webhooks.store.store import Store

async def main(url, most, does_finish):
    with Store(url) as store:
        queue = open_queue(store)
        print("ready", flush=True)
        while True:
            taken = await queue.take(Kind.DELIVER, most)
            print(*("has " + job.key for job in taken), sep="\\n", flush=True)
            if not does_finish:
                await asyncio.sleep(3600)
            await store.write(lambda connection: jobs.finish(connection, taken))
            queue.finished(taken)
            print(*("finished " + job.key for job in taken), sep="\\n", flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "finish"))
"""


class Taker:
    """A process that takes jobs, and finishes them or does not; `lines` is what it told."""

    def __init__(self, url: str, *, most: int = 20, does_finish: bool = True) -> None:
        words = [sys.executable, "-c", TAKER, url, str(most), "finish" if does_finish else "hold"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # a process that is killed may have written the half of one
                self.lines.append(line.strip())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def told(self, what: str) -> list[str]:
        return [line.split()[1] for line in list(self.lines) if line.startswith(what)]


@pytest.fixture
def start_taker(url: str) -> Iterator[Callable[..., Taker]]:
    started: list[Taker] = []

    def start(**options: Any) -> Taker:
        started.append(Taker(url, **options))
        return started[-1]

    yield start
    for taker in started:
        taker.kill()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[Store, Queue]]:
    with Store(url) as store:
        queue = open_queue(store)
        try:
            yield store, queue
        finally:
            await queue.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, new_database: Any) -> str:
    return str(new_database(request.param))


@pytest.fixture
def url(database: str) -> str:
    """A store whose queue is empty."""
    with Store(database) as store:
        asyncio.run(store.write(lambda connection: connection.execute(text("DELETE FROM job"))))
    return database


@pytest.fixture
def run(url: str) -> Callable[[Test], None]:
    async def within(test: Test) -> None:
        async with opened(url) as (store, queue):
            await asyncio.wait_for(test(store, queue), 60)

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
        await add(store, deliver("a"))
        assert [job.key for job in await waiting] == ["a"]

    run(test)


def test_beside_many_leased_jobs_what_is_due_before_them_is_found(run: Callable[[Test], None]) -> None:
    """Also one that is given back."""

    async def test(store: Store, queue: Queue) -> None:
        await add(store, *[deliver(str(number)) for number in range(1500)])
        taken: list[Job] = []
        while len(taken) < 1500:
            taken += await queue.take(Kind.DELIVER, 200)
        assert len({job.key for job in taken}) == 1500
        await add(store, deliver("a", -3600))
        assert [job.key for job in await queue.take(Kind.DELIVER, 10)] == ["a"]
        queue.release(taken[700:701])
        assert [job.key for job in await queue.take(Kind.DELIVER, 10)] == [taken[700].key]

    run(test)


def test_what_becomes_due_while_the_queue_looks_is_not_missed(
    run: Callable[[Test], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded queue looks twice, for what is due and for when the next will be."""

    async def test(store: Store, queue: Queue) -> None:
        job = deliver("a")
        await add(store, job)
        await asyncio.sleep(0.3)  # until its commit is nothing new
        times = iter([job.due_at - 1])
        monkeypatch.setattr("webhooks.queue.embedded.now", lambda: next(times, now()))
        assert await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 3)

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


def test_those_that_are_named_are_taken_before_their_turn_once_and_only_if_they_are_due(
    run: Callable[[Test], None],
) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, *(deliver(f"before {number}", -60) for number in range(30)), deliver("a"), deliver("b"))
        await add(store, deliver("later", 60), Job(Kind.COMPOSE, "c", now()))
        wanted = ["a", "later", "c", "unknown", "before 7"]
        named = sorted(await queue.take_these(Kind.DELIVER, wanted), key=lambda job: job.key)
        assert [(job.kind, job.key) for job in named] == [(Kind.DELIVER, "a"), (Kind.DELIVER, "before 7")]
        assert await queue.take_these(Kind.DELIVER, wanted) == []
        assert await queue.take_these(Kind.DELIVER, []) == []
        rest = await queue.take(Kind.DELIVER, 100)
        assert {job.key for job in rest} == {f"before {number}" for number in range(30) if number != 7} | {"b"}
        assert await queue.take_these(Kind.DELIVER, ["b"]) == []
        await end(store, queue, *rest, named[1])
        queue.release(named[:1])
        assert [job.key for job in await queue.take(Kind.DELIVER, 100)] == ["a"]
        assert [job.key for job in await queue.take(Kind.COMPOSE, 100)] == ["c"]

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


def test_what_another_process_adds_is_noticed(run: Callable[[Test], None], url: str) -> None:
    async def test(store: Store, queue: Queue) -> None:
        waiting = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.1)

        def elsewhere() -> None:  # a store of its own: what another process has
            with Store(url) as other:
                asyncio.run(add(other, deliver("a")))

        await asyncio.to_thread(elsewhere)
        assert [job.key for job in await waiting] == ["a"]

    run(test)


def test_closing_gives_back_what_was_taken(
    run: Callable[[Test], None], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.queue.liveness.LOOKS", 10**6)  # it is not its end that gives it back

    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("a"))
        assert len(await queue.take(Kind.DELIVER, 10)) == 1
        await queue.close()
        async with opened(url) as (_, other):
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert [job.key for job in await other.take(Kind.DELIVER, 10)] == ["a"]

    run(test)


def test_nothing_is_lost_with_a_take_that_is_cancelled(run: Callable[[Test], None]) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, *(deliver(str(number)) for number in range(50)))
        taken = set[str]()
        while len(taken) < 50:
            taking = asyncio.ensure_future(queue.take(Kind.DELIVER, 3))
            await asyncio.sleep(0.0005 * (len(taken) % 4))
            if not taking.cancel():
                taken |= {job.key for job in taking.result()}
            else:
                taken |= {job.key for job in await queue.take(Kind.DELIVER, 3)}

    run(test)


@pytest.mark.parametrize("offset", [-3600, 3600])
def test_a_clock_that_is_set_loses_and_starves_nothing(
    run: Callable[[Test], None], monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    async def test(store: Store, queue: Queue) -> None:
        await add(store, deliver("before"), deliver("later", 2))
        clock = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: clock() + offset * 1_000_000_000)
        await add(store, deliver("after"))
        await add(store, deliver("before"), deliver("later", 1))  # as the sweep does where the clock was set back
        found: list[str] = []
        while len(found) < 3:
            found += [job.key for job in await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 10)]
        assert sorted(found) == ["after", "before", "later"]

    run(test)


def test_takers_at_once_never_share_a_job(run: Callable[[Test], None], start_taker: Any, url: str) -> None:
    """On PostgreSQL three processes; an embedded store is served by one, where several may wait."""
    wanted = {f"job-{number}" for number in range(2000)}

    async def test(store: Store, queue: Queue) -> None:
        others = [] if store.is_embedded else [await asyncio.to_thread(start_taker, most=7) for _ in range(2)]
        await asyncio.gather(*(add(store, *map(deliver, part)) for part in parts(sorted(wanted))))
        found = Counter[str]()

        async def take() -> None:
            while True:
                taken = await queue.take(Kind.DELIVER, 7)
                found.update(job.key for job in taken)
                await end(store, queue, *taken)
                await asyncio.sleep(0 if store.is_embedded else 0.03)  # the others are to have some too

        takers = [asyncio.ensure_future(take()) for _ in range(3)]
        await until_true(lambda: len(found) + sum(len(set(other.told("finished"))) for other in others) >= 2000)
        for taker in takers:
            taker.cancel()
        await asyncio.gather(*takers, return_exceptions=True)
        for other in others:
            other.kill()
            found.update(other.told("has"))
        assert set(found) == wanted
        assert set(found.values()) == {1}
        assert all(other.told("has") for other in others)

    run(test)


def test_ten_thousand_jobs_and_a_process_that_is_killed(start_taker: Any, url: str) -> None:
    wanted = [f"job-{number}" for number in range(10_000)]
    killed = start_taker(most=50)
    takers = [] if url.startswith("sqlite") else [start_taker(most=50)]

    async def test(store: Store) -> None:
        at = time.monotonic()
        filling = asyncio.gather(*(add(store, *map(deliver, part)) for part in parts(wanted)))
        await until_true(lambda: len(killed.told("finished")) > 1000)
        await asyncio.to_thread(killed.kill)
        takers.append(await asyncio.to_thread(start_taker, most=50))
        await filling
        await until_true(lambda: waiting(store) == 0)
        logging.getLogger(__name__).info(f"10,000 jobs in {time.monotonic() - at:.1f} s, and one of the takers killed")

    with Store(url) as store:
        asyncio.run(test(store))
        asyncio.run(until_true(lambda: all(set(taker.told("has")) == set(taker.told("finished")) for taker in takers)))
    found = Counter(key for taker in takers for key in taker.told("has"))
    finished = set(killed.told("finished"))
    assert found.total() == len(found)
    assert found.keys() & finished == set()
    # What it had, and had not told of before it was killed, may be finished or not.
    assert set(wanted) - found.keys() - finished <= set(killed.told("has"))


def test_throughput(run: Callable[[Test], None], url: str) -> None:
    async def test(store: Store, queue: Queue) -> None:
        wanted = [deliver(f"job-{number}") for number in range(5000)]
        at = time.monotonic()
        for start in range(0, 5000, 100):
            await add(store, *wanted[start : start + 100])
        between = time.monotonic()
        done = 0
        while done < 5000:
            taken = await queue.take(Kind.DELIVER, 100)
            await end(store, queue, *taken)
            done += len(taken)
        rates = 5000 / (between - at), 5000 / (time.monotonic() - between)
        kind = url.partition(":")[0]
        logging.getLogger(__name__).info(f"{kind}: {rates[0]:.0f} added and {rates[1]:.0f} taken and finished a second")
        assert await nothing_is_due(queue)

    run(test)


def test_the_jobs_of_a_process_that_was_killed_come_to_the_next(start_taker: Any, url: str) -> None:
    async def test() -> None:
        with Store(url) as store:
            await add(store, *(deliver(str(number)) for number in range(10)))
        killed = await asyncio.to_thread(start_taker, does_finish=False)
        await until_true(lambda: len(killed.told("has")) == 10)
        await asyncio.sleep(4)  # longer than a lease without heartbeats
        assert url.startswith("sqlite") or await is_left_alone(url)
        await asyncio.to_thread(killed.kill)
        at = time.monotonic()
        async with opened(url) as (_, queue):
            assert len(await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 15)) == 10
        logging.getLogger(__name__).info(f"its jobs were there {time.monotonic() - at:.1f} s after the kill")

    asyncio.run(test())


async def is_left_alone(url: str) -> bool:
    async with opened(url) as (_, queue):
        return await nothing_is_due(queue)


def parts(wanted: list[str]) -> list[list[str]]:
    return [wanted[start : start + 500] for start in range(0, len(wanted), 500)]


def waiting(store: Store) -> int:
    return int(store.read_now(lambda connection: connection.execute(text("SELECT count(*) FROM job")).scalar_one()))
