"""What waits in a store."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import Connection

from webhooks.api import administration
from webhooks.model import MOST_COUNTED_BESIDE, DeliveryState, Depth
from webhooks.store import depth, events, registrations
from webhooks.store.depth import COUNTED, read_depth
from webhooks.store.store import Store


def test_it_counts_what_has_not_ended_and_knows_the_oldest(
    new_client: Any, register: Any, write: Any, read: Any, code: str, published: Any
) -> None:
    before = read(read_depth)
    assert set(before.deliveries) == set(COUNTED)
    client = new_client()
    register(client, "https://receiver.example/a", code)
    register(client, "https://receiver.example/b", code)
    write(registrations.set_paused, client.id, "https://receiver.example/b", is_paused=True)
    write(events.publish, "x", [published(code), published(code)])
    time.sleep(0.01)
    after = read(read_depth)
    assert after.deliveries[DeliveryState.PENDING] == before.deliveries[DeliveryState.PENDING] + 2
    assert after.deliveries[DeliveryState.HELD] == before.deliveries[DeliveryState.HELD] + 2
    assert after.deliveries[DeliveryState.DEAD] == 0
    assert after.compositions == before.compositions + 2
    assert 0.01 <= after.oldest_delivery < 60
    assert 0.01 <= after.oldest_composition < 60


def test_what_is_much_is_counted_beside_the_looks(
    monkeypatch: pytest.MonkeyPatch, new_client: Any, register: Any, write: Any, store: Store, code: str, published: Any
) -> None:
    """A look counts no further than to its bound; what lies beyond was counted once, and counts as it was then."""
    monkeypatch.setattr(depth, "MOST_COUNTED", 2)
    monkeypatch.setattr(administration, "read_depth", counted := Counted())
    register(new_client(), "https://receiver.example/much", code)

    async def scene() -> None:
        waiting = administration.Waiting(store)
        await store.write(lambda connection: events.publish(connection, "x", [published(code)] * 5))
        first = await waiting.read()
        assert first.deliveries[DeliveryState.PENDING] >= 5
        await store.write(lambda connection: events.publish(connection, "x", [published(code)]))
        assert (await waiting.read()).deliveries == first.deliveries
        assert counted.bounds == [2, MOST_COUNTED_BESIDE, 2]

    asyncio.run(scene())


def test_no_count_grows_without_end(
    monkeypatch: pytest.MonkeyPatch, new_client: Any, register: Any, write: Any, store: Store, code: str, published: Any
) -> None:
    monkeypatch.setattr(depth, "MOST_COUNTED", 2)
    monkeypatch.setattr(administration, "read_depth", Counted())
    monkeypatch.setattr(administration, "MOST_COUNTED_BESIDE", 4)
    for url in ("https://receiver.example/many", "https://receiver.example/more"):
        register(new_client(), url, code)
    write(events.publish, "x", [published(code)] * 5)
    found = asyncio.run(administration.Waiting(store).read())
    assert found.deliveries[DeliveryState.PENDING] == 4
    assert found.compositions == 4


class Counted:
    """Counts as `read_depth` does, with a small bound, and notes the bounds."""

    def __init__(self) -> None:
        self.bounds: list[int] = []

    def __call__(self, connection: Connection, most: int = 2) -> Depth:
        self.bounds.append(most)
        return read_depth(connection, most)
