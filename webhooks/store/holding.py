"""Holds the deliveries of an endpoint that is paused or disabled, resumes them, and cancels them when it is removed.

There may be hundreds of thousands of them. So that no statement takes long, and other commands are written in between,
each function changes at most PART of them and gives how many. It is to be called again while it gives PART.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Update, func, literal, select, update

from webhooks.model import FINAL, UNSENT, DeliveryState
from webhooks.store import compositions, jobs
from webhooks.store.bulk import TEXT, Bulk, BulkUpdate
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load
from webhooks.store.statement import Prepared
from webhooks.store.tables import CLIENTS, DELIVERIES, REGISTRATIONS

_SQL: Final = load("holding")

PART: Final = 1000
"""How many deliveries one call changes."""

PARTS: Final = 20
"""How many calls may follow each other before other work."""

PAUSED: Final = "the endpoint is paused"
DISABLED: Final = "the endpoint is disabled"
CLIENT_DISABLED: Final = "the endpoint's client is disabled"

_COMPOSED: Final = Bulk(_SQL["composed"], lock="FOR UPDATE OF composition", finds=7, id=TEXT)
_RESUME: Final = Bulk(_SQL["resume"], id=TEXT)
_LATER: Final = Prepared(_SQL["later"], finds=1)
_HASTEN: Final = BulkUpdate(
    "delivery",
    "next_attempt_at = :at, scheduled_at = :at",
    "delivery.id = given.id AND coalesce(delivery.state, '') = 'pending'",
    ("delivery.id",),
    id=TEXT,
)
_WAIT: Final = Prepared(_SQL["wait"])
_STATE: Final = func.coalesce(
    DELIVERIES.c.state, ""
)  # an expression: rows are to be found by their ids, not by the index on states
_UNSETTLED: Final = Prepared(_SQL["unsettled"])


def unsettled(connection: Connection) -> list[int]:
    """The endpoints with deliveries that `settle` would change."""
    return [id_ for (id_,) in _UNSETTLED.run(connection)]


def settle(connection: Connection, registration_id: int) -> int:
    """Holds or resumes deliveries, as the endpoint is now."""
    query = (
        select(REGISTRATIONS.c.is_paused, REGISTRATIONS.c.disabled_reason, CLIENTS.c.is_disabled)
        .join(CLIENTS, CLIENTS.c.id == REGISTRATIONS.c.client_id)
        .where(REGISTRATIONS.c.id == registration_id)
        .with_for_update(read=True, of=REGISTRATIONS)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return 0
    reason = why_held(
        is_paused=row.is_paused,
        is_disabled=row.disabled_reason is not None,
        is_client_disabled=row.is_disabled,
    )
    return resume(connection, registration_id) if reason is None else hold(connection, registration_id, reason)


def why_held(*, is_paused: bool, is_disabled: bool, is_client_disabled: bool) -> str | None:
    """Why deliveries to an endpoint are held; None where they are sent."""
    if is_client_disabled:
        return CLIENT_DISABLED
    return DISABLED if is_disabled else PAUSED if is_paused else None


def hold(connection: Connection, registration_id: int, reason: str) -> int:
    """Holds pending deliveries. A reason that they have is kept behind this one."""
    words = func.coalesce(literal(f"{reason}; ") + DELIVERIES.c.reason, reason)
    states = DeliveryState.PENDING, DeliveryState.COMPOSING
    return _change(connection, registration_id, states, update(DELIVERIES).values(reason=words, **held(now())))


def resume(connection: Connection, registration_id: int) -> int:
    """Makes held deliveries due at once; those without a body are composed first."""
    at = now()
    part = _part(connection, registration_id, [DeliveryState.HELD])
    found = _COMPOSED.run(connection, [(id_,) for id_ in part])
    _RESUME.run(connection, [(id_,) for id_, *_ in found], at=at)
    waiting = [row for row in found if row[3] == CompositionState.WAITING]
    compositions.make_due(connection, sorted({(sequence, version) for _, sequence, version, *_ in waiting}), at)
    values = [
        {"id": id_, "reason": why, "due_at": due_at, "scheduled_at": None if due_at is None else at}
        for id_, _, _, _, parked_for, due_at, why in waiting
        if due_at is not None or parked_for is not None
    ]
    _WAIT.run_many(connection, values)
    ready = [id_ for id_, _, _, state, *_ in found if state == CompositionState.COMPOSED]
    jobs.add(connection, [Job(Kind.DELIVER, id_, at) for id_ in ready])
    return len(part)


def hasten(connection: Connection, registration_id: int) -> int:
    """Makes deliveries due at once that have a body and wait for their next attempt."""
    at = now()
    part = _LATER.run(connection, registration_id=registration_id, at=at, most=PART)
    jobs.add(connection, [Job(Kind.DELIVER, id_, at) for (id_,) in _HASTEN.run(connection, part, at=at)])
    return len(part)


def cancel(connection: Connection, registration_id: int, events: Sequence[str]) -> int:
    """Cancels deliveries that were not sent yet, since their URL or event was removed."""
    changes = {
        "state": DeliveryState.CANCELLED,
        "reason": "the registration was removed",
        "next_attempt_at": None,
        "scheduled_at": None,
        "held_at": None,
        "ended_at": now(),
    }
    return _change(connection, registration_id, UNSENT, update(DELIVERIES).values(changes), events)


def detach(connection: Connection, registration_id: int) -> int:
    """Takes deliveries that have ended from a registration that is to be removed."""
    return _change(connection, registration_id, FINAL, update(DELIVERIES).values(registration_id=None))


def due(at: int) -> dict[str, object]:
    """The columns of a delivery that is pending, and due at that time."""
    return {"state": DeliveryState.PENDING, "next_attempt_at": at, "scheduled_at": at, "held_at": None}


def held(at: int) -> dict[str, object]:
    """The columns of a delivery that is held since that time."""
    return {"state": DeliveryState.HELD, "next_attempt_at": None, "scheduled_at": None, "held_at": at}


def _change(
    connection: Connection,
    registration_id: int,
    states: Sequence[DeliveryState],
    change: Update,
    events: Sequence[str] | None = None,
) -> int:
    part = _part(connection, registration_id, states, events)
    if part:
        connection.execute(change.where(DELIVERIES.c.id.in_(part), _STATE.in_(states)))
    return len(part)


def _part(
    connection: Connection,
    registration_id: int,
    states: Sequence[DeliveryState],
    events: Sequence[str] | None = None,
) -> Sequence[str]:
    """The ids of some deliveries. One statement that also changed them would get a bad plan, without statistics."""
    query = select(DELIVERIES.c.id).where(DELIVERIES.c.registration_id == registration_id)
    query = query.where(DELIVERIES.c.state.in_(states))
    if events is not None:
        query = query.where(DELIVERIES.c.event.in_(events))
    return connection.scalars(query.limit(PART)).all()
