"""The sweep: work without a job is found, and times of a clock that was set back are mended."""

import asyncio
import functools
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.dispatch.sweep import Sweep
from webhooks.store import jobs, timing
from webhooks.store.clock import now
from webhooks.wall_clock import WallClock

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
            await Sweep(world.store, dispatcher).sweep()
            await world.until(lambda: world.states() == {"delivered": 300})

    play(scene)


def test_what_was_stored_without_a_job_is_sent_without_a_sweep(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(300)
        await world.forget_jobs()
        async with world.dispatching() as dispatcher:
            dispatcher.park([id_ for (id_,) in world.rows("SELECT id FROM registration")])
            await world.until(lambda: world.states() == {"delivered": 300})

    play(scene)


def test_what_this_process_has_parked_itself_is_not_looked_for(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 500
        await world.register(HOOK)
        await world.publish(300)
        async with world.dispatching() as dispatcher:
            await world.until(dispatcher.parked)
            find = functools.partial(jobs.missing, now=now(), most=10)
            await world.until(lambda: world.store.read_now(find))
            assert not world.store.read_now(functools.partial(find, known=dispatcher.parked()))
            assert world.store.read_now(functools.partial(find, known=[-1]))

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


def test_many_times_are_mended_a_part_at_a_time(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "PART", 3)
    parts: list[int] = []
    mend = timing.mend_deliveries

    def noted(connection: Any, ids: list[str], now: int) -> int:
        parts.append(len(ids))
        return mend(connection, ids, now)

    monkeypatch.setattr(timing, "mend_deliveries", noted)

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(20)
        await world.forget_jobs()
        at, values = now(), "next_attempt_at = :at + :after, scheduled_at = :at"
        for number, id_ in enumerate(sorted(delivery.id for delivery in world.deliveries())):
            ahead = DAY if number % 3 else 0  # the others are rightly due later
            change = {"at": at + ahead, "after": DAY * 3 // 2, "id": id_}
            statement = text(f"UPDATE delivery SET {values} WHERE id = :id")
            await world.store.write(lambda c, s=statement, v=change: c.execute(s, v))
        await Sweep(world.store).sweep()
        rows = world.rows("SELECT next_attempt_at - scheduled_at, scheduled_at FROM delivery")
        assert {wait for wait, _ in rows} == {DAY * 3 // 2}
        assert all(abs(scheduled_at - now()) < 60_000_000 for _, scheduled_at in rows)
        assert sum(parts) == 13
        assert max(parts) <= 3
        assert len(world.rows("SELECT 1 FROM job")) == 13

    play(scene)


def test_a_clock_that_was_wrong_for_less_than_a_sweep_is_noticed(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.dispatch.sweep._SWEEP_EVERY_SECONDS", 3600.0)

    async def scene(world: Any) -> None:
        ahead = 0.0  # seconds, of a clock that is faked
        await world.register(HOOK)
        await world.publish()
        sweep = Sweep(world.store, clock=WallClock(lambda: time.time() + ahead))
        sweeping = asyncio.create_task(sweep.run())
        await asyncio.sleep(0.5)
        ahead = 3 * 3600
        await asyncio.sleep(0.6)
        of_that_time = (
            "UPDATE delivery SET next_attempt_at = next_attempt_at + :day, scheduled_at = scheduled_at + :day"
        )
        await world.store.write(lambda connection: connection.execute(text(of_that_time), {"day": DAY}))
        ahead = 0.0
        await world.until(lambda: world.rows("SELECT scheduled_at FROM delivery")[0][0] < now() + 1_000_000)
        sweeping.cancel()

    play(scene)


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


def test_what_is_composed_later_and_an_endpoints_wait_go_back_with_the_clock(play: Callable[..., None]) -> None:
    """By less than they may be away anyway, so that nothing but the clock can tell."""

    async def scene(world: Any) -> None:
        ahead = 1800.0  # seconds, of a clock that is faked
        await world.register(HOOK)
        await world.publish()
        sweep = Sweep(world.store, clock=WallClock(lambda: time.time() + ahead))
        await sweep.sweep()
        at = {"at": now() + 1_810_000_000}  # in ten seconds, by that clock
        waiting = "UPDATE composition SET state = 'waiting', body = NULL, due_at = :at"
        for statement in (waiting, "UPDATE registration SET waits_until = :at"):
            await world.store.write(lambda connection, statement=statement: connection.execute(text(statement), at))
        ahead = 0.0
        await sweep.sweep()
        ((due_at,),) = world.rows("SELECT due_at FROM composition")
        ((waits_until,),) = world.rows("SELECT waits_until FROM registration")
        assert 5_000_000 < due_at - now() < 11_000_000
        assert 5_000_000 < waits_until - now() < 11_000_000

    play(scene)


@pytest.mark.parametrize("ends", ["pending", "delivered"])
def test_what_a_clock_that_was_behind_said_goes_forth_with_it(play: Callable[..., None], ends: str) -> None:
    """Or it would count as held, or over, for as long as the clock was behind; and its endpoint as failing."""

    async def scene(world: Any) -> None:
        behind = 40 * 86400.0  # seconds, of a clock that is faked
        await world.register(HOOK)
        await world.publish(2)
        sweep = Sweep(world.store, clock=WallClock(lambda: time.time() - behind))
        at = {"at": now() - 40 * DAY + 1_000_000, "state": ends}
        column = "next_attempt_at" if ends == "pending" else "ended_at"
        for statement in (
            f"UPDATE delivery SET state = :state, next_attempt_at = NULL, {column} = :at"
            if ends == "delivered"
            else f"UPDATE delivery SET state = :state, {column} = :at",
            f"UPDATE delivery SET {column} = :at - 86400000000 WHERE id = (SELECT min(id) FROM delivery)",
            "UPDATE registration SET failing_since = :at, held_since = :at, is_paused = true",
        ):
            used = {name: value for name, value in at.items() if f":{name}" in statement}
            await world.store.write(lambda connection, s=statement, u=used: connection.execute(text(s), u))
        await asyncio.sleep(1.1)
        behind = 0.0
        await sweep.sweep()
        ((failing_since, held_since),) = world.rows("SELECT failing_since, held_since FROM registration")
        assert abs(failing_since - now()) < 10_000_000
        assert abs(held_since - now()) < 10_000_000
        (before, since) = (now() - value for (value,) in world.rows(f"SELECT {column} FROM delivery ORDER BY id"))
        assert since < 10_000_000
        assert before > 40 * DAY, "of an earlier process, whose clock may have been right"

    play(scene)
