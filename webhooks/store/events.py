"""Events in the store: an event and its deliveries are written together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import Connection, Row, bindparam, select

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import DeliveryState, EventState, PublishedEvent, StoredEvent
from webhooks.store import compositions
from webhooks.store.bulk import NUMBER, TEXT, Bulk
from webhooks.store.clock import moment, now, sortable_id
from webhooks.store.holding import why_held
from webhooks.store.queries import load
from webhooks.store.statement import Prepared
from webhooks.store.tables import CLIENTS, EVENTS, REGISTERED_EVENTS, REGISTRATIONS

_SQL: Final = load("events")

_OTHER_CONTENT = "An event with the id {!r} was published before, with other content."
# On PostgreSQL it locks the registrations: one that is being paused or removed is read as it is after that.
_SUBSCRIBERS = Prepared(
    select(
        REGISTRATIONS.c.id,
        REGISTRATIONS.c.client_id,
        REGISTRATIONS.c.url,
        REGISTRATIONS.c.is_paused,
        REGISTRATIONS.c.disabled_reason,
        CLIENTS.c.is_disabled,
        CLIENTS.c.only,
    )
    .join(REGISTERED_EVENTS, REGISTERED_EVENTS.c.registration_id == REGISTRATIONS.c.id)
    .join(CLIENTS, CLIENTS.c.id == REGISTRATIONS.c.client_id)
    .where(REGISTERED_EVENTS.c.event == bindparam("event"))
    .order_by(REGISTRATIONS.c.id)
    .with_for_update(read=True, of=REGISTRATIONS),
    finds=7,
)
_INSERT = Prepared(_SQL["insert"])
_DIGEST = Prepared(
    select(EVENTS.c.digest).where(EVENTS.c.id == bindparam("id"), EVENTS.c.publisher_id == bindparam("publisher_id"))
)
_DELIVER = Bulk(
    _SQL["deliver"],
    id=TEXT,
    event_sequence=NUMBER,
    client_id=TEXT,
    registration_id=NUMBER,
    event=TEXT,
    url=TEXT,
    state=TEXT,
    reason=TEXT,
    due_at=NUMBER,
    held_at=NUMBER,
)
_FIND = select(EVENTS)
_SCANNED_EVENTS = 5000
_ARGUMENTS = Prepared(_SQL["arguments"])
_OF_DELIVERY = Prepared(_SQL["of_delivery"])


class Matches(Struct, frozen=True):
    """Events that have an argument, by sequence number. The search goes on after `last`, None at its end."""

    sequences: Sequence[int]
    last: int | None


class _Subscriber(Struct, frozen=True):
    registration_id: int
    client_id: str
    url: str
    held_because: str | None
    only: Mapping[str, str]

    def takes(self, arguments: Mapping[str, str]) -> bool:
        """Whether an event with these arguments is for this client."""
        return all(arguments.get(name) == value for name, value in self.only.items())


class _NewEvent(Struct, frozen=True):
    row: dict[str, object]
    takers: Sequence[_Subscriber]


def publish(connection: Connection, publisher_id: str, events: Sequence[PublishedEvent]) -> list[str | ConflictError]:
    """For each event its id, once it is stored with a delivery for each registration that takes it.

    The same id with the same content is the event that is stored already; with other content it is a ConflictError.
    """
    created_at = now()
    subscribers = {code: _subscribers(connection, code) for code in {event.code for event in events}}
    new = [
        _new_event(publisher_id, event, event.id or sortable_id(created_at, index), created_at, subscribers[event.code])
        for index, event in enumerate(events)
    ]
    inserted = _INSERT.run_many(connection, [event.row for event in new])
    _deliver(
        connection, created_at, [(event, found[0][0]) for event, found in zip(new, inserted, strict=True) if found]
    )
    return [
        str(event.row["id"]) if found else _known(connection, event.row)
        for event, found in zip(new, inserted, strict=True)
    ]


def by_id(connection: Connection, publisher_id: str | None, event_id: str, *, first: str = "") -> StoredEvent:
    """One event. Raises NotFoundError where there is none, or it is another publisher's (None sees every one).

    Of several publishers' events with that id it is the one of `first`, or else the oldest.
    """
    query = _FIND.where(EVENTS.c.id == event_id)
    if publisher_id is not None:
        query = query.where(EVENTS.c.publisher_id == publisher_id)
    row = connection.execute(query.order_by(EVENTS.c.publisher_id != first, EVENTS.c.sequence).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such event.")
    return _event(row)


def with_argument(connection: Connection, name: str, value: str, after: int) -> Matches:
    """The next events after a number whose argument `name` has that value."""
    rows = _ARGUMENTS.run(connection, after=after, most=_SCANNED_EVENTS)
    found = [sequence for sequence, arguments in rows if arguments is not None and decode(arguments).get(name) == value]
    return Matches(found, rows[-1][0] if len(rows) == _SCANNED_EVENTS else None)


def with_id(connection: Connection, event_id: str) -> list[int]:
    """The events with that id, of any publisher, by sequence number."""
    return list(connection.scalars(select(EVENTS.c.sequence).where(EVENTS.c.id == event_id)))


def arguments_of(connection: Connection, delivery_id: str) -> Mapping[str, str] | None:
    """What the event of a delivery was published with; None where there is none, or it was erased."""
    rows = _OF_DELIVERY.run(connection, id=delivery_id)
    return decode(rows[0][0]) if rows and rows[0][0] is not None else None


def _subscribers(connection: Connection, code: str) -> list[_Subscriber]:
    return [
        _Subscriber(
            registration_id,
            client_id,
            url,
            why_held(
                is_paused=is_paused, is_disabled=disabled_reason is not None, is_client_disabled=is_client_disabled
            ),
            decode(only),
        )
        for registration_id, client_id, url, is_paused, disabled_reason, is_client_disabled, only in _SUBSCRIBERS.run(
            connection, event=code
        )
    ]


def _new_event(
    publisher_id: str, event: PublishedEvent, id_: str, created_at: int, subscribers: Sequence[_Subscriber]
) -> _NewEvent:
    takers = [found for found in subscribers if found.takes(event.arguments)]
    state = EventState.ACCEPTED if takers else EventState.UNSUBSCRIBED
    row: dict[str, object] = {
        "id": id_,
        "publisher_id": publisher_id,
        "event": event.code,
        "arguments": encode(event.arguments).decode(),
        "digest": _digest(event),
        "state": state.value,
        "created_at": created_at,
    }
    return _NewEvent(row, takers)


def _digest(event: PublishedEvent) -> bytes:
    """Of what was published; the order of the arguments does not count."""
    return hashlib.sha256(encode((event.code, event.arguments), order="sorted")).digest()


def _deliver(connection: Connection, created_at: int, stored: Sequence[tuple[_NewEvent, int]]) -> None:
    """Makes the deliveries of events that were given these sequence numbers, and what they are composed by."""
    made = [(event, sequence, subscriber) for event, sequence in stored for subscriber in event.takers]
    rows = [
        _row(created_at, sortable_id(created_at, index), event, sequence, subscriber)
        for index, (event, sequence, subscriber) in enumerate(made)
    ]
    if rows:
        _DELIVER.run(connection, rows, created_at=created_at)
        compositions.add(
            connection,
            {
                sequence: created_at if any(taker.held_because is None for taker in event.takers) else None
                for event, sequence in stored
                if event.takers
            },
        )


def _row(created_at: int, id_: str, event: _NewEvent, sequence: int, subscriber: _Subscriber) -> tuple[object, ...]:
    is_held = subscriber.held_because is not None
    return (
        id_,
        sequence,
        subscriber.client_id,
        subscriber.registration_id,
        event.row["event"],
        subscriber.url,
        (DeliveryState.HELD if is_held else DeliveryState.PENDING).value,
        subscriber.held_because,
        None if is_held else created_at,
        created_at if is_held else None,
    )


def _known(connection: Connection, row: Mapping[str, object]) -> str | ConflictError:
    """What is said of an id that was there already."""
    ((digest,),) = _DIGEST.run(connection, id=row["id"], publisher_id=row["publisher_id"])
    return str(row["id"]) if bytes(digest) == row["digest"] else ConflictError(_OTHER_CONTENT.format(row["id"]))


def _event(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        code=row.event,
        sequence=row.sequence,
        time=moment(row.created_at),
        state=EventState(row.state),
    )
