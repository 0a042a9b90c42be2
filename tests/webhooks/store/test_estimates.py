"""On PostgreSQL no statement over given rows reads a table for each of them, whatever the statistics say.

They may say that nothing is like what a burst has just brought: they are from before, or there are none yet. What a
statement asks for beside its keys then seems to find a row or two, and a plan that begins there seems to be cheap.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.statements import noted
from webhooks.model import Client, DeliveryState, PublishedEvent
from webhooks.queue.leases import Leases
from webhooks.store import (
    attempts,
    behind,
    checks,
    clients,
    compositions,
    depth,
    ended_attempts,
    events,
    holding,
    jobs,
    parking,
    registrations,
    results,
    retention,
)
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.statement import Prepared
from webhooks.store.store import Store

BURST = 3000
GIVEN = 100
MOST_ROWS = 30 * GIVEN  # that one node of a plan looks at

_OLD = "generate_series(1, 3000) AS n"
_HISTORY = (
    (
        "INSERT INTO event (sequence, id, publisher_id, event, arguments, digest, state, created_at)"
        f" SELECT n, 'old ' || n, 'x', 'old', '{{}}', '', 'accepted', n FROM {_OLD}"
    ),
    f"INSERT INTO composition (event_sequence, version, state, body) SELECT n, 0, 'composed', 'x' FROM {_OLD}",
    (
        "INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at, ended_at)"
        f" SELECT 'old ' || n, n, 'c', r.id, 'old', '', 'delivered', n, n FROM registration r, {_OLD}"
    ),
    (
        "INSERT INTO attempt (delivery_id, number, started_at, duration, status)"
        f" SELECT 'old ' || n, 1, n, 1, 200 FROM {_OLD}"
    ),
    "SELECT setval('event_sequence_seq', 3000)",
    "ANALYZE",
)


def _looked_at(plan: dict[str, Any]) -> float:
    """How many rows the busiest node of a plan has looked at."""
    removed = sum(plan.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter", "Index Recheck"))
    own = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return max([own, *map(_looked_at, plan.get("Plans", []))])


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """By statement how many rows it has looked at."""
    found: dict[str, float] = {}
    ask = Prepared.ask

    def explained(self: Prepared, connection: Any, **values: object) -> Any:
        compiled = self._for(connection)
        if compiled.sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            driver = connection.connection.driver_connection
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled.sql}"
            driver.execute("SAVEPOINT before")
            ((plan,),) = driver.execute(explain, compiled.arrange(values)).fetchall()
            driver.execute("ROLLBACK TO SAVEPOINT before")
            words = " ".join(compiled.sql.split())
            found[words] = max(found.get(words, 0.0), _looked_at(plan[0]["Plan"]))
        return ask(self, connection, **values)

    monkeypatch.setattr(Prepared, "ask", explained)
    return found


@pytest.fixture(params=["no statistics", "statistics of before"])
def burst(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Iterator[Store]:
    """A store with many events that wait for their bodies."""
    with Store(new_database("postgresql")) as store:
        leases = Leases()
        leases.beaten(time.monotonic() + 3600)
        store.serve_as(leases)

        def write(connection: Any) -> None:
            clients.add(connection, Client(id="c", name="c", scopes=frozenset()), secret_hash=b"1", api_key_hash=b"2")
            registrations.put(connection, "c", "https://receiver.example/", ["new"], {})
            if request.param == "statistics of before":
                for statement in _HISTORY:
                    connection.execute(text(statement))
            for table in ("event", "composition", "delivery", "attempt", "job"):  # no worker of the server's meanwhile
                connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
            for _ in range(BURST // 500):
                events.publish(connection, "x", [PublishedEvent(code="new", arguments={"a": "b"})] * 500)

        asyncio.run(store.write(write))
        yield store


def _walk(connection: Any, sequences: list[int]) -> None:
    """All that may be done with the bodies and the deliveries of some events."""
    given, at = [{"sequence": sequence, "version": 0} for sequence in sequences], now()
    found = compositions.find(connection, [f"{sequence}/0" for sequence in sequences], most_addressed=64)
    assert len(found) == GIVEN
    ids = [id_ for (id_,) in connection.execute(text("SELECT id FROM delivery WHERE state = 'pending' ORDER BY id"))]
    ids = ids[:GIVEN]
    results.show_composing(connection, [(sequence, 0) for sequence in sequences])
    for each in (
        [results.Deferred(**key, failures=1, reason="x", due_at=at) for key in given],
        [results.Unneeded(**key) for key in given],
        [results.Parked(**key, code="new", reason="x") for key in given],
        [results.Ended(**key, state=CompositionState.FAILED, reason="x") for key in given[:0]],
    ):
        results.write(connection, each, [], at=at)
    parking.unpark(connection, "new", GIVEN)
    waiting = [holding.Waiting(id_, sequence, "new", at, at, "waiting") for id_, sequence in zip(ids, sequences)]  # noqa: B905
    holding.go_on(connection, OTHER, waiting)
    taken = [compositions.job_of(sequence, 0, 0) for sequence in sequences]
    written = results.write(connection, [results.Composed(**key, body=b"x", code="new") for key in given], taken, at=at)
    ids = [sendable.job.key for sendable in written.sendable]
    assert len(ids) == GIVEN
    attempts.look(connection, ids)
    attempts.take_back(connection, [(ready.id, 1) for ready in attempts.begin(connection, ids, at)], at)
    attempts.leave(connection, [jobs.Job(jobs.Kind.DELIVER, id_, at) for id_ in ids], at)
    begun = attempts.begin(connection, ids, at)
    ended = [
        EndedAttempt(
            id=ready.id,
            attempt=1,
            registration_id=ready.endpoint.id,
            state=DeliveryState.DELIVERED,
            reason=None,
            failures=0,
            at=at,
            answer=b"x",
            duration=1,
        )
        for ready in begun
    ]
    assert len(ended_attempts.write(connection, ended).done) == GIVEN


def test_few_rows_are_looked_at_for_each_given_one(burst: Store, costs: dict[str, float]) -> None:
    wanted = text("SELECT sequence FROM event WHERE event = 'new' ORDER BY sequence LIMIT :most")
    sequences = burst.read_now(lambda connection: list(connection.scalars(wanted, {"most": GIVEN})))
    asyncio.run(burst.write(lambda connection: _walk(connection, sequences)))
    assert len(costs) > 15
    assert {words: rows for words, rows in costs.items() if rows > MOST_ROWS} == {}


QUEUED = 20_000  # of one endpoint: due later, without a time, and skipped; of a paused one: due
MOST_BUFFERS = 60  # pages that one statement looks at: an index has more of what is queued
_NUMBERS = f"generate_series(1, {QUEUED}) AS n"
_NEW = (
    "INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at,"
    " next_attempt_at, scheduled_at) SELECT"
)
_NEW_OF_FULL = "100000 + n, 'c', 1, 'new', ''"
_DUE = "'new', '', 'pending', :at, :at, :at FROM"
_QUEUE = (
    (
        "INSERT INTO event (sequence, id, publisher_id, event, arguments, digest, state, created_at)"
        f" SELECT 100000 + n, 'new ' || n, 'x', 'new', '{{}}', '', 'accepted', :at FROM {_NUMBERS}"
    ),
    (
        "INSERT INTO composition (event_sequence, version, state, body)"
        f" SELECT 100000 + n, 0, 'composed', 'x' FROM {_NUMBERS}"
    ),
    f"{_NEW} 'later ' || n, {_NEW_OF_FULL}, 'pending', :at, :at + 1000000000 + n, :at FROM {_NUMBERS}",
    f"{_NEW} 'untimed ' || n, {_NEW_OF_FULL}, 'pending', :at, NULL, NULL FROM {_NUMBERS}",
    f"{_NEW} 'over ' || n, {_NEW_OF_FULL}, 'skipped', :at, NULL, NULL FROM {_NUMBERS}",
    f"{_NEW} 'held ' || n, 100000 + n, 'c', 3, {_DUE} {_NUMBERS}",
    f"{_NEW} 'due ' || n, 100000 + n, 'c', 2, {_DUE} generate_series(1, 3) AS n",
)
FULL, OTHER = 1, 2
LOOKS: dict[str, Callable[[Any, int], object]] = {
    "missing jobs": lambda c, at: jobs.missing(c, at, 1000),
    "due deliveries behind others": lambda c, at: behind.oldest(c, 0, (), at),
    "parked deliveries of the one": lambda c, at: jobs.refill(c, FULL, at, 1000),
    "parked deliveries of the other": lambda c, at: jobs.refill(c, OTHER, at, 1000),
    "what waits": lambda c, _: depth.read_depth(c, 10),
    "overdue": checks.overdue,
    "held": lambda c, at: c.execute(checks._HELD, {"id": OTHER, "before": at, "most": 1000}).all(),
    "tried again": lambda c, _: c.execute(checks._TRIED_AGAIN, {"id": OTHER, "most": 1000}).all(),
    "held too long": lambda c, at: c.execute(retention._HELD, {"id": OTHER, "until": at, "most": 200}).all(),
    "all that waits": lambda c, _: holding.window(c, OTHER, holding.Place()),
    "removing": lambda c, _: holding.cancel(c, holding.Removal(1, OTHER, None, 10**9), holding.Place()),
}


@pytest.fixture(scope="module", params=["no statistics", "statistics of before", "statistics of now"])
def queue(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Iterator[Store]:
    """A store where much of two endpoints waits, and of another three deliveries are due."""
    with Store(new_database("postgresql")) as store:

        def write(connection: Any) -> None:
            clients.add(connection, Client(id="c", name="c", scopes=frozenset()), secret_hash=b"1", api_key_hash=b"2")
            registrations.put(connection, "c", "https://full.example/", ["new"], {})
            if request.param == "statistics of before":
                for statement in _HISTORY:
                    connection.execute(text(statement))
            registrations.put(connection, "c", "https://other.example/", ["new"], {})
            registrations.put(connection, "c", "https://paused.example/", ["new"], {"is_paused": True})
            for table in ("event", "composition", "delivery"):  # no worker of the server's meanwhile
                connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
            for statement in _QUEUE:
                connection.execute(text(statement), {"at": now()})
            if request.param == "statistics of now":
                connection.execute(text("ANALYZE"))

        asyncio.run(store.write(write))
        yield store


def _buffers(connection: Any, sql: str, values: Any) -> int:
    ((plan,),) = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values).fetchall()
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])


@pytest.mark.parametrize("name", LOOKS)
def test_what_is_not_due_or_for_another_endpoint_is_not_read(queue: Store, name: str) -> None:
    with queue._engine.connect() as connection:
        with noted(queue) as statements:
            LOOKS[name](connection, now())
        driver: Any = connection.connection.driver_connection
        read = {
            " ".join(sql.split()): _buffers(driver, sql, values)
            for sql, values in statements
            if sql.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
        }
        connection.rollback()
    assert read
    assert {sql: buffers for sql, buffers in read.items() if buffers > MOST_BUFFERS} == {}
