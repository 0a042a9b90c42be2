"""What is found to be erased, and what erasing it leaves."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from webhooks.model import DeliveryState
from webhooks.store import events, retention
from webhooks.store.store import Store
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS, REGISTRATIONS

DAY = 86_400_000_000
NOW = 10_000 * DAY  # long before anything else in these stores was made


class Past:
    """Events of one code, with deliveries to two endpoints, and the means to say when they ended."""

    def __init__(self, write: Any, read: Any, code: str, published: Any) -> None:
        self.write, self.read, self.code, self.published = write, read, code, published

    def add(self, *ended: int | None) -> tuple[int, list[str]]:
        """An event whose deliveries ended then; gives its number and their ids."""
        (id_,) = self.write(events.publish, "x", [self.published(self.code, name="canary")])
        sequence = self.read(events.by_id, "x", id_).sequence
        ids = self.read(_deliveries, sequence)
        assert len(ids) == len(ended)
        for delivery_id, at in zip(ids, ended, strict=True):
            self.write(_end, delivery_id, at)
        self.write(lambda connection: connection.execute(update(COMPOSITIONS).values(body=b"canary")))
        return sequence, ids

    def kept(self, sequence: int) -> tuple[bool, bool, list[bool]]:
        """Whether the event's data, its body and each delivery's answer are still there."""
        return tuple(self.read(_kept, sequence))


def _deliveries(connection: Connection, sequence: int) -> list[str]:
    query = select(DELIVERIES.c.id).where(DELIVERIES.c.event_sequence == sequence).order_by(DELIVERIES.c.id)
    return list(connection.scalars(query))


def _end(connection: Connection, delivery_id: str, at: int | None) -> None:
    state = DeliveryState.PENDING if at is None else DeliveryState.DELIVERED
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(state=state, ended_at=at))
    connection.execute(insert(ATTEMPTS).values(delivery_id=delivery_id, number=1, started_at=1, answer=b"canary"))


def _kept(connection: Connection, sequence: int) -> list[Any]:
    data = connection.scalar(select(EVENTS.c.arguments).where(EVENTS.c.sequence == sequence))
    body = connection.scalar(select(COMPOSITIONS.c.body).where(COMPOSITIONS.c.event_sequence == sequence))
    query = select(ATTEMPTS.c.answer).join(DELIVERIES).where(DELIVERIES.c.event_sequence == sequence)
    answers = [answer is not None for answer in connection.scalars(query.order_by(DELIVERIES.c.id))]
    return [data is not None, body is not None, answers]


@pytest.fixture
def past(new_client: Any, register: Any, write: Any, read: Any, code: str, published: Any) -> Past:
    client = new_client()
    for path in "ab":
        register(client, f"https://receiver.example/{path}", code)
    return Past(write, read, code, published)


def test_data_goes_with_the_last_delivery_and_an_answer_with_its_own(past: Past) -> None:
    old, _ = past.add(NOW - 31 * DAY, NOW - 30 * DAY)
    half, ids = past.add(NOW - 31 * DAY, NOW - 29 * DAY)
    open_, _ = past.add(NOW - 31 * DAY, None)
    young, _ = past.add(NOW - 29 * DAY, NOW - 29 * DAY)
    until = NOW - 30 * DAY
    found = past.read(retention.with_data, 0, until).found
    assert [each.ended_at for each in found] == sorted(each.ended_at for each in found)
    past.write(retention.erase_data, found, until)
    assert past.kept(old) == (False, False, [False, False])
    assert past.kept(half) == (True, True, [False, True])
    assert past.kept(open_) == (True, True, [False, True])
    assert past.kept(young) == (True, True, [True, True])
    assert past.read(retention.with_data, 0, until).found == []
    last = past.read(retention.with_data, NOW - 29 * DAY, NOW - 29 * DAY).found
    assert ids[1] in [each.id for each in last]
    past.write(retention.erase_data, last, NOW - 29 * DAY)
    assert past.kept(half) == (False, False, [False, False])
    assert past.kept(open_) == (True, True, [False, True])


def test_a_delivery_that_is_replayed_meanwhile_keeps_what_it_needs(past: Past) -> None:
    sequence, ids = past.add(NOW - 40 * DAY, NOW - 40 * DAY)
    found = past.read(retention.with_data, NOW - 40 * DAY, NOW - 40 * DAY).found
    past.write(lambda connection: connection.execute(_reopening(ids[0])))
    past.write(retention.erase_data, found, NOW - 40 * DAY)
    assert past.kept(sequence)[:2] == (True, True)


def _reopening(delivery_id: str) -> Any:
    return update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(state="pending", ended_at=None)


def test_attempts_go_later(past: Past) -> None:
    _, ids = past.add(NOW - 500 * DAY, NOW - 300 * DAY)
    found = past.read(retention.with_attempts, 0, NOW - 400 * DAY).found
    assert [each.id for each in found if each.id in ids] == ids[:1]
    past.write(retention.erase_attempts, found)
    left = past.read(lambda connection: list(connection.scalars(select(ATTEMPTS.c.delivery_id))))
    assert [id_ for id_ in ids if id_ in left] == ids[1:]
    assert past.read(retention.with_attempts, 0, NOW - 400 * DAY).found == []


def test_a_search_looks_at_so_many_and_says_where_to_go_on(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of those that ended long ago have nothing left to erase."""
    monkeypatch.setattr(retention, "SCANNED_DELIVERIES", 2)
    ids = [past.add(NOW - 700 * DAY + at, NOW - 700 * DAY + at)[1] for at in (1, 1, 2, 3, 3, 4)]
    for erased in ids[:4]:
        past.write(retention.erase_attempts, [retention.EndedDelivery(each, 0, 0) for each in erased])
    found, since, searches = [], NOW - 700 * DAY, 0
    while since is not None:
        search = past.read(retention.with_attempts, since, NOW - 600 * DAY)
        found, since, searches = [*found, *(each.id for each in search.found)], search.reached, searches + 1
    assert sorted(found) == sorted(ids[4] + ids[5])
    assert searches > 2


def test_events_for_nobody_are_found_by_their_own_time(write: Any, read: Any, code: str, published: Any) -> None:
    ids = write(events.publish, "x", [published(code, name="canary") for _ in range(3)])
    numbers = [read(events.by_id, "x", id_).sequence for id_ in ids]
    for number, at in zip(numbers, (1, 2, 3), strict=True):
        write(_date, number, at * DAY)
    after, found = numbers[0] - 1, []
    while (more := read(retention.unsubscribed, after, 2 * DAY, 3 * DAY)).last != after:
        found += more.sequences
        after = more.last
    assert found == numbers[:2]
    write(retention.erase_events, found)
    assert [read(_kept, number)[0] for number in numbers] == [False, False, True]


def _date(connection: Connection, sequence: int, at: int) -> None:
    connection.execute(update(EVENTS).where(EVENTS.c.sequence == sequence).values(created_at=at))


def test_what_was_held_too_long_is_dead(past: Past) -> None:
    _, ids = past.add(None, None)
    old, young = NOW - 31 * DAY, NOW - 29 * DAY
    for id_, due_at in zip(ids, (old, young), strict=True):
        past.write(_date_delivery, id_, due_at)
    assert past.read(retention.held_since, NOW - 30 * DAY) == []
    past.write(_hold_all, young)
    assert past.read(retention.held_since, NOW - 30 * DAY) == [], "it waits for longer than its endpoint is held"
    past.write(_hold_all, old)
    assert past.read(retention.held_since, NOW - 30 * DAY) == ids[:1]
    past.write(_hold_all, None)
    past.write(retention.give_up, ids[:1], "it was held for 30 days", NOW)
    assert past.read(_states) == {"pending"}, "its endpoint was resumed meanwhile"
    past.write(_hold_all, old)
    past.write(retention.give_up, ids[:1], "it was held for 30 days", NOW)
    row = past.read(lambda connection: connection.execute(select(DELIVERIES).where(DELIVERIES.c.id == ids[0])).one())
    assert (row.state, row.reason, row.ended_at) == ("dead", "it was held for 30 days", NOW)
    past.write(_hold_all, None)


def _states(connection: Connection) -> set[str]:
    return set(connection.scalars(select(DELIVERIES.c.state).where(DELIVERIES.c.next_attempt_at < NOW - 20 * DAY)))


def _date_delivery(connection: Connection, delivery_id: str, at: int) -> None:
    values = {"next_attempt_at": at, "scheduled_at": at}
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(values))


def _hold_all(connection: Connection, since: int | None) -> None:
    connection.execute(update(REGISTRATIONS).values(is_paused=since is not None, held_since=since))


def test_one_process_at_a_time_erases(store: Store) -> None:
    with store._engine.begin() as first:
        assert retention.is_ours(first)
        if store._engine.dialect.name == "postgresql":
            with store._engine.begin() as second:
                assert not retention.is_ours(second)
    with store._engine.begin() as third:
        assert retention.is_ours(third)
