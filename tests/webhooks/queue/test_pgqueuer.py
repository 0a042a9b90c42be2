"""What only the queue on PostgreSQL goes through: a database that goes away, its clock, its lost notifications."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from private_postgresql import PrivatePostgreSQL, programs
from sqlalchemy import text

from webhooks.errors import StoreError
from webhooks.queue import leases, pgqueuer, session
from webhooks.queue.opening import open_queue
from webhooks.queue.pgqueuer import PgQueuerQueue
from webhooks.store import jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

WITHOUT_JOB = jobs._WITHOUT_JOB["postgresql"].format("deliver", "given.id")


@pytest.fixture(scope="module")
def url(new_database: Any) -> str:
    return str(new_database("postgresql"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        execute(opened, "DELETE FROM pgqueuer")
        yield opened


def execute(store: Store, statement: str) -> list[Any]:
    async def run() -> list[Any]:
        return await store.write(
            lambda connection: list(found) if (found := connection.execute(text(statement))).returns_rows else []
        )

    return asyncio.run(run())


def with_queue(store: Store, test: Callable[[PgQueuerQueue], Awaitable[None]]) -> None:
    async def run() -> None:
        queue = open_queue(store)
        assert isinstance(queue, PgQueuerQueue)
        try:
            await asyncio.wait_for(test(queue), 60)
        finally:
            await queue.close()

    asyncio.run(run())


async def add(store: Store, *keys: str, delay: float = 0) -> None:
    due_at = now() + int(delay * 1_000_000)
    wanted = [Job(Kind.DELIVER, key, due_at) for key in keys]
    await store.write(lambda connection: jobs.add(connection, wanted))


async def take(queue: PgQueuerQueue) -> list[str]:
    return sorted(job.key for job in await asyncio.wait_for(queue.take(Kind.DELIVER, 10), 20))


async def change(store: Store, statement: str) -> None:
    await store.write(lambda connection: connection.execute(text(statement)))


def test_no_variable_of_the_environment_renames_the_tables() -> None:
    """By itself PgQueuer takes their names from some, of which CHANNEL and FUNCTION are anybody's."""
    program = "from webhooks.queue import session; print(session.dequeue('x', 1, None)[0], session.TIME_TO_NEXT)"
    words = [sys.executable, "-c", program]
    variables = {"PGQUEUER_PREFIX": "x_", "PGQUEUER_SCHEMA": "x", "QUEUE_TABLE": "x", "CHANNEL": "x", "FUNCTION": "x"}
    plain, changed = (
        subprocess.run(words, env={**os.environ, **extra}, capture_output=True, check=True).stdout
        for extra in ({}, variables)
    )
    assert b" pgqueuer " in plain
    assert changed == plain


def test_no_log_grows(store: Store) -> None:
    async def test(queue: PgQueuerQueue) -> None:
        await add(store, "a", "b")
        taken = await queue.take(Kind.DELIVER, 10)
        await store.write(lambda connection: jobs.finish(connection, taken))
        queue.release(taken)

    with_queue(store, test)
    tables = ("pgqueuer", "pgqueuer_log", "pgqueuer_statistics")
    assert [execute(store, f"SELECT count(*) FROM {table}") for table in tables] == [[(0,)]] * 3


def test_the_tables_are_durable(store: Store) -> None:
    found = execute(store, "SELECT relpersistence FROM pg_class WHERE relname LIKE 'pgqueuer%'")
    assert {persistence for (persistence,) in found} == {"p"}


def test_a_notification_that_is_lost_costs_a_second(store: Store) -> None:
    async def test(queue: PgQueuerQueue) -> None:
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(0.3)
        await change(store, "ALTER TABLE pgqueuer DISABLE TRIGGER tg_pgqueuer_changed")
        await add(store, "a")
        assert await waiting == ["a"]

    try:
        with_queue(store, test)
    finally:
        execute(store, "ALTER TABLE pgqueuer ENABLE TRIGGER tg_pgqueuer_changed")


def test_a_job_that_is_given_back_wakes_others(store: Store, url: str) -> None:
    async def test(queue: PgQueuerQueue) -> None:
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


def test_what_is_delayed_for_long_costs_no_more_when_much_of_it_waits(store: Store) -> None:
    """The soonest due job is found by an index, whatever waits behind it."""

    async def test(queue: PgQueuerQueue) -> None:
        for start in range(0, 20_000, 1000):
            await add(store, *map(str, range(start, start + 1000)), delay=3600)
        await change(store, "ANALYZE pgqueuer")
        took = []
        for number in range(20):
            await add(store, f"due-{number}")
            at = time.monotonic()
            assert await take(queue) == [f"due-{number}"]
            took.append(time.monotonic() - at)
        assert sorted(took)[10] < 0.1

    with_queue(store, test)


def test_the_databases_clock_was_set_back_while_nobody_looked(store: Store) -> None:
    """As if every time had been written by a clock that was an hour ahead."""

    async def test(queue: PgQueuerQueue) -> None:
        found = await take(queue)
        while len(found) < 3:
            found += await take(queue)
        assert sorted(found) == ["dead", "due", "later"]
        late = "SELECT count(*) FROM pgqueuer WHERE abs(1800000000 - extract(epoch FROM execute_after) - priority) > 1"
        assert store.read_now(lambda connection: connection.execute(text(late)).scalar_one()) == 0

    asyncio.run(add(store, "due", "dead"))
    asyncio.run(add(store, "later", delay=4))
    execute(store, "UPDATE pgqueuer SET status = 'picked' WHERE dedupe_key = 'deliver:dead'")
    times = ("created", "updated", "heartbeat", "execute_after")
    execute(store, "UPDATE pgqueuer SET " + ", ".join(f"{name} = {name} + interval '1 hour'" for name in times))
    execute(store, "UPDATE pgqueuer SET priority = priority - 3600")
    with_queue(store, test)


def test_the_databases_clock_is_set_back_now(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = leases.Keeper._clock_ahead
    jump = 0.0
    monkeypatch.setattr(leases.Keeper, "_clock_ahead", lambda keeper: ahead(keeper) - jump)  # a fake of the clock

    async def test(queue: PgQueuerQueue) -> None:
        nonlocal jump
        waiting = asyncio.ensure_future(take(queue))
        await asyncio.sleep(1)
        hour = "interval '1 hour'"
        await change(
            store,
            "INSERT INTO pgqueuer (priority, created, execute_after, status, entrypoint, dedupe_key)"
            f" VALUES (0, now() + {hour}, now() + {hour}, 'queued', 'deliver', 'deliver:a')",
        )
        await asyncio.sleep(1)
        assert not waiting.done()
        jump = 3600
        assert await waiting == ["a"]

    with_queue(store, test)


def test_heartbeats_and_what_is_finished_do_not_wait_for_each_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[object] = []

    async def test(queue: PgQueuerQueue) -> None:
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
    assert execute(store, "SELECT count(*) FROM pgqueuer") == [(0,)]


def test_a_lease_is_kept_while_the_loop_is_busy(store: Store, url: str) -> None:
    async def test(queue: PgQueuerQueue) -> None:
        await add(store, "a")
        assert await take(queue) == ["a"]
        time.sleep(session.LEASE.total_seconds() + 1)
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
def test_taking_goes_on_after_the_database_was_started_again(
    server: PrivatePostgreSQL, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(pgqueuer, "_POLL", 60.0)  # what is added later is heard of by the new connection

    async def again(action: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await action()
            except StoreError:
                await asyncio.sleep(0.1)

    with Store(server.url("psycopg")) as store:

        async def test(queue: PgQueuerQueue) -> None:
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
    (first,) = kept.begin([(Job(Kind.DELIVER, "a", 1), 10)])
    again = [(Job(Kind.DELIVER, "a", 2), 11), (Job(Kind.COMPOSE, "a", 2), 12)]
    assert kept.begin(again) == [Job(Kind.COMPOSE, "a", 2)]  # a second turn for the other would be nobody's
    assert sorted(kept.held()) == [11, 12]
    kept.end([first])
    assert (kept.ended(), kept.held()) == ([11], [12])
    kept.end_all()
    assert (kept.ended(), kept.held()) == ([12], [])


def test_what_was_finished_is_not_given_back_and_what_is_there_all_the_same_comes_again(store: Store) -> None:
    async def test(queue: PgQueuerQueue) -> None:
        await add(store, "a", "b")
        taken = await queue.take(Kind.DELIVER, 10)
        await store.write(lambda connection: jobs.finish(connection, taken[:1]))
        queue.finished(taken)
        assert queue._leases.ended() == []
        assert await take(queue) == [taken[1].key]

    with_queue(store, test)


def test_a_job_that_others_have_added_anew_comes_once_this_process_lets_it_go(store: Store) -> None:
    async def test(queue: PgQueuerQueue) -> None:
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


def test_jobs_are_found_by_an_index_though_the_table_was_empty_when_their_statements_were_planned(store: Store) -> None:
    """As after a burst: whoever plans a statement then believes that there is a row or none."""
    connection = store.connect()
    connection.exec_driver_sql("VACUUM (ANALYZE) pgqueuer")
    driver = session.Session._of(connection)
    driver.execute(session._SET_UP)
    taker = uuid4()
    sql, _ = session.dequeue("deliver", 500, taker)
    every = "SELECT array_agg(id)::text FROM pgqueuer WHERE status = 'picked'"
    statements = {
        "take": (sql.rstrip("; \n"), f"500, ARRAY['deliver'], '{taker}', interval '3 s'"),
        "renew": (session.RENEW, "IDS"),
        "give back": (session.GIVE_BACK, f"IDS, '{taker}'"),
        "refill": (f"SELECT 1 FROM unnest($1::text[]) AS given (id) WHERE {WITHOUT_JOB}", "IDS"),
    }
    for number, (statement, _) in enumerate(statements.values()):
        driver.execute(f"PREPARE s{number} AS {statement}".encode())
    for is_planning in (True, False):
        for number, (name, (_, values)) in enumerate(statements.items()):
            ((ids,),) = driver.execute(every).fetchall()
            given = values.replace("IDS", f"'{ids or '{}'}'")
            ((found,),) = driver.execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE s{number} ({given})".encode()
            ).fetchall()
            assert removed(found[0]["Plan"]) < 20_000, name
        if is_planning:
            asyncio.run(add(store, *map(str, range(3000))))
    connection.close()
