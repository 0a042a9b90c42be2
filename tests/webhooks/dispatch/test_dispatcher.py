"""The dispatcher over an embedded store: what it sends, what it writes, and what it leaves alone."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from webhooks.dispatch.turns import Limits
from webhooks.errors import StoreError
from webhooks.model import PublishedEvent
from webhooks.security.keys import Keyring, Purpose
from webhooks.sending.interface import Outcome, OutgoingRequest, SendError
from webhooks.store import events, jobs, registrations
from webhooks.store.attempts import answer_row
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

KEYRING = Keyring([bytes(32)])
HOOK = "https://acme.example/hook"


def test_a_delivery_is_sent_with_its_secret_and_recorded(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK, secret="mySecret")
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1})
        (request,) = world.sender.requests
        (delivery,) = world.deliveries()
        assert (request.url, request.method) == (HOOK, "POST")
        assert json.loads(request.body)["secret"] == "mySecret"
        assert request.headers["webhook-id"] == delivery.id
        assert request.headers["webhook-sequence"] == "1"
        assert (delivery.reason, delivery.next_attempt_at) == (None, None)
        ((number, status, duration, error),) = world.rows("SELECT number, status, duration, error FROM attempt")
        assert (number, status, duration, error) == (1, 200, 10_000, None)
        assert world.rows("SELECT 1 FROM job") == []

    play(scene)


def test_the_beginning_of_an_answer_is_kept_without_the_secret(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda request: Outcome(
            status=500, duration=0.01, answer=b"x" * 1020 + request.body * 2, is_restricted=True
        )
        await world.register(HOOK, secret='my"Secret')
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"dead": 1})
        (delivery,) = world.deliveries()
        for number, answer, is_restricted in world.rows("SELECT number, answer, is_restricted FROM attempt"):
            kept = KEYRING.decrypt(Purpose.ANSWER, answer, answer_row(delivery.id, number))
            assert (kept, is_restricted) == (b"x" * 1020 + b'{"le', 1)

    play(scene)


def test_a_receiver_that_fails_twice_gets_it_with_the_same_id_and_bytes(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        statuses = iter([500, 404, 200])
        world.sender.plan = lambda _: next(statuses)
        await world.register(HOOK)
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1})
        assert len({(request.headers["webhook-id"], request.body) for request in world.sender.requests}) == 1
        assert world.rows("SELECT number, status FROM attempt ORDER BY number") == [(1, 500), (2, 404), (3, 200)]
        assert world.rows("SELECT failing_since FROM registration") == [(None,)]

    play(scene)


def test_at_the_schedules_end_it_is_dead_and_says_why(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: Outcome(duration=0.1, error=SendError.DNS, detail="There is no such host.")
        await world.register(HOOK)
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"dead": 1})
        (delivery,) = world.deliveries()
        assert delivery.reason == "dns: There is no such host; the last of 3 attempts"
        assert len(world.sender.requests) == 3
        assert world.rows("SELECT failing_since IS NULL, ended_at IS NULL FROM registration, delivery") == [(0, 0)]

    play(scene)


def test_the_attempt_is_on_disk_before_it_is_sent(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        seen: list[Any] = []

        def look(request: OutgoingRequest) -> int:
            seen.extend(world.rows("SELECT state, attempts, number, duration FROM delivery, attempt"))
            return 200

        world.sender.plan = look
        await world.register(HOOK)
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1})
        assert seen == [("sending", 1, 1, None)]

    play(scene)


def die_sending(connection: Any) -> None:
    connection.exec_driver_sql("UPDATE delivery SET state = 'sending', attempts = 1, next_attempt_at = NULL")
    connection.exec_driver_sql("INSERT INTO attempt (delivery_id, number, started_at) SELECT id, 1, 0 FROM delivery")


def test_an_attempt_whose_process_died_counts_and_is_made_again(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        await world.store.write(die_sending)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1})
        assert world.rows("SELECT number, status, error FROM attempt ORDER BY number") == [
            (1, None, "internal"),
            (2, 200, None),
        ]

    play(scene)


def test_what_was_being_sent_to_a_removed_url_when_its_process_died_is_cancelled(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        await world.store.write(die_sending)
        await world.store.write(lambda connection: registrations.remove(connection, "ACME", HOOK, None))
        async with world.dispatching():
            await world.until(lambda: world.states() == {"cancelled": 1})
        assert world.sender.requests == []

    play(scene)


def test_410_disables_the_endpoint_and_holds_what_waits(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 410
        await world.register(HOOK)
        await world.publish(5)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"held": 5})
        assert len(world.sender.requests) == 1
        assert world.rows("SELECT disabled_reason FROM registration") == [
            ("the receiver answered 410 Gone: it is not wanted any more",)
        ]

    play(scene)


@pytest.mark.parametrize("what", ["registration SET is_paused", "client SET is_disabled"])
def test_a_paused_endpoint_or_a_disabled_clients_gets_nothing(play: Callable[..., None], what: str) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        await world.store.write(lambda connection: connection.exec_driver_sql(f"UPDATE {what} = true"))
        async with world.dispatching():
            await world.until(lambda: world.states() == {"held": 1})
        assert world.sender.requests == []

    play(scene)


def test_a_resumption_sends_what_waits_for_its_next_attempt(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: 200 if len(world.sender.requests) > 3 else 500
        await world.register(HOOK)
        await world.publish(3)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 3 and world.states() == {"pending": 3})
            await world.store.write(
                lambda connection: registrations.set_paused(connection, "ACME", HOOK, is_paused=False)
            )
            await world.until(lambda: world.states() == {"delivered": 3})

    play(scene, schedule=(3600,))


def test_what_was_removed_while_it_was_sent_is_not_sent_again(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        async def remove(_: OutgoingRequest) -> int:
            await world.store.write(lambda connection: registrations.remove(connection, "ACME", HOOK, ["statuschange"]))
            return 500

        world.sender.plan = remove
        await world.register(HOOK, "statuschange", "ledgerpayment")
        await world.publish()
        async with world.dispatching():
            await world.until(lambda: world.states() == {"cancelled": 1})
        assert len(world.sender.requests) == 1
        (delivery,) = world.deliveries()
        assert delivery.reason == "the registration was removed; the receiver answered 500"

    play(scene)


def test_what_was_made_due_while_its_url_was_removed_is_cancelled(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        await world.store.write(lambda connection: connection.exec_driver_sql("DELETE FROM registration"))
        async with world.dispatching():
            await world.until(lambda: world.states() == {"cancelled": 1})
        assert world.sender.requests == []

    play(scene)


def test_retry_after_leaves_the_whole_endpoint_alone(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: Outcome(status=503, duration=0.0, retry_after=60.0)
        await world.register(HOOK)
        await world.register("https://other.example/")
        await world.publish(3)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 2)
            await asyncio.sleep(0.3)
        assert len(world.sender.requests) == 2
        assert world.states() == {"pending": 6}
        assert world.rows("SELECT max(failures) FROM delivery") == [(0,)]

    play(scene, schedule=(3600,))


def test_what_is_not_composed_yet_keeps_nothing_else_of_its_endpoint_waiting(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK, "statuschange", "ledgerpayment")
        waiting = [PublishedEvent(code="ledgerpayment", arguments={})] * 200
        await world.store.write(lambda connection: events.publish(connection, "back end", waiting))
        await world.publish(100)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 100, "pending": 200})

    play(scene, Limits(endpoint=2, rate=1000))


def test_a_burst_for_one_endpoint_is_delivered_once_each(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(1000)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1000})
        assert len({request.headers["webhook-id"] for request in world.sender.requests}) == 1000
        assert len(world.sender.requests) == 1000
        assert world.rows("SELECT 1 FROM job") == []

    play(scene)


def test_endpoints_that_never_answer_do_not_delay_a_good_one(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        never = asyncio.Event()

        async def hang() -> int:
            await never.wait()
            return 500

        world.sender.plan = lambda request: 200 if "good" in request.url else hang()
        for number in range(60):
            await world.register(f"https://slow.example/{number}")
        await world.register("https://good.example/")
        await world.publish(20)
        async with world.dispatching():
            await world.until(lambda: world.states().get("delivered") == 20)
            never.set()

    play(scene, Limits(endpoint=32, rate=1000, unproven=100, total=120), (3600,))


def test_a_store_that_is_away_loses_no_outcome(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(3)
        real, is_away = Store.write, [False]

        async def write(self: Store, command: Any, **options: Any) -> Any:
            if is_away[0]:
                raise StoreError("The store cannot write now.")
            return await real(self, command, **options)

        def answer(_: OutgoingRequest) -> int:
            is_away[0] = True
            asyncio.get_running_loop().call_later(0.5, is_away.__setitem__, 0, False)
            return 200

        monkeypatch.setattr(Store, "write", write)
        world.sender.plan = answer
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 3})
        assert len(world.sender.requests) == 3

    play(scene)


@pytest.mark.parametrize("error", [StoreError("The store cannot write now."), RuntimeError("a fault")])
def test_jobs_that_cannot_be_finished_are_taken_again(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def scene(world: Any) -> None:
        await world.store.write(lambda connection: jobs.add(connection, [Job(Kind.DELIVER, "of no delivery", 1)]))
        real, refused = Store.write, []

        async def write(self: Store, command: Any, **options: Any) -> Any:
            if not refused:
                refused.append(command)
                raise error
            return await real(self, command, **options)

        monkeypatch.setattr(Store, "write", write)
        async with world.dispatching():
            await world.until(lambda: world.rows("SELECT 1 FROM job") == [])
        assert refused

    play(scene)


def test_it_ends_though_the_store_is_away_and_the_delivery_is_sent_again(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish()
        real, is_away = Store.write, [False]

        async def write(self: Store, command: Any, **options: Any) -> Any:
            if is_away[0]:
                raise StoreError("The store cannot write now.")
            return await real(self, command, **options)

        def answer(_: OutgoingRequest) -> int:
            is_away[0] = True
            return 200

        monkeypatch.setattr(Store, "write", write)
        world.sender.plan = answer
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1)
        assert world.states() == {"sending": 1}
        is_away[0] = False
        world.sender.plan = lambda _: 200
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 1})
        assert len({request.headers["webhook-id"] for request in world.sender.requests}) == 1

    monkeypatch.setattr("webhooks.dispatch.recorder._LAST_TRIES_SECONDS", 0.1)
    play(scene)


def test_the_dispatcher_ends_what_is_under_way(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        async def slow() -> int:
            await asyncio.sleep(0.5)
            return 200

        world.sender.plan = lambda _: slow()
        await world.register(HOOK)
        await world.publish(3)
        async with world.dispatching():
            await world.until(lambda: len(world.sender.requests) == 1)
        assert world.states() == {"delivered": 1, "pending": 2}
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 3})

    play(scene)


class Gate:
    """Answers at once until it is shut; then each request waits until it is opened, and gets a status."""

    def __init__(self, shut_after: int) -> None:
        self.left = shut_after
        self.opened = asyncio.Event()
        self.status = 200

    def __call__(self, request: OutgoingRequest) -> Any:
        self.left -= 1
        return 200 if self.left >= 0 else self._later()

    async def _later(self) -> int:
        await self.opened.wait()
        return self.status


def begun_ahead(world: Any) -> bool:
    """Whether attempts are written that are not sent yet."""
    written = world.rows("SELECT count(*) FROM attempt")[0][0]
    return bool(written > len(world.sender.requests) and world.states().get("sending", 0) > 4)


def test_what_was_begun_ahead_is_taken_back_where_the_endpoint_fails(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = gate = Gate(shut_after=40)
        await world.register(HOOK)
        await world.publish(200)
        async with world.dispatching():
            await world.until(lambda: begun_ahead(world))
            before = len(world.sender.requests)
            gate.status = 500
            gate.opened.set()
            await world.until(lambda: len(world.sender.requests) > before)
            gate.status = 200
            await world.until(lambda: world.states() == {"delivered": 200})
        ids = [request.headers["webhook-id"] for request in world.sender.requests]
        assert len(ids) == world.rows("SELECT count(*) FROM attempt")[0][0]
        assert world.rows("SELECT count(*) FROM attempt WHERE error IS NOT NULL") == [(0,)]
        assert world.rows("SELECT count(*) FROM delivery WHERE attempts > 3") == [(0,)]

    play(scene, limits=Limits(endpoint=4, rate=10_000))


def test_what_was_begun_ahead_is_due_again_once_the_process_ends(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = gate = Gate(shut_after=40)
        await world.register(HOOK)
        await world.publish(100)
        async with world.dispatching() as dispatcher:
            await world.until(lambda: begun_ahead(world))
            dispatcher.stop()
            gate.opened.set()
        delivered = world.states()["delivered"]
        assert world.states() == {"delivered": delivered, "pending": 100 - delivered}
        assert world.rows("SELECT count(*) FROM attempt") == [(delivered,)]
        assert world.rows("SELECT DISTINCT attempts FROM delivery WHERE state = 'pending'") == [(0,)]
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 100})
        assert len(world.sender.requests) == 100

    play(scene, limits=Limits(endpoint=4, rate=10_000))


def test_what_was_begun_ahead_is_sent_though_nothing_before_it_can_be(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(40)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 40})
            await world.publish(20, erased=4)
            await world.until(lambda: world.states() == {"dead": 4, "delivered": 56})

    play(scene, limits=Limits(endpoint=4, rate=10_000))


def test_what_was_begun_ahead_of_an_endpoint_that_became_slow_is_held_soon_after_its_pause(
    play: Callable[..., None],
) -> None:
    async def slow() -> int:
        await asyncio.sleep(0.4)
        return 200

    async def scene(world: Any) -> None:
        await world.register(HOOK)
        await world.publish(40)
        async with world.dispatching():
            await world.until(lambda: world.states() == {"delivered": 40})
            world.sender.plan = lambda _: slow()
            await world.publish(100)
            await world.until(lambda: begun_ahead(world))
            await world.store.write(lambda c: registrations.set_paused(c, "ACME", HOOK, is_paused=True))
            await world.until(lambda: world.states().keys() == {"delivered", "held"})
        assert len(world.sender.requests) <= 40 + 4 * 4  # a second, and what was under way

    play(scene, limits=Limits(endpoint=4, rate=10_000))


def test_one_that_has_proved_itself_waits_for_none_that_have_not(play: Callable[..., None]) -> None:
    async def scene(world: Any) -> None:
        world.sender.plan = lambda _: Outcome(status=200, duration=0.01, is_cheap=True)
        for number in range(90):
            await world.register(f"https://new.example/{number}", "statuschange")
        await world.register(HOOK, "statuschange", "ledgerpayment")
        async with world.dispatching():
            await world.publish(code="ledgerpayment")
            await world.until(lambda: world.states() == {"delivered": 1})
            world.sender.requests.clear()
            await world.publish(code="statuschange")  # HOOK is the last of those that take it
            await world.until(lambda: world.states() == {"delivered": 92})
        urls = [request.url for request in world.sender.requests]
        assert urls.index(HOOK) < 10

    play(scene)
