"""Erases what was kept long enough. It is found by reading, then erased in small batches, so no other write waits long.

Times are microseconds. Searches return ids, and do not find again what was erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, TextClause, delete, text, update

from webhooks.model import DeliveryState
from webhooks.store import holding
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS

BATCH: Final = 200
"""How many deliveries or events are erased in one transaction."""

SCANNED_DELIVERIES: Final = 2000
"""How many deliveries that have ended one search looks at, however long ago what they had was erased."""

_ERASING_LOCK: Final = 1_190_427_862
_SCANNED_EVENTS: Final = 5000

# All deliveries of an event share its data and its body, so these are erased when its last delivery is old enough.
_WITH_DATA: Final = text("""
    SELECT delivery.id, delivery.event_sequence, delivery.ended_at FROM delivery
    WHERE delivery.ended_at >= :since AND delivery.ended_at <= :until
    AND (
        EXISTS (SELECT 1 FROM attempt WHERE delivery_id = delivery.id AND answer IS NOT NULL)
        OR (
            EXISTS (SELECT 1 FROM event WHERE sequence = delivery.event_sequence AND arguments IS NOT NULL)
            OR EXISTS (SELECT 1 FROM composition WHERE event_sequence = delivery.event_sequence AND body IS NOT NULL)
        )
        AND NOT EXISTS (
            SELECT 1 FROM delivery AS other
            WHERE other.event_sequence = delivery.event_sequence AND (other.ended_at IS NULL OR other.ended_at > :until)
        )
    )
    ORDER BY delivery.ended_at LIMIT :most
""")
_NTH: Final = text(
    "SELECT ended_at FROM delivery WHERE ended_at >= :since AND ended_at <= :until"
    " ORDER BY ended_at LIMIT 1 OFFSET :scanned"
)
_STILL_NEEDED: Final = text("""
    SELECT 1 FROM delivery
    WHERE event_sequence = :sequence AND (ended_at IS NULL OR ended_at > :until) LIMIT 1
""")
_WITH_ATTEMPTS: Final = text(
    "SELECT id, event_sequence, ended_at FROM delivery WHERE ended_at >= :since AND ended_at <= :until"
    " AND EXISTS (SELECT 1 FROM attempt WHERE delivery_id = delivery.id) ORDER BY ended_at LIMIT :most"
)
_EVENTS: Final = text(
    "SELECT sequence, created_at, state = 'unsubscribed' AND arguments IS NOT NULL AS is_found FROM event"
    " WHERE sequence > :after ORDER BY sequence LIMIT :most"
)
# A delivery is held since its endpoint is, or since it was to be sent. Parked ones have no time for that.
_HELD: Final = text("""
    SELECT delivery.id FROM delivery
    WHERE delivery.registration_id = :id AND delivery.state = (SELECT 'pending')
        AND delivery.next_attempt_at <= :until
    UNION ALL
    SELECT delivery.id FROM delivery
    WHERE delivery.registration_id = :id AND delivery.state = (SELECT 'pending')
        AND delivery.next_attempt_at IS NULL AND delivery.created_at <= :until
    LIMIT :most
""")


class EndedDelivery(Struct, frozen=True):
    """A delivery that has ended and has something to erase."""

    id: str
    event_sequence: int
    ended_at: int


class Search(Struct, frozen=True):
    """What a search found among so many ended deliveries. It goes on at `reached`, None where it is at its end."""

    found: Sequence[EndedDelivery]
    reached: int | None


class Unsubscribed(Struct, frozen=True):
    """Some events that nobody was registered for. The next search goes on after `last`.

    There are no more of them now if `last` is where this search began.
    """

    sequences: Sequence[int]
    last: int


@contextmanager
def thoroughly(connection: Connection) -> Iterator[None]:
    """Inside the `with`, SQLite overwrites what it deletes; otherwise the bytes would stay in the file."""
    is_embedded = connection.dialect.name == "sqlite"
    if is_embedded:
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    yield
    if is_embedded:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")  # it makes all writes slower, and only these need it


def is_ours(connection: Connection) -> bool:
    """Whether this process may erase. If so, no other process on this store may until the transaction ends."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ERASING_LOCK}))


def with_data(connection: Connection, since: int, until: int) -> Search:
    """The first deliveries that ended in that time and have an answer, or event data or a body that only they need."""
    return _search(connection, _WITH_DATA, since, until)


def erase_data(connection: Connection, found: Sequence[EndedDelivery], until: int) -> None:
    """Erases the answers that these deliveries got, and the data and bodies of those of their events that have ended.

    An event has ended if all its deliveries ended by `until`.
    """
    _erase_answers(connection, [each.id for each in found])
    over = [
        sequence for sequence in {each.event_sequence for each in found} if not _is_needed(connection, sequence, until)
    ]
    erase_events(connection, over)


def erase_events(connection: Connection, sequences: Sequence[int]) -> None:
    """Erases the data and the bodies of events."""
    where = EVENTS.c.sequence.in_(sequences), EVENTS.c.arguments.is_not(None)
    with thoroughly(connection):
        connection.execute(update(EVENTS).where(*where).values(arguments=None))
    of_bodies = COMPOSITIONS.c.event_sequence.in_(sequences), COMPOSITIONS.c.body.is_not(None)
    connection.execute(update(COMPOSITIONS).where(*of_bodies).values(body=None))


def unsubscribed(connection: Connection, after: int, until: int, at: int) -> Unsubscribed:
    """The events after the number `after` that nobody was registered for, that came by `until` and still have data.

    `at` is the time now. An event with a later time came while the clock was ahead; the search passes over it.
    """
    found: list[int] = []
    # All of them are read, though fewer may be enough: a result that is not read to its end may keep a snapshot.
    rows = connection.execute(_EVENTS, {"after": after, "most": _SCANNED_EVENTS}).all()
    for sequence, created_at, is_found in rows:
        if until < created_at <= at:
            return Unsubscribed(found, after)
        after = sequence
        if is_found and created_at <= until:
            found.append(sequence)
        if len(found) == BATCH:
            return Unsubscribed(found, after)
    return Unsubscribed(found, after)


def with_attempts(connection: Connection, since: int, until: int) -> Search:
    """The first deliveries that ended in that time and have attempts."""
    return _search(connection, _WITH_ATTEMPTS, since, until)


def erase_attempts(connection: Connection, found: Sequence[EndedDelivery]) -> None:
    """Erases the attempts of these deliveries."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_([each.id for each in found])))


def held_since(connection: Connection, until: int) -> list[str]:
    """The ids of some deliveries that have been held since `until` or longer."""
    for registration_id in holding.held_endpoints(connection, until):
        if found := connection.scalars(_HELD, {"id": registration_id, "until": until, "most": BATCH}).all():
            return list(found)
    return []


def give_up(connection: Connection, ids: Sequence[str], reason: str, at: int) -> None:
    """Ends those of these deliveries that are still held: they are dead."""
    where = DELIVERIES.c.id.in_(ids), holding.in_state(DeliveryState.HELD)
    changes = {"state": DeliveryState.DEAD, "reason": reason, "next_attempt_at": None, "ended_at": at}
    connection.execute(update(DELIVERIES).where(*where).values(changes))


def _search(connection: Connection, query: TextClause, since: int, until: int) -> Search:
    """Looks at SCANNED_DELIVERIES, and those that ended at the same time as the last of them."""
    given = {"since": since, "until": until, "scanned": SCANNED_DELIVERIES}
    last = connection.scalar(_NTH, given)
    rows = connection.execute(query, {"since": since, "until": until if last is None else last, "most": BATCH})
    found = [EndedDelivery(*row) for row in rows]
    if len(found) == BATCH:
        return Search(found, found[-1].ended_at)
    return Search(found, None if last is None else last + 1)


def _erase_answers(connection: Connection, ids: Sequence[str]) -> None:
    where = ATTEMPTS.c.delivery_id.in_(ids), ATTEMPTS.c.answer.is_not(None)
    connection.execute(update(ATTEMPTS).where(*where).values(answer=None))


def _is_needed(connection: Connection, sequence: int, until: int) -> bool:
    return connection.scalar(_STILL_NEEDED, {"sequence": sequence, "until": until}) is not None
