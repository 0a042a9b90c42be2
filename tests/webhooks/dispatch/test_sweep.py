"""The sweep: work without a job is found, and times of a clock that was set back are mended."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from webhooks.dispatch.sweep import Sweep
from webhooks.store.clock import now

HOOK = "https://acme.example/hook"
DAY = 86_400_000_000


def test_work_that_lost_its_job_is_found(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(3)
        await world.forget_jobs()
        async with world.dispatching():
            await Sweep(world.store).sweep()
            await world.until(lambda: world.states() == {"delivered": 3})

    play(scene)


def test_what_a_process_had_parked_when_it_died_is_sent_without_another_sweep(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(300)
        await world.forget_jobs()
        async with world.dispatching() as dispatcher:
            await Sweep(world.store, dispatcher.recall).sweep()
            await world.until(lambda: world.states() == {"delivered": 300})

    play(scene)


def test_a_clock_that_was_set_back_delays_nothing_for_longer_than_was_meant(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 500
        await world.register(HOOK)
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: len(world.rows("SELECT 1 FROM attempt WHERE duration IS NOT NULL")) == 1)
        await world.store.write(
            lambda connection: connection.execute(
                text(
                    "UPDATE delivery SET next_attempt_at = next_attempt_at + :day, scheduled_at = scheduled_at + :day"
                ),
                {"day": DAY},
            )
        )
        await world.forget_jobs()
        await Sweep(world.store).sweep()
        ((next_attempt_at, scheduled_at),) = world.rows("SELECT next_attempt_at, scheduled_at FROM delivery")
        assert abs(scheduled_at - now()) < 10_000_000
        assert next_attempt_at - scheduled_at < 2 * 3600 * 1_000_000

    play(scene, schedule=(3600,))


def test_what_is_rightly_due_later_is_left_alone(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 500
        await world.register(HOOK)
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: len(world.rows("SELECT 1 FROM attempt WHERE duration IS NOT NULL")) == 1)
        before = world.rows("SELECT next_attempt_at, scheduled_at, state FROM delivery")
        await Sweep(world.store).sweep()
        assert world.rows("SELECT next_attempt_at, scheduled_at, state FROM delivery") == before

    play(scene, schedule=(3600,))
