"""Mends times that were written before a clock was set. Times are microseconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.clock import MICROSECONDS_PER_SECOND
from webhooks.store.compositions import key_of
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared

_SLACK_MICROSECONDS: Final = 5_000_000  # by which the clocks of two machines may differ
_LONGEST_DELAY_MICROSECONDS: Final = (
    2 * 3600 * MICROSECONDS_PER_SECOND
)  # of one event's composing; the real ones are shorter
_FOREVER_MICROSECONDS: Final = 10**15  # 31 years: brings any time before now
_DELIVERIES: Final = Prepared(
    "UPDATE delivery SET next_attempt_at = next_attempt_at - (scheduled_at - :now), scheduled_at = :now"
    " WHERE state = 'pending' AND next_attempt_at > :latest AND scheduled_at > :latest"
    " RETURNING id, next_attempt_at"
)
# Compositions do not say when their times were written, so the size of the step back is needed.
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
    """Mends times after the clock was set back, and gives how many.

    A delivery waits as long from now as it was to wait when its time was written. Compositions and endpoints wait less
    by `set_back`, the size of the step. Where it is 0, the size is not known: then only a time further away than can
    be is mended, and is due at once. `longest_wait` is how long an endpoint may ask for.
    """
    moved = _DELIVERIES.run(connection, now=now, latest=now + _SLACK_MICROSECONDS)
    jobs.add(connection, [Job(Kind.DELIVER, id_, due_at) for id_, due_at in moved])
    back = set_back or _FOREVER_MICROSECONDS
    beyond = now + _SLACK_MICROSECONDS + (0 if set_back else _LONGEST_DELAY_MICROSECONDS)
    due = _COMPOSITIONS.run(connection, now=now, back=back, beyond=beyond)
    jobs.add(connection, [Job(Kind.COMPOSE, key_of(sequence, version), due_at) for sequence, version, due_at in due])
    _ENDPOINTS.run(connection, back=back, beyond=now + _SLACK_MICROSECONDS + (0 if set_back else longest_wait))
    return len(moved) + len(due)


def catch_up(connection: Connection, now: int, by: int) -> None:
    """Mends times after the clock was set forward: an endpoint has not failed for longer by that."""
    _FAILING.run(connection, now=now, by=by)


def mend_since(connection: Connection, began: int, until: int, by: int) -> None:
    """Moves the times of deliveries that were held or ended between two times, by a clock that was behind by `by`."""
    for statement in (_HELD, _ENDED):
        statement.run(connection, began=began, until=until, by=by)
