"""What of a process' attempts comes into the tallies."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.dispatch import tallying
from webhooks.errors import StoreError
from webhooks.model import DeliveryState
from webhooks.store import tallies
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.store import Store
from webhooks.store.tallies import LATENCY_BOUNDS, Series, Tally, What

HOOK = "https://receiver.example/hook"
FOREVER = 4 * 10**15


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, new_database: Any) -> Iterator[Store]:
    with Store(new_database(request.param)) as opened:
        yield opened


def of(store: Store, series: Series, what: What, endpoint: int = 0) -> dict[str, tuple[int, int]]:
    found: list[Tally] = store.read_now(
        partial(tallies.read, series=series, what=what, since=0, until=FOREVER, step=FOREVER, endpoint=endpoint)
    )
    return {each.outcome: (each.count, each.duration) for each in found}


def test_a_series_sum_is_the_stores_attempts(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        answers = iter([500] * 3 + [200] * 1000)
        world.sender.plan = lambda _: next(answers)
        await world.publish(7)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 7})
        await world.tallying.finish()
        attempts = world.rows("SELECT count(*) FROM attempt")
        assert attempts == [(10,)]
        for series in (Series.MINUTES, Series.HOURS):
            assert of(world.store, series, What.ATTEMPT) == {"2xx": (7, 70_000), "5xx": (3, 30_000)}
            latencies = of(world.store, series, What.LATENCY)
            assert sum(count for count, _ in latencies.values()) == 7
            assert set(latencies) <= {str(bound) for bound in LATENCY_BOUNDS}
        ((id_,),) = world.rows("SELECT id FROM registration")
        assert of(world.store, Series.ENDPOINT_HOURS, What.ATTEMPT, id_) == {"2xx": (7, 70_000), "5xx": (3, 30_000)}

    play(scene)


def ended(endpoint: int | None = 1, *, at: int = 0, error: str | None = None) -> EndedAttempt:
    state = DeliveryState.PENDING if error else DeliveryState.DELIVERED
    status = None if error else 204
    return EndedAttempt(
        id="a", attempt=1, registration_id=endpoint, state=state, reason=None, failures=0, at=at, duration=5,
        status=status, error=error, latency=None if error else 7,
    )  # fmt: skip


def test_what_the_store_could_not_take_is_added_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        counting = tallying.Tallying(store)
        counting.tell([ended(), ended(error="timeout")])
        write = store.write

        async def refuse(command: Any, **kwargs: Any) -> None:
            raise StoreError("The disk is full.")

        monkeypatch.setattr(store, "write", refuse)
        await counting.finish()

        async def late(command: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(store, "write", write)
            await write(command, **kwargs)
            counting.tell([ended()])  # while the first are written

        monkeypatch.setattr(store, "write", late)
        await counting.finish()

    asyncio.run(scene())
    assert of(store, Series.MINUTES, What.ATTEMPT) == {"2xx": (2, 10), "timeout": (1, 5)}
    assert of(store, Series.MINUTES, What.LATENCY) == {str(LATENCY_BOUNDS[0]): (2, 14)}


def test_while_a_store_is_away_what_is_kept_has_a_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "_MOST_KEPT", 8)
    counting = tallying.Tallying(store)
    counting.tell(ended(endpoint, at=time.time_ns() // 1000) for endpoint in range(1, 1000))
    asyncio.run(counting.finish())
    assert sum(count for count, _ in of(store, Series.MINUTES, What.ATTEMPT).values()) == 999
    count = store.read_now(lambda connection: connection.scalar(text("SELECT count(*) FROM tally")))
    assert count == 8
