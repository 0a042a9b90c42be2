"""What attempts do to their endpoint, also those that end late: after others, or after it was resumed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.sending.interface import Outcome, OutgoingRequest
from webhooks.store import endpoints, registrations
from webhooks.store.clock import now

HOOK = "https://receiver.example/hook"
DAY = 86_400_000_000


async def fail_since(world: Any, days: int) -> None:
    statement = text("UPDATE registration SET failing_since = :at")
    await world.store.write(lambda connection: connection.execute(statement, {"at": now() - days * DAY}))


def id_of(world: Any) -> int:
    ((id_,),) = world.rows("SELECT id FROM registration")
    return int(id_)


def taken(world: Any) -> endpoints.News:
    return endpoints.News(registration_id=id_of(world), has_taken=True, failed_at=None, waits_until=None)


def disabled(world: Any) -> Any:
    ((reason,),) = world.rows("SELECT disabled_reason FROM registration")
    return reason


@pytest.mark.parametrize(("days", "reason"), [(4, None), (6, "every attempt failed for 6 days")])
def test_one_that_only_fails_for_days_is_disabled(
    play: Callable[..., None], days: int, reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 500
        await world.register(HOOK)
        await world.publish()
        await fail_since(world, days)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1 and "sending" not in world.states())
            assert world.states() == {"pending" if reason is None else "held": 1}
        assert disabled(world) == reason

    play(scene, schedule=(3600,))
    told = [each for each in caplog.records if each.levelno == logging.WARNING and "is disabled" in each.getMessage()]
    assert len(told) == (reason is not None)


def test_one_that_fails_for_the_last_time_is_disabled_too(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 500
        await world.register(HOOK)
        await world.publish()
        await fail_since(world, 6)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"dead": 1})
        assert disabled(world) == "every attempt failed for 6 days"

    play(scene, schedule=())


def test_an_attempt_that_ends_after_a_resumption_does_not_disable_it_by_what_was_before(
    play: Callable[..., None],
) -> None:
    async def scene(world: Any) -> None:
        async def resume(_: OutgoingRequest) -> int:
            await world.store.write(
                lambda connection: registrations.set_paused(connection, "ACME", HOOK, is_paused=False)
            )
            return 500

        world.sender.plan = resume
        await world.register(HOOK)
        await world.publish()
        await fail_since(world, 6)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1 and world.states() == {"pending": 1})
        assert disabled(world) is None

    play(scene, schedule=(3600,))


def test_an_attempt_that_fails_after_others_have_arrived_does_not_disable_it(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        arrived = asyncio.Event()

        async def answer(_: OutgoingRequest) -> int:
            await arrived.wait()
            return 500

        world.sender.plan = answer
        await world.register(HOOK)
        await fail_since(world, 6)
        async with world.dispatching():
            await world.publish()
            await world.until(lambda: len(world.sender.requests) == 1)
            await world.store.write(lambda connection: endpoints.tell(connection, [taken(world)]))  # by a worker
            arrived.set()
            await world.until(lambda: world.states() == {"pending": 1})
        assert disabled(world) is None

    play(scene, schedule=(3600,))


@pytest.mark.parametrize(
    "later", [Outcome(status=204, duration=0.0), Outcome(status=503, duration=0.0, retry_after=5.0)]
)
def test_what_it_asked_for_is_not_forgotten_when_one_that_was_under_way_ends(
    play: Callable[..., None], later: Outcome
) -> None:
    async def scene(world: Any) -> None:
        async def answer(_: OutgoingRequest) -> Outcome:
            if len(world.sender.requests) == 5:
                return Outcome(status=429, duration=0.0, retry_after=600.0)
            while waits() < now():
                await asyncio.sleep(0.01)
            return later

        def waits() -> int:
            ((until,),) = world.rows("SELECT coalesce(waits_until, 0) FROM registration")
            return int(until)

        await world.register(HOOK)
        async with world.dispatching():
            await world.publish(3)  # so that its lane is wide enough for two
            await world.until(lambda: world.states() == {"delivered": 3})
            world.sender.plan = answer
            await world.publish(2)
            await world.until(lambda: len(world.sender.requests) == 5 and "sending" not in world.states())
            assert waits() > now() + 500_000_000

    play(scene)


def test_what_a_delivery_waited_before_its_first_attempt_does_not_age_it(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: Outcome(status=429, duration=0.0, retry_after=600.0)
        await world.register(HOOK)
        await world.publish()
        statement = text("UPDATE delivery SET created_at = :at")
        await world.store.write(lambda connection: connection.execute(statement, {"at": now() - 30 * DAY}))
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1 and world.states() == {"pending": 1})
        assert world.rows("SELECT attempts, failures FROM delivery") == [(1, 0)]

    play(scene, schedule=(3600,))
