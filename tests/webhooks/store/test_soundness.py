import asyncio

from webhooks.store import soundness
from webhooks.store.store import Store


def test_a_sound_store_passes_both_looks(store: Store) -> None:
    asyncio.run(store.prove())
    assert store.with_transaction(soundness.own_check) == []
