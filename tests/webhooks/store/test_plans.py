"""The statements that every request or event runs find their rows by an index."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from tests.statements import noted
from webhooks.errors import NotFoundError
from webhooks.model import DeliveryState
from webhooks.store import (
    attempts,
    behind,
    clients,
    compositions,
    deliveries,
    depth,
    ended_attempts,
    events,
    holding,
    jobs,
    pages,
    parking,
    registrations,
    results,
    retention,
    timing,
)
from webhooks.store.pages import Filter
from webhooks.store.store import Store

_ONE = {"sequence": 1, "version": 0}
RESULTS = [
    results.Composed(**_ONE, body=b"", code=None),
    results.Deferred(**_ONE, failures=1, reason="x", due_at=1),
    results.Ended(**_ONE, state=compositions.CompositionState.FAILED, reason="x"),
    results.Parked(**_ONE, code="x", reason="y"),
    results.Unneeded(**_ONE),
]
ENDED = [
    ended_attempts.EndedAttempt(
        id=state, attempt=1, registration_id=1, state=state, reason="x", failures=1, at=1, answer=b"x", duration=1
    )
    for state in (DeliveryState.DELIVERED, DeliveryState.PENDING)
]


def _park(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        pytest.skip("one process needs no statement for it")
    jobs.park(connection, [1], 1, 10)


QUERIES = {
    "a client by its id": lambda c: clients.by_id(c, "x"),
    "a client by its API key": lambda c: clients.by_api_key(c, [b"x"]),
    "a client's secret": lambda c: clients.secret_hash(c, "x"),
    "registrations": lambda c: registrations.every(c, "x"),
    "subscribers": lambda c: events.publish(c, "x", [events.PublishedEvent(code="x", arguments={}, id="x")] * 2),
    "an event": lambda c: events.by_id(c, "x", "x"),
    "anybody's event": lambda c: events.by_id(c, None, "x"),
    "events with an argument": lambda c: events.with_argument(c, "x", "y", 1),
    "events with an id": lambda c: events.with_id(c, "x"),
    "a delivery's arguments": lambda c: events.arguments_of(c, "x"),
    "an event's deliveries": lambda c: deliveries.of_event(c, 1),
    "some events' deliveries": lambda c: pages.find(c, Filter(client_id=None, sequences=[1, 2])),
    "a delivery": lambda c: deliveries.by_id(c, None, "x"),
    "a client's deliveries": lambda c: pages.find(c, Filter(client_id="x", state=DeliveryState.DEAD)),
    "deliveries of a time": lambda c: pages.find(c, Filter(client_id="x", since=5, until=10**15)),
    "everybody's deliveries": lambda c: pages.find(c, Filter(client_id=None)),
    "resuming": lambda c: holding.resume(c, holding.Resumed(1, 1)),
    "what goes on": lambda c: holding.go_on(c, 1, [holding.Waiting("x", 1, "x", 1, 1, "composed")]),
    "missing jobs": lambda c: jobs.missing(c, 1, 10),
    "finished jobs": lambda c: jobs.finish(c, [jobs.Job(jobs.Kind.DELIVER, "x", 0)] * 2),
    "many due jobs": _park,
    "due deliveries behind others": lambda c: behind.oldest(c, 0, (), 1),
    "due deliveries": lambda c: attempts.look(c, ["x"]),
    "attempts": lambda c: attempts.begin(c, ["x"], 1),
    "states of attempts": lambda c: attempts._SEND.run(c, [("x",)]),
    "large bodies": lambda c: attempts._LARGE.run(c, [(1, 0)]),
    "what is set aside": lambda c: attempts._SET_ASIDE.run(c, [("x", "dead", "y", 1)]),
    "bodies": lambda c: results._SENDABLE.run(c, [(1, 0)], since=0, at=1),
    "what is made due": lambda c: results._READY.run(c, [("x",)], at=1),
    "what waits for bodies": lambda c: results._WAIT.run(c, [(1, 0, "x", 1, 1)]),
    "what will have no body": lambda c: results._OVER.run(c, [(1, 0, "dead", "x", 1)]),
    "what came of attempts": lambda c: ended_attempts.write(c, ENDED),
    "parked deliveries": lambda c: jobs.refill(c, 1, 1, 10),
    "what was resumed": holding.resumed,
    "what is taken back": lambda c: attempts.take_back(c, [("x", 1)], 1),
    "removing": lambda c: holding.cancel(c, holding.Removal(1, 1, "x", 1), holding.Place()),
    "removing, timed": lambda c: holding.window(c, 1, holding.Place()),
    "what waits": depth.read_depth,
    "compositions": lambda c: compositions.find(c, ["1/0"]),
    "composing": lambda c: results.show_composing(c, [(1, 0)]),
    "what came of composing": lambda c: results.write(c, RESULTS, [], at=1),
    "parked codes": parking.codes,
    "a parked code": lambda c: parking.unpark(c, "x", 10),
    "a parked code's newest": lambda c: parking.unpark(c, "x", 1, is_newest_first=True),
    "why a code is parked": lambda c: parking.explain(c, "x", "y"),
    "data to erase": lambda c: retention.with_data(c, 0, 1),
    "attempts to erase": lambda c: retention.with_attempts(c, 0, 1),
    "events for nobody": lambda c: retention.unsubscribed(c, 0, 1, 2),
    "what is held": lambda c: retention.held_since(c, 1),
    "times of a clock that was ahead": lambda c: timing.window(c, 1, holding.Place()),
    "mended times": lambda c: timing._DELIVERIES.run(c, [("x",)], now=1, latest=1),
    "erasing": lambda c: retention.erase_data(c, [retention.EndedDelivery("x", 1, 1)], 1),
}


Plans = Callable[..., list[list[str]]]


@pytest.fixture
def plans(store: Store) -> Plans:
    """The plans of what one of QUERIES runs, each as its lines."""

    def find(name: str, *settings: str) -> list[list[str]]:
        with store._engine.connect() as connection:
            for setting in settings:
                connection.execute(text(f"SET LOCAL {setting}"))
            with noted(store) as statements, suppress(NotFoundError):
                QUERIES[name](connection)
            cursor: Any = connection.connection.cursor()
            explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            found = [
                [str(row[-1]) for row in cursor.execute(explain + sql, values).fetchall()]
                for sql, values in statements
                if sql.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
            ]
            connection.rollback()
        assert found
        return found

    return find


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_found_by_an_index(plans: Plans, name: str) -> None:
    for plan in (plan for plan in plans(name) if not plan[0].startswith("Result ")):  # which reads no table
        assert any("USING" in line or "Index" in line for line in plan), plan
        assert not any("Seq Scan" in line or is_scan(line) for line in plan), plan


def is_scan(line: str) -> bool:
    """Whether SQLite reads a whole table; a subquery has few rows, and endpoints are few beside deliveries."""
    few = ("json_each", "CONSTANT ROW", "oldest", "parked", "registration", "removal", "(subquery", "found")
    return line.startswith("SCAN") and "USING" not in line and not line.removeprefix("SCAN ").startswith(few)


_FREE_WORKERS = (
    "parallel_setup_cost = 0",
    "parallel_tuple_cost = 0",
    "min_parallel_table_scan_size = 0",
    "min_parallel_index_scan_size = 0",
)


@pytest.mark.parametrize("name", ["removing", "missing jobs", "everybody's deliveries", "what waits"])
def test_no_statement_has_workers_started_for_it(store: Store, plans: Plans, name: str) -> None:
    if store._engine.dialect.name == "sqlite":
        pytest.skip("it has none")
    assert not [plan for plan in plans(name, *_FREE_WORKERS) if any("Gather" in line for line in plan)]


@pytest.mark.parametrize("name", ["resuming", "removing", "removing, timed"])
def test_what_waits_for_an_endpoint_is_not_sorted(store: Store, plans: Plans, name: str) -> None:
    """An index has it in its order. Only what is due at the same time is sorted by id, the last term."""
    if store._engine.dialect.name != "sqlite":
        pytest.skip("it sorts the few rows that it expects; see `test_estimates`")
    windows = [plan for plan in plans(name) if any("composition" in line for line in plan)]
    assert windows
    assert not [line for plan in windows for line in plan if line == "USE TEMP B-TREE FOR ORDER BY"]
