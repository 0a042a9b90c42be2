"""Deliveries are held, resumed and cancelled by their endpoint; what follows is written a part at a time."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.dispatch.settling import Settling
from webhooks.errors import ConflictError
from webhooks.model import DeliveryState
from webhooks.store import attempts, clients, deliveries, endpoints, events, holding, pages, registrations
from webhooks.store.clock import now
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import REGISTRATIONS

URL = "https://receiver.example/"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "PART", 3)


@pytest.fixture
def client(new_client: Any, register: Any, write: Any, published: Any, code: str) -> Any:
    """One with ten deliveries to a URL."""
    made = new_client()
    register(made, URL, code)
    write(events.publish, made.id, [published(code) for _ in range(10)])
    return made


@pytest.fixture
def states(read: Any, client: Any) -> Any:
    """How many of its deliveries are in which state."""

    def count() -> dict[str, int]:
        found = [each.state.value for each in read(pages.find, Filter(client_id=client.id)).deliveries]
        return {state: found.count(state) for state in found}

    return count


def endpoint(read: Any, client: Any) -> int:
    query = REGISTRATIONS.select().where(REGISTRATIONS.c.client_id == client.id)
    return int(read(lambda connection: connection.execute(query).one().id))


def written(store: Store, client: Any) -> dict[str, int]:
    """How many of its rows have which state."""
    query = text("SELECT state, count(*) FROM delivery WHERE client_id = :id GROUP BY state")
    return dict(store.read_now(lambda connection: connection.execute(query, {"id": client.id}).all()))


def test_a_pause_and_a_resumption_are_facts_of_the_endpoint(client: Any, states: Any, store: Store, write: Any) -> None:
    for is_paused, shown in ((True, "held"), (False, "pending")):
        write(registrations.set_paused, client.id, URL, is_paused=is_paused)
        assert states() == {shown: 10}
        assert written(store, client) == {"pending": 10}


def test_a_disabled_endpoint_says_why_and_holds(client: Any, read: Any, write: Any) -> None:
    write(endpoints.disable, endpoint(read, client), "the receiver answered 410")
    found = read(pages.find, Filter(client_id=client.id)).deliveries
    assert {(each.state.value, each.reason) for each in found} == {("held", "the endpoint is disabled")}


def test_a_disabled_client_holds_and_goes_on_when_it_is_enabled(
    client: Any, states: Any, store: Store, write: Any, read: Any
) -> None:
    write(clients.set_disabled, client.name, is_disabled=True)
    write(registrations.set_paused, client.id, URL, is_paused=False)
    assert states() == {"held": 10}
    compose = "UPDATE composition SET due_at = NULL WHERE event_sequence IN (SELECT event_sequence FROM delivery)"
    write(lambda connection: connection.execute(text(compose)))
    write(clients.set_disabled, client.name, is_disabled=False)
    assert states() == {"pending": 10}
    assert endpoint(read, client) in {each.registration_id for each in read(holding.resumed)}
    asyncio.run(Settling(store).settle())
    assert read(holding.resumed) == []
    due = "SELECT count(*) FROM composition JOIN delivery USING (event_sequence) WHERE due_at IS NOT NULL AND client_id"
    assert read(lambda connection: connection.scalar(text(f"{due} = :id"), {"id": client.id})) == 10


def test_a_resumption_hastens_what_waits_for_another_attempt(client: Any, store: Store, read: Any, write: Any) -> None:
    wait = "UPDATE delivery SET next_attempt_at = next_attempt_at + 3600000000 WHERE client_id = :id"
    compose = (
        "UPDATE composition SET state = 'composed' WHERE event_sequence > (SELECT min(event_sequence) FROM delivery"
        " WHERE client_id = :id)"
    )
    for statement in (wait, compose):
        write(lambda connection, given: connection.execute(text(given), {"id": client.id}), statement)

    def due() -> int:
        found = [each.next_attempt_at for each in read(pages.find, Filter(client_id=client.id)).deliveries]
        return sum(at <= datetime.now(UTC) for at in found)

    write(registrations.set_paused, client.id, URL, is_paused=True)
    write(registrations.set_paused, client.id, URL, is_paused=False)
    assert due() in (2, 3), "the first part at once, of which one may have no body yet"
    again = "UPDATE delivery SET next_attempt_at = :at, scheduled_at = :now WHERE id = :id"
    newest = read(pages.find, Filter(client_id=client.id)).deliveries[0].id
    later = now() + 7_200_000_000
    write(lambda connection: connection.execute(text(again), {"at": later, "now": now(), "id": newest}))
    asyncio.run(Settling(store).settle())
    assert due() == 8, "one has no body yet, and one has failed since"
    assert read(holding.resumed) == []


def test_a_removal_is_a_fact_and_is_written_a_part_at_a_time(
    client: Any, states: Any, store: Store, read: Any, write: Any
) -> None:
    removed = endpoint(read, client)
    write(registrations.remove, client.id, URL, None)
    assert read(registrations.every, client.id) == []
    assert states() == {"cancelled": 10}
    assert written(store, client) == {"pending": 7, "cancelled": 3}
    due = read(attempts.look, [each.id for each in read(pages.find, Filter(client_id=client.id)).deliveries])
    assert {each.registration_id for each in due.values()} == {None}
    for state in DeliveryState:
        found = read(pages.find, Filter(client_id=client.id, state=state)).deliveries
        assert len(found) == (10 if state is DeliveryState.CANCELLED else 0), state
    asyncio.run(Settling(store).settle())
    assert written(store, client) == {"cancelled": 10}
    assert removed not in {each.registration_id for each in read(holding.removals)}


def test_an_event_that_is_registered_again_does_not_bring_back_what_was_cancelled(
    client: Any, states: Any, store: Store, read: Any, write: Any, register: Any, published: Any, code: str
) -> None:
    register(client, URL, f"{code}_other")
    write(registrations.remove, client.id, URL, [code])
    register(client, URL, code)
    write(events.publish, client.id, [published(code)] * 2)
    assert states() == {"cancelled": 10, "pending": 2}
    (new, *_, old) = read(pages.find, Filter(client_id=client.id)).deliveries
    compose = "UPDATE composition SET state = 'composed', body = :body"
    write(lambda connection: connection.execute(text(compose), {"body": b"x"}))
    begun = write(attempts.begin, [new.id, old.id], now())
    assert [each.id for each in begun] == [new.id]
    with pytest.raises(ConflictError, match="still being cancelled"):
        write(deliveries.replay, client.id, old.id, recompose=False)
    asyncio.run(Settling(store).settle())
    assert written(store, client) == {"cancelled": 10, "pending": 1, "sending": 1}
    assert write(deliveries.replay, client.id, old.id, recompose=False).state is DeliveryState.PENDING


def test_an_id_of_a_registration_that_was_removed_is_not_used_again(
    client: Any, read: Any, write: Any, register: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or its deliveries would be for another one, even where the clock was set back."""
    before = endpoint(read, client)
    write(registrations.remove, client.id, URL, None)
    monkeypatch.setattr(registrations, "now", lambda: 1)
    register(client, URL, code)
    assert endpoint(read, client) > before
