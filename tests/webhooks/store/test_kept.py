"""What is kept of clients and registrations is never older than was promised, whoever changes them."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from webhooks.errors import StoreError
from webhooks.store import clients, endpoints, kept, registrations
from webhooks.store.store import Store
from webhooks.store.tables import REGISTRATIONS

URL = "https://receiver.example/"


@pytest.fixture(autouse=True)
def forgets_all(store: Store) -> None:
    store._kept.forget()


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing grows too old: only who is told that something changed forgets it."""
    monkeypatch.setattr(kept, "KEPT_SECONDS", 1e9)


@pytest.fixture
def other(store_url: str) -> Iterator[Store]:
    """Another process's store; here it shares the process, but neither a connection nor memory."""
    with Store(store_url) as opened:
        yield opened


def listed(client: Any) -> tuple[Any, Callable[[Connection], Any]]:
    return ("registrations", client.id), lambda connection: registrations.every(connection, client.id)


def known(client: Any) -> tuple[Any, Callable[[Connection], Any]]:
    return ("client", client.id), lambda connection: clients.by_id(connection, client.id)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(2000):
        if await is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was not seen")


@pytest.mark.usefixtures("for_ever")
def test_what_this_process_changed_is_seen_at_once(store: Store, new_client: Any) -> None:
    client = new_client()

    async def change() -> None:
        for number in range(30):
            urls = [each.url for each in await store.read_kept(*listed(client))]
            assert urls == [f"{URL}{n}" for n in range(number)]
            await store.write(
                lambda connection, url=f"{URL}{number}": registrations.put(connection, client.id, url, ["a"], {})
            )

    asyncio.run(change())


@pytest.mark.usefixtures("for_ever")
def test_it_is_read_once(store: Store, new_client: Any) -> None:
    if store.is_embedded:
        pytest.skip("it is read each time")
    key, query = known(new_client())
    reads: list[object] = []

    def counted(connection: Connection) -> Any:
        reads.append(None)
        time.sleep(0.05)
        return query(connection)

    async def ask() -> None:
        together = await asyncio.gather(*(store.read_kept(key, counted) for _ in range(50)))
        assert len({id(client) for client in together}) == 1
        for _ in range(50):
            await store.read_kept(key, counted)

    asyncio.run(ask())
    assert len(reads) == 1


CHANGES: dict[str, Callable[[Connection, Any, int], object]] = {
    "a client disabled": lambda c, client, _: clients.set_disabled(c, client.name, is_disabled=True),
    "a URL registered": lambda c, client, _: registrations.put(c, client.id, URL + "new", ["a"], {}),
    "events added": lambda c, client, _: registrations.put(c, client.id, URL, ["b"], {}),
    "a method changed": lambda c, client, _: registrations.put(c, client.id, URL, ["a"], {"method": "PUT"}),
    "a URL removed": lambda c, client, _: registrations.remove(c, client.id, URL, None),
    "an event removed": lambda c, client, _: registrations.remove(c, client.id, URL, ["z"]),
    "a URL paused": lambda c, client, _: registrations.set_paused(c, client.id, URL, is_paused=True),
    "an endpoint disabled": lambda c, _, id_: endpoints.disable(c, id_, "410 Gone"),
}


@pytest.mark.usefixtures("for_ever")
@pytest.mark.parametrize("change", CHANGES)
def test_what_another_process_changed_is_told(
    store: Store, other: Store, new_client: Any, register: Any, read: Any, change: str
) -> None:
    client = new_client()
    register(client, URL, "a", "z")
    id_ = read(lambda c: c.execute(REGISTRATIONS.select().where(REGISTRATIONS.c.client_id == client.id)).one().id)

    async def both() -> Any:
        return await store.read_kept(*known(client)), await store.read_kept(*listed(client))

    async def is_told() -> None:
        following = asyncio.ensure_future(store.follow_changes())
        await listening(store)
        before = await both()
        assert await both() == before
        await other.write(lambda connection: CHANGES[change](connection, client, id_))

        async def is_seen() -> bool:
            return bool(await both() != before)

        await until(is_seen)
        following.cancel()

    asyncio.run(is_told())


@pytest.mark.usefixtures("for_ever")
def test_a_key_that_was_replaced_is_forgotten(store: Store, other: Store, new_client: Any, write: Any) -> None:
    client = new_client()
    first, second = ({"secret_hash": b"s", "api_key_hash": key + client.id.encode()} for key in (b"1 ", b"2 "))
    write(clients.rotate, client.name, **first)

    async def of(hashes: dict[str, bytes]) -> Any:
        asked = (hashes["api_key_hash"],)
        return await store.read_kept(("api key", asked), lambda connection: clients.by_api_key(connection, asked))

    async def rotate() -> None:
        following = asyncio.ensure_future(store.follow_changes())
        await listening(store)
        assert await of(first) == client
        assert await of(second) is None
        await other.write(lambda connection: clients.rotate(connection, client.name, **second))
        assert await of(second) == client  # who was not there is not kept

        async def is_refused() -> bool:
            return await of(first) is None

        await until(is_refused)
        following.cancel()

    asyncio.run(rotate())


def test_a_lost_notification_costs_no_more_than_what_is_kept_for(
    store: Store, other: Store, new_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept.KEPT_SECONDS <= 5
    monkeypatch.setattr(kept, "KEPT_SECONDS", 0.5)
    client = new_client()

    async def ask() -> None:  # nobody follows the changes
        assert not (await store.read_kept(*known(client))).is_disabled
        await other.write(lambda connection: clients.set_disabled(connection, client.name, is_disabled=True))

        async def is_seen() -> bool:
            return bool((await store.read_kept(*known(client))).is_disabled)

        await until(is_seen)

    asyncio.run(ask())


@pytest.mark.usefixtures("for_ever")
def test_what_changed_while_nobody_could_listen_is_forgotten(
    store: Store, other: Store, store_url: str, new_client: Any
) -> None:
    if store.is_embedded:
        pytest.skip("an embedded store has no connection to lose")
    client, engine = new_client(), create_engine(store_url, isolation_level="AUTOCOMMIT")

    async def lose() -> None:
        following = asyncio.ensure_future(store.follow_changes())
        await listening(store)
        for is_disabled in (True, False, True):
            await store.read_kept(*known(client))
            with engine.connect() as connection:
                connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN aptic_changes'")
                )
            await other.write(
                lambda connection, to=is_disabled: clients.set_disabled(connection, client.name, is_disabled=to)
            )

            async def is_seen(expected: bool = is_disabled) -> bool:
                return bool((await store.read_kept(*known(client))).is_disabled is expected)

            await until(is_seen)
            await listening(store)
        following.cancel()

    asyncio.run(lose())
    engine.dispose()


async def listening(store: Store) -> None:
    """Until somebody listens."""
    if store.is_embedded:
        return

    async def is_so() -> bool:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN aptic_changes' AND state = 'idle'"
            " AND datname = current_database()"
        )
        return bool(await store.search(lambda connection: connection.scalar(text(query))))

    await until(is_so)
    await asyncio.sleep(0.05)


@pytest.mark.usefixtures("for_ever")
def test_a_reading_that_a_change_overtook_is_given_to_nobody_later(store: Store, new_client: Any) -> None:
    if store.is_embedded:
        pytest.skip("it is read each time")
    client = new_client()
    key, query = known(client)
    has_read, may_end = threading.Event(), threading.Event()

    def slow(connection: Connection) -> Any:
        found = query(connection)
        has_read.set()
        may_end.wait(20)
        return found

    async def overtake() -> None:
        early = asyncio.ensure_future(store.read_kept(key, slow))
        await asyncio.to_thread(has_read.wait, 20)
        await store.write(lambda connection: clients.set_disabled(connection, client.name, is_disabled=True))
        assert (await store.read_kept(key, query)).is_disabled  # it does not join the one that is under way
        may_end.set()
        assert not (await early).is_disabled
        assert (await store.read_kept(key, query)).is_disabled

    asyncio.run(overtake())


@pytest.mark.usefixtures("for_ever")
def test_threads_that_read_never_see_what_was_before_a_change_that_they_know_of(store: Store, new_client: Any) -> None:
    client = new_client()
    done, ended = 0, threading.Event()

    def write() -> None:
        nonlocal done
        for number in range(1, 60):
            url = f"{URL}{number}"
            asyncio.run(store.write(lambda c, url=url: registrations.put(c, client.id, url, ["a"], {})))
            done = number
        ended.set()

    def look() -> int:
        looks = 0
        while not ended.is_set():
            before = done
            assert len(asyncio.run(store.read_kept(*listed(client)))) >= before
            looks += 1
        return looks

    with ThreadPoolExecutor(4) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        try:
            pool.submit(write).result()
        finally:
            ended.set()
        assert all(each.result() for each in looking)


@pytest.mark.usefixtures("for_ever")
def test_it_is_bounded(store: Store) -> None:
    async def ask() -> None:
        for number in range(kept.MOST_KEPT + 200):
            assert await store.read_kept(("many", number), lambda _, number=number: number) == number
        large = b"x" * (kept.LARGEST_KEPT_BYTES + 1)
        assert await store.read_kept("large", lambda _: large) == large
        assert await store.read_kept("large", lambda _: b"small") == b"small"
        assert await store.read_kept("nobody", lambda _: None) is None
        assert await store.read_kept("nobody", lambda _: 1) == 1

    asyncio.run(ask())
    assert len(store._kept._readings) <= kept.MOST_KEPT


def test_an_error_is_not_kept(store: Store) -> None:
    def fail(_: Connection) -> int:
        raise StoreError("away")

    async def ask() -> None:
        with pytest.raises(StoreError, match="away"):
            await store.read_kept("failing", fail)
        assert await store.read_kept("failing", lambda _: 1) == 1

    asyncio.run(ask())


def test_who_leaves_takes_nothing_from_who_waits_for_the_same(store: Store) -> None:
    gate = threading.Event()

    def slow(_: Connection) -> int:
        gate.wait(0 if store.is_embedded else 20)
        return 1

    async def leave() -> None:
        first, second = (asyncio.ensure_future(store.read_kept("slow", slow)) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await second == 1

    asyncio.run(leave())
