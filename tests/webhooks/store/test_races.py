"""Two processes on one store at once, as two API processes on PostgreSQL are, or the service and a command on SQLite.

Each has a `Store` of its own; that they share a process here changes nothing for the database.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import Client, DeliveryState
from webhooks.security.credentials import new_guid
from webhooks.store import clients, deliveries, events, pages, registrations
from webhooks.store.pages import Filter
from webhooks.store.store import Store

URL = "https://receiver.example/"
ROUNDS = 25


@pytest.fixture
def both(store: Store, store_url: str) -> Iterator[Callable[..., list[Any]]]:
    """Runs commands at once, in turn on the one store and on the other; gives results and errors."""
    with Store(store_url) as other:

        async def gathered(commands: Any) -> list[Any]:
            calls = [(store, other)[n % 2].write(command) for n, command in enumerate(commands)]
            return await asyncio.gather(*calls, return_exceptions=True)

        yield lambda *commands: asyncio.run(gathered(commands))


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_a_client_name_is_given_once(both: Any, read: Any) -> None:
    for _ in range(ROUNDS):
        name = str(uuid4())

        def add(connection: Any, name: str = name) -> str:
            client = Client(id=new_guid(), name=name, scopes=frozenset())
            clients.add(connection, client, secret_hash=b"s", api_key_hash=uuid4().bytes)
            return client.id

        results = both(add, add, add, add)
        assert kinds(results) == {"str": 1, "ConflictError": 3}
        assert read(clients.by_name, name).id in results


def test_a_url_is_registered_once_with_all_events(both: Any, read: Any, new_client: Any) -> None:
    for _ in range(ROUNDS):
        client = new_client()

        def put(*codes: str, client: Client = client) -> Any:
            return lambda connection: registrations.put(connection, client.id, URL, codes, {})

        results = both(put("a", "b"), put("b", "c"), put("c", "a"), put("d"))
        assert kinds(results) == {"Registration": 4}
        (found,) = read(registrations.every, client.id)
        assert sorted(found.events) == ["a", "b", "c", "d"]


def test_the_last_free_url_is_given_once(both: Any, read: Any, write: Any, new_client: Any) -> None:
    client = new_client()
    for number in range(registrations.MOST_URLS - 1):
        write(registrations.put, client.id, f"{URL}{number}", ["a"], {})
    last = [
        lambda connection, n=n: registrations.put(connection, client.id, f"{URL}last{n}", ["a"], {}) for n in range(4)
    ]
    assert kinds(both(*last)) == {"Registration": 1, "RefusedError": 3}
    assert len(read(registrations.every, client.id)) == registrations.MOST_URLS


def test_an_event_id_is_taken_once(both: Any, new_client: Any, published: Any, code: str) -> None:
    publisher = new_client()
    for number in range(ROUNDS):
        calls = [events.Publish(publisher.id, [published(code, f"{code} {number}", a=a)]) for a in ("1", "2", "1", "2")]
        results = [result for (result,) in both(*calls)]
        assert kinds(results) == {"str": 2, "ConflictError": 2}
        assert [type(result) for result in results[:2]] == [type(result) for result in results[2:]]


def test_arrays_in_opposite_order_do_not_block_each_other(
    both: Any, new_client: Any, published: Any, code: str
) -> None:
    """Each waits for an id that the other has inserted: PostgreSQL ends one of them, which is then tried again."""
    publisher = new_client()
    for number in range(6):
        ids = [f"{code} {number} {n}" for n in range(60)]
        calls = [events.Publish(publisher.id, [published(code, id_) for id_ in order]) for order in (ids, ids[::-1])]
        assert both(*calls) == [ids, ids[::-1]]


def test_what_is_published_while_a_url_is_paused_is_held(
    both: Any, register: Any, read: Any, write: Any, new_client: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    for number in range(ROUNDS):
        publish = events.Publish(client.id, [published(code)])

        def pause(connection: Any) -> Any:
            return registrations.set_paused(connection, client.id, URL, is_paused=True)

        both(*((publish, pause) if number % 2 else (pause, publish)))
        found = read(pages.find, Filter(client_id=client.id, limit=1000)).deliveries
        assert {delivery.state for delivery in found} == {DeliveryState.HELD}
        assert len(found) == number + 1
        write(registrations.set_paused, client.id, URL, is_paused=False)


def test_what_is_published_while_a_url_is_removed_is_cancelled_or_not_made(
    both: Any, register: Any, read: Any, new_client: Any, published: Any, code: str
) -> None:
    client = new_client()
    for number in range(ROUNDS):
        register(client, URL, code)
        publish = events.Publish(client.id, [published(code)])

        def remove(connection: Any) -> str:
            registrations.remove(connection, client.id, URL, None)
            return "removed"

        results = both(*((publish, remove) if number % 2 else (remove, publish)))
        assert "removed" in results
        assert kinds(results) == {"list": 1, "str": 1}
        states = {delivery.state for delivery in read(pages.find, Filter(client_id=client.id, limit=1000)).deliveries}
        assert states <= {DeliveryState.CANCELLED}


def test_removing_twice_at_once_is_once(both: Any, register: Any, new_client: Any) -> None:
    client = new_client()
    for _ in range(ROUNDS):
        register(client, URL, "a", "b")
        calls = [lambda connection: registrations.remove(connection, client.id, URL, None)] * 4
        assert kinds(both(*calls)) == {"NoneType": 1, NotFoundError.__name__: 3}


def test_a_replay_is_begun_once(
    both: Any, register: Any, read: Any, write: Any, new_client: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    write(events.publish, client.id, [published(code)])
    (delivery,) = read(pages.find, Filter(client_id=client.id)).deliveries
    write(registrations.remove, client.id, URL, None)
    register(client, URL, code)
    calls = [lambda connection: deliveries.replay(connection, client.id, delivery.id, recompose=False)] * 4
    assert kinds(both(*calls)) == {"Delivery": 1, ConflictError.__name__: 3}
