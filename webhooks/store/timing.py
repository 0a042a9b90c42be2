"""Mends times that were written before a clock was set. Times are microseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from webhooks.store import jobs
from webhooks.store.bulk import TEXT, Bulk
from webhooks.store.clock import MICROSECONDS_PER_SECOND
from webhooks.store.compositions import key_of
from webhooks.store.holding import Place
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("timing")

PART: Final = 1000
"""How many deliveries one `window` looks at."""

_SLACK_MICROSECONDS: Final = 5_000_000  # by which the clocks of two machines may differ
_LONGEST_DELAY_MICROSECONDS: Final = (
    2 * 3600 * MICROSECONDS_PER_SECOND
)  # of one event's composing; the real ones are shorter
_FOREVER_MICROSECONDS: Final = 10**15  # 31 years: brings any time before now
_AHEAD: Final = Prepared(_SQL["ahead"])
_WINDOW: Final = Prepared(_SQL["window"], finds=3)
_DELIVERIES: Final = Bulk(_SQL["deliveries"], id=TEXT)
_COMPOSITIONS: Final = Prepared(_SQL["compositions"])
_ENDPOINTS: Final = Prepared(_SQL["endpoints"])

_FAILING: Final = Prepared(_SQL["failing"])
_HELD: Final = Prepared(_SQL["held"]), Prepared(_SQL["held_clients"]), Prepared(_SQL["held_deliveries"])
_ENDED: Final = Prepared(_SQL["ended"])


def is_ahead(connection: Connection, now: int) -> bool:
    """Whether a delivery's time was written by a clock that was ahead. Looking may take long: not in the writer."""
    return bool(_AHEAD.run(connection, latest=now + _SLACK_MICROSECONDS))


def window(connection: Connection, now: int, place: Place) -> tuple[list[str], Place | None]:
    """Of the next deliveries that are due later, those whose times were written by a clock that was ahead.

    With where it goes on; None at the end.
    """
    latest = now + _SLACK_MICROSECONDS
    rows = _WINDOW.run(connection, due_at=max(place.due_at, latest), id=place.id, most=PART)
    found = [id_ for id_, _, scheduled_at in rows if scheduled_at is not None and scheduled_at > latest]
    return found, Place(rows[-1][1], rows[-1][0]) if len(rows) == PART else None


def mend_deliveries(connection: Connection, ids: Sequence[str], now: int) -> int:
    """Has deliveries wait as long from now as they were to wait when their times were written. Gives how many."""
    rows = [(id_,) for id_ in ids]
    moved = _DELIVERIES.run(connection, rows, now=now, latest=now + _SLACK_MICROSECONDS)
    jobs.add(connection, [Job(Kind.DELIVER, id_, due_at) for id_, due_at in moved])
    return len(moved)


def mend(connection: Connection, now: int, longest_wait: int, set_back: int = 0) -> int:
    """Mends the times of compositions and endpoints after the clock was set back. Gives how many of compositions.

    They wait less by `set_back`, the size of the step. Where it is 0, the size is not known: then only a time further
    away than can be is mended, and is due at once. `longest_wait` is how long an endpoint may ask for.
    """
    back = set_back or _FOREVER_MICROSECONDS
    beyond = now + _SLACK_MICROSECONDS + (0 if set_back else _LONGEST_DELAY_MICROSECONDS)
    due = _COMPOSITIONS.run(connection, now=now, back=back, beyond=beyond)
    jobs.add(connection, [Job(Kind.COMPOSE, key_of(sequence, version), due_at) for sequence, version, due_at in due])
    _ENDPOINTS.run(connection, back=back, beyond=now + _SLACK_MICROSECONDS + (0 if set_back else longest_wait))
    return len(due)


def catch_up(connection: Connection, now: int, by: int) -> None:
    """Mends times after the clock was set forward: an endpoint has not failed for longer by that."""
    _FAILING.run(connection, now=now, by=by)


def mend_since(connection: Connection, began: int, until: int, by: int) -> None:
    """Moves the times since when something is held or has ended, between two times: a clock was behind by `by`."""
    for statement in (*_HELD, _ENDED):
        statement.run(connection, began=began, until=until, by=by)
