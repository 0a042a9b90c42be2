"""Results of composing, written in one transaction with the jobs that follow from them.

Only a composition that still waits is changed: a body that was written stays as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import attempts, definitions, jobs
from webhooks.store.attempts import Ready
from webhooks.store.bulk import NUMBER, PIECE, TEXT, Bulk, BulkUpdate, beside, packed
from webhooks.store.compositions import CompositionState, Sendable, job_of
from webhooks.store.jobs import UNLIMITED, Job, Kind, Room, RoomFor

R = TypeVar("R", bound="Result")
Key = tuple[int, int]
"""A composition: its event's sequence number and its version."""


class Result(Struct, frozen=True, kw_only=True):
    """What came of one composition."""

    sequence: int
    version: int


class Composed(Result, frozen=True, kw_only=True):
    """It has a body."""

    body: bytes
    """Encrypted."""
    code: str | None
    """The event code, where a definition made the body; None for a default body."""


class Deferred(Result, frozen=True, kw_only=True):
    """It failed, and is tried again."""

    failures: int
    """How often it has failed by now."""
    reason: str
    due_at: int
    """When it is tried again, in microseconds."""


class Ended(Result, frozen=True, kw_only=True):
    """It will have no body: it is skipped, or has failed for good."""

    state: CompositionState
    reason: str


class Parked(Result, frozen=True, kw_only=True):
    """It waits without a job."""

    code: str
    reason: str | None
    """Why events of its code cannot be composed now, in words; None where it only waits for room in memory."""


class Written(Struct, frozen=True):
    """What follows from results that were written."""

    sendable: Sequence[Sendable]
    """The deliveries that have their body now, and a job."""
    begun: Sequence[Ready]
    """The attempts of these that have begun."""
    parked: Collection[int] = ()
    """The endpoints whose other deliveries wait for a refill."""


Write = Callable[[Collection[str], RoomFor], Awaitable[Written]]
"""Writes bodies, once it hears which deliveries' attempts may begin with them, by their ids, and for how many more
deliveries of an endpoint there is room in memory."""


class Unneeded(Result, frozen=True, kw_only=True):
    """It is not composed, since no delivery waits for it now."""


_FRESH_MICROSECONDS: Final = 10_000_000  # a delivery that became due within this time keeps its due time

_STILL: Final = beside("composition.state = 'waiting'")
_COMPOSITION: Final = (
    f"composition.event_sequence = given.sequence AND composition.version = given.version AND {_STILL}"
)
_KEY: Final = ("composition.event_sequence", "composition.version")
_DELIVERY: Final = "delivery.event_sequence = given.sequence AND delivery.version = given.version"
_UNSENT: Final = _DELIVERY + " AND " + beside("delivery.state IN ('pending', 'composing')")

# On PostgreSQL it locks compositions. Another process may be writing or resuming one: later statements see what it did.
_STILL_WAITS: Final = Bulk(
    f"SELECT {', '.join(_KEY)} FROM GIVEN CROSS JOIN composition WHERE {_COMPOSITION}",
    lock="FOR NO KEY UPDATE OF composition",
    finds=2,
    sequence=NUMBER,
    version=NUMBER,
)
_COMPOSE: Final = BulkUpdate(
    "composition",
    f"state = 'composed', body = {PIECE}, reason = NULL, due_at = NULL, parked_for = NULL",
    _COMPOSITION,
    _KEY,
    sequence=NUMBER,
    version=NUMBER,
    begins=NUMBER,
    size=NUMBER,
)
_DEFER: Final = BulkUpdate(
    "composition",
    "failures = given.failures, reason = given.reason, due_at = given.due_at, parked_for = NULL",
    f"{_COMPOSITION} AND {beside('composition.failures < given.failures')}",
    _KEY,
    sequence=NUMBER,
    version=NUMBER,
    failures=NUMBER,
    reason=TEXT,
    due_at=NUMBER,
)
_END: Final = BulkUpdate(
    "composition",
    "state = given.state, reason = given.reason, due_at = NULL, parked_for = NULL",
    _COMPOSITION,
    _KEY,
    sequence=NUMBER,
    version=NUMBER,
    state=TEXT,
    reason=TEXT,
)
_PARK: Final = BulkUpdate(
    "composition",
    "parked_for = given.code, reason = given.reason, due_at = NULL",
    _COMPOSITION,
    _KEY,
    sequence=NUMBER,
    version=NUMBER,
    code=TEXT,
    reason=TEXT,
)
_FORGET: Final = BulkUpdate(
    "composition",
    "due_at = NULL, parked_for = NULL",
    f"{_COMPOSITION} AND NOT EXISTS (SELECT 1 FROM delivery CROSS JOIN registration CROSS JOIN client"
    " WHERE delivery.event_sequence = composition.event_sequence"
    " AND delivery.version = composition.version AND coalesce(delivery.state, '') IN ('pending', 'composing')"
    " AND registration.id = coalesce(delivery.registration_id, 0) AND client.id = delivery.client_id AND"
    " NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled))",
    _KEY,
    sequence=NUMBER,
    version=NUMBER,
)
# Of what is composed no more for now: it is looked at again by its due time, when its endpoint is resumed.
_IS_TO_REST: Final = beside("delivery.state = 'composing' OR delivery.next_attempt_at IS NULL")
_REST: Final = Bulk(
    "UPDATE delivery SET state = 'pending', next_attempt_at = coalesce(delivery.next_attempt_at, :at),"
    f" scheduled_at = coalesce(delivery.scheduled_at, :at) FROM GIVEN WHERE {_UNSENT}"
    f" AND {_IS_TO_REST}",
    sequence=NUMBER,
    version=NUMBER,
)
_PENDING: Final = beside("delivery.state = 'pending'")
_SHOW: Final = Bulk(
    f"UPDATE delivery SET state = 'composing', reason = NULL FROM GIVEN WHERE {_DELIVERY} AND {_PENDING}",
    sequence=NUMBER,
    version=NUMBER,
)
_SENDABLE: Final = Bulk(
    "SELECT delivery.id, registration.id, delivery.client_id,"
    " coalesce(registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled, false),"
    " delivery.state = 'composing' OR delivery.reason IS NOT NULL"
    " OR coalesce(delivery.next_attempt_at, 0) NOT BETWEEN :since AND :at"
    " FROM GIVEN CROSS JOIN delivery JOIN client ON client.id = delivery.client_id"
    " LEFT JOIN registration ON registration.id = delivery.registration_id"
    f" WHERE {_UNSENT}",
    lock="FOR NO KEY UPDATE OF delivery",
    finds=5,
    sequence=NUMBER,
    version=NUMBER,
)
_READY: Final = Bulk(
    "UPDATE delivery SET state = 'pending', reason = NULL, next_attempt_at = :at, scheduled_at = :at"
    " FROM GIVEN WHERE delivery.id = given.id",
    id=TEXT,
)
_WAIT: Final = Bulk(
    "UPDATE delivery SET state = 'pending', reason = given.reason, next_attempt_at = given.due_at,"
    f" scheduled_at = given.scheduled_at FROM GIVEN WHERE {_UNSENT}",
    sequence=NUMBER,
    version=NUMBER,
    reason=TEXT,
    due_at=NUMBER,
    scheduled_at=NUMBER,
)
_OVER: Final = Bulk(
    "UPDATE delivery SET state = given.state, reason = given.reason, next_attempt_at = NULL, scheduled_at = NULL,"
    f" ended_at = given.ended_at FROM GIVEN WHERE {_UNSENT}",
    sequence=NUMBER,
    version=NUMBER,
    state=TEXT,
    reason=TEXT,
    ended_at=NUMBER,
)


def show_composing(connection: Connection, compositions: Sequence[Key]) -> None:
    """Shows deliveries as composing, by the sequence numbers and versions of their compositions."""
    _SHOW.run(connection, _STILL_WAITS.run(connection, compositions))


def write(
    connection: Connection,
    results: Sequence[Result],
    taken: Sequence[Job],
    *,
    at: int,
    begin: Collection[str] = (),
    room: RoomFor = UNLIMITED,
) -> Written:
    """Writes results, finishes the jobs that were taken for them, and begins attempts of the deliveries in `begin`.

    Deliveries that get a body get jobs, due at `at`, which the caller claims: those in `begin`, and of each endpoint as
    many others as there is `room` for. An attempt is begun where it could be begun by itself now.
    """
    jobs.finish(connection, taken)
    left = Room(room)
    sendable = _compose(connection, _of(Composed, results), at, begin, left)
    _defer(connection, _of(Deferred, results), at)
    _end(connection, _of(Ended, results), at)
    _park(connection, _of(Parked, results))
    _forget(connection, _of(Unneeded, results), at)
    ids = [each.job.key for each in sendable if each.job.key in begin]
    return Written(sendable, attempts.begin(connection, ids, at), left.full)


def _compose(
    connection: Connection, results: Sequence[Composed], at: int, begin: Collection[str], room: Room
) -> list[Sendable]:
    if not results:
        return []
    definitions.remember(connection, {each.code for each in results if each.code is not None})
    bodies, places = packed([each.body for each in results])
    rows = [(*_key(each), *place) for each, place in zip(results, places, strict=True)]
    composed = _COMPOSE.run(connection, rows, packed=bodies)
    found = _SENDABLE.run(connection, sorted(composed), since=at - _FRESH_MICROSECONDS, at=at)
    _READY.run(connection, [(id_,) for id_, *_, is_to_change in found if is_to_change], at=at)  # most are due already
    # What is held gets its job when its endpoint is resumed.
    ready = [(Job(Kind.DELIVER, id_, at), to, client_id) for id_, to, client_id, is_held, _ in found if not is_held]
    jobs.add(connection, [job for job, to, _ in ready if to is None])  # its registration was removed
    sent = [
        Sendable(job, to, client_id)
        for job, to, client_id in ready
        if to is not None and (job.key in begin or room.take(to))
    ]
    claimed = set(jobs.add(connection, [each.job for each in sent], is_claimed=True))
    return [each for each in sent if each.job in claimed]


def _defer(connection: Connection, results: Sequence[Deferred], at: int) -> None:
    rows = [(*_key(each), each.failures, each.reason, each.due_at) for each in results]
    changed = set(_DEFER.run(connection, rows))
    deferred = [each for each in results if _key(each) in changed]
    _WAIT.run(connection, [(*_key(each), each.reason, each.due_at, at) for each in deferred])
    jobs.add(connection, [job_of(each.sequence, each.version, each.due_at) for each in deferred])


def _end(connection: Connection, results: Sequence[Ended], at: int) -> None:
    changed = set(_END.run(connection, [(*_key(each), each.state.value, each.reason) for each in results]))
    ended = [each for each in results if _key(each) in changed]
    _OVER.run(connection, [(*_key(each), _delivery_state(each.state).value, each.reason, at) for each in ended])


def _delivery_state(state: CompositionState) -> DeliveryState:
    return DeliveryState.SKIPPED if state is CompositionState.SKIPPED else DeliveryState.DEAD


def _park(connection: Connection, results: Sequence[Parked]) -> None:
    changed = set(_PARK.run(connection, [(*_key(each), each.code, each.reason) for each in results]))
    explained = [each for each in results if _key(each) in changed and each.reason is not None]
    _WAIT.run(connection, [(*_key(each), each.reason, None, None) for each in explained])


def _forget(connection: Connection, results: Sequence[Unneeded], at: int) -> None:
    """One that a delivery needs again, since its endpoint was resumed meanwhile, gets a job."""
    waiting = _STILL_WAITS.run(connection, [_key(each) for each in results])
    forgotten = set(_FORGET.run(connection, waiting))
    _REST.run(connection, sorted(forgotten), at=at)
    jobs.add(connection, [job_of(key[0], key[1], at) for key in waiting if key not in forgotten])


def _key(result: Result) -> Key:
    return result.sequence, result.version


def _of(kind: type[R], results: Sequence[Result]) -> list[R]:
    return [result for result in results if isinstance(result, kind)]
