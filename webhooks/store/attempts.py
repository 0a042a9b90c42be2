"""Attempts in the store: each is written before it is sent. How it ended is written by `ended_attempts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.model import FINAL, Client, DeliveryState
from webhooks.store import endpoints, jobs, registrations
from webhooks.store.bulk import NUMBER, TEXT, Bulk
from webhooks.store.clock import now, sortable_id
from webhooks.store.compositions import CompositionState
from webhooks.store.endpoints import Endpoint
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load

_SQL: Final = load("attempts")

_AGAIN_MICROSECONDS: Final = 500_000  # after which a job that was taken in vain comes again, at least
_ERASED: Final = "its body was erased before it could be sent"


class Due(Struct, frozen=True):
    """A delivery whose job was taken, with what decides about its turn. Times are microseconds."""

    id: str
    state: DeliveryState
    client_id: str
    registration_id: int | None
    """None where the registration was removed."""
    next_attempt_at: int | None
    attempts: int
    """The number of the last attempt; 0 before the first."""
    failures: int
    """How many attempts have been used up."""
    is_composed: bool
    """It has a body."""
    waits_until: int | None
    """The endpoint asked for no attempt before."""
    is_held: bool
    """The endpoint is paused or disabled."""

    def is_to_be_sent(self, at: int) -> bool:
        """Whether it is due then, and may have its turn."""
        return self._waits_for_its_time() and self.next_attempt_at is not None and self.next_attempt_at <= at

    def comes_again(self, at: int) -> int | None:
        """When its job has to come again that was taken in vain; None where it needs none."""
        is_waiting = self._waits_for_its_time() and self.next_attempt_at is not None
        return max(self.next_attempt_at or 0, at + _AGAIN_MICROSECONDS) if is_waiting else None

    def _waits_for_its_time(self) -> bool:
        is_sent_to = self.registration_id is not None and not self.is_held
        return self.state is DeliveryState.PENDING and self.is_composed and is_sent_to


class Ready(Struct, frozen=True, kw_only=True):
    """A delivery whose attempt is written, with all that the request needs. Times are microseconds."""

    id: str
    attempt: int
    """The number of this attempt."""
    started_at: int
    failures: int
    """How many attempts were used up before this one."""
    created_at: int
    first_at: int
    """When its first attempt was begun. Its age counts from then, also after a replay."""
    event_id: str
    event_sequence: int
    version: int
    """The composition's."""
    url: str
    body: bytes
    """Still encrypted."""
    endpoint: Endpoint


class _Details(NamedTuple):
    """A row of `_DETAILS`."""

    id: str
    attempts: int
    failures: int
    created_at: int
    sequence: int
    version: int
    url: str
    body: bytes | None
    is_large: bool
    event_id: str
    registration_id: int | None
    is_registered: bool
    first_at: int | None


_LOOK: Final = Bulk(_SQL["look"], finds=10, id=TEXT)
_HOLDERS: Final = Bulk(_SQL["holders"], lock="FOR SHARE OF registration", id=TEXT)
_DETAILS: Final = Bulk(_SQL["details"], lock="FOR NO KEY UPDATE OF delivery", finds=13, blobs=(7,), id=TEXT)
_LARGE: Final = Bulk(_SQL["large"], sequence=NUMBER, version=NUMBER)
_SEND: Final = Bulk(_SQL["send"], id=TEXT)
_BEGIN: Final = Bulk(_SQL["begin"], id=TEXT, number=NUMBER, started_at=NUMBER)
_TAKE_BACK: Final = Bulk(_SQL["take_back"], id=TEXT, number=NUMBER)
_FORGET: Final = Bulk(_SQL["forget"], id=TEXT, number=NUMBER)
_SET_ASIDE: Final = Bulk(_SQL["set_aside"], id=TEXT, state=TEXT, reason=TEXT, ended_at=NUMBER)


def answer_row(delivery_id: str, number: int) -> str:
    """An attempt's name as associated data of the answer that is encrypted in its row."""
    return f"attempt {delivery_id} {number}"


def look(connection: Connection, ids: Sequence[str]) -> dict[str, Due]:
    """The deliveries with these ids."""
    return {
        id_: Due(
            id_,
            DeliveryState(state),
            client_id,
            registration_id,
            due_at,
            attempts,
            failures,
            composition == CompositionState.COMPOSED,
            waits_until,
            bool(is_held),
        )
        for id_, state, client_id, registration_id, due_at, attempts, failures, composition, waits_until, is_held in (
            _LOOK.run(connection, [(id_,) for id_ in ids])
        )
    }


def begin(connection: Connection, ids: Sequence[str], at: int) -> list[Ready]:
    """Writes an attempt for each of these deliveries that is to be sent now.

    Others are written as cancelled or dead, as their endpoint or body wants it, or are left as they are.
    """
    rows = [_Details._make(row) for row in _DETAILS.run(connection, [(id_,) for id_ in ids], at=at)]
    large = _LARGE.run(connection, sorted({(row.sequence, row.version) for row in rows if row.is_large}))
    bodies = {(sequence, version): body for sequence, version, body in large}
    known = endpoints.find(connection, {row.registration_id for row in rows if row.registration_id is not None})
    begun: list[Ready] = []
    aside: list[tuple[object, ...]] = []
    for row in rows:
        endpoint = None if row.registration_id is None else known.get(row.registration_id)
        body = bodies.get((row.sequence, row.version)) if row.is_large else row.body
        state, reason = endpoints.standing(endpoint, is_registered=bool(row.is_registered))
        if state is DeliveryState.PENDING and body is None:
            state, reason = DeliveryState.DEAD, _ERASED
        if state in FINAL:
            aside.append((row.id, state.value, reason, at))
        elif endpoint is not None and body is not None and state is DeliveryState.PENDING:
            begun.append(_ready(row, body, endpoint, at))
    _SET_ASIDE.run(connection, aside)
    _SEND.run(connection, [(ready.id,) for ready in begun])
    _BEGIN.run(connection, [(ready.id, ready.attempt, at) for ready in begun])
    return begun


def add_first(connection: Connection, begun: Sequence[Ready]) -> None:
    """Writes first attempts of deliveries that are stored with them, as what is under way."""
    _BEGIN.run(connection, [(ready.id, ready.attempt, ready.started_at) for ready in begun])


def leave(connection: Connection, taken: Sequence[Job], at: int) -> None:
    """Finishes jobs that were taken in vain: their deliveries are held, for example, or came too early.

    Whoever makes a delivery due meanwhile adds no job, since there is one. So that is added here, where it is needed.
    """
    ids = [job.key for job in taken]
    if connection.dialect.name != "sqlite":
        _HOLDERS.run(connection, [(id_,) for id_ in ids])
    jobs.finish(connection, taken)
    again = [(due.id, due.comes_again(at)) for due in look(connection, ids).values()]
    jobs.add(connection, [Job(Kind.DELIVER, id_, due_at) for id_, due_at in again if due_at is not None])


def take_back(connection: Connection, unsent: Sequence[tuple[str, int]], at: int) -> None:
    """Undoes attempts, by delivery and number, of which nothing was sent: their deliveries are due again."""
    _FORGET.run(connection, _TAKE_BACK.run(connection, unsent, at=at))


def _ready(row: _Details, body: bytes, endpoint: Endpoint, at: int) -> Ready:
    return Ready(
        id=row.id,
        attempt=row.attempts + 1,
        started_at=at,
        failures=row.failures,
        created_at=row.created_at,
        first_at=at if row.first_at is None else row.first_at,
        event_id=row.event_id,
        event_sequence=row.sequence,
        version=row.version,
        url=row.url,
        body=body,
        endpoint=endpoint,
    )


def ready_for_test(connection: Connection, client: Client, url: str) -> Ready:
    """What a test send needs: as for a first attempt, but without a body. Writes nothing. Raises NotFoundError."""
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
