"""Erasing on request: removes what the store holds of certain events, found by an argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Update, select, update

from webhooks.model import FINAL, UNSENT, DeliveryState
from webhooks.store import retention
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, EVENTS

_REASON: Final = "the event's data was erased on request"


class Erased(Struct, frozen=True, kw_only=True):
    """How many of each were erased. `under_way` counts events that were left, as a delivery of theirs has not ended."""

    events: int = 0
    bodies: int = 0
    answers: int = 0
    cancelled: int = 0
    under_way: int = 0

    def __add__(self, other: Erased) -> Erased:
        return Erased(
            events=self.events + other.events,
            bodies=self.bodies + other.bodies,
            answers=self.answers + other.answers,
            cancelled=self.cancelled + other.cancelled,
            under_way=self.under_way + other.under_way,
        )


def erase(connection: Connection, sequences: Sequence[int], *, cancels: bool) -> Erased:
    """Erases what the store holds of these events. Give it a few hundred at most.

    An event with a delivery that has not ended is left as it is, unless `cancels` allows cancelling the delivery. A
    delivery that is being sent cannot be cancelled, so its event is left in any case.
    """
    query = select(DELIVERIES.c.id, DELIVERIES.c.event_sequence, DELIVERIES.c.state)
    where = DELIVERIES.c.event_sequence.in_(sequences), DELIVERIES.c.state.not_in(FINAL)
    unended = connection.execute(query.where(*where).with_for_update()).all()
    stuck = {row.event_sequence for row in unended if not cancels or row.state not in UNSENT}
    cancelled = [row.id for row in unended if row.event_sequence not in stuck]
    over = [sequence for sequence in sequences if sequence not in stuck]
    _cancel(connection, cancelled, over)
    with retention.thoroughly(connection):
        return Erased(
            events=_changed(connection, _erasing_events(over)),
            bodies=_changed(connection, _erasing_bodies(over)),
            answers=_changed(connection, _erasing_answers(over)),
            cancelled=len(cancelled),
            under_way=len(stuck),
        )


def _cancel(connection: Connection, ids: Sequence[str], sequences: Sequence[int]) -> None:
    """Ends deliveries and their compositions. Jobs that point to them stay, and find nothing to do."""
    changes = {
        "state": DeliveryState.CANCELLED,
        "reason": _REASON,
        "next_attempt_at": None,
        "scheduled_at": None,
        "ended_at": now(),
    }
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.id.in_(ids)).values(changes))
    waiting = COMPOSITIONS.c.event_sequence.in_(sequences), COMPOSITIONS.c.state == CompositionState.WAITING
    ended = {"state": CompositionState.FAILED, "reason": _REASON, "due_at": None, "parked_for": None}
    connection.execute(update(COMPOSITIONS).where(*waiting).values(ended))


def _erasing_events(sequences: Sequence[int]) -> Update:
    """Erases the digest as well: whoever guesses the data could check the guess by it."""
    where = EVENTS.c.sequence.in_(sequences), EVENTS.c.arguments.is_not(None)
    return update(EVENTS).where(*where).values(arguments=None, digest=b"")


def _erasing_bodies(sequences: Sequence[int]) -> Update:
    where = COMPOSITIONS.c.event_sequence.in_(sequences), COMPOSITIONS.c.body.is_not(None)
    return update(COMPOSITIONS).where(*where).values(body=None)


def _erasing_answers(sequences: Sequence[int]) -> Update:
    of_events = select(DELIVERIES.c.id).where(DELIVERIES.c.event_sequence.in_(sequences))
    where = ATTEMPTS.c.delivery_id.in_(of_events), ATTEMPTS.c.answer.is_not(None)
    return update(ATTEMPTS).where(*where).values(answer=None)


def _changed(connection: Connection, statement: Update) -> int:
    result: Any = connection.execute(statement)
    return int(result.rowcount)
