"""Attempts that are begun in the transaction that writes their bodies."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from webhooks.dispatch.turns import Limits
from webhooks.sending.interface import Outcome
from webhooks.store import registrations
from webhooks.store.results import Written

HOOK = "https://receiver.example/hook"


def sends(world: Any) -> int:
    return len(world.sender.requests)


def test_an_attempt_is_on_disk_before_its_request_is_sent(play: Callable[..., None]) -> None:
    """Each request finds its own attempt, begun in the only transaction since the intake's."""
    found: list[Any] = []

    async def scene(world: Any) -> None:
        written: list[int] = []

        def plan(_: Any) -> Outcome:
            found.append((world.rows("SELECT state, attempts FROM delivery"), world.rows("SELECT number FROM attempt")))
            found.append(sum(written))
            return Outcome(status=200, duration=0.01, is_cheap=True)

        await world.register(HOOK)
        world.sender.plan = plan
        async with world.dispatching() as dispatcher:
            world.store.when_written(written.append)
            await world.compose_and_send(dispatcher)
            await world.until(lambda: world.states() == {"delivered": 1})
        assert found[0] == ([("sending", 1)], [(1,)])
        assert sends(world) == 1
        if world.store.is_embedded:
            assert found[1] == 2  # commands: the intake's, and this one

    play(scene)


def test_what_is_begun_with_its_body_is_nobody_elses(play: Callable[..., None]) -> None:
    """The queue gives its job to nobody meanwhile: who took it would find an attempt that looks interrupted."""

    async def scene(world: Any) -> None:
        async def slow() -> Outcome:
            await asyncio.sleep(0.3)
            return Outcome(status=200, duration=0.01)

        world.sender.plan = lambda _: slow()
        await world.register(HOOK)
        async with world.dispatching() as dispatcher:
            await world.compose_and_send(dispatcher)
            dispatcher._queue._note({}, is_changed=True) if world.store.is_embedded else None
            await world.until(lambda: world.states() == {"delivered": 1})
        assert world.rows("SELECT number, error FROM attempt") == [(1, None)]
        assert sends(world) == 1

    play(scene)


def test_an_endpoint_that_is_paused_meanwhile_gets_nothing(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        async with world.dispatching() as dispatcher:
            await world.compose_and_send(dispatcher)
            await world.until(lambda: world.states() == {"delivered": 1})
            await pausing_before_it_writes(world, dispatcher)
            await world.until(lambda: world.states() == {"delivered": 1, "held": 1})
            await world.until(lambda: world.rows("SELECT 1 FROM job") == [])
            await world.store.write(lambda c: registrations.set_paused(c, "ACME", HOOK, is_paused=False))
            await world.until(lambda: world.states() == {"delivered": 2})
        assert sends(world) == 2

    async def pausing_before_it_writes(world: Any, dispatcher: Any) -> None:
        """The endpoint's turn is given before, so only the transaction can find that it is paused."""
        write_and_send = dispatcher.write_and_send

        async def later(to: Any, at: int, write: Any) -> None:
            async def pause_and_write(begin: Any, room: Any) -> Written:
                await world.store.write(lambda c: registrations.set_paused(c, "ACME", HOOK, is_paused=True))
                written: Written = await write(begin, room)
                return written

            await write_and_send(to, at, pause_and_write)

        dispatcher.write_and_send = later
        await world.compose_and_send(dispatcher)
        dispatcher.write_and_send = write_and_send

    play(scene)


@pytest.mark.parametrize("width", [1, 3])
def test_no_more_are_sent_at_once_than_the_endpoint_may_have(play: Callable[..., None], width: int) -> None:
    most = under_way = 0

    async def counted() -> Outcome:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return Outcome(status=200, duration=0.01, is_cheap=True)

    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: counted()
        await world.register(HOOK)
        async with world.dispatching() as dispatcher:
            for _ in range(5):
                await world.compose_and_send(dispatcher, 8)
            await world.until(lambda: world.states() == {"delivered": 40})
        assert most == width

    play(scene, limits=Limits(endpoint=width, rate=10_000))


def test_what_could_not_be_written_takes_no_turn(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        async def refuse(*_: Any) -> Written:
            raise ValueError

        await world.register(HOOK)
        async with world.dispatching() as dispatcher:
            write_and_send = dispatcher.write_and_send
            dispatcher.write_and_send = lambda to, at, _: write_and_send(to, at, refuse)
            for _ in range(5):
                with pytest.raises(ValueError, match=r"^$"):
                    await world.compose_and_send(dispatcher)
            dispatcher.write_and_send = write_and_send
            await world.compose_and_send(dispatcher)
            await world.until(lambda: world.states() == {"pending": 5, "delivered": 1})

    play(scene, limits=Limits(endpoint=1, rate=10_000))


def test_one_that_ends_sends_what_was_begun_with_its_body(play: Callable[..., None]) -> None:
    """It is not left as if it had been interrupted."""

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        async with world.dispatching() as dispatcher:
            await world.compose_and_send(dispatcher)
            await world.until(lambda: world.states() == {"delivered": 1})
            ending = asyncio.ensure_future(world.compose_and_send(dispatcher))
            await asyncio.sleep(0)
            while not world.rows("SELECT 1 FROM event WHERE sequence = 2"):
                await asyncio.sleep(0)
        await ending
        assert world.rows("SELECT count(*) FROM attempt WHERE duration IS NULL") == [(0,)]
        assert world.states() in ({"delivered": 2}, {"delivered": 1, "pending": 1})

    play(scene)
