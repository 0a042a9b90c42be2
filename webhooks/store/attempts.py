"""Attempts in the store: each is written before it is sent, and ended by what came of it.

What an attempt ends by is compared with its number, so that a process that was given up for dead changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from msgspec import Struct, structs
from msgspec.json import decode
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import endpoints, jobs
from webhooks.store.compositions import CompositionState
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared

_COMPOSED: Final = CompositionState.COMPOSED
_CANCELLED: Final = "the registration was removed"
_PAUSED: Final = "the endpoint is paused, or its client is disabled"


class Due(Struct, frozen=True):
    """A delivery whose job was taken, as far as it matters for its turn. Times are microseconds."""

    id: str
    state: DeliveryState
    registration_id: int | None
    next_attempt_at: int | None
    attempts: int
    failures: int
    is_composed: bool
    waits_until: int | None


class Ready(Struct, frozen=True, kw_only=True):
    """A delivery whose attempt is written, with all that the request needs; what is encrypted is so still."""

    id: str
    attempt: int
    started_at: int
    failures: int
    created_at: int
    event_id: str
    event_sequence: int
    version: int
    client_id: str
    registration_id: int
    url: str
    method: str
    secret: bytes | None
    signing_key: bytes | None
    previous_signing_key: bytes | None
    previous_key_until: int | None
    networks: tuple[str, ...]
    ports: tuple[int, ...]
    url_patterns: tuple[str, ...]
    body: bytes
    failing_since: int | None


class Ended(Struct, frozen=True, kw_only=True):
    """What came of an attempt. Without `duration` its process died.

    A state of PENDING is tried again at `next_attempt_at`. The endpoint waits until `waits_until`, and is disabled with
    the reason in `disables`.
    """

    id: str
    attempt: int
    registration_id: int | None
    state: DeliveryState
    reason: str | None
    failures: int
    at: int
    next_attempt_at: int | None = None
    duration: int | None = None
    status: int | None = None
    error: str | None = None
    answer: bytes | None = None
    is_restricted: bool = False
    waits_until: int | None = None
    disables: str | None = None


_LOOK: Final = Prepared(
    "SELECT delivery.id, delivery.state, delivery.registration_id, delivery.next_attempt_at, delivery.attempts,"
    " delivery.failures, composition.state, registration.waits_until"
    " FROM delivery"
    " JOIN composition ON composition.event_sequence = delivery.event_sequence"
    " AND composition.version = delivery.version"
    " LEFT JOIN registration ON registration.id = delivery.registration_id"
    " WHERE delivery.id = :id"
)
_DETAILS: Final = Prepared(
    "SELECT delivery.attempts, delivery.failures, delivery.created_at, delivery.event_sequence, delivery.version,"
    " delivery.client_id, delivery.registration_id, delivery.url, registration.method, registration.secret,"
    " registration.signing_key, registration.previous_signing_key, registration.previous_key_until,"
    " client.networks, client.ports, client.url_patterns, composition.body, registration.failing_since, event.id,"
    " registration.is_paused OR client.is_disabled, registration.disabled_reason, registered_event.id"
    " FROM delivery"
    " JOIN client ON client.id = delivery.client_id"
    " JOIN composition ON composition.event_sequence = delivery.event_sequence"
    " AND composition.version = delivery.version"
    " JOIN event ON event.sequence = delivery.event_sequence"
    " LEFT JOIN registration ON registration.id = delivery.registration_id"
    " LEFT JOIN registered_event ON registered_event.registration_id = registration.id"
    " AND registered_event.event = delivery.event"
    " WHERE delivery.id = :id AND delivery.state = 'pending' AND delivery.next_attempt_at <= :at"
    " AND composition.state = 'composed' AND composition.body IS NOT NULL"
    " AND (registration.waits_until IS NULL OR registration.waits_until <= :at)"
)
_SEND: Final = Prepared(
    "UPDATE delivery SET state = 'sending', attempts = attempts + 1, next_attempt_at = NULL"
    " WHERE id = :id AND state = 'pending' AND attempts = :attempts RETURNING id"
)
_BEGIN: Final = Prepared("INSERT INTO attempt (delivery_id, number, started_at) VALUES (:id, :number, :at)")
_SET_ASIDE: Final = Prepared(
    "UPDATE delivery SET state = :state, reason = :reason, next_attempt_at = NULL, held_at = :held_at,"
    " ended_at = :ended_at WHERE id = :id AND state = 'pending'"
)
_END_ATTEMPT: Final = Prepared(
    "UPDATE attempt SET duration = :duration, status = :status, error = :error, answer = :answer,"
    " is_restricted = :is_restricted WHERE delivery_id = :id AND number = :attempt"
)
_END: Final = Prepared(
    "UPDATE delivery SET state = :state, reason = :reason, failures = :failures, next_attempt_at = :next_attempt_at,"
    " scheduled_at = :scheduled_at, held_at = :held_at, ended_at = :ended_at"
    " WHERE id = :id AND state = 'sending' AND attempts = :attempt RETURNING id"
)
_ENDPOINT: Final = Prepared(
    "SELECT registration.is_paused OR client.is_disabled, registration.disabled_reason, registered_event.id"
    " FROM delivery"
    " JOIN client ON client.id = delivery.client_id"
    " LEFT JOIN registration ON registration.id = delivery.registration_id"
    " LEFT JOIN registered_event ON registered_event.registration_id = registration.id"
    " AND registered_event.event = delivery.event"
    " WHERE delivery.id = :id"
)
_NEXT: Final = Prepared(
    "SELECT delivery.id, delivery.next_attempt_at FROM delivery"
    " JOIN composition ON composition.event_sequence = delivery.event_sequence"
    " AND composition.version = delivery.version AND composition.state = 'composed'"
    " WHERE delivery.registration_id = :registration_id AND delivery.state = 'pending'"
    " AND delivery.next_attempt_at <= :at"
    " ORDER BY delivery.next_attempt_at LIMIT :most"
)


def answer_row(delivery_id: str, number: int) -> str:
    """An attempt's name as associated data of the answer that is encrypted in its row."""
    return f"attempt {delivery_id} {number}"


def look(connection: Connection, ids: Sequence[str]) -> dict[str, Due]:
    """The deliveries with these ids."""
    return {
        id_: Due(
            id_, DeliveryState(state), registration_id, due_at, attempts, failures, composition == _COMPOSED, waits
        )
        for rows in _LOOK.run_many(connection, [{"id": id_} for id_ in ids])
        for id_, state, registration_id, due_at, attempts, failures, composition, waits in rows
    }


def begin(connection: Connection, ids: Sequence[str], at: int) -> list[Ready]:
    """Writes an attempt for each delivery that is still to be sent; a paused endpoint holds its own, and so on."""
    found = _DETAILS.run_many(connection, [{"id": id_, "at": at} for id_ in ids])
    wanted: list[Ready] = []
    aside: list[Mapping[str, object]] = []
    for id_, rows in zip(ids, found, strict=True):
        for row in rows:
            state, reason = _standing(*row[-3:])
            if state is DeliveryState.PENDING:
                wanted.append(_ready(id_, row, at))
            else:
                aside.append({"id": id_, "state": state.value, "reason": reason, **_ending(state, at)})
    if aside:
        _SET_ASIDE.run_many(connection, aside)
    sent = _SEND.run_many(connection, [{"id": ready.id, "attempts": ready.attempt - 1} for ready in wanted])
    begun = [ready for ready, rows in zip(wanted, sent, strict=True) if rows]
    if begun:
        _BEGIN.run_many(connection, [{"id": ready.id, "number": ready.attempt, "at": at} for ready in begun])
    return begun


def end(connection: Connection, ended: Sequence[Ended]) -> None:
    """Ends attempts: their deliveries go on or have ended, with the jobs that this needs, and endpoints remember it."""
    placed = [_placed(connection, each) if each.state is DeliveryState.PENDING else each for each in ended]
    _END_ATTEMPT.run_many(
        connection,
        [
            {
                "id": each.id,
                "attempt": each.attempt,
                "duration": each.duration,
                "status": each.status,
                "error": each.error,
                "answer": each.answer,
                "is_restricted": each.is_restricted,
            }
            for each in placed
        ],
    )
    changed = _END.run_many(connection, [_changes(each) for each in placed])
    done = [each for each, rows in zip(placed, changed, strict=True) if rows]
    jobs.finish(connection, [Job(Kind.DELIVER, each.id, 0) for each in done])  # of others it is somebody else's by now
    jobs.add(
        connection,
        [Job(Kind.DELIVER, each.id, each.next_attempt_at) for each in done if each.next_attempt_at is not None],
    )
    # In one order: another process that tells the same endpoints waits for this one, and is not waited for.
    for registration_id, each in sorted(
        ((each.registration_id, each) for each in done if each.registration_id is not None), key=itemgetter(0)
    ):
        _tell_endpoint(connection, registration_id, each)


def _tell_endpoint(connection: Connection, registration_id: int, ended: Ended) -> None:
    if ended.state is DeliveryState.DELIVERED:
        endpoints.succeeded(connection, registration_id)
    elif ended.duration is not None:  # or the service itself is to blame
        endpoints.failed(connection, registration_id, ended.at)
    if ended.waits_until is not None:
        endpoints.wait(connection, registration_id, ended.waits_until)
    if ended.disables is not None:
        endpoints.disable(connection, registration_id, ended.disables)


def next_of(connection: Connection, registration_id: int, at: int, most: int) -> int:
    """Adds jobs for the deliveries of an endpoint that are due the longest; gives how many."""
    rows = _NEXT.run(connection, registration_id=registration_id, at=at, most=most)
    jobs.add(connection, [Job(Kind.DELIVER, id_, at) for id_, _ in rows])
    return len(rows)


def _standing(is_paused: object, disabled_reason: str | None, registered: object) -> tuple[DeliveryState, str | None]:
    """What becomes of a delivery that would be sent, by its endpoint."""
    if registered is None:
        return DeliveryState.CANCELLED, _CANCELLED
    if is_paused or disabled_reason is not None:
        return DeliveryState.HELD, "the endpoint is disabled" if disabled_reason else _PAUSED
    return DeliveryState.PENDING, None


def _placed(connection: Connection, ended: Ended) -> Ended:
    """As it is to be written: what would be tried again is held or cancelled where its endpoint says so now."""
    ((is_paused, disabled_reason, registered),) = _ENDPOINT.run(connection, id=ended.id)
    state, reason = _standing(is_paused, ended.disables or disabled_reason, registered)
    if state is DeliveryState.PENDING:
        return ended
    return structs.replace(ended, state=state, reason=f"{reason}; {ended.reason}", next_attempt_at=None)


def _changes(ended: Ended) -> Mapping[str, object]:
    return {
        "id": ended.id,
        "attempt": ended.attempt,
        "state": ended.state.value,
        "reason": ended.reason,
        "failures": ended.failures,
        "next_attempt_at": ended.next_attempt_at,
        "scheduled_at": None if ended.next_attempt_at is None else ended.at,
        **_ending(ended.state, ended.at),
    }


def _ending(state: DeliveryState, at: int) -> dict[str, object]:
    is_held, is_pending = state is DeliveryState.HELD, state is DeliveryState.PENDING
    return {"held_at": at if is_held else None, "ended_at": None if is_held or is_pending else at}


def _ready(id_: str, row: Sequence[Any], at: int) -> Ready:
    return Ready(
        id=id_,
        attempt=row[0] + 1,
        started_at=at,
        failures=row[1],
        created_at=row[2],
        event_id=row[18],
        event_sequence=row[3],
        version=row[4],
        client_id=row[5],
        registration_id=row[6],
        url=row[7],
        method=row[8],
        secret=row[9],
        signing_key=row[10],
        previous_signing_key=row[11],
        previous_key_until=row[12],
        networks=tuple(decode(row[13])),
        ports=tuple(decode(row[14])),
        url_patterns=tuple(decode(row[15])),
        body=row[16],
        failing_since=row[17],
    )
