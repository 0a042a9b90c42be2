"""Mends times that were written before a clock was set. Times are microseconds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.clock import MICROSECONDS_PER_SECOND
from webhooks.store.compositions import key_of
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("timing")

_SLACK_MICROSECONDS: Final = 5_000_000  # by which the clocks of two machines may differ
_LONGEST_DELAY_MICROSECONDS: Final = (
    2 * 3600 * MICROSECONDS_PER_SECOND
)  # of one event's composing; the real ones are shorter
_FOREVER_MICROSECONDS: Final = 10**15  # 31 years: brings any time before now
_AHEAD: Final = Prepared(_SQL["ahead"])
_DELIVERIES: Final = Prepared(_SQL["deliveries"])
_COMPOSITIONS: Final = Prepared(_SQL["compositions"])
_ENDPOINTS: Final = Prepared(_SQL["endpoints"])

_FAILING: Final = Prepared(_SQL["failing"])
_HELD: Final = Prepared(_SQL["held"]), Prepared(_SQL["held_clients"]), Prepared(_SQL["held_deliveries"])
_ENDED: Final = Prepared(_SQL["ended"])


def is_ahead(connection: Connection, now: int) -> bool:
    """Whether a delivery's time was written by a clock that was ahead. Looking may take long: not in the writer."""
    return bool(_AHEAD.run(connection, latest=now + _SLACK_MICROSECONDS))


def mend(connection: Connection, now: int, longest_wait: int, set_back: int = 0, *, has_deliveries: bool = True) -> int:
    """Mends times after the clock was set back, and gives how many.

    A delivery waits as long from now as it was to wait when its time was written. Compositions and endpoints wait less
    by `set_back`, the size of the step. Where it is 0, the size is not known: then only a time further away than can
    be is mended, and is due at once. `longest_wait` is how long an endpoint may ask for, and
    `has_deliveries` what `is_ahead` said.
    """
    moved = _DELIVERIES.run(connection, now=now, latest=now + _SLACK_MICROSECONDS) if has_deliveries else []
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
    """Moves the times since when something is held or has ended, between two times: a clock was behind by `by`."""
    for statement in (*_HELD, _ENDED):
        statement.run(connection, began=began, until=until, by=by)
