"""Compositions beside their deliveries: held, cancelled, resumed and replayed, before and after the body is there."""

from typing import Any

import pytest
from sqlalchemy import select, update

from webhooks.errors import ConflictError
from webhooks.model import DeliveryState
from webhooks.store import attempts, compositions, deliveries, events, jobs, parking, registrations, results
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState
from webhooks.store.jobs import Job, Kind
from webhooks.store.results import Composed, Deferred, Ended, Parked, Result, Unneeded
from webhooks.store.tables import COMPOSITIONS, DELIVERIES, EVENTS, JOBS

URL = "https://receiver.example/"
LATER = 60_000_000


class One:
    """An event with one delivery, and what may become of it."""

    def __init__(self, read: Any, write: Any, client: Any, sequence: int) -> None:
        self.read, self.write, self.client, self.sequence = read, write, client, sequence

    def end(self, kind: type[Result], version: int = 0, **members: Any) -> None:
        """Composing gives this."""
        job = compositions.job_of(self.sequence, version, 0)
        self.write(results.write, [kind(sequence=self.sequence, version=version, **members)], [job], at=now())

    def compose(self, version: int = 0, body: bytes = b"body") -> None:
        self.end(Composed, version, body=body, code=None)

    def delivery(self) -> Any:
        """The newest one, as it is in the table."""
        query = select(DELIVERIES).where(DELIVERIES.c.event_sequence == self.sequence).order_by(DELIVERIES.c.id.desc())
        return self.read(lambda c: c.execute(query).first())

    def composition(self, version: int = 0) -> Any:
        query = select(COMPOSITIONS).where(
            COMPOSITIONS.c.event_sequence == self.sequence, COMPOSITIONS.c.version == version
        )
        return self.read(lambda c: c.execute(query).one())

    def jobs(self) -> list[str]:
        wanted = {f"compose:{self.sequence}/{version}" for version in range(3)}

        def find(connection: Any) -> list[str]:
            return [f"{kind}:{key}" for kind, key in connection.execute(select(JOBS.c.kind, JOBS.c.key))]

        rows = self.read(
            lambda c: c.scalars(select(DELIVERIES.c.id).where(DELIVERIES.c.event_sequence == self.sequence)).all()
        )
        return sorted(set(self.read(find)) & (wanted | {f"deliver:{id_}" for id_ in rows}))

    def finish(self) -> None:
        self.write(jobs.finish, [Job(Kind.DELIVER, self.delivery().id, 0)])

    def pause(self, *, is_paused: bool = True) -> None:
        self.write(registrations.set_paused, self.client.id, URL, is_paused=is_paused)

    def shown(self) -> Any:
        """The delivery as it is shown."""
        return self.read(deliveries.by_id, None, self.delivery().id)

    def replay(self, *, recompose: bool = False) -> Any:
        return self.write(deliveries.replay, self.client.id, self.delivery().id, recompose=recompose)

    def waiting(self, version: int = 0) -> Any:
        key = compositions.key_of(self.sequence, version)
        return self.read(compositions.find, [key]).get(key)


@pytest.fixture
def one(new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str) -> One:
    client = new_client()
    register(client, URL, code)
    (id_,) = write(events.publish, client.id, [published(code, a="1")])
    return One(read, write, client, read(events.by_id, client.id, id_).sequence)


def test_a_body_that_is_composed_has_its_delivery_sent(one: One) -> None:
    assert one.jobs() == [f"compose:{one.sequence}/0"]
    one.compose()
    delivery = one.delivery()
    assert one.jobs() == [f"deliver:{delivery.id}"]
    assert (delivery.state, delivery.reason) == ("pending", None)
    assert delivery.next_attempt_at == delivery.scheduled_at


@pytest.mark.parametrize("begins", [False, True])
def test_where_there_is_no_room_it_waits_for_a_refill_unless_its_attempt_begins(one: One, begins: bool) -> None:
    composed = Composed(sequence=one.sequence, version=0, body=b"body", code=None)
    id_, taken = one.delivery().id, [compositions.job_of(one.sequence, 0, 0)]
    begin = [id_] if begins else []
    written = one.write(results.write, [composed], taken, at=now(), begin=begin, room=lambda _: 0)
    assert written.parked == (set() if begins else {one.delivery().registration_id})
    assert one.jobs() == [f"deliver:{each}" for each in begin]
    assert one.composition().state == "composed"


@pytest.mark.parametrize(
    ("due", "is_kept"),
    [(-1_000_000, True), (-LATER, False), (LATER, False), (None, False)],
    ids=["just now", "long ago", "in the future", "never"],
)
@pytest.mark.parametrize("state", ["pending", "composing"])
@pytest.mark.parametrize("reason", [None, "the ledger was down"])
def test_a_delivery_is_due_now_that_was_not_just_due(
    one: One, write: Any, due: int | None, is_kept: bool, state: str, reason: str | None
) -> None:
    before = now()
    due_at = None if due is None else before + due
    write(
        lambda c: c.execute(
            update(DELIVERIES)
            .values(state=state, reason=reason, next_attempt_at=due_at, scheduled_at=due_at)
            .where(DELIVERIES.c.event_sequence == one.sequence)
        )
    )
    one.compose()
    delivery = one.delivery()
    assert (delivery.state, delivery.reason) == ("pending", None)
    assert delivery.scheduled_at == delivery.next_attempt_at
    if is_kept and state == "pending" and reason is None:
        assert delivery.next_attempt_at == due_at
    else:
        assert before <= delivery.next_attempt_at <= now()


def test_a_body_that_is_written_never_changes(one: One) -> None:
    one.compose()
    one.finish()
    one.compose(body=b"other")
    for kind, members in (
        (Deferred, {"failures": 1, "reason": "late", "due_at": 1}),
        (Ended, {"state": CompositionState.FAILED, "reason": "late"}),
        (Parked, {"code": "x", "reason": "late"}),
        (Unneeded, {}),
    ):
        one.end(kind, **members)
    assert (one.composition().body, one.composition().state, one.jobs()) == (b"body", "composed", [])
    assert (one.delivery().state, one.delivery().reason) == ("pending", None)


def test_the_same_failure_is_counted_once(one: One) -> None:
    due_at = now() + LATER
    for _ in range(2):  # as two processes may tell of it
        one.end(Deferred, failures=1, reason="not yet", due_at=due_at)
    assert (one.composition().failures, one.composition().due_at) == (1, due_at)
    assert (one.delivery().state, one.delivery().reason, one.delivery().next_attempt_at) == (
        "pending",
        "not yet",
        due_at,
    )


def test_what_is_held_needs_no_body_until_it_is_resumed(one: One) -> None:
    one.pause()
    assert (one.shown().state, one.shown().next_attempt_at, one.delivery().state) == ("held", None, "pending")
    assert not one.waiting().is_needed
    one.end(Unneeded)
    assert (one.composition().due_at, one.jobs()) == (None, [])
    one.pause(is_paused=False)
    assert (one.shown().state, one.delivery().scheduled_at) == ("pending", one.delivery().next_attempt_at)
    assert one.jobs() == [f"compose:{one.sequence}/0"]
    assert one.waiting().is_needed


def test_what_was_resumed_after_it_was_looked_at_keeps_its_job(one: One) -> None:
    one.pause()
    assert not one.waiting().is_needed
    one.pause(is_paused=False)
    one.end(Unneeded)
    assert one.composition().due_at is not None
    assert one.jobs() == [f"compose:{one.sequence}/0"]


def test_a_held_delivery_whose_body_is_there_is_sent_when_it_is_resumed(one: One) -> None:
    one.pause()
    one.compose()
    assert one.shown().state == "held"
    assert (one.delivery().state, one.jobs()) == ("pending", [])
    assert one.write(attempts.begin, [one.delivery().id], now()) == []
    one.pause(is_paused=False)
    assert (one.shown().state, one.jobs()) == ("pending", [f"deliver:{one.delivery().id}"])
    assert len(one.write(attempts.begin, [one.delivery().id], now())) == 1


def test_what_is_composed_no_more_is_found_when_it_is_resumed(one: One) -> None:
    """Even where it had no due time, as it was parked, or was shown as composing."""
    one.end(Parked, code="x", reason="it is missing")
    assert one.delivery().next_attempt_at is None
    one.pause()
    one.write(parking.unpark, "x", 10)
    one.end(Unneeded)
    assert (one.delivery().state, one.composition().due_at) == ("pending", None)
    one.pause(is_paused=False)
    assert (one.shown().state, one.jobs()) == ("pending", [f"compose:{one.sequence}/0"])


@pytest.mark.parametrize(
    ("kind", "members", "due"),
    [
        (Parked, {"code": "x", "reason": "it is missing"}, False),
        (Deferred, {"failures": 1, "reason": "it is missing", "due_at": now() + LATER}, True),
    ],
)
def test_who_is_resumed_waits_for_what_the_event_waits_for(one: One, kind: Any, members: Any, due: bool) -> None:
    one.end(kind, **members)
    one.pause()
    one.pause(is_paused=False)
    delivery = one.delivery()
    assert (delivery.state, delivery.reason) == ("pending", "it is missing")
    assert delivery.next_attempt_at == (members["due_at"] if due else None)
    assert one.jobs() == ([f"compose:{one.sequence}/0"] if due else [])


def test_a_composing_delivery_is_held_and_cancelled_too(one: One, write: Any) -> None:
    write(
        lambda c: c.execute(
            update(DELIVERIES).values(state="composing").where(DELIVERIES.c.event_sequence == one.sequence)
        )
    )
    one.pause()
    assert one.shown().state == "held"
    write(registrations.remove, one.client.id, URL, None)
    delivery = one.delivery()
    assert (delivery.state, delivery.next_attempt_at) == ("cancelled", None)
    assert delivery.ended_at is not None
    one.compose()
    assert (one.delivery().state, one.jobs()) == ("cancelled", [])


@pytest.mark.parametrize("state", [CompositionState.FAILED, CompositionState.SKIPPED])
def test_what_ended_without_a_body_is_composed_again_by_a_replay(one: One, state: CompositionState) -> None:
    one.end(Ended, state=state, reason="it is so")
    delivery = one.delivery()
    assert (delivery.state, delivery.reason) == ("skipped" if state is CompositionState.SKIPPED else "dead", "it is so")
    assert (delivery.next_attempt_at, delivery.scheduled_at) == (None, None)
    assert delivery.ended_at is not None
    again = one.replay()
    assert (again.id, again.state, again.reason) == (delivery.id, DeliveryState.PENDING, None)
    assert (one.delivery().ended_at, one.jobs()) == (None, [f"compose:{one.sequence}/0"])
    assert (one.waiting().failures, one.waiting().is_needed) == (0, True)
    one.compose()
    assert one.jobs() == [f"deliver:{delivery.id}"]


def test_a_replay_sends_the_body_that_is_there(one: One, write: Any) -> None:
    one.compose()
    one.finish()
    write(set_over, one.delivery().id)
    one.replay()
    assert one.jobs() == [f"deliver:{one.delivery().id}"]
    assert (one.delivery().failures, one.delivery().attempts) == (0, 10)


def test_a_body_is_composed_afresh_for_a_delivery_of_its_own(one: One, write: Any) -> None:
    one.compose()
    one.finish()
    old = one.delivery().id
    for version in (1, 2):
        write(set_over, one.delivery().id)
        again = one.replay(recompose=True)
        assert again.id > old
        delivery = one.delivery()
        assert (delivery.version, delivery.attempts, delivery.failures) == (version, 0, 0)
        assert (one.composition(version).state, one.composition(version).due_at) == (
            "waiting",
            delivery.next_attempt_at,
        )
        assert one.jobs() == [f"compose:{one.sequence}/{version}"]
        one.compose(version, b"other")
        assert one.jobs() == [f"deliver:{delivery.id}"]
        one.finish()
    assert (one.composition(0).body, one.composition(1).body) == (b"body", b"other")


def test_a_replay_to_a_paused_endpoint_waits_for_it(one: One, write: Any) -> None:
    one.compose()
    one.finish()
    write(set_over, one.delivery().id)
    one.pause()
    one.replay(recompose=True)
    assert (one.shown().state, one.waiting(1).is_needed) == ("held", False)
    one.end(Unneeded, version=1)
    assert (one.composition(1).due_at, one.jobs()) == (None, [])
    one.pause(is_paused=False)
    assert one.jobs() == [f"compose:{one.sequence}/1"]


@pytest.mark.parametrize(
    ("is_composed", "recompose", "words"),
    [
        (False, False, "The data of this event was erased"),
        (False, True, "The data of this event was erased"),
        (True, True, "The data of this event was erased"),
        (True, False, "The body of this delivery was erased"),
    ],
)
def test_what_was_erased_cannot_be_sent_again(
    one: One, write: Any, is_composed: bool, recompose: bool, words: str
) -> None:
    if is_composed:
        one.compose()
    else:
        one.end(Ended, state=CompositionState.FAILED, reason="x")
    write(set_over, one.delivery().id)
    write(erase, one.sequence)
    with pytest.raises(ConflictError, match=words):
        one.replay(recompose=recompose)
    assert one.delivery().state == "dead"


def test_what_is_parked_gets_its_job_back_least_failed_first(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client()
    register(client, URL, code)
    write(events.publish, client.id, [published(code, a=str(number)) for number in range(4)])
    sequences = sorted(row.event_sequence for row in read(_rows, client.id))
    deferred = Deferred(sequence=sequences[0], version=0, failures=3, reason="late", due_at=now())
    write(results.write, [deferred], [], at=now())
    write(
        results.write, [Parked(sequence=each, version=0, code=code, reason="away") for each in sequences], [], at=now()
    )
    assert code in read(parking.codes)
    assert {row.reason for row in read(_rows, client.id)} == {"away"}
    monkeypatch.setattr(parking, "PART", 3)
    assert [write(parking.explain, code, "gone") for _ in range(3)] == [3, 1, 0]
    assert {row.reason for row in read(_rows, client.id)} == {"gone"}
    assert write(parking.unpark, code, 1, is_newest_first=True) == 1
    assert write(parking.unpark, code, 2) == 2
    (left,) = [each for each in read(parking.parked) if each.code == code]
    assert (left.count, left.reason) == (1, "gone")
    assert write(parking.unpark, code, 10) == 1
    assert code not in read(parking.codes)


def _rows(connection: Any, client_id: str) -> Any:
    return connection.execute(select(DELIVERIES).where(DELIVERIES.c.client_id == client_id)).all()


def set_over(connection: Any, id_: str) -> None:
    connection.execute(
        update(DELIVERIES).where(DELIVERIES.c.id == id_).values(state="dead", attempts=10, failures=10, ended_at=now())
    )


def erase(connection: Any, sequence: int) -> None:
    connection.execute(update(EVENTS).where(EVENTS.c.sequence == sequence).values(arguments=None))
    connection.execute(update(COMPOSITIONS).where(COMPOSITIONS.c.event_sequence == sequence).values(body=None))


def test_a_process_that_comes_late_does_not_show_as_composing_what_another_has_composed(one: One) -> None:
    one.write(results.show_composing, [(one.sequence, 0)])
    assert one.delivery().state == DeliveryState.COMPOSING
    one.compose()
    one.write(results.show_composing, [(one.sequence, 0)])
    assert one.delivery().state == DeliveryState.PENDING
