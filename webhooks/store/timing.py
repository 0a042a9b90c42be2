"""Mends times that were set by a clock which has been set since. Times are microseconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.compositions import key_of
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared

_SLACK: Final = 5_000_000  # by which the clocks of two machines may differ
_LONGEST_DELAY: Final = 2 * 3600 * 1_000_000  # of composing it is less
_EVER: Final = 10**15
_DELIVERIES: Final = Prepared(
    "UPDATE delivery SET next_attempt_at = next_attempt_at - (scheduled_at - :now), scheduled_at = :now"
    " WHERE state = 'pending' AND next_attempt_at > :latest AND scheduled_at > :latest"
    " RETURNING id, next_attempt_at"
)
# Of these nothing says when their times were set.
_COMPOSITIONS: Final = Prepared(
    "UPDATE composition SET due_at = CASE WHEN due_at - :back < :now THEN :now ELSE due_at - :back END"
    " WHERE state = 'waiting' AND due_at > :beyond RETURNING event_sequence, version, due_at"
)
_ENDPOINTS: Final = Prepared("UPDATE registration SET waits_until = waits_until - :back WHERE waits_until > :beyond")

_FAILING: Final = Prepared(
    "UPDATE registration SET failing_since ="
    " CASE WHEN failing_since + :by > :now THEN :now ELSE failing_since + :by END WHERE failing_since IS NOT NULL"
)
_HELD: Final = Prepared(
    "UPDATE delivery SET held_at = held_at + :by WHERE state = 'held' AND held_at >= :began AND held_at <= :until"
)
_ENDED: Final = Prepared(
    "UPDATE delivery SET ended_at = ended_at + :by WHERE ended_at >= :began AND ended_at <= :until"
)


def mend(connection: Connection, now: int, longest_wait: int, set_back: int = 0) -> int:
    """Deliveries wait as long from now as they were to wait when their time was set; gives how many were mended.

    `longest_wait` is how long an endpoint may ask for. `set_back` is by how much the clock was; 0 where that is not
    known: then what is further away than can be is due at once.
    """
    moved = _DELIVERIES.run(connection, now=now, latest=now + _SLACK)
    jobs.add(connection, [Job(Kind.DELIVER, id_, due_at) for id_, due_at in moved])
    back = set_back or _EVER
    beyond = now + _SLACK + (0 if set_back else _LONGEST_DELAY)
    due = _COMPOSITIONS.run(connection, now=now, back=back, beyond=beyond)
    jobs.add(connection, [Job(Kind.COMPOSE, key_of(sequence, version), due_at) for sequence, version, due_at in due])
    _ENDPOINTS.run(connection, back=back, beyond=now + _SLACK + (0 if set_back else longest_wait))
    return len(moved) + len(due)


def catch_up(connection: Connection, now: int, by: int) -> None:
    """The clock was set forth: an endpoint has failed no longer than before."""
    _FAILING.run(connection, now=now, by=by)


def mend_since(connection: Connection, began: int, until: int, by: int) -> None:
    """What was held or ended between these times was so by a clock that was wrong, and is now set forth by so much."""
    for statement in (_HELD, _ENDED):
        statement.run(connection, began=began, until=until, by=by)
