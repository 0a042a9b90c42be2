"""What waits in a store."""

import time
from typing import Any

from webhooks.model import DeliveryState
from webhooks.store import events, registrations
from webhooks.store.depth import COUNTED, read_depth


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
