"""What only the queue on PostgreSQL goes through: a database that goes away, its clock, its lost notifications."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from private_postgresql import PrivatePostgreSQL, programs
from sqlalchemy import text

from webhooks.errors import StoreError
from webhooks.queue import keeper, leases, liveness, postgresql, session, statements
from webhooks.queue.opening import open_queue
from webhooks.queue.postgresql import PostgreSQLQueue
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def url(new_database: Any) -> str:
    return str(new_database("postgresql"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        execute(opened, "DELETE FROM job")
        execute(opened, "DELETE FROM process")
        yield opened


def execute(store: Store, statement: str) -> list[Any]:
    async def run() -> list[Any]:
        return await store.write(
            lambda connection: list(found) if (found := connection.execute(text(statement))).returns_rows else []
        )

    return asyncio.run(run())


def with_queue(store: Store, test: Callable[[PostgreSQLQueue], Awaitable[None]]) -> None:
    async def run() -> None:
        queue = open_queue(store)
        assert isinstance(queue, PostgreSQLQueue)
        try:
            await asyncio.wait_for(test(queue), 60)
        finally:
            await queue.close()

    asyncio.run(run())


async def add(store: Store, *keys: str, delay: float = 0) -> None:
    due_at = now() + int(delay * 1_000_000)
    wanted = [Job(Kind.DELIVER, key, due_at) for key in keys]
    await store.write(lambda connection: jobs.add(connection, wanted))


async def take(queue: PostgreSQLQueue) -> list[str]:
    return sorted(job.key for job in await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 20))


async def change(store: Store, statement: str) -> None:
    await store.write(lambda connection: connection.execute(text(statement)))


def test_a_notification_that_is_lost_costs_a_second(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(0.3)
        await change(store, "INSERT INTO job (kind, key, due_at) VALUES ('deliver', 'a', 1)")
        assert await waiting == ["a"]

    with_queue(store, test)


@pytest.fixture
def no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_POLL", 3600.0)


@pytest.mark.usefixtures("no_poll")
def test_who_waits_hears_of_what_another_process_adds_whether_that_takes_jobs_or_not(store: Store, url: str) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        for takes in (False, True):
            with Store(url) as elsewhere:
                other = open_queue(elsewhere) if takes else None
                waiting = asyncio.ensure_future(take(queue))
                await asyncio.sleep(1)
                await add(elsewhere, str(takes))
                assert await waiting == [str(takes)]
                if other is not None:
                    await other.close()

    with_queue(store, test)


@pytest.mark.usefixtures("no_poll")
def test_who_waits_hears_though_the_connection_that_tells_was_lost(store: Store, url: str) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        with Store(url) as elsewhere:
            other = open_queue(elsewhere)
            assert isinstance(other, PostgreSQLQueue)
            (row,) = other._taker.submit(other._session.run, "SELECT pg_backend_pid() AS pid").result()
            waiting = asyncio.ensure_future(take(queue))
            await asyncio.sleep(1)
            await change(store, f"SELECT pg_terminate_backend({row['pid']})")
            await add(elsewhere, "a")
            assert await waiting == ["a"]
            await other.close()

    with_queue(store, test)


def notifications(store: Store, work: Callable[[], object]) -> int:
    """How many are sent while `work` is done."""
    listening = session.Session(store)
    listening.run(statements.LISTEN)
    work()
    found = len(list(listening.notifications(0.5)))
    listening.close()
    return found


def test_a_transaction_notifies_once_and_only_of_what_is_due_soon(store: Store) -> None:
    def write(delay: float) -> Callable[[], object]:
        def twice(connection: Any) -> None:
            for key in ("a", "b"):
                jobs.add(connection, [Job(Kind.DELIVER, key, now() + int(delay * 1_000_000))])

        return lambda: asyncio.run(store.write(twice))

    assert notifications(store, write(60)) == 0
    assert notifications(store, write(0)) == 1


def test_who_has_found_all_that_is_due_does_not_look_again_before_more_may_be(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Kind] = []
    look = PostgreSQLQueue._take
    monkeypatch.setattr(
        PostgreSQLQueue, "_take", lambda queue, kind, most: (looks.append(kind), look(queue, kind, most))[1]
    )

    async def test(queue: PostgreSQLQueue) -> None:
        waiting = [asyncio.ensure_future(queue.take(kind, 10)) for kind in Kind]
        await asyncio.sleep(1)
        looks.clear()
        with Store(url) as elsewhere:
            await add(elsewhere, "a", "b")
        assert len(await waiting[1]) == 2
        waiting[1] = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
        await asyncio.sleep(0.5)
        assert looks == [Kind.DELIVER]
        await queue.close()
        assert await asyncio.gather(*waiting) == [[], []]

    monkeypatch.setattr(postgresql, "_POLL", 3600.0)
    with_queue(store, test)


def test_what_is_claimed_is_not_told_of_and_taken_by_nobody_else(store: Store, url: str) -> None:
    wanted = [Job(Kind.DELIVER, key, now()) for key in ("a", "b")]

    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "b", delay=60)  # waits already
        while not queue._leases.may_claim():
            await asyncio.sleep(0.02)
        claimed = await store.write(lambda connection: jobs.add(connection, wanted, is_claimed=True))
        assert claimed == wanted
        with Store(url) as elsewhere:
            other = open_queue(elsewhere)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.take(Kind.DELIVER, 10), 1.5)
            assert await elsewhere.write(lambda connection: jobs.add(connection, wanted, is_claimed=True)) == []
            await elsewhere.write(lambda connection: jobs.finish(connection, wanted))  # not its own
            await other.close()
        assert queue.claim(wanted) == wanted
        assert queue.claim(wanted) == []
        await store.write(lambda connection: jobs.finish(connection, wanted[:1]))
        queue.finished(wanted[:1])
        queue.release(wanted[1:])
        assert await take(queue) == ["b"]

    with_queue(store, test)


def test_what_was_added_as_claimed_and_never_is_comes_to_whoever_takes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the answer to the COMMIT was lost."""
    monkeypatch.setattr(leases, "_CLAIM_SECONDS", 0.0)

    async def test(queue: PostgreSQLQueue) -> None:
        while not queue._leases.may_claim():
            await asyncio.sleep(0.02)
        job = Job(Kind.DELIVER, "a", now())
        assert await store.write(lambda connection: jobs.add(connection, [job], is_claimed=True)) == [job]
        assert await take(queue) == ["a"]

    with_queue(store, test)


def test_nothing_is_claimed_by_a_process_whose_heartbeat_is_late(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_KEPT_SECONDS", -1.0)

    async def test(queue: PostgreSQLQueue) -> None:
        job = Job(Kind.DELIVER, "a", now())
        assert await store.write(lambda connection: jobs.add(connection, [job], is_claimed=True)) == []
        assert await take(queue) == ["a"]

    with_queue(store, test)


def test_what_was_taken_by_a_statement_whose_answer_was_lost_is_taken_again(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a", "b")
        assert len(await queue.take(Kind.DELIVER, 1)) == 1
        await change(store, f"UPDATE job SET taken_by = {queue._leases.id}")
        await change(store, f"SELECT pg_terminate_backend({queue._session._driver().info.backend_pid}, 5000)")
        found: list[Job] = []
        while not found:
            with suppress(StoreError):  # of the statement that finds the connection lost
                found = await queue.take(Kind.DELIVER, 10)
        assert len(found) == 1
        assert not queue._session.was_lost

    with_queue(store, test)


def test_the_jobs_of_a_process_without_a_heartbeat_are_taken_and_nothing_is_kept_of_it(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        found = await take(queue)
        while len(found) < 2:
            found += await take(queue)
        await asyncio.sleep(1)  # until what is kept of them is gone, too
        assert sorted(found) == ["a", "b"]

    execute(
        store, "INSERT INTO job (kind, key, due_at, taken_by) VALUES ('deliver', 'a', 1, 5), ('deliver', 'b', 1, 6)"
    )
    execute(store, "INSERT INTO process VALUES (6, 9e15), (8, 1)")
    with_queue(store, test)
    assert execute(store, "SELECT count(*) FROM process WHERE id < 10") == [(0,)]


def test_a_process_is_dead_once_its_heartbeat_stands_still_whatever_the_clock_says() -> None:
    seen = liveness.Liveness()
    looks = [[(1, 5 - look), (2, 7), (3, 10**15)] for look in range(liveness.LOOKS + 1)]
    assert [seen.look(each) for each in looks[:-1]] == [[]] * liveness.LOOKS
    assert seen.look(looks[-1]) == [(2, 7), (3, 10**15)]
    assert seen.look([(2, 8), (3, 10**15)]) == [(3, 10**15)]
    assert seen.look([(3, 10**15)]) == [(3, 10**15)]


def test_a_job_that_is_given_back_while_somebody_has_locked_it_is_given_back_later(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a")
        taken = await queue.take(Kind.DELIVER, 10)
        connection = store.connect()
        driver = session.Session._of(connection)
        driver.execute("BEGIN")
        driver.execute("SELECT 1 FROM job FOR UPDATE")
        queue.release(taken)
        await asyncio.sleep(1)
        driver.execute("ROLLBACK")
        connection.close()
        assert await take(queue) == ["a"]

    with_queue(store, test)


def test_a_job_that_is_given_back_wakes_others(store: Store, url: str) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a")
        taken = await queue.take(Kind.DELIVER, 10)
        with Store(url) as elsewhere:
            other = open_queue(elsewhere)
            waiting = asyncio.ensure_future(other.take(Kind.DELIVER, 10))
            await asyncio.sleep(0.5)
            queue.release(taken)
            again = asyncio.ensure_future(queue.take(Kind.DELIVER, 10))
            done, pending = await asyncio.wait([waiting, again], return_when=asyncio.FIRST_COMPLETED, timeout=10)
            assert [job.key for task in done for job in task.result()] == ["a"]
            await other.close()
            for task in pending:
                task.cancel()

    with_queue(store, test)


def test_the_databases_clock_was_set_back_while_nobody_looked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every time had been written by a clock that was an hour ahead."""
    monkeypatch.setattr(keeper, "_PART", 2)

    async def test(queue: PostgreSQLQueue) -> None:
        found = await take(queue)
        while len(found) < 3:
            found += await take(queue)
        assert sorted(found) == ["dead", "due", "later"]
        late = f"SELECT key FROM job WHERE due_at > (extract(epoch FROM now()) + 60) * 1000000 + {HOUR // 60} / 2"
        await asyncio.sleep(1)
        assert store.read_now(lambda connection: connection.scalars(text(late)).all()) == []

    asyncio.run(add(store, "due", "dead"))
    asyncio.run(add(store, "later", delay=4))
    asyncio.run(add(store, "far", "farther", "farthest", delay=60))
    execute(store, "UPDATE job SET taken_by = 5 WHERE key = 'dead'")
    execute(store, f"UPDATE job SET added_at = added_at + {HOUR}, due_at = due_at + {HOUR}")
    execute(store, f"INSERT INTO process VALUES (5, extract(epoch FROM now()) * 1000000 + {HOUR})")
    with_queue(store, test)


def test_the_databases_clock_is_set_back_now(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    beat = keeper.Keeper._beat
    jump = 0.0
    monkeypatch.setattr(keeper.Keeper, "_beat", lambda keeper: beat(keeper) - jump)  # a fake of the clock

    async def test(queue: PostgreSQLQueue) -> None:
        nonlocal jump
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(1)
        await add(store, "a")
        at = f"extract(epoch FROM now()) * 1000000 + {HOUR}"
        await change(store, f"INSERT INTO job (kind, key, added_at, due_at) VALUES ('deliver', 'b', {at}, {at})")
        assert await waiting == ["a"]
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(1.5)
        assert not waiting.done()
        jump = 3600
        assert await waiting == ["b"]

    with_queue(store, test)


def test_heartbeats_and_what_is_finished_do_not_wait_for_each_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[object] = []

    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "first", "second")
        taken = {job.key: job for job in await queue.take(Kind.DELIVER, 10)}

        def finish(connection: Any) -> None:
            tries.append(connection)
            jobs.finish(connection, [taken["second"]])
            time.sleep(2)  # for some heartbeats, which lock the first one
            jobs.finish(connection, [taken["first"]])

        await store.write(finish)
        queue.release(list(taken.values()))

    with_queue(store, test)
    assert (len(tries), caplog.messages) == (1, [])  # a deadlock would have ended one of them
    assert execute(store, "SELECT count(*) FROM job") == [(0,)]


def test_a_lease_is_kept_while_the_loop_is_busy(store: Store, url: str) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a")
        assert await take(queue) == ["a"]
        time.sleep(2 * liveness.LOOKS * liveness.HEARTBEAT_SECONDS)
        with Store(url) as elsewhere:
            other = open_queue(elsewhere)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.take(Kind.DELIVER, 10), 1)
            await other.close()

    with_queue(store, test)


@pytest.fixture
def server() -> Iterator[PrivatePostgreSQL]:
    running = PrivatePostgreSQL(programs())
    yield running
    running.remove()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_taking_goes_on_after_the_database_was_started_again(server: PrivatePostgreSQL, mode: str) -> None:
    async def again(action: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await action()
            except StoreError:
                await asyncio.sleep(0.1)

    with Store(server.url("psycopg")) as store:

        async def test(queue: PostgreSQLQueue) -> None:
            await add(store, "held", "next")
            held = [job.key for job in await queue.take(Kind.DELIVER, 1)]
            waiting = asyncio.ensure_future(again(lambda: take(queue)))
            await asyncio.to_thread(server.stop, mode)
            await asyncio.sleep(4)  # its leases have ended meanwhile; they are its own still
            await asyncio.to_thread(server.start)
            found = held + await waiting
            await again(lambda: add(store, "after"))
            found += await again(lambda: take(queue))
            assert sorted(found) == ["after", "held", "next"]
            waiting = asyncio.ensure_future(take(queue))
            await asyncio.sleep(1)
            await add(store, "last")
            assert await waiting == ["last"]

        with_queue(store, test)


def test_a_lease_that_had_ended_goes_on_in_the_row_that_was_added_meanwhile() -> None:
    kept = leases.Leases()
    (first,) = kept.begin([Job(Kind.DELIVER, "a", 1)])
    again = [Job(Kind.DELIVER, "a", 2), Job(Kind.COMPOSE, "a", 2)]
    assert kept.begin(again) == [Job(Kind.COMPOSE, "a", 2)]  # a second turn for the other would be nobody's
    assert sorted(kept.known()) == ["compose:a", "deliver:a"]
    kept.end([first])
    assert (kept.ended(), kept.ended(), kept.known()) == ([(Kind.DELIVER, "a")], [], ["compose:a"])


def test_what_is_added_anew_and_taken_before_its_holder_hears_that_it_was_finished_comes_again(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a")
        taken = await queue.take(Kind.DELIVER, 10)
        await store.write(lambda connection: jobs.finish(connection, taken))
        await add(store, "a", "b")
        assert await take(queue) == ["b"]  # and "a", which it has
        queue.finished(taken)
        assert await take(queue) == ["a"]

    with_queue(store, test)


def test_a_job_that_others_have_added_anew_comes_once_this_process_lets_it_go(store: Store) -> None:
    async def test(queue: PostgreSQLQueue) -> None:
        await add(store, "a")
        (first,) = await queue.take(Kind.DELIVER, 10)
        await store.write(lambda connection: jobs.finish(connection, [first]))
        await add(store, "a", "b")
        assert await take(queue) == ["b"]
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(1.5)
        assert not waiting.done()
        queue.release([first])
        assert await waiting == ["a"]

    with_queue(store, test)


def removed(plan: Any) -> int:
    """The rows that a plan's steps have looked at in vain."""
    own = sum(value for name, value in plan.items() if name.startswith("Rows Removed"))
    return int(own) + sum(removed(each) for each in plan.get("Plans", ()))


NOW = "(extract(epoch FROM now()) * 1000000)::bigint"
STATEMENTS = {
    "take": (statements.TAKE, "'deliver', 500, 8"),
    "nothing to take": (statements.TAKE, "'compose', 500, 8"),
    "release": (statements.RELEASE, "'deliver', KEYS, 7"),
    "still taken": (statements.STILL_TAKEN, "'deliver', KEYS, 7"),
    "release unknown": (statements.RELEASE_UNKNOWN, "9, KEYS, 100"),
    "any unknown": (statements.ANY_UNKNOWN, "9, KEYS"),
    "take from the dead": (statements.TAKE_FROM, "9, 1, 100"),
    "forget": (statements.FORGET, "9, 1"),
    "move": (statements.MOVE, "'deliver', 0, '', 500"),
    "refill": (
        f"SELECT 1 FROM unnest($1::text[]) AS given (id) WHERE {jobs._WITHOUT_JOB.format('deliver', 'given.id')}",
        "KEYS",
    ),
}


def test_jobs_are_found_by_an_index_though_the_table_was_empty_when_their_statements_were_planned(store: Store) -> None:
    """As after a burst: whoever plans a statement then believes that there is a row or none."""
    connection = store.connect()
    connection.exec_driver_sql("VACUUM (ANALYZE) job")
    driver = session.Session._of(connection)
    driver.execute(statements.SET_UP)
    for number, (statement, _) in enumerate(STATEMENTS.values()):
        driver.execute(f"PREPARE s{number} AS {statement}".encode())
    for is_planning in (True, False):
        found = driver.execute("SELECT array_agg(key)::text FROM job WHERE taken_by = 7").fetchall()[0][0]
        for number, (name, (_, values)) in enumerate(STATEMENTS.items()):
            given = values.replace("KEYS", f"'{found or '{}'}'")
            ((plan,),) = driver.execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE s{number} ({given})".encode()
            ).fetchall()
            assert removed(plan[0]["Plan"]) < 2000, name
        if is_planning:
            fill = "INSERT INTO job SELECT 'deliver', {}::text, {} - 1, {}, {} FROM generate_series({}, {}) AS n"
            driver.execute(fill.format("n", NOW, NOW, "NULL", 1, 5000).encode())
            driver.execute(fill.format("n", NOW, NOW, "7", 5001, 6000).encode())
            driver.execute(fill.format("n", NOW, NOW, "9", 6001, 7000).encode())
            driver.execute(fill.format("n", f"{NOW} + {HOUR}", NOW, "NULL", 7001, 9000).encode())
            driver.execute(b"INSERT INTO process VALUES (9, 1)")
    connection.close()
    execute(store, "DELETE FROM process WHERE id = 9")


def test_finished_jobs_are_found_by_their_keys_though_the_table_seems_to_be_empty(store: Store) -> None:
    execute(store, "ALTER TABLE job SET (autovacuum_enabled = off)")
    connection = store.connect()
    connection.exec_driver_sql("VACUUM (ANALYZE) job")
    execute(store, f"INSERT INTO job SELECT 'deliver', n::text, {NOW}, {NOW}, NULL FROM generate_series(1, 5000) AS n")
    compiled = jobs._FINISH_TAKEN._for(connection)
    values = compiled.arrange({"kind": "deliver", "keys": list(map(str, range(1, 301))), "taker": None})
    ((plan,),) = (
        session.Session._of(connection).execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled.sql}".encode(), values)
    ).fetchall()
    connection.close()
    execute(store, "ALTER TABLE job RESET (autovacuum_enabled)")
    assert removed(plan[0]["Plan"]) == 0
    assert execute(store, "SELECT count(*) FROM job") == [(4700,)]
