"""Default bodies that are made while their events are stored."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest

from engine.body import default_body
from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.composing.definitions import Definitions
from webhooks.metrics import Metrics
from webhooks.model import DeliveryState, PublishedEvent
from webhooks.queue.leases import Leases
from webhooks.store import compositions, definitions, endpoints, events, registrations
from webhooks.store.attempts import Ready
from webhooks.store.compositions import Addressed, Sendable
from webhooks.store.endpoints import News
from webhooks.store.events import Publish
from webhooks.store.results import Write

EVENT = "statuschange"
DATA: dict[str, str] = {"ledgeraccountid": "111927", "status": "PAID"}
Run = Callable[[Awaitable[None]], None]


@pytest.fixture(autouse=True)
def takes_jobs(rig: Any) -> Iterator[None]:
    """Where several processes may take jobs, the one that stores events is one of them."""
    leases = Leases()
    leases.beaten(math.inf)
    rig.store.serve_as(None if rig.store.is_embedded else leases)
    yield
    rig.store.serve_as(None)


class Dispatching:
    """A dispatcher in name only: it has room for so many deliveries of an endpoint, and notes what it hears.

    Each endpoint has a turn, as long as `is_idle`.
    """

    def __init__(self, room: int = 100) -> None:
        self._room = room
        self.is_idle = True
        self.asked: list[int] = []
        self.begun: list[Ready] = []
        self.offered: list[Sendable] = []
        self.parked: set[int] = set()

    async def write_and_send(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        self.asked += [each.registration_id for each in to]
        written = await write([each.id for each in to if self.is_idle], self.room)
        begun = {each.id for each in written.begun}
        self.begun += written.begun
        self.offered += [each for each in written.sendable if each.job.key not in begun]
        self.parked |= set(written.parked)

    def room(self, registration_id: int) -> int:
        return self._room


def bodies_of(rig: Any, known: Definitions | None = None) -> BodiesAtIntake:
    if known is None:
        known = rig.by_default()
        known.load()
    made = BodiesAtIntake(known, rig.keyring, Metrics())
    made.sending = Dispatching()
    return made


def publish(rig: Any, bodies: BodiesAtIntake, *ids: str, code: str = EVENT, data: dict[str, str] = DATA) -> Publish:
    given = [PublishedEvent(code=code, arguments=data, id=id_) for id_ in ids]
    return Publish(rig.client.id, given, bodies)


def jobs_of(kind: str, rig: Any) -> list[str]:
    return [key.partition(":")[2] for key in rig.jobs() if key.startswith(kind)]


def test_the_body_is_there_with_its_event(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        await rig.register(EVENT, url="https://other.example/")
        command = publish(rig, bodies_of(rig), "1", "2")
        assert await rig.store.write(command) == ["1", "2"]
        body = default_body(rig.catalogue.events[EVENT], DATA)
        assert [each.dump() for each in rig.bodies()] == [body.dump()] * 2
        ids = sorted(each.id for each in rig.deliveries())
        assert sorted(each.job.key for each in command.sendable) == ids
        assert sorted(jobs_of("deliver", rig)) == ids
        assert jobs_of("compose", rig) == []
        assert rig.states() == {DeliveryState.PENDING: 4}
        assert {each.client_id for each in command.sendable} == {rig.client.id}

    run(test())


def test_those_of_several_commands_are_told_apart(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        commands = [publish(rig, bodies_of(rig), name) for name in ("a", "b", "a")]
        stored = await rig.store.write(lambda c: Publish.run_together(c, commands))
        assert stored == [["a"], ["b"], ["a"]]
        assert [len(command.sendable) for command in commands] == [1, 1, 0]

    run(test())


def test_what_has_no_room_gets_no_job_before_its_refill(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        bodies = bodies_of(rig)
        bodies.sending = dispatching = Dispatching(room=3)
        commands = [publish(rig, bodies, "1", "2"), publish(rig, bodies, "3", "4"), publish(rig, bodies, "5")]
        for command in commands:
            command.room = dispatching.room
        await rig.store.write(lambda c: Publish.run_together(c, commands))
        assert [(len(command.sendable), len(command.parked)) for command in commands] == [(2, 0), (1, 1), (0, 1)]
        ids = sorted(each.id for each in rig.deliveries())
        assert sorted(jobs_of("deliver", rig)) == ids[:3]
        assert len(rig.bodies()) == 5
        await bodies.publish(rig.store, publish(rig, bodies, "6", "7", "8", "9"))
        assert len(dispatching.offered) == 3
        assert dispatching.parked == {each.registration_id for each in dispatching.offered}

    run(test())


def test_an_idle_endpoint_gets_its_attempt_with_the_event(rig: Any, run: Run) -> None:
    """That is the one which the last event of its code went to. Others wait for their turns as before."""

    async def test() -> None:
        await rig.register(EVENT)
        bodies = bodies_of(rig)
        bodies.sending = dispatching = Dispatching()
        for number in range(3):
            assert await bodies.publish(rig.store, publish(rig, bodies, str(number))) == [str(number)]
        assert [len(dispatching.offered), len(dispatching.begun)] == [1, 2]
        assert rig.states() == {DeliveryState.PENDING: 1, DeliveryState.SENDING: 2}
        of_begun = {each.id: each for each in rig.deliveries() if each.state is DeliveryState.SENDING}
        assert of_begun.keys() == {each.id for each in dispatching.begun}
        assert {each.attempt for each in dispatching.begun} == {1}
        assert of_begun.keys() < set(jobs_of("deliver", rig))  # a process that finds it finds that it was interrupted
        await rig.register(EVENT, url="https://other.example/")
        await bodies.publish(rig.store, publish(rig, bodies, "3"))
        assert [len(dispatching.offered), len(dispatching.begun)] == [2, 3]
        dispatching.is_idle = False
        await bodies.publish(rig.store, publish(rig, bodies, "4"))
        assert [len(dispatching.offered), len(dispatching.begun)] == [4, 3]
        dispatching.asked.clear()
        await bodies.publish(rig.store, publish(rig, bodies, "5", "6"))
        assert dispatching.asked == []  # many events come with few transactions anyway

    run(test())


@pytest.mark.parametrize("why", ["paused", "removed", "there already", "asks for time"])
def test_no_attempt_is_begun_that_may_not_be(rig: Any, run: Run, why: str) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        bodies = bodies_of(rig)
        bodies.sending = dispatching = Dispatching()
        await bodies.publish(rig.store, publish(rig, bodies, "first"))
        (known,) = {each.registration_id for each in dispatching.offered}
        if why == "paused":
            await rig.write(registrations.set_paused, rig.client.id, "https://receiver.example/", is_paused=True)
        elif why == "removed":
            await rig.write(registrations.remove, rig.client.id, "https://receiver.example/", None)
        elif why == "asks for time":
            news = News(registration_id=known, has_taken=True, failed_at=None, waits_until=2**60)
            await rig.write(endpoints.tell, [news])
        again = "first" if why == "there already" else "second"
        await bodies.publish(rig.store, publish(rig, bodies, again))
        assert dispatching.asked == [known]
        assert dispatching.begun == []
        assert DeliveryState.SENDING not in rig.states()
        assert len(dispatching.offered) == (2 if why == "asks for time" else 1)

    run(test())


def test_those_that_share_a_transaction_have_attempts_of_their_own(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        await rig.register(EVENT, url="https://other.example/")
        bodies = bodies_of(rig)
        bodies.sending = dispatching = Dispatching()
        await bodies.publish(rig.store, publish(rig, bodies, "first"))
        ended = await asyncio.gather(*(bodies.publish(rig.store, publish(rig, bodies, f"{n}")) for n in range(20)))
        assert ended == [[f"{n}"] for n in range(20)]
        assert len({each.id for each in dispatching.begun}) == len(dispatching.begun) == 40
        assert rig.states() == {DeliveryState.PENDING: 2, DeliveryState.SENDING: 40}

    run(test())


def test_what_is_there_already_is_not_sent_again(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        await rig.store.write(publish(rig, bodies_of(rig), "1"))
        again = publish(rig, bodies_of(rig), "1")
        assert await rig.store.write(again) == ["1"]
        assert again.sendable == []
        assert len(rig.deliveries()) == 1

    run(test())


def test_nothing_is_made_where_the_endpoint_is_paused(rig: Any, run: Run) -> None:
    """One that is paused gets its body when it is resumed, if no other was due before."""

    async def test() -> None:
        await rig.register(EVENT)
        await rig.write(registrations.set_paused, rig.client.id, "https://receiver.example/", is_paused=True)
        command = publish(rig, bodies_of(rig), "1")
        await rig.store.write(command)
        assert command.sendable == []
        assert (rig.bodies(), rig.jobs()) == ([], [])
        await rig.register(EVENT, url="https://other.example/")
        command = publish(rig, bodies_of(rig), "2")
        await rig.store.write(command)
        (sendable,) = command.sendable
        assert jobs_of("deliver", rig) == [sendable.job.key]
        assert rig.states() == {DeliveryState.HELD: 2, DeliveryState.PENDING: 1}

    run(test())


@pytest.mark.parametrize("why", ["defined", "remembered", "not read", "ended"])
def test_an_event_that_may_have_a_definition_gets_none(rig: Any, run: Run, make_custom: Any, why: str) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        known = rig.by_default()
        if why == "defined":
            known = rig.scripted(make_custom, EVENT)
        if why != "not read":
            known.load()
        if why == "remembered":
            await rig.write(definitions.remember, {EVENT})
        bodies = bodies_of(rig, known)
        if why == "ended":
            bodies.sending = None
        command = publish(rig, bodies, "1")
        await rig.store.write(command)
        assert (command.sendable, rig.bodies()) == ([], [])
        assert jobs_of("compose", rig) == ["1/0"]

    run(test())


def test_a_body_that_is_too_large_is_refused_where_all_are(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        large = publish(rig, bodies_of(rig), "1", data=DATA | {"status": "y" * 1_100_000})
        await rig.store.write(large)
        assert large.sendable == []
        async with rig.running(rig.by_default()):
            await rig.until(lambda: rig.are_all(DeliveryState.DEAD))

    run(test())


def test_an_event_for_many_is_composed_apart_from_its_intake(rig: Any, run: Run) -> None:
    async def test() -> None:
        for number in range(events._MOST_SENDABLE + 1):
            await rig.register(EVENT, url=f"https://receiver.example/{number}")
        command = publish(rig, bodies_of(rig), "1")
        await rig.store.write(command)
        assert command.sendable == []
        assert jobs_of("compose", rig) == ["1/0"]

    run(test())


DEFINED = "ledgerpayment"


def test_an_event_with_a_definition_is_handed_over_to_what_composes_it(rig: Any, run: Run, make_custom: Any) -> None:
    """Nobody takes its job: it is added as taken, and the event is composed with what its intake knew."""

    async def test() -> None:
        await rig.register(DEFINED)
        known = rig.scripted(lambda event, messages: [make_custom(event, each) for each in messages], DEFINED)
        async with rig.running(known) as composing:
            await rig.until(lambda: DEFINED in rig.read(definitions.remembered))
            bodies = bodies_of(rig, known)
            bodies.composing = composing
            taken: list[Any] = []
            take = composing._queue.take

            async def noting(*given: Any) -> Any:
                taken.extend(found := await take(*given))
                return found

            composing._queue.take = noting
            for number in range(3):
                command = publish(rig, bodies, str(number), code=DEFINED, data={"paymentid": str(number)})
                offer, given = composing.offer, []
                composing.offer = given.extend
                await bodies.publish(composing._store, command)  # of the process that composes
                composing.offer = offer
                ((item, job),) = given
                assert (item.code, item.event_id, job.key) == (DEFINED, str(number), f"{item.sequence}/0")
                found = rig.read(compositions.find, [job.key], most_addressed=16)
                assert found == {job.key: item}
                composing.offer(given)
                await rig.until(rig.are_composed)
            assert jobs_of("compose", rig) == []
            assert taken == []
            assert [body.parts for body in rig.bodies()] == [
                (f'{{"paymentid":"{number}"}}'.encode(),) for number in range(3)
            ]

    run(test())


def test_what_nobody_was_told_of_is_composed_all_the_same(rig: Any, run: Run, make_custom: Any) -> None:
    """As where the process dies, or its caller goes, between the COMMIT and the handing over."""

    async def test() -> None:
        await rig.register(DEFINED)
        known = rig.scripted(lambda event, messages: [make_custom(event, each) for each in messages], DEFINED)
        async with rig.running(known) as composing:
            await rig.until(lambda: DEFINED in rig.read(definitions.remembered))
            bodies = bodies_of(rig, known)
            bodies.composing = composing
            command = publish(rig, bodies, "1", code=DEFINED, data={"paymentid": "1"})
            await composing._store.write(command)  # of the process that composes
            assert command.waiting
            await rig.until(rig.are_composed)

    run(test())


def test_events_of_an_array_are_taken_from_the_queue(rig: Any, run: Run, make_custom: Any) -> None:
    async def test() -> None:
        await rig.register(DEFINED)
        known = rig.scripted(make_custom, DEFINED)
        async with rig.running(known) as composing:
            await rig.until(lambda: DEFINED in rig.read(definitions.remembered))
            bodies = bodies_of(rig, known)
            bodies.composing = composing
            command = publish(rig, bodies, "1", "2", code=DEFINED, data={"paymentid": "1"})
            await composing._store.write(command)  # of the process that composes
            assert command.waiting == []

    run(test())
