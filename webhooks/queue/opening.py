"""The queue that a store has."""

from __future__ import annotations

from webhooks.queue.embedded import EmbeddedQueue
from webhooks.queue.interface import Queue
from webhooks.store.store import Store


def open_queue(store: Store) -> Queue:
    """The queue in this store, which hears of what is committed. Needs a running event loop."""
    if store.is_embedded:
        return EmbeddedQueue(store)
    from webhooks.queue.postgresql import PostgreSQLQueue  # noqa: PLC0415  psycopg is for PostgreSQL only

    return PostgreSQLQueue(store)
