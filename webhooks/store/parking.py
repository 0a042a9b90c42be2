"""Compositions that are parked: they have no job until events of their code can be composed, or there is room."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.model import MOST_COUNTED
from webhooks.store import jobs
from webhooks.store.bulk import NUMBER, Bulk, beside
from webhooks.store.clock import now
from webhooks.store.compositions import job_of
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("parking")

PART: Final = 1000
"""How many compositions one call of `explain` changes."""

_FIRST: Final = Prepared(_SQL["first"])
_UNPARK: Final = (
    f"UPDATE composition SET parked_for = NULL, due_at = :at WHERE {beside('parked_for = :code')} AND"  # noqa: S608
    " (event_sequence, version) IN"
    " (SELECT event_sequence, version FROM composition WHERE parked_for = :code"
    " ORDER BY failures, {order} LIMIT :most)"
    " RETURNING event_sequence, version"
)
# Those that have failed least come first, so that one that always fails does not keep the others waiting.
_UNPARK_OLDEST: Final = Prepared(_UNPARK.format(order="event_sequence, version"))
_UNPARK_NEWEST: Final = Prepared(_UNPARK.format(order="event_sequence DESC, version DESC"))
_UNEXPLAINED: Final = Prepared(_SQL["unexplained"])
_EXPLAIN: Final = Bulk(_SQL["explain"], sequence=NUMBER, version=NUMBER)
_EXPLAIN_DELIVERIES: Final = Bulk(_SQL["explain_deliveries"], sequence=NUMBER, version=NUMBER)
_COUNT: Final = Prepared(_SQL["count"])


class ParkedEvents(Struct, frozen=True):
    """How many events of a code are parked, counted to MOST_COUNTED, and why; None where they wait for their turn."""

    code: str
    count: int
    reason: str | None


def codes(connection: Connection) -> list[str]:
    """The event codes of parked compositions. Takes one look into the index for each code, however many are parked."""
    found = [""]
    while (code := _FIRST.run(connection, after=found[-1])[0][0]) is not None:
        found.append(code)
    return found[1:]


def unpark(connection: Connection, code: str, most: int, *, is_newest_first: bool = False) -> int:
    """Gives jobs to parked compositions of a code, and gives how many got one."""
    at = now()
    found = (_UNPARK_NEWEST if is_newest_first else _UNPARK_OLDEST).run(connection, code=code, most=most, at=at)
    jobs.add(connection, [job_of(sequence, version, at) for sequence, version in found])
    return len(found)


def explain(connection: Connection, code: str, reason: str) -> int:
    """Writes to parked compositions of a code why they are. Gives how many; to be called again while it is PART."""
    rows = _UNEXPLAINED.run(connection, code=code, reason=reason, most=PART)
    found = _EXPLAIN.run(connection, rows, code=code, reason=reason)
    _EXPLAIN_DELIVERIES.run(connection, found, reason=reason)
    return len(found)


def parked(connection: Connection) -> list[ParkedEvents]:
    """What is parked, by code. It counts no more than MOST_COUNTED of each."""
    return [ParkedEvents(code, *_COUNT.run(connection, code=code, most=MOST_COUNTED)[0]) for code in codes(connection)]
