"""Many deliveries of one endpoint are held, resumed and cancelled a part at a time."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.dispatch.sweep import Sweep
from webhooks.model import DeliveryState
from webhooks.store import clients, endpoints, events, holding, pages, registrations
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


def test_a_pause_and_a_resumption_take_some_parts(client: Any, states: Any, write: Any) -> None:
    for is_paused, before, after in ((True, "pending", "held"), (False, "held", "pending")):
        write(registrations.set_paused, client.id, URL, is_paused=is_paused)
        assert states() == {before: 7, after: 3}
        parts = 1
        while write(registrations.settle, client.id, URL):
            parts += 1
        assert (parts, states()) == (3, {after: 10})


def test_a_sweep_settles_what_is_left(client: Any, states: Any, store: Store, read: Any, write: Any) -> None:
    write(endpoints.disable, endpoint(read, client), "the receiver answered 410")
    assert states() == {"pending": 7, "held": 3}
    asyncio.run(Sweep(store).sweep())
    assert states() == {"held": 10}
    assert endpoint(read, client) not in read(holding.unsettled)
    write(registrations.set_paused, client.id, URL, is_paused=False)
    asyncio.run(Sweep(store).sweep())
    assert states() == {"pending": 10}


def test_a_sweep_holds_what_is_for_a_disabled_client_and_sends_it_once_that_is_enabled(
    client: Any, states: Any, store: Store, read: Any, write: Any
) -> None:
    write(clients.set_disabled, client.name, is_disabled=True)
    asyncio.run(Sweep(store).sweep())
    write(registrations.set_paused, client.id, URL, is_paused=False)
    assert states() == {"held": 10}
    assert endpoint(read, client) not in read(holding.unsettled)
    write(clients.set_disabled, client.name, is_disabled=False)
    asyncio.run(Sweep(store).sweep())
    assert states() == {"pending": 10}


def test_a_resumption_hastens_what_waits_for_another_attempt_some_parts_at_a_time(
    client: Any, read: Any, write: Any
) -> None:
    wait = "UPDATE delivery SET next_attempt_at = next_attempt_at + 3600000000 WHERE client_id = :id"
    compose = (
        "UPDATE composition SET state = 'composed' WHERE event_sequence > (SELECT min(event_sequence) FROM delivery"
        " WHERE client_id = :id)"
    )
    for statement in (wait, compose):
        write(lambda connection, given: connection.execute(text(given), {"id": client.id}), statement)
    calls = 1
    write(registrations.set_paused, client.id, URL, is_paused=False)
    while write(registrations.settle, client.id, URL):
        calls += 1
    found = [each.next_attempt_at for each in read(pages.find, Filter(client_id=client.id)).deliveries]
    assert (calls, sum(at <= datetime.now(UTC) for at in found)) == (3, 9), "the tenth has no body yet"


def test_a_removal_takes_some_parts_of_what_waits_and_of_what_has_ended(
    client: Any, states: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    def remove() -> int:
        calls = 1
        while not write(registrations.remove, client.id, URL, None):
            calls += 1
        return calls

    assert not write(registrations.remove, client.id, URL, [code])
    assert states() == {"pending": 7, "cancelled": 3}
    assert read(registrations.every, client.id), "it is there until all of them are dealt with"
    assert remove() == 6
    assert states() == {DeliveryState.CANCELLED: 10}
    assert read(registrations.every, client.id) == []
