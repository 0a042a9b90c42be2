"""Mends times that were set by a clock which has been set back since. Times are microseconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.compositions import key_of
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared

_SLACK: Final = 5_000_000  # by which the clocks of two machines may differ
_LONGEST_DELAY: Final = 2 * 3600 * 1_000_000  # of composing it is less
_DELIVERIES: Final = Prepared(
    "UPDATE delivery SET next_attempt_at = next_attempt_at - (scheduled_at - :now), scheduled_at = :now"
    " WHERE state = 'pending' AND next_attempt_at > :latest AND scheduled_at > :latest"
    " RETURNING id, next_attempt_at"
)
_COMPOSITIONS: Final = Prepared(
    "UPDATE composition SET due_at = :now WHERE state = 'waiting' AND due_at > :latest"
    " RETURNING event_sequence, version"
)
_ENDPOINTS: Final = Prepared("UPDATE registration SET waits_until = NULL WHERE waits_until > :latest")


def mend(connection: Connection, now: int, longest_wait: int) -> int:
    """Deliveries wait as long from now as they were to wait when their time was set; gives how many were mended.

    `longest_wait` is how long an endpoint may ask for.
    """
    moved = _DELIVERIES.run(connection, now=now, latest=now + _SLACK)
    jobs.add(connection, [Job(Kind.DELIVER, id_, due_at) for id_, due_at in moved])
    due = _COMPOSITIONS.run(connection, now=now, latest=now + _LONGEST_DELAY + _SLACK)
    jobs.add(connection, [Job(Kind.COMPOSE, key_of(sequence, version), now) for sequence, version in due])
    _ENDPOINTS.run(connection, latest=now + longest_wait + _SLACK)
    return len(moved) + len(due)
