from typing import Any

import pytest
from sqlalchemy import select, update

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import FINAL, Delivery, DeliveryState
from webhooks.store import deliveries, events, pages, registrations
from webhooks.store.clock import microseconds
from webhooks.store.pages import Filter
from webhooks.store.tables import DELIVERIES, REGISTRATIONS

URL = "https://receiver.example/"


def set_state(connection: Any, id_: str, state: DeliveryState) -> None:
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == id_).values(state=state))


@pytest.fixture
def some(new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str) -> Any:
    """A client with 12 deliveries, newest first: of two URLs, two events, in three transactions, and two states."""
    client = new_client()
    register(client, URL, code, code + "2")
    register(client, URL + "2", code)
    for _ in range(2):
        write(events.publish, client.id, [published(code), published(code + "2"), published(code), published(code)])
    found = read(pages.find, Filter(client_id=client.id)).deliveries
    for delivery in found[::3]:
        write(set_state, delivery.id, DeliveryState.DEAD)
    return client, read(pages.find, Filter(client_id=client.id)).deliveries


def test_they_come_newest_first_and_page_by_page(some: Any, read: Any) -> None:
    client, found = some
    assert len(found) == 14
    assert [delivery.id for delivery in found] == sorted((delivery.id for delivery in found), reverse=True)
    seen: list[Delivery] = []
    before = None
    while True:
        page = read(pages.find, Filter(client_id=client.id, limit=5, before=before))
        assert len(page.deliveries) in (5, 4)
        seen += page.deliveries
        if (before := page.next) is None:
            break
    assert seen == found


def test_a_page_looks_at_so_many_and_says_where_to_go_on(
    some: Any, read: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked for, all of it comes, in pages that may be short or empty."""
    client, found = some
    for name, value in (("_FIRST_SEEN", 2), ("MOST_SEEN", 4), ("_FEW", 1)):
        monkeypatch.setattr(pages, name, value)
    asked: list[tuple[dict[str, Any], Any]] = [
        ({"event": code + "2"}, lambda delivery: delivery.event == code + "2"),
        ({"state": DeliveryState.DEAD}, lambda delivery: delivery.state is DeliveryState.DEAD),
        ({"url": "https://none.example/"}, lambda _: False),
    ]
    for given, fits in asked:
        seen: list[Delivery] = []
        before, calls = None, 0
        while before is not None or not calls:
            page = read(pages.find, Filter(client_id=client.id, limit=3, before=before, **given))
            seen, before, calls = [*seen, *page.deliveries], page.next, calls + 1
        assert seen == [each for each in found if fits(each)], given
        assert calls > 2, given


def test_those_of_a_registration_come_however_far_back_they_are(
    some: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its index where they are few, and else in pages that may be short or empty."""
    client, found = some
    id_ = read(
        lambda store: store.scalar(
            select(REGISTRATIONS.c.id).where(REGISTRATIONS.c.url == URL + "2", REGISTRATIONS.c.client_id == client.id)
        )
    )
    wanted = Filter(client_id=client.id, registration_id=id_)
    expected = [delivery for delivery in found if delivery.url == URL + "2"]
    for name, value in (("_FIRST_SEEN", 2), ("MOST_SEEN", 4)):
        monkeypatch.setattr(pages, name, value)
    assert read(pages.find, wanted) == pages.Page(expected, None)
    monkeypatch.setattr(pages, "_FEW", 1)
    seen, page = [], read(pages.find, wanted)
    while page.next is not None:
        seen += page.deliveries
        page = read(pages.find, Filter(client_id=client.id, registration_id=id_, before=page.next))
    assert [*seen, *page.deliveries] == expected


def test_each_filter_alone_and_together(some: Any, read: Any, code: str) -> None:
    client, found = some
    middle = microseconds(found[6].created_at)
    tests: list[tuple[dict[str, Any], Any]] = [
        ({"url": URL + "2"}, lambda delivery: delivery.url == URL + "2"),
        ({"event": code + "2"}, lambda delivery: delivery.event == code + "2"),
        ({"state": DeliveryState.DEAD}, lambda delivery: delivery.state is DeliveryState.DEAD),
        ({"since": middle}, lambda delivery: microseconds(delivery.created_at) >= middle),
        ({"until": middle}, lambda delivery: microseconds(delivery.created_at) < middle),
        ({"before": found[3].id}, lambda delivery: delivery.id < found[3].id),
    ]
    for given, fits in tests:
        expected = [delivery for delivery in found if fits(delivery)]
        assert 0 < len(expected) < len(found), given
        assert read(pages.find, Filter(client_id=client.id, **given)).deliveries == expected, given
    every = {name: value for given, _ in tests for name, value in given.items() if name != "until"}
    together = [delivery for delivery in found if all(fits(delivery) for given, fits in tests if "until" not in given)]
    assert read(pages.find, Filter(client_id=client.id, **every)).deliveries == together


@pytest.mark.parametrize("moment", [-(10**16), 0, 10**17])
def test_any_time_can_be_asked_for(some: Any, read: Any, moment: int) -> None:
    client, found = some
    after = read(pages.find, Filter(client_id=client.id, since=moment)).deliveries
    before = read(pages.find, Filter(client_id=client.id, until=moment)).deliveries
    assert (after, before) == ((found, []) if moment <= 0 else ([], found))


def test_a_client_sees_its_own_and_support_everybodys(some: Any, read: Any, new_client: Any) -> None:
    _, found = some
    other = new_client()
    assert read(pages.find, Filter(client_id=other.id)).deliveries == []
    assert read(pages.find, Filter(client_id=None, before=found[0].id, limit=13)).deliveries == found[1:]
    assert read(deliveries.by_id, None, found[0].id) == found[0]
    with pytest.raises(NotFoundError):
        read(deliveries.by_id, other.id, found[0].id)


@pytest.mark.parametrize("id_", ["", "x" * 500, "%", "é"])
def test_an_id_that_is_none_is_not_found(read: Any, id_: str) -> None:
    with pytest.raises(NotFoundError):
        read(deliveries.by_id, None, id_)


@pytest.mark.parametrize("state", FINAL)
def test_one_that_ended_is_replayed_with_its_own_id(some: Any, read: Any, write: Any, state: DeliveryState) -> None:
    client, found = some
    write(set_state, found[1].id, state)
    again = write(deliveries.replay, client.id, found[1].id, recompose=False)
    assert (again.id, again.state, again.created_at) == (found[1].id, DeliveryState.PENDING, found[1].created_at)
    assert again.next_attempt_at > found[1].next_attempt_at
    assert len(read(pages.find, Filter(client_id=client.id)).deliveries) == len(found)


def test_one_that_is_composed_afresh_has_a_new_id(some: Any, read: Any, write: Any) -> None:
    client, found = some
    again = write(deliveries.replay, client.id, found[0].id, recompose=True)
    assert again.id > found[0].id
    assert (found[0].replay_of, again.replay_of) == (None, found[0].id)
    assert (again.event_id, again.url, again.state) == (found[0].event_id, found[0].url, DeliveryState.PENDING)
    assert read(deliveries.by_id, client.id, found[0].id).state is DeliveryState.DEAD
    with pytest.raises(ConflictError, match="only one that has ended"):
        write(deliveries.replay, client.id, again.id, recompose=True)


@pytest.mark.parametrize("state", [state for state in DeliveryState if state not in FINAL])
def test_one_that_is_under_way_is_not_replayed(some: Any, write: Any, state: DeliveryState) -> None:
    client, found = some
    write(set_state, found[0].id, state)
    with pytest.raises(ConflictError, match=f"The delivery is {state}"):
        write(deliveries.replay, client.id, found[0].id, recompose=False)


def test_a_replay_follows_its_url(some: Any, register: Any, read: Any, write: Any, code: str) -> None:
    client, found = some
    write(registrations.set_paused, client.id, found[0].url, is_paused=True)
    held = write(deliveries.replay, client.id, found[0].id, recompose=False)
    assert (held.state, held.next_attempt_at) == (DeliveryState.HELD, None)
    assert held.reason == "the endpoint is paused"
    write(registrations.remove, client.id, found[0].url, None)
    with pytest.raises(ConflictError, match="not registered any more"):
        write(deliveries.replay, client.id, found[0].id, recompose=False)
    register(client, found[0].url, f"another than {code}")
    with pytest.raises(ConflictError, match=f"not registered for {code} any more"):
        write(deliveries.replay, client.id, found[0].id, recompose=False)
    register(client, found[0].url, code)
    assert write(deliveries.replay, client.id, found[0].id, recompose=False).state is DeliveryState.PENDING


def test_another_client_replays_nothing(some: Any, write: Any, new_client: Any) -> None:
    _, found = some
    with pytest.raises(NotFoundError):
        write(deliveries.replay, new_client().id, found[0].id, recompose=False)
