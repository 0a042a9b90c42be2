"""What is looked at does not grow with the number of deliveries: counted in steps and rows, not by a clock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from benchmarks.million import OPERATIONS, Scene
from tests.statements import noted
from webhooks.model import DeliveryState
from webhooks.store import pages
from webhooks.store.tables import DELIVERIES

FEW, MANY = 6000, 60_000  # both are more than what is counted to its end
GROWS_BY = 1.2
BOUND = 2000  # of rows that are looked at, instead of the tens of thousands that it is
SLACK = {"sqlite": 80_000, "postgresql": 2.5 * BOUND}
"""Steps of SQLite's machine, and rows: by its statistics PostgreSQL may hand those of the bound through a step more."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scenes(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Iterator[tuple[Scene, Scene]]:
    made = [Scene(new_database(request.param), queued, 0) for queued in (FEW, MANY)]
    yield made[0], made[1]
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_SEEN", BOUND)


@pytest.fixture
def work() -> Callable[[Scene, str], int]:
    """How much a database has to do for an operation."""

    def count(scene: Scene, name: str) -> int:
        OPERATIONS[name](scene)  # so that nothing is compiled or made for the first time
        if scene.dialect == "sqlite":
            return steps(scene, OPERATIONS[name])
        return rows(scene, OPERATIONS[name])

    return count


def steps(scene: Scene, operation: Callable[[Scene], object]) -> int:
    """Hundreds of steps of SQLite's machine, times a hundred; of all connections."""
    seen = 0

    def note() -> int:
        nonlocal seen
        seen += 100
        return 0

    def listen(connection: Any, *_: object) -> None:
        connection.set_progress_handler(note, 100)

    def checked_out(connection: Any, *_: object) -> None:
        listen(connection)

    event.listen(scene.store._engine, "checkout", checked_out)
    scene.read(lambda connection: listen(connection.connection.driver_connection))
    try:
        operation(scene)
    finally:
        event.remove(scene.store._engine, "checkout", checked_out)
        scene.read(lambda connection: connection.connection.driver_connection.set_progress_handler(None, 0))
    return seen


def rows(scene: Scene, operation: Callable[[Scene], object]) -> int:
    """The rows that PostgreSQL reads, and what it reads in vain, as EXPLAIN ANALYZE counts them for each query."""
    with noted(scene.store) as seen:
        operation(scene)
    with scene.store._engine.connect() as connection:
        cursor: Any = connection.connection.cursor()
        found = 0
        for sql, values in seen:
            if sql.lstrip().startswith(("SELECT", "WITH")) and "FOR " not in sql:
                ((plan,),) = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values).fetchall()
                found += read(plan[0]["Plan"])
    return found


def read(plan: Any) -> int:
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    return int(own * plan["Actual Loops"]) + sum(map(read, plan.get("Plans", ())))


@pytest.mark.parametrize("state", DeliveryState)
def test_no_page_reads_all_that_are_in_a_state_or_for_an_endpoint(scenes: tuple[Scene, Scene], state: str) -> None:
    """Also where statistics mislead: PostgreSQL read an endpoint's million entries to join them with a thousand ids."""
    scene = scenes[1]

    def plans(connection: Any) -> str:
        wanted = pages.Filter(client_id=None, state=DeliveryState(state))
        with noted(scene.store) as seen:
            pages._read(connection, wanted, [DELIVERIES.c.id >= ""])
        ((statement, values),) = seen
        if scene.dialect == "sqlite":
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
        ways = ("indexscan", "indexonlyscan", "seqscan")
        for way in ways:
            connection.exec_driver_sql(f"SET enable_{way} = off")
        try:
            return str(connection.exec_driver_sql(f"EXPLAIN {statement}", values).all())
        finally:
            for way in ways:
                connection.exec_driver_sql(f"RESET enable_{way}")

    assert "ix_delivery" not in scene.store.read_now(plans)


READING = ("start", "page", "/metrics", "doctor")


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name.startswith(READING)])
def test_it_does_not_grow(scenes: tuple[Scene, Scene], work: Callable[[Scene, str], int], name: str) -> None:
    few, many = (work(scene, name) for scene in scenes)
    assert many <= few * GROWS_BY + SLACK[scenes[0].dialect], name
