"""What is resumed while its job is about to be finished, since it was held, goes on without a sweep."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from webhooks.store import attempts, registrations
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

HOOK = "https://acme.example/hook"


def pausing(*, is_paused: bool) -> Callable[[Any], Any]:
    return lambda connection: registrations.set_paused(connection, "ACME", HOOK, is_paused=is_paused)


def test_between_the_look_at_a_delivery_and_the_end_of_its_job(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []

    async def scene(world: Any) -> None:
        read = Store.read

        async def read_then_resume(self: Store, query: Any) -> Any:
            found = await read(self, query)
            if isinstance(found, dict) and any(isinstance(each, attempts.Due) for each in found.values()):
                looks.append(found)
                await world.store.write(pausing(is_paused=False))
            return found

        await world.register(HOOK)
        await world.publish(3)
        await world.store.write(pausing(is_paused=True))
        monkeypatch.setattr(Store, "read", read_then_resume)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 3})
        assert {each.is_held for each in looks[0].values()} == {True}

    play(scene)


def test_between_the_beginning_that_finds_it_held_and_the_end_of_its_job(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    begin = attempts.begin

    def refuse_once(connection: Any, ids: list[str], at: int) -> Any:
        if not ids or refused:
            return begin(connection, ids, at)
        refused.extend(ids)
        pausing(is_paused=True)(connection)
        begun = begin(connection, ids, at)
        assert begun == []
        pausing(is_paused=False)(connection)
        return begun

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(3)
        monkeypatch.setattr(attempts, "begin", refuse_once)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 3})
        assert refused

    play(scene)


@pytest.mark.parametrize("play", ["postgresql"], indirect=True)
@pytest.mark.parametrize("comes_first", [True, False])
def test_by_another_process_at_the_same_time(play: Callable[..., None], comes_first: bool) -> None:
    """One has not committed yet while the other runs: neither may overlook what the other does."""

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        await world.store.write(pausing(is_paused=True))
        taken = [Job(Kind.DELIVER, key, 0) for (key,) in world.rows("SELECT id FROM delivery")]

        def leave(connection: Any) -> None:
            attempts.leave(connection, taken, now())

        first, second = (pausing(is_paused=False), leave) if comes_first else (leave, pausing(is_paused=False))
        with world.store.connect().execution_options(isolation_level="READ COMMITTED") as other:
            with other.begin():
                first(other)
                waiting = asyncio.ensure_future(world.store.write(second))
                await asyncio.sleep(0.3)
                assert not waiting.done()
            await waiting
        assert len(world.rows("SELECT 1 FROM job WHERE kind = 'deliver'")) == 1

    play(scene)
