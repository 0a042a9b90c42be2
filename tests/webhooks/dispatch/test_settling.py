"""What was resumed goes on at once and in parts, however much there is, and no sweep has to come for that."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.dispatch import settling
from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.settling import Settling
from webhooks.model import PublishedEvent
from webhooks.store import events, holding, jobs, registrations
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

HOOK = "https://acme.example/hook"
PART = 50
COUNT = 6 * PART
LISTENS = "query = 'LISTEN aptic_changes' AND state = 'idle' AND datname = current_database()"


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked for again by itself, and nothing is changed before there is room for it."""
    monkeypatch.setattr(settling, "_LOOKS_EVERY_SECONDS", 3600)
    monkeypatch.setattr(settling, "_LONGEST_WAIT_SECONDS", 3600)
    monkeypatch.setattr(holding, "PART", PART)


@asynccontextmanager
async def running(world: Any, dispatcher: Dispatcher | None = None) -> AsyncIterator[None]:
    """Settles meanwhile, and has found nothing to do at first."""
    looked, resumed = asyncio.Event(), holding.resumed
    loop = asyncio.get_running_loop()

    def noted(connection: Any) -> Any:
        loop.call_soon_threadsafe(looked.set)
        return resumed(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holding, "resumed", noted)
        task = asyncio.ensure_future(Settling(world.store, dispatcher).run())
        await looked.wait()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def set_paused(store: Store, *, is_paused: bool) -> Any:
    return store.write(partial(registrations.set_paused, client_id="ACME", url=HOOK, is_paused=is_paused))


async def publish_without_bodies(world: Any, count: int) -> None:
    published = [PublishedEvent(code="statuschange", arguments={"ledgeraccountid": "1", "status": "PAID"})] * count
    await world.store.write(lambda connection: events.publish(connection, "back end", published))
    assert not world.rows("SELECT 1 FROM job")


async def hold(world: Any, *changes: str) -> None:
    """Publishes for an endpoint, and pauses it; as if what is to be done for it had been forgotten."""
    await world.register(HOOK)
    await world.publish(COUNT)
    await world.forget_jobs()
    for change in changes:
        await world.store.write(lambda connection, sql=change: connection.execute(text(sql)))
    await set_paused(world.store, is_paused=True)


@pytest.mark.parametrize(
    "changes",
    [(), ("UPDATE delivery SET next_attempt_at = next_attempt_at + 3600000000, scheduled_at = 1",)],
    ids=["due", "due later"],
)
def test_all_that_was_held_is_sent_at_once(play: Callable[..., None], changes: tuple[str, ...]) -> None:
    async def scene(world: Any) -> None:
        await hold(world, *changes)
        async with world.dispatching() as dispatcher, running(world, dispatcher):
            await set_paused(world.store, is_paused=False)
            await world.until(lambda: world.states() == {"delivered": COUNT})

    play(scene)


@pytest.mark.parametrize("play", ["postgresql"], indirect=True)
def test_of_what_another_process_resumes_it_hears(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await hold(world)
        url = world.store._engine.url.render_as_string(hide_password=False)
        async with world.dispatching() as dispatcher, running(world, dispatcher):
            following = asyncio.ensure_future(world.store.follow_changes())
            await world.until(lambda: world.rows(f"SELECT 1 FROM pg_stat_activity WHERE {LISTENS}"))
            with Store(url) as other:
                await set_paused(other, is_paused=False)
            await world.until(lambda: world.states() == {"delivered": COUNT})
            following.cancel()

    play(scene)


def test_bodies_are_asked_for_while_few_are_to_be_composed(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_MANY_BODIES", 10)
    counts: list[int] = []
    go_on = holding.go_on

    def noted(connection: Any, registration_id: int, found: Any) -> bool:
        counts.append(jobs.count_due(connection, Kind.COMPOSE, now(), 1000))
        return go_on(connection, registration_id, found)

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await set_paused(world.store, is_paused=True)
        await publish_without_bodies(world, 4 * PART)
        done = 0
        async with running(world):
            monkeypatch.setattr(holding, "go_on", noted)
            await set_paused(world.store, is_paused=False)
            until = time.monotonic() + 60
            while done < 4 * PART:
                assert time.monotonic() < until, (done, counts)
                rows = world.rows("SELECT key FROM job WHERE kind = 'compose' LIMIT 7")
                done += len(rows)
                composed = [Job(Kind.COMPOSE, key, 0) for (key,) in rows]
                await world.store.write(partial(jobs.finish, jobs=composed))
                await asyncio.sleep(0.005)
            await world.until(lambda: not world.store.read_now(holding.resumed))
        assert len(counts) == 5
        assert all(count < 10 for count in counts[2:]), "the first two: the resumption, and the first look after it"

    play(scene)


@pytest.mark.parametrize("play", ["postgresql"], indirect=True)
def test_what_another_process_is_at_is_not_passed_over(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That process may yet fail: a part that it was at is looked at again."""
    refused: list[bool] = []
    is_alone = jobs.is_alone

    def noted(connection: Any, registration_id: int) -> bool:
        is_mine = is_alone(connection, registration_id)
        refused.append(not is_mine)
        return is_mine

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await set_paused(world.store, is_paused=True)
        await publish_without_bodies(world, PART // 2)
        ((id_,),) = world.rows("SELECT id FROM registration")
        with world.store.connect().execution_options(isolation_level="READ COMMITTED") as other:
            with other.begin() as transaction:
                assert jobs.is_alone(other, id_)
                await set_paused(world.store, is_paused=False)
                monkeypatch.setattr(jobs, "is_alone", noted)
                settled = asyncio.ensure_future(Settling(world.store).settle())
                await world.until(lambda: refused == [True] * len(refused) and len(refused) > 2)
                assert not world.rows("SELECT 1 FROM job")
                transaction.rollback()
            await settled
        assert len(world.rows("SELECT 1 FROM job WHERE kind = 'compose'")) == PART // 2
        assert world.store.read_now(holding.resumed) == []

    play(scene)
