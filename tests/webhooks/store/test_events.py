import asyncio
from typing import Any
from uuid import UUID

import pytest

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import DeliveryState, EventState
from webhooks.store import clients, deliveries, events, pages
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import EVENTS

URL = "https://receiver.example/"


def publish(connection: Any, publisher: str, *given: Any) -> Any:
    return events.publish(connection, publisher, given)


def test_an_event_is_kept_with_a_delivery_for_each_url(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    publisher, first, second = new_client(), new_client(), new_client()
    for client, url in ((first, URL), (first, URL + "2"), (second, URL)):
        register(client, url, code)
    register(second, URL + "other", code + "other")
    (id_,) = write(publish, publisher.id, published(code, paymentid="18142"))
    stored = read(events.by_id, publisher.id, id_)
    assert (stored.code, stored.state, UUID(id_).version) == (code, EventState.ACCEPTED, 7)
    made = read(deliveries.of_event, stored.sequence)
    assert [(delivery.url, delivery.state) for delivery in made] == [
        (URL, DeliveryState.PENDING),
        (URL + "2", DeliveryState.PENDING),
        (URL, DeliveryState.PENDING),
    ]
    assert {delivery.event_id for delivery in made} == {id_}
    assert len({delivery.id for delivery in made}) == 3


def test_without_a_taker_it_is_unsubscribed(new_client: Any, read: Any, write: Any, published: Any, code: str) -> None:
    publisher = new_client()
    (id_,) = write(publish, publisher.id, published(code))
    stored = read(events.by_id, publisher.id, id_)
    assert (stored.state, read(deliveries.of_event, stored.sequence)) == (EventState.UNSUBSCRIBED, [])


@pytest.mark.parametrize(
    ("only", "arguments", "is_taken"),
    [
        ({"a": "1"}, {"a": "1", "b": "2"}, True),
        ({"a": "1"}, {"a": "2"}, False),
        ({"a": "1"}, {"b": "1"}, False),
        ({"a": "1", "b": "2"}, {"a": "1"}, False),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, True),
        ({"a": ""}, {}, False),
        ({"a": "1"}, {"a": "01"}, False),
        ({"a": "1"}, {"A": "1"}, False),
    ],
)
def test_only_limits_a_client_to_arguments(
    new_client: Any,
    register: Any,
    read: Any,
    write: Any,
    published: Any,
    code: str,
    only: Any,
    arguments: Any,
    is_taken: bool,
) -> None:
    client = new_client(only=only)
    register(client, URL, code)
    (id_,) = write(publish, client.id, published(code, **arguments))
    assert (read(events.by_id, client.id, id_).state is EventState.ACCEPTED) is is_taken


def test_what_is_for_a_disabled_client_is_held(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    write(clients.set_disabled, client.name, is_disabled=True)
    write(publish, client.id, published(code))
    (delivery,) = read(pages.find, Filter(client_id=client.id)).deliveries
    assert (delivery.state, delivery.reason) == (DeliveryState.HELD, "the endpoint's client is disabled")


def test_the_same_id_and_content_twice_is_one_event(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    assert write(publish, client.id, published(code, "one", a="1", b="2")) == ["one"]
    assert write(publish, client.id, published(code, "one", b="2", a="1")) == ["one"]
    assert len(read(pages.find, Filter(client_id=client.id)).deliveries) == 1


def test_the_same_id_with_other_content_is_refused(new_client: Any, write: Any, published: Any, code: str) -> None:
    client = new_client()
    write(publish, client.id, published(code, "one", a="1"))
    for other in (published(code, "one", a="2"), published(code, "one"), published(code + "x", "one", a="1")):
        (result,) = write(publish, client.id, other)
        assert isinstance(result, ConflictError)
        assert str(result) == "An event with the id 'one' was published before, with other content."


def test_ids_are_each_publishers_own(new_client: Any, read: Any, write: Any, published: Any, code: str) -> None:
    first, second = new_client(), new_client()
    write(publish, first.id, published(code, code, a="1"))
    assert write(publish, second.id, published(code, code, a="2")) == [code]
    assert read(events.by_id, first.id, code).sequence < read(events.by_id, second.id, code).sequence
    assert read(events.by_id, None, code) == read(events.by_id, first.id, code)
    with pytest.raises(NotFoundError):
        read(events.by_id, new_client().id, code)


def test_duplicates_in_one_array(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    write(publish, client.id, published(code, "old", a="1"))
    results = write(
        publish,
        client.id,
        *(published(code, id_, a=a) for id_, a in (("old", "1"), ("x", "1"), ("x", "1"), ("x", "2"), ("old", "2"))),
    )
    assert results[:3] == ["old", "x", "x"]
    assert [type(result) for result in results[3:]] == [ConflictError, ConflictError]
    assert len(read(pages.find, Filter(client_id=client.id)).deliveries) == 2


def test_the_sequence_rises_with_intake(new_client: Any, read: Any, write: Any, published: Any, code: str) -> None:
    client = new_client()
    ids = write(publish, client.id, *(published(code, n=str(n)) for n in range(300)))
    ids += write(publish, client.id, published(code))
    sequences = [read(events.by_id, client.id, id_).sequence for id_ in ids]
    assert sequences == sorted(sequences)
    assert len(set(sequences)) == 301
    assert ids == sorted(ids)


def test_arguments_are_kept_as_they_came(new_client: Any, read: Any, write: Any, published: Any, code: str) -> None:
    client = new_client()
    given = {"b": "'; drop table event; --", "a": "åäö \U0001f600", "%s": ":id ?"}
    write(publish, client.id, published(code, code, **given))
    from msgspec.json import decode

    text = read(
        lambda connection: connection.scalar(
            EVENTS.select().with_only_columns(EVENTS.c.arguments).where(EVENTS.c.id == code)
        )
    )
    assert list(decode(text).items()) == list(given.items())


def test_the_same_event_from_two_stores_at_once_is_one(
    store: Store, store_url: str, new_client: Any, register: Any, read: Any, published: Any, code: str
) -> None:
    """Two processes have a store each; here they share a process, not a connection."""
    client = new_client()
    register(client, URL, code)
    with Store(store_url) as other:

        async def both() -> list[Any]:
            batches = [[published(code, f"{code} {n} {m}", a="1") for m in range(3)] for n in range(40)]
            calls = [
                each.write(lambda connection, batch=batch: events.publish(connection, client.id, batch))
                for batch in batches
                for each in (store, other, store, other)
            ]
            return await asyncio.gather(*calls)

        results = asyncio.run(both())
    assert all(isinstance(id_, str) for result in results for id_ in result)
    assert len(read(pages.find, Filter(client_id=client.id, limit=1000)).deliveries) == 120


def test_other_content_from_two_stores_at_once_is_refused_once(
    store: Store, store_url: str, new_client: Any, published: Any, code: str
) -> None:
    client = new_client()
    with Store(store_url) as other:

        async def both(n: int) -> list[Any]:
            def call(each: Store, a: str) -> Any:
                return each.write(lambda c: events.publish(c, client.id, [published(code, f"{code} {n}", a=a)]))

            return [result for (result,) in await asyncio.gather(call(store, "1"), call(other, "2"))]

        for n in range(30):
            assert sorted(type(result).__name__ for result in asyncio.run(both(n))) == ["ConflictError", "str"]
