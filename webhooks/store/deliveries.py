"""Deliveries in the store."""

from __future__ import annotations

from sqlalchemy import Connection, Row, insert, select, update

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import FINAL, Delivery, DeliveryState, StoredAttempt
from webhooks.store import compositions, jobs
from webhooks.store.clock import moment, now, sortable_id
from webhooks.store.holding import REMOVED, TO_REMOVED, due, is_being_cancelled, why_held
from webhooks.store.jobs import Job, Kind
from webhooks.store.tables import ATTEMPTS, CLIENTS, DELIVERIES, EVENTS, REGISTERED_EVENTS, REGISTRATIONS

FIND = (
    select(
        DELIVERIES,
        EVENTS.c.id.label("event_id"),
        REGISTRATIONS.c.is_paused,
        REGISTRATIONS.c.disabled_reason,
        CLIENTS.c.is_disabled,
        TO_REMOVED.label("is_removed"),
    )
    .join(EVENTS, EVENTS.c.sequence == DELIVERIES.c.event_sequence)
    .join(CLIENTS, CLIENTS.c.id == DELIVERIES.c.client_id)
    .outerjoin(REGISTRATIONS, REGISTRATIONS.c.id == DELIVERIES.c.registration_id)
)
_BEING_CANCELLED = "What was removed from this URL before is still being cancelled. Try again in some seconds."


def by_id(connection: Connection, client_id: str | None, delivery_id: str) -> Delivery:
    """One delivery. Raises NotFoundError where there is none, or it is another client's."""
    row = connection.execute(FIND.where(DELIVERIES.c.id == delivery_id)).one_or_none()
    if row is None or client_id not in (None, row.client_id):
        raise NotFoundError("There is no such delivery.")
    return delivery_of(row)


def attempts_of(connection: Connection, delivery_id: str) -> list[StoredAttempt]:
    """The attempts of a delivery, the first one first."""
    query = select(ATTEMPTS).where(ATTEMPTS.c.delivery_id == delivery_id).order_by(ATTEMPTS.c.number)
    return [
        StoredAttempt(
            number=row.number,
            time=moment(row.started_at),
            duration=None if row.duration is None else row.duration / 1e6,
            status=row.status,
            error=row.error,
            answer=row.answer,
            is_restricted=row.is_restricted,
        )
        for row in connection.execute(query)
    ]


def of_event(connection: Connection, sequence: int) -> list[Delivery]:
    """The deliveries of one event, in the order in which they were made."""
    query = FIND.where(DELIVERIES.c.event_sequence == sequence).order_by(DELIVERIES.c.id)
    return [delivery_of(row) for row in connection.execute(query)]


def replay(connection: Connection, client_id: str | None, delivery_id: str, *, recompose: bool) -> Delivery:
    """Makes a delivery that has ended pending again: with its own id, or under a new one if it is composed afresh.

    One that ended before it had a body is composed again in any case. Raises NotFoundError, and ConflictError where it
    has not ended, its URL is not registered any more, or what it would send was erased.
    """
    query = select(DELIVERIES).where(DELIVERIES.c.id == delivery_id).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    found = by_id(connection, client_id, delivery_id)
    if row is None or found.state not in FINAL:
        raise ConflictError(f"The delivery is {found.state}; only one that has ended can be sent again.")
    at, sequence, version = now(), row["event_sequence"], row["version"]
    changes = _pending_again(connection, row["client_id"], found, sequence, at)
    if recompose:
        version = compositions.add_version(connection, sequence, at)
        fresh = {"id": sortable_id(at), "created_at": at, "replay_of": delivery_id, "version": version, "attempts": 0}
        connection.execute(insert(DELIVERIES).values({**row, **changes, **fresh}))
        return by_id(connection, client_id, str(fresh["id"]))
    has_body = compositions.revive(connection, sequence, version)
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery_id).values(changes))
    if has_body:
        jobs.add(connection, [Job(Kind.DELIVER, delivery_id, at)])
    else:
        compositions.make_due(connection, [(sequence, version)], at)
    return by_id(connection, client_id, delivery_id)


def _pending_again(
    connection: Connection, client_id: str, found: Delivery, sequence: int, at: int
) -> dict[str, object]:
    """For the URL as it is registered now, which may be a later registration than the delivery was made for."""
    query = select(REGISTRATIONS.c.id).where(REGISTRATIONS.c.client_id == client_id, REGISTRATIONS.c.url == found.url)
    registration = connection.execute(query.with_for_update(read=True, of=REGISTRATIONS)).one_or_none()
    if registration is None:
        raise ConflictError("The URL of this delivery is not registered any more.")
    of_event = REGISTERED_EVENTS.c.registration_id == registration.id, REGISTERED_EVENTS.c.event == found.event
    if connection.scalar(select(REGISTERED_EVENTS.c.id).where(*of_event)) is None:
        raise ConflictError(f"The URL of this delivery is not registered for {found.event} any more.")
    if is_being_cancelled(connection, registration.id, found.event, sequence):
        raise ConflictError(_BEING_CANCELLED)
    return {"registration_id": registration.id, "reason": None, "failures": 0, "ended_at": None, **due(at)}


def delivery_of(row: Row[tuple[object, ...]]) -> Delivery:
    """The delivery of a row that FIND has found, as it stands by its endpoint."""
    state, reason = DeliveryState(row.state), row.reason
    if state in (DeliveryState.PENDING, DeliveryState.COMPOSING):
        is_disabled = row.disabled_reason is not None
        why = why_held(is_paused=row.is_paused, is_disabled=is_disabled, is_client_disabled=row.is_disabled)
        if row.is_removed:
            state, reason = DeliveryState.CANCELLED, REMOVED
        elif why is not None:
            state, reason = DeliveryState.HELD, why if reason is None else f"{why}; {reason}"
    waits = state is DeliveryState.PENDING and row.next_attempt_at is not None
    return Delivery(
        id=row.id,
        client_id=row.client_id,
        event_id=row.event_id,
        event=row.event,
        url=row.url,
        state=state,
        reason=reason,
        created_at=moment(row.created_at),
        next_attempt_at=moment(row.next_attempt_at) if waits else None,
        replay_of=row.replay_of,
    )
