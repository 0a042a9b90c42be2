"""Events in the store: an event and its deliveries are written together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import Connection, Row, insert, select

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import DeliveryState, EventState, PublishedEvent, StoredEvent
from webhooks.store.clock import moment, now, sortable_id
from webhooks.store.tables import CLIENTS, DELIVERIES, EVENTS, REGISTERED_EVENTS, REGISTRATIONS

_OTHER_CONTENT = "An event with the id {!r} was published before, with other content."
_IDS_AT_ONCE = 500  # of a list of parameters
_SUBSCRIBERS = (
    select(
        REGISTERED_EVENTS.c.event,
        REGISTRATIONS.c.id,
        REGISTRATIONS.c.client_id,
        REGISTRATIONS.c.url,
        REGISTRATIONS.c.is_paused,
        REGISTRATIONS.c.disabled_reason,
        CLIENTS.c.only,
    )
    .join(REGISTRATIONS, REGISTRATIONS.c.id == REGISTERED_EVENTS.c.registration_id)
    .join(CLIENTS, CLIENTS.c.id == REGISTRATIONS.c.client_id)
    .where(CLIENTS.c.is_disabled.is_(False))
    .order_by(REGISTRATIONS.c.id)
)
_FIND = select(EVENTS)


class _Subscriber(Struct, frozen=True):
    registration_id: int
    client_id: str
    url: str
    only: Mapping[str, str]
    state: DeliveryState

    def takes(self, arguments: Mapping[str, str]) -> bool:
        return all(arguments.get(name) == value for name, value in self.only.items())


def publish(connection: Connection, publisher_id: str, events: Sequence[PublishedEvent]) -> list[str | ConflictError]:
    """For each event its id, once it is stored with a delivery for each registration that takes it.

    The same id with the same content is the event that is stored already; with other content it is a ConflictError.
    """
    known = _digests(connection, publisher_id, [event.id for event in events if event.id is not None])
    subscribers = _subscribers(connection, {event.code for event in events})
    created_at = now()
    results: list[str | ConflictError] = []
    new_events: list[dict[str, object]] = []
    takers: list[list[_Subscriber]] = []
    for event in events:
        digest = _digest(event)
        id_ = event.id or sortable_id()
        stored = known.get(id_)
        if stored is not None:
            results.append(id_ if stored == digest else ConflictError(_OTHER_CONTENT.format(id_)))
            continue
        known[id_] = digest  # it may come again in this very list
        results.append(id_)
        taking = [found for found in subscribers.get(event.code, ()) if found.takes(event.arguments)]
        takers.append(taking)
        new_events.append(
            {
                "id": id_,
                "publisher_id": publisher_id,
                "event": event.code,
                "arguments": encode(event.arguments).decode(),
                "digest": digest,
                "state": EventState.ACCEPTED if taking else EventState.UNSUBSCRIBED,
                "created_at": created_at,
            }
        )
    _insert(connection, new_events, takers, created_at)
    return results


def by_id(connection: Connection, publisher_id: str | None, event_id: str) -> StoredEvent:
    """One event. Raises NotFoundError where there is none, or it is another publisher's (None sees every one)."""
    query = _FIND.where(EVENTS.c.id == event_id)
    if publisher_id is not None:
        query = query.where(EVENTS.c.publisher_id == publisher_id)
    row = connection.execute(query.order_by(EVENTS.c.sequence).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such event.")
    return _event(row)


def _digest(event: PublishedEvent) -> bytes:
    """Of what was published; the order of the arguments does not count."""
    return hashlib.sha256(encode((event.code, event.arguments), order="sorted")).digest()


def _digests(connection: Connection, publisher_id: str, ids: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        query = select(EVENTS.c.id, EVENTS.c.digest).where(
            EVENTS.c.publisher_id == publisher_id, EVENTS.c.id.in_(ids[start : start + _IDS_AT_ONCE])
        )
        found |= {row.id: row.digest for row in connection.execute(query)}
    return found


def _subscribers(connection: Connection, codes: Iterable[str]) -> dict[str, list[_Subscriber]]:
    found: dict[str, list[_Subscriber]] = {}
    for row in connection.execute(_SUBSCRIBERS.where(REGISTERED_EVENTS.c.event.in_(codes))):
        is_held = row.is_paused or row.disabled_reason is not None
        state = DeliveryState.HELD if is_held else DeliveryState.PENDING
        subscriber = _Subscriber(row.id, row.client_id, row.url, decode(row.only), state)
        found.setdefault(row.event, []).append(subscriber)
    return found


def _insert(
    connection: Connection,
    new_events: Sequence[dict[str, object]],
    takers: Sequence[Sequence[_Subscriber]],
    created_at: int,
) -> None:
    if not new_events:
        return
    returning = insert(EVENTS).returning(EVENTS.c.sequence, sort_by_parameter_order=True)
    sequences = connection.scalars(returning, new_events).all()
    new_deliveries = [
        {
            "id": sortable_id(),
            "event_sequence": sequence,
            "client_id": subscriber.client_id,
            "registration_id": subscriber.registration_id,
            "event": event["event"],
            "url": subscriber.url,
            "state": subscriber.state,
            "created_at": created_at,
            "next_attempt_at": created_at,
        }
        for sequence, event, taking in zip(sequences, new_events, takers, strict=True)
        for subscriber in taking
    ]
    if new_deliveries:
        connection.execute(insert(DELIVERIES), new_deliveries)


def _event(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        code=row.event,
        sequence=row.sequence,
        time=moment(row.created_at),
        state=EventState(row.state),
    )
