"""What is for an endpoint that is paused or disabled is held, and what was for one that was removed is cancelled.

Both are facts of the endpoint, and are read from there: to pause, resume or remove one writes a row, however many
deliveries it has. What follows for them is written afterwards, a part at a time, so that other commands are written in
between: after a resumption, bodies that were not composed and attempts that waited are due; after a removal, deliveries
are written as cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from webhooks.model import DeliveryState
from webhooks.store import compositions, jobs
from webhooks.store.bulk import TEXT, Bulk, BulkUpdate, beside
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load
from webhooks.store.statement import Prepared
from webhooks.store.tables import CLIENTS, DELIVERIES, REGISTRATIONS, REMOVALS

_SQL: Final = load("holding")

PART: Final = 1000
"""How many deliveries one call looks at, and changes."""

PAUSED: Final = "the endpoint is paused"
DISABLED: Final = "the endpoint is disabled"
CLIENT_DISABLED: Final = "the endpoint's client is disabled"
REMOVED: Final = "the registration was removed"

IS_HELD: Final = or_(REGISTRATIONS.c.is_paused, REGISTRATIONS.c.disabled_reason.is_not(None), CLIENTS.c.is_disabled)
"""Of a registration and its client: deliveries are held."""

_HELD: Final = (
    select(REGISTRATIONS.c.id).join(CLIENTS, CLIENTS.c.id == REGISTRATIONS.c.client_id).where(IS_HELD).scalar_subquery()
)
TO_HELD: Final = func.coalesce(DELIVERIES.c.registration_id, 0).in_(_HELD)
"""Of a delivery: its endpoint is paused or disabled. Not found by an index, which may have a million of an endpoint."""

TO_REMOVED: Final = or_(
    DELIVERIES.c.registration_id.is_(None),
    DELIVERIES.c.registration_id.not_in(select(REGISTRATIONS.c.id).scalar_subquery()),
    exists(
        select(1).where(
            REMOVALS.c.registration_id == DELIVERIES.c.registration_id,
            REMOVALS.c.event == DELIVERIES.c.event,
            REMOVALS.c.through >= DELIVERIES.c.event_sequence,
        )
    ),
)
"""Of a delivery: its URL, or its event, was removed after it was made."""

_COMPOSED: Final = Bulk(_SQL["composed"], lock="FOR UPDATE OF composition", finds=6, id=TEXT)
_WAITS: Final = beside("delivery.state = 'pending' AND delivery.next_attempt_at > :at")
_HASTEN: Final = BulkUpdate(
    "delivery",
    "next_attempt_at = :at, scheduled_at = :at",
    f"delivery.id = given.id AND {_WAITS}",
    ("delivery.id",),
    id=TEXT,
)
_HELD_ENDPOINTS: Final = Prepared(_SQL["held_endpoints"])
_RESUMED: Final = Prepared(_SQL["resumed"])
_WINDOW: Final = Prepared(_SQL["window"], finds=6)
_UNTIMED: Final = Prepared(_SQL["untimed"], finds=1)
_SETTLED: Final = Prepared(_SQL["settled"])
_REMOVALS: Final = Prepared(_SQL["removals"])
_CANCEL: Final = Bulk(_SQL["cancel"], id=TEXT)
_CANCELLED: Final = Prepared(_SQL["cancelled"])


class Place(Struct, frozen=True):
    """How far an endpoint's deliveries were looked at: after a due time in microseconds, and an id."""

    due_at: int = -1
    id: str = ""


class Resumed(Struct, frozen=True):
    """An endpoint whose deliveries are to go on, since this time in microseconds."""

    registration_id: int
    at: int


class Removal(Struct, frozen=True):
    """What was removed: a URL, or one event of it; with the number of the last event that was published before."""

    id: int
    registration_id: int
    event: str | None
    through: int

    def covers(self, event: str, sequence: int) -> bool:
        """Whether it has removed what a delivery of this event is for."""
        return sequence <= self.through and self.event in (None, event)


class Waiting(Struct, frozen=True):
    """A delivery that is pending. Times are microseconds."""

    id: str
    sequence: int
    event: str
    due_at: int
    scheduled_at: int | None
    composition: str


def why_held(*, is_paused: bool, is_disabled: bool, is_client_disabled: bool) -> str | None:
    """Why deliveries to an endpoint are held; None where they are sent."""
    if is_client_disabled:
        return CLIENT_DISABLED
    return DISABLED if is_disabled else PAUSED if is_paused else None


def held_endpoints(connection: Connection, until: int) -> list[int]:
    """The endpoints that are held since then or longer."""
    return [id_ for (id_,) in _HELD_ENDPOINTS.run(connection, until=until)]


def resumed(connection: Connection) -> list[Resumed]:
    """The endpoints that are not held any more, and whose deliveries were not all looked at since."""
    return [Resumed(*row) for row in _RESUMED.run(connection)]


def window(connection: Connection, registration_id: int, place: Place) -> tuple[list[Waiting], Place | None]:
    """The next pending deliveries of an endpoint, by due time, and where it goes on; None at the end."""
    rows = _WINDOW.run(connection, registration_id=registration_id, due_at=place.due_at, id=place.id, most=PART)
    found = [Waiting(*row) for row in rows]
    return found, Place(found[-1].due_at, found[-1].id) if len(found) == PART else None


def is_to_go_on(waiting: Waiting, since: int, at: int) -> bool:
    """Whether `go_on` may change something for a delivery of an endpoint that was resumed at `since`."""
    if waiting.composition != CompositionState.COMPOSED:
        return waiting.composition == CompositionState.WAITING
    return waiting.due_at > at and (waiting.scheduled_at or 0) <= since


def go_on(connection: Connection, registration_id: int, found: Sequence[Waiting]) -> bool:
    """Has bodies composed that nobody waited for, and makes attempts due at once that were to be made later.

    False where another process gives the endpoint's deliveries jobs now: nothing is changed, and nobody waits.
    """
    if not jobs.is_alone(connection, registration_id):
        return False
    at = now()
    locked = _COMPOSED.run(connection, [(each.id,) for each in found])
    forgotten = {
        (sequence, version)
        for _, sequence, version, state, parked_for, due_at in locked
        if state == CompositionState.WAITING and parked_for is None and due_at is None
    }
    compositions.make_due(connection, sorted(forgotten), at)
    composed = [(id_,) for id_, _, _, state, *_ in locked if state == CompositionState.COMPOSED]
    jobs.add(connection, [Job(Kind.DELIVER, id_, at) for (id_,) in _HASTEN.run(connection, composed, at=at)])
    return True


def settled(connection: Connection, resumed: Resumed) -> None:
    """All deliveries of an endpoint were looked at since it was resumed."""
    _SETTLED.run(connection, id=resumed.registration_id, at=resumed.at)


def resume(connection: Connection, resumed: Resumed) -> None:
    """The first part of what an endpoint has goes on at once; what comes after it is settled later.

    Where another process is at it, that part is settled later too.
    """
    found, following = window(connection, resumed.registration_id, Place())
    waiting = [each for each in found if is_to_go_on(each, resumed.at, resumed.at)]
    is_done = go_on(connection, resumed.registration_id, waiting)
    jobs.refill(connection, resumed.registration_id, now(), PART)
    if following is None and is_done:
        settled(connection, resumed)


def removals(connection: Connection) -> list[Removal]:
    """The removals whose deliveries are not all written as cancelled."""
    return [Removal(*row) for row in _REMOVALS.run(connection)]


def cancel(connection: Connection, removal: Removal, place: Place) -> Place | None:
    """Writes a part of what was removed as cancelled. Where it goes on; None where all of it is written."""
    given = {"registration_id": removal.registration_id, "event": removal.event, "through": removal.through}
    untimed = _UNTIMED.run(connection, **given, most=PART)
    found, following = ([], place) if untimed else window(connection, removal.registration_id, place)
    ids = [*untimed, *((each.id,) for each in found if removal.covers(each.event, each.sequence))]
    _CANCEL.run(connection, ids, reason=REMOVED, at=now())
    if following is None:
        _CANCELLED.run(connection, id=removal.id)
    return following


def is_being_cancelled(connection: Connection, registration_id: int, event: str, sequence: int) -> bool:
    """Whether deliveries of an event to an endpoint are yet to be written as cancelled."""
    of_endpoint = (each for each in removals(connection) if each.registration_id == registration_id)
    return any(each.covers(event, sequence) for each in of_endpoint)


def in_state(state: DeliveryState) -> ColumnElement[bool]:
    """Of a delivery: it is shown in this state. Not found by an index on states."""
    stored = func.coalesce(DELIVERIES.c.state, "")
    written, waits = stored == state, stored.in_((DeliveryState.PENDING, DeliveryState.COMPOSING))
    match state:
        case DeliveryState.PENDING | DeliveryState.COMPOSING:
            return and_(written, ~TO_HELD, ~TO_REMOVED)
        case DeliveryState.HELD:
            return and_(waits, TO_HELD, ~TO_REMOVED)
        case DeliveryState.CANCELLED:
            return or_(written, and_(waits, TO_REMOVED))
        case _:
            return written


def due(at: int) -> dict[str, object]:
    """The columns of a delivery that is pending, and due at that time."""
    return {"state": DeliveryState.PENDING, "next_attempt_at": at, "scheduled_at": at}
