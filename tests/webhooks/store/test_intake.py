"""Requests that publish at the same time share their statements; each is answered as if it had come alone."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from webhooks.errors import ConflictError, StoreError
from webhooks.model import DeliveryState
from webhooks.store import events, pages, registrations
from webhooks.store.events import Publish
from webhooks.store.pages import Filter
from webhooks.store.statement import Prepared
from webhooks.store.store import Store

URL = "https://receiver.example/"


async def together(store: Store, *commands: Any) -> list[Any]:
    """What became of commands that wait together: another one holds the writer until all are there."""
    gate, held = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Any) -> None:
        loop.call_soon_threadsafe(held.set)
        gate.wait(20)

    first = asyncio.ensure_future(store.write(hold))
    await held.wait()
    rest = [asyncio.ensure_future(store.write(command, 100)) for command in commands]
    await asyncio.sleep(0)
    gate.set()
    _, *results = await asyncio.gather(first, *rest, return_exceptions=True)
    return results


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Grows with each statement of the hot path."""
    seen: list[str] = []
    ask = Prepared.ask

    def note(self: Prepared, connection: Any, **values: object) -> Any:
        seen.append(str(self._statement))
        return ask(self, connection, **values)

    monkeypatch.setattr(Prepared, "ask", note)
    return seen


def kinds(results: Sequence[Any]) -> list[str]:
    return [type(result).__name__ for result in results]


def test_many_requests_need_no_more_statements_than_one(
    store: Store, new_client: Any, register: Any, read: Any, published: Any, code: str, statements: list[str]
) -> None:
    client = new_client()
    register(client, URL, code)

    def cost(count: int) -> int:
        ids = [f"{code} {count} {number}" for number in range(count)]
        statements.clear()
        results = asyncio.run(together(store, *(Publish(client.id, [published(code, id_)]) for id_ in ids)))
        assert results == [[id_] for id_ in ids]
        return len(statements)

    assert cost(150) <= 5 * cost(1)  # a few transactions: on a busy machine they do not all wait at the same moment
    assert len(read(pages.find, Filter(client_id=client.id, limit=1000)).deliveries) == 151


def test_numbers_rise_in_the_order_of_the_requests(
    store: Store, new_client: Any, read: Any, published: Any, code: str
) -> None:
    client = new_client()
    commands = [Publish(client.id, [published(code), published(code, f"{code} {n}")]) for n in range(60)]
    results = asyncio.run(together(store, *commands))
    ids = [id_ for result in results for id_ in result]
    sequences = [read(events.by_id, client.id, id_).sequence for id_ in ids]
    assert sequences == sorted(set(sequences))
    assert ids[::2] == sorted(ids[::2])


def test_one_id_in_several_requests_is_the_first_ones(
    store: Store, new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client, other = new_client(), new_client()
    register(client, URL, code)
    write(Publish(client.id, [published(code, "old", a="1")]))
    results = asyncio.run(
        together(
            store,
            Publish(client.id, [published(code, "x", a="1")]),
            Publish(client.id, [published(code, "x", a="2"), published(code, "y", a="1")]),
            Publish(client.id, [published(code, "old", a="1"), published(code, "x", a="1")]),
            Publish(client.id, [published(code, "old", a="2")]),
            Publish(other.id, [published(code, "x", a="2"), published(code, "old", a="3")]),
            Publish(client.id, [published(code, "y", a="1"), published(code, "y", a="3")]),
        )
    )
    assert [kinds(result) for result in results] == [
        ["str"],
        ["ConflictError", "str"],
        ["str", "str"],
        ["ConflictError"],
        ["str", "str"],
        ["str", "ConflictError"],
    ]
    assert str(results[1][0]) == "An event with the id 'x' was published before, with other content."
    assert results[2] == ["old", "x"]
    found = read(pages.find, Filter(client_id=client.id, limit=100)).deliveries
    assert sorted(delivery.event_id for delivery in found) == sorted(["old", "x", "y", "x", "old"])


def test_each_gets_the_deliveries_of_its_own_event(
    store: Store, new_client: Any, register: Any, read: Any, published: Any, code: str
) -> None:
    own, others = new_client(only={"a": "1"}), new_client(only={"a": "2"})
    register(own, URL, code, code + "b")
    register(own, URL + "2", code)
    register(others, URL, code)
    paused = new_client()
    register(paused, URL, code + "b", is_paused=True)
    publisher = new_client()
    given = [(code, "1"), (code, "2"), (code + "b", "1"), (code + "b", "2"), (code + "none", "1")]
    commands = [Publish(publisher.id, [published(event, f"{event} {a}", a=a)]) for event, a in given]
    asyncio.run(together(store, *commands))

    def made(client: Any) -> list[tuple[str, str, DeliveryState]]:
        found = read(pages.find, Filter(client_id=client.id, limit=100)).deliveries
        return sorted((delivery.event_id, delivery.url, delivery.state) for delivery in found)

    pending, held = DeliveryState.PENDING, DeliveryState.HELD
    assert made(own) == [(f"{code} 1", URL, pending), (f"{code} 1", URL + "2", pending), (f"{code}b 1", URL, pending)]
    assert made(others) == [(f"{code} 2", URL, pending)]
    assert made(paused) == [(f"{code}b 1", URL, held), (f"{code}b 2", URL, held)]
    assert read(events.by_id, publisher.id, f"{code}none 1").state == "unsubscribed"


@pytest.mark.parametrize("bad", ["\ud800", "x" * 201 + "\x00"])
def test_a_bad_one_takes_nothing_of_the_others(
    store: Store, new_client: Any, register: Any, read: Any, published: Any, code: str, bad: str
) -> None:
    """No request gets there with such a text: PostgreSQL has something against both, SQLite against the first."""
    client = new_client()
    register(client, URL, code)
    good = [Publish(client.id, [published(code, f"{code} {n}")]) for n in range(5)]
    wrong = Publish(client.id, [published(code, f"{code} with it"), published(code, bad)])
    results = asyncio.run(together(store, *good[:3], wrong, *good[3:]))
    assert [result for index, result in enumerate(results) if index != 3] == [[f"{code} {n}"] for n in range(5)]
    if bad == "\ud800" or not store.is_embedded:
        assert isinstance(results[3], StoreError | UnicodeEncodeError)
        assert len(read(pages.find, Filter(client_id=client.id, limit=100)).deliveries) == 5
        assert not read(events.with_id, f"{code} with it")


def test_other_commands_share_the_transaction(
    store: Store, new_client: Any, register: Any, read: Any, published: Any, code: str
) -> None:
    """Among them one that fails after it has written, before and after what is published."""
    client = new_client()
    register(client, URL, code)

    def put(url: str, *, fails: bool) -> Any:
        def command(connection: Any) -> str:
            registrations.put(connection, client.id, url, [code], {})
            if fails:
                raise ConflictError("no")
            return url

        return command

    commands = [
        put(URL + "a", fails=True),
        Publish(client.id, [published(code, f"{code} 1")]),
        put(URL + "b", fails=False),
        Publish(client.id, [published(code, f"{code} 2")]),
        put(URL + "c", fails=True),
    ]
    results = asyncio.run(together(store, *commands))
    assert kinds(results) == ["ConflictError", "list", "str", "list", "ConflictError"]
    assert [registration.url for registration in read(registrations.every, client.id)] == [URL, URL + "b"]


@pytest.fixture
def administration(store: Store, store_url: str) -> Iterator[Any]:
    """A connection of somebody else's to the store's server."""
    if store.is_embedded:
        pytest.skip("an embedded store has no connection to lose")
    engine = create_engine(store_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


_BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def _blocked(administration: Any) -> int:
    """The backend that waits for a lock."""
    for _ in range(1000):
        if (found := administration.scalar(text(_BLOCKED))) is not None:
            return int(found)
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_connection_that_is_killed_takes_all_or_nothing(
    store: Store, new_client: Any, register: Any, write: Any, read: Any, published: Any, code: str, administration: Any
) -> None:
    """Killed while it waits for a registration that somebody has locked: nothing of the group is there."""
    client = new_client()
    register(client, URL, code)
    commands = [Publish(client.id, [published(code, f"{code} {n}")]) for n in range(20)]

    async def kill() -> list[Any]:
        running = asyncio.ensure_future(together(store, *commands))
        administration.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": await _blocked(administration)})
        return await running

    with administration.engine.connect() as locking:
        locking.execute(text("BEGIN"))
        locking.execute(text("SELECT 1 FROM registration WHERE client_id = :id FOR UPDATE"), {"id": client.id})
        results = asyncio.run(kill())
        locking.execute(text("ROLLBACK"))
    assert {str(result) for result in results} == {
        "The store cannot write now; nothing was changed. Try again later."
    }, results
    assert read(pages.find, Filter(client_id=client.id, limit=100)).deliveries == []
    assert asyncio.run(together(store, *commands)) == [[f"{code} {n}"] for n in range(20)]
    assert len(read(pages.find, Filter(client_id=client.id, limit=100)).deliveries) == 20


def test_a_connection_that_ended_while_nobody_wrote_is_made_anew(
    new_client: Any, write: Any, published: Any, code: str, administration: Any
) -> None:
    client = new_client()
    write(Publish(client.id, [published(code, f"{code} 1")]))
    others = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    )
    administration.execute(text(f"{others} pg_backend_pid()"))
    assert write(Publish(client.id, [published(code, f"{code} 2")])) == [f"{code} 2"]


def test_those_that_block_each_other_are_tried_again(
    store: Store, store_url: str, new_client: Any, register: Any, read: Any, published: Any, code: str
) -> None:
    """Two processes publish the same ids in opposite order, in many requests: PostgreSQL ends one's transaction."""
    client = new_client()
    register(client, URL, code)
    with Store(store_url) as other:

        async def both(ids: list[str]) -> list[list[Any]]:
            commands = [Publish(client.id, [published(code, id_)]) for id_ in ids]
            return await asyncio.gather(together(store, *commands), together(other, *commands[::-1]))

        for number in range(4):
            ids = [f"{code} {number} {n}" for n in range(60)]
            assert asyncio.run(both(ids)) == [[[id_] for id_ in ids], [[id_] for id_ in ids[::-1]]]
    assert len(read(pages.find, Filter(client_id=client.id, limit=1000)).deliveries) == 240
