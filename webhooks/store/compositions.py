"""Compositions in the store: the body of each event, or why it has none yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.errors import ConflictError
from webhooks.store import jobs
from webhooks.store.bulk import NUMBER, PIECE, Bulk, BulkUpdate, beside, packed
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("compositions")

_ERASED: Final = "The data of this event was erased, so its body cannot be composed any more."


class CompositionState(StrEnum):
    """Where the body of an event stands; all but the first are final, until a replay asks again."""

    WAITING = "waiting"
    COMPOSED = "composed"
    SKIPPED = "skipped"
    FAILED = "failed"


class Addressed(Struct, frozen=True):
    """A delivery that waits for a body, and for whom it is."""

    id: str
    registration_id: int
    client_id: str


class Sendable(Struct, frozen=True):
    """A delivery that has its body now."""

    job: Job
    registration_id: int
    client_id: str


class Waiting(Struct, frozen=True, kw_only=True):
    """A composition that has no body yet."""

    sequence: int
    version: int
    code: str
    event_id: str
    arguments: str | None
    """JSON; None once erased."""
    failures: int
    is_needed: bool
    """A delivery waits for it."""
    is_defined: bool
    """The store remembers that its event code had a definition."""
    to: Sequence[Addressed] = ()
    """Some of the deliveries that wait for it: those that may be sent as soon as it has a body."""


_ADD: Final = Bulk(_SQL["add"], sequence=NUMBER, version=NUMBER, due_at=NUMBER)
_ADD_COMPOSED: Final = Bulk(
    "INSERT INTO composition (event_sequence, version, state, body)"  # noqa: S608  of the code's own
    f" SELECT sequence, 0, 'composed', {PIECE} FROM GIVEN",
    sequence=NUMBER,
    begins=NUMBER,
    size=NUMBER,
)
_FIND: Final = Bulk(_SQL["find"], finds=8, sequence=NUMBER, version=NUMBER)
_ADDRESSED: Final = Bulk(_SQL["addressed"], finds=5, sequence=NUMBER, version=NUMBER)
_WAITS_UNASKED: Final = beside(
    "composition.state = 'waiting' AND composition.due_at IS NULL AND composition.parked_for IS NULL"
)
_DUE: Final = BulkUpdate(
    "composition",
    "due_at = :at",
    f"composition.event_sequence = given.sequence AND composition.version = given.version AND {_WAITS_UNASKED}",
    ("composition.event_sequence", "composition.version"),
    sequence=NUMBER,
    version=NUMBER,
)
_STATE: Final = Prepared(_SQL["state"])
_AGAIN: Final = Prepared(_SQL["again"])
_LAST: Final = Prepared(_SQL["last"])


def key_of(sequence: int, version: int) -> str:
    """A composition as a job names it."""
    return f"{sequence}/{version}"


def row_name(sequence: int, version: int) -> str:
    """The composition's name as associated data of its encrypted body."""
    return f"composition {sequence}/{version}"


def job_of(sequence: int, version: int, due_at: int) -> Job:
    """The job to compose it."""
    return Job(Kind.COMPOSE, key_of(sequence, version), due_at)


def add(
    connection: Connection, due: Mapping[int, int | None], *, version: int = 0, own: Collection[int] = ()
) -> list[Job]:
    """Makes compositions of events, by sequence number; those that are due at a time get a job.

    The jobs of those in `own` are for this process: it claims those that this gives, after the COMMIT.
    """
    _ADD.run(connection, [(sequence, version, due_at) for sequence, due_at in due.items()])
    added = {sequence: job_of(sequence, version, at) for sequence, at in due.items() if at is not None}
    jobs.add(connection, [job for sequence, job in added.items() if sequence not in own])
    return jobs.add(connection, [job for sequence, job in added.items() if sequence in own], is_claimed=True)


def add_composed(connection: Connection, bodies: Mapping[int, bytes]) -> None:
    """Makes first compositions of events that have a body already, encrypted, by sequence number."""
    joined, places = packed(list(bodies.values()))
    rows = [(sequence, *place) for sequence, place in zip(bodies, places, strict=True)]
    _ADD_COMPOSED.run(connection, rows, packed=joined)


def find(connection: Connection, keys: Sequence[str], *, most_addressed: int = 0) -> dict[str, Waiting]:
    """Of the compositions with these keys those that wait, by key; with so many of their deliveries in all."""
    parts = [_parts(key) for key in keys]
    to: dict[str, list[Addressed]] = {}
    for sequence, version, *addressed in _ADDRESSED.run(
        connection, parts if most_addressed else [], most=most_addressed
    ):
        to.setdefault(key_of(sequence, version), []).append(Addressed(*addressed))
    return {
        key_of(row[0], row[1]): Waiting(
            sequence=row[0],
            version=row[1],
            code=row[2],
            event_id=row[3],
            arguments=row[4],
            failures=row[5],
            is_needed=bool(row[6]),
            is_defined=bool(row[7]),
            to=to.get(key_of(row[0], row[1]), ()),
        )
        for row in _FIND.run(connection, parts)
    }


def make_due(connection: Connection, wanted: Sequence[tuple[int, int]], at: int) -> None:
    """Gives jobs to compositions, by sequence number and version: deliveries that were held need them again."""
    found = _DUE.run(connection, wanted, at=at)
    jobs.add(connection, [job_of(sequence, version, at) for sequence, version in found])


def revive(connection: Connection, sequence: int, version: int) -> bool:
    """For a replay: whether the body is there. Where it failed or was skipped, it waits to be composed again.

    Raises ConflictError where the body, or the data that it would be composed of, was erased.
    """
    ((state, has_body, has_data),) = _STATE.run(connection, sequence=sequence, version=version)
    if state == CompositionState.COMPOSED and has_body:
        return True
    if state == CompositionState.COMPOSED:
        raise ConflictError("The body of this delivery was erased, so it cannot be sent again.")
    if not has_data:
        raise ConflictError(_ERASED)
    _AGAIN.run(connection, sequence=sequence, version=version)
    return False


def add_version(connection: Connection, sequence: int, due_at: int | None) -> int:
    """Makes another composition of an event, and gives its version. Raises ConflictError where its data was erased."""
    ((last,),) = _LAST.run(connection, sequence=sequence)
    ((_, _, has_data),) = _STATE.run(connection, sequence=sequence, version=last)
    if not has_data:
        raise ConflictError(_ERASED)
    version = int(last) + 1
    add(connection, {sequence: due_at}, version=version)
    return version


def _parts(key: str) -> tuple[int, int]:
    sequence, _, version = key.partition("/")
    return int(sequence), int(version)
