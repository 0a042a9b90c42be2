"""What a test send needs of the store."""

from __future__ import annotations

from sqlalchemy import Connection

from webhooks.model import Client
from webhooks.store import endpoints, registrations
from webhooks.store.attempts import Ready
from webhooks.store.clock import now, sortable_id


def ready_for_test(connection: Connection, client: Client, url: str) -> Ready:
    """As of a delivery's first attempt, without a body; nothing of it is written. Raises NotFoundError."""
    at = now()
    row = registrations.existing(connection, client.id, url)
    return Ready(
        id=sortable_id(at),
        attempt=1,
        started_at=at,
        failures=0,
        created_at=at,
        first_at=at,
        event_id="",
        event_sequence=0,
        version=0,
        url=url,
        body=b"",
        endpoint=endpoints.find(connection, [row.id])[row.id],
    )
