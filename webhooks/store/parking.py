"""Compositions that are parked: they have no job until events of their code can be composed, or there is room."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.bulk import NUMBER, Bulk
from webhooks.store.clock import now
from webhooks.store.compositions import job_of
from webhooks.store.statement import Prepared

PART: Final = 1000

_FIRST: Final = Prepared("SELECT min(parked_for) FROM composition WHERE parked_for > :after")
_UNPARK: Final = (
    "UPDATE composition SET parked_for = NULL, due_at = :at WHERE parked_for = :code AND (event_sequence, version) IN"
    " (SELECT event_sequence, version FROM composition WHERE parked_for = :code"
    " ORDER BY failures, {order} LIMIT :most)"
    " RETURNING event_sequence, version"
)
# Those that have failed least come first: what fails again and again must not be tried before the others.
_UNPARK_OLDEST: Final = Prepared(_UNPARK.format(order="event_sequence, version"))
_UNPARK_NEWEST: Final = Prepared(_UNPARK.format(order="event_sequence DESC, version DESC"))
_UNEXPLAINED: Final = Prepared(
    "SELECT event_sequence, version FROM composition"
    " WHERE parked_for = :code AND (reason IS NULL OR reason <> :reason) LIMIT :most"
)
# CASE: see webhooks.store.compositions.
_EXPLAIN: Final = Bulk(
    "UPDATE composition SET reason = :reason FROM GIVEN WHERE composition.event_sequence = given.sequence"
    " AND composition.version = given.version AND CASE WHEN composition.parked_for = :code THEN true ELSE false END"
    " RETURNING composition.event_sequence, composition.version",
    sequence=NUMBER,
    version=NUMBER,
)
_EXPLAIN_DELIVERIES: Final = Bulk(
    "UPDATE delivery SET reason = :reason FROM GIVEN WHERE delivery.event_sequence = given.sequence"
    " AND delivery.version = given.version AND CASE WHEN delivery.state = 'pending' THEN true ELSE false END",
    sequence=NUMBER,
    version=NUMBER,
)
_COUNT: Final = Prepared(
    "SELECT parked_for, count(*), max(reason) FROM composition WHERE parked_for IS NOT NULL GROUP BY parked_for"
)


class ParkedEvents(Struct, frozen=True):
    """How many events of a code are parked, and why, in words; None where they only wait for their turn."""

    code: str
    count: int
    reason: str | None


def codes(connection: Connection) -> list[str]:
    """The event codes of parked compositions; a look into the index for each of them, however many there are."""
    found = [""]
    while (code := _FIRST.run(connection, after=found[-1])[0][0]) is not None:
        found.append(code)
    return found[1:]


def unpark(connection: Connection, code: str, most: int, *, is_newest_first: bool = False) -> int:
    """Gives jobs to parked compositions of a code; how many."""
    at = now()
    found = (_UNPARK_NEWEST if is_newest_first else _UNPARK_OLDEST).run(connection, code=code, most=most, at=at)
    jobs.add(connection, [job_of(sequence, version, at) for sequence, version in found])
    return len(found)


def explain(connection: Connection, code: str, reason: str) -> int:
    """Says of what is parked of a code why it is, of PART at most; of how many. To be called again while it is PART."""
    rows = _UNEXPLAINED.run(connection, code=code, reason=reason, most=PART)
    found = _EXPLAIN.run(connection, rows, code=code, reason=reason)
    _EXPLAIN_DELIVERIES.run(connection, found, reason=reason)
    return len(found)


def parked(connection: Connection) -> list[ParkedEvents]:
    """What is parked, by code."""
    return sorted((ParkedEvents(*row) for row in _COUNT.run(connection)), key=lambda each: each.code)
