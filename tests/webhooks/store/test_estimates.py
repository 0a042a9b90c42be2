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

from webhooks.model import Client, DeliveryState, PublishedEvent
from webhooks.queue.leases import Leases
from webhooks.store import (
    attempts,
    clients,
    compositions,
    ended_attempts,
    events,
    holding,
    jobs,
    parking,
    registrations,
    results,
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
    run = Prepared.run

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
        return run(self, connection, **values)

    monkeypatch.setattr(Prepared, "run", explained)
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
    holding.go_on(connection, waiting)
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
