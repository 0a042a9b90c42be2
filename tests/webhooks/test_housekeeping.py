"""Rounds of housekeeping, and the clock that it waits for."""

import asyncio
import gc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update

from webhooks import housekeeping
from webhooks.housekeeping import Housekeeping
from webhooks.model import Client, PublishedEvent
from webhooks.store import clients, events, registrations, retention
from webhooks.store.clock import now
from webhooks.store.store import Store
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS, REGISTRATIONS, SEARCHES
from webhooks.wall_clock import STEADY_SECONDS, WallClock

DAY = 86_400_000_000
URL = "https://receiver.example/"


class Times:
    """A fake of the machine's two clocks."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_000_000.0, 5.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self) -> WallClock:
        return WallClock(lambda: self.wall, lambda: self.monotonic)


def test_a_clock_is_believed_after_it_went_evenly_for_a_while() -> None:
    times = Times()
    clock = times.clock()
    assert not clock.is_steady()
    times.pass_(STEADY_SECONDS - 1)
    assert not clock.is_steady()
    times.pass_(1)
    assert clock.is_steady()


@pytest.mark.parametrize(("jump", "doubt"), [(40 * 86400.0, 7 * 86400.0), (-3600.0, 3600.0), (3.0, STEADY_SECONDS)])
def test_a_clock_that_was_set_is_not_believed_for_a_while(jump: float, doubt: float) -> None:
    times = Times()
    clock = times.clock()
    times.pass_(STEADY_SECONDS)
    assert clock.is_steady()
    times.wall += jump
    assert not clock.is_steady()
    times.pass_(doubt - 1)
    assert not clock.is_steady()
    times.pass_(1)
    assert clock.is_steady()


def test_a_clock_that_is_slewed_is_believed() -> None:
    times = Times()
    clock = times.clock()
    for _ in range(40):
        times.pass_(30)
        times.wall += 0.015  # 500 ppm, the most that is usual
        clock.is_steady()
    assert clock.is_steady()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, new_database: Any) -> Iterator[Store]:
    with Store(new_database(request.param)) as opened:
        yield opened


def fill(store: Store, count: int) -> None:
    """Events of which every delivery has ended just now, and as many for nobody."""

    def write(connection: Any) -> None:
        client = Client(id="A", name="a", scopes=frozenset())
        clients.add(connection, client, secret_hash=b"1", api_key_hash=b"1")
        registrations.put(connection, "A", URL, ["a"], {})
        for code in ("a", "b"):
            events.publish(connection, "A", [PublishedEvent(code=code, arguments={"n": "canary"})] * count)
        connection.execute(update(COMPOSITIONS).values(body=b"canary"))
        connection.execute(update(DELIVERIES).values(state="delivered", ended_at=now()))
        ids = list(connection.scalars(select(DELIVERIES.c.id)))
        rows = [{"delivery_id": id_, "number": 1, "started_at": 1, "answer": b"canary"} for id_ in ids]
        connection.execute(insert(ATTEMPTS), rows)

    asyncio.run(store.write(write))


def left(store: Store) -> dict[str, int]:
    def count(connection: Any) -> dict[str, int]:
        return {
            column.table.name: len(list(connection.scalars(select(column).where(column.is_not(None)))))
            for column in (EVENTS.c.arguments, COMPOSITIONS.c.body, ATTEMPTS.c.answer, DELIVERIES.c.id)
        }

    return store.read_now(count)


def keeper(store: Store, *, steady: bool = True, keep_data: int = 30) -> Housekeeping:
    times = Times()
    clock = times.clock()
    times.pass_(STEADY_SECONDS if steady else 0)
    return Housekeeping(store, keep_data=keep_data, keep_attempts=13, clock=clock)


def test_a_round_erases_what_was_kept_long_enough_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("webhooks.store.retention.BATCH", 7)
    fill(store, 20)
    keeping = keeper(store)
    asyncio.run(keeping.tidy(now() + 29 * DAY))
    assert left(store) == {"event": 40, "composition": 20, "attempt": 20, "delivery": 20}
    asyncio.run(keeping.tidy(now() + 31 * DAY))
    assert left(store) == {"event": 0, "composition": 0, "attempt": 0, "delivery": 20}
    asyncio.run(keeping.tidy(now() + 380 * DAY))
    assert store.read_now(lambda connection: list(connection.execute(select(ATTEMPTS)))) != []
    asyncio.run(keeping.tidy(now() + 400 * DAY))
    assert store.read_now(lambda connection: list(connection.execute(select(ATTEMPTS)))) == []
    assert left(store)["delivery"] == 20


def test_a_round_leaves_no_data_in_the_files(tmp_path: Path) -> None:
    """Bodies and answers are encrypted."""
    with Store(f"sqlite:///{tmp_path / 'store'}") as store:
        fill(store, 20)
        asyncio.run(keeper(store).tidy(now() + 31 * DAY))
        assert b'"canary"' not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_search_that_has_enough_lets_go_of_the_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that was not read to its end kept a snapshot with SQLAlchemy 2.1.0, until the garbage was collected."""
    monkeypatch.setattr("webhooks.store.retention.BATCH", 7)
    fill(store, 20)
    gc.disable()
    try:
        found = store.read_now(lambda connection: retention.unsubscribed(connection, 0, now(), now()))
        assert len(found.sequences) == 7
        assert asyncio.run(store.scrub())
    finally:
        gc.enable()


def test_what_is_held_is_given_up_after_thirty_days(store: Store) -> None:
    fill(store, 3)
    for change in (
        update(DELIVERIES).values(state="pending", ended_at=None, next_attempt_at=now()),
        update(REGISTRATIONS).values(is_paused=True, held_since=now()),
    ):
        asyncio.run(store.write(partial(Connection.execute, statement=change)))
    keeping = keeper(store)
    asyncio.run(keeping.tidy(now() + 29 * DAY))
    states = select(DELIVERIES.c.state)
    assert set(store.read_now(lambda connection: list(connection.scalars(states)))) == {"pending"}
    asyncio.run(keeping.tidy(now() + 31 * DAY))
    assert set(store.read_now(lambda connection: list(connection.scalars(states)))) == {"dead"}


def test_what_came_while_the_clock_was_ahead_stops_no_other(store: Store) -> None:
    fill(store, 2)
    ahead = EVENTS.c.sequence == select(func.min(EVENTS.c.sequence)).where(EVENTS.c.event == "b").scalar_subquery()
    change = update(EVENTS).where(ahead).values(created_at=now() + 400 * DAY)
    asyncio.run(store.write(lambda connection: connection.execute(change)))
    asyncio.run(keeper(store).tidy(now() + 31 * DAY))
    assert left(store)["event"] == 1


def test_what_came_while_the_clock_was_ahead_is_found_by_a_later_pass(store: Store) -> None:
    fill(store, 2)
    ahead = EVENTS.c.sequence == select(func.min(EVENTS.c.sequence)).where(EVENTS.c.event == "b").scalar_subquery()
    change = update(EVENTS).where(ahead).values(created_at=now() + 32 * DAY)
    asyncio.run(store.write(lambda connection: connection.execute(change)))
    for days, expected in ((31, 1), (35, 1), (63, 0)):
        asyncio.run(keeper(store).tidy(now() + days * DAY))
        assert left(store)["event"] == expected


def spread(connection: Connection) -> None:
    """Gives each delivery a time of ending of its own."""
    for later, id_ in enumerate(connection.scalars(select(DELIVERIES.c.id)).all()):
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == id_).values(ended_at=now() + later))


def test_a_process_that_starts_goes_on_where_the_last_one_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(retention, "SCANNED_DELIVERIES", 5)
    fill(store, 40)
    asyncio.run(store.write(spread))
    looks: list[int] = []
    search = retention.with_data
    monkeypatch.setattr(retention, "with_data", lambda *given: (looks.append(given[1]), search(*given))[1])
    asyncio.run(keeper(store).tidy(now() + 31 * DAY))
    assert len(looks) >= 40 // 6
    looks.clear()
    asyncio.run(keeper(store).tidy(now() + 32 * DAY))
    assert len(looks) == 1
    assert looks[0] > 0


def test_what_ends_after_the_clock_was_set_back_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """All deliveries end at a time that the search has passed; the next round is of another process."""
    monkeypatch.setattr(housekeeping, "_LOOK_AT_CLOCK_EVERY_SECONDS", 0.01)
    doubtful, steady = (keeper(store, steady=steady, keep_data=10) for steady in (False, True))
    asyncio.run(steady.tidy(now() + 25 * DAY))
    reached = select(SEARCHES.c.reached)
    assert max(store.read_now(lambda connection: connection.scalars(reached).all())) > now() + 14 * DAY

    async def is_begun_again() -> None:
        task = asyncio.create_task(doubtful.run())
        while any(await store.read(lambda connection: connection.scalars(reached).all())):
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(is_begun_again(), 60))
    fill(store, 3)
    asyncio.run(steady.tidy(now() + 26 * DAY))
    assert left(store) == {"event": 0, "composition": 0, "attempt": 0, "delivery": 3}


def test_nothing_is_erased_while_the_clock_is_doubtful(store: Store) -> None:
    fill(store, 2)
    before = left(store)
    asyncio.run(keeper(store, steady=False).tidy(now() + 400 * DAY))
    assert left(store) == before


def test_it_ends_when_it_is_cancelled_and_outlives_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_LOOK_AT_CLOCK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(housekeeping, "_ROUND_EVERY_SECONDS", 0.0)
    rounds: list[int] = []

    async def scenario(keeping: Housekeeping) -> None:
        async def fail(at: int) -> None:
            rounds.append(at)
            raise ValueError

        monkeypatch.setattr(keeping, "tidy", fail)
        task = asyncio.create_task(keeping.run())
        while len(rounds) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Store(f"sqlite:///{tmp_path / 'x'}") as opened:
        asyncio.run(asyncio.wait_for(scenario(keeper(opened)), 20))
