"""How much waits in the store, and how long it has waited."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from webhooks.model import DeliveryState, Depth
from webhooks.store.clock import now
from webhooks.store.tables import COMPOSITIONS, DELIVERIES

COUNTED: Final = tuple(
    state
    for state in DeliveryState
    if state not in (DeliveryState.DELIVERED, DeliveryState.SKIPPED, DeliveryState.CANCELLED)
)
"""What has not ended, and what is dead; the rest is the store's history, too much to count at every look."""

_STATES: Final = (
    select(DELIVERIES.c.state, func.count()).where(DELIVERIES.c.state.in_(COUNTED)).group_by(DELIVERIES.c.state)
)
_DELIVERY: Final = select(func.min(DELIVERIES.c.next_attempt_at)).where(DELIVERIES.c.state == DeliveryState.PENDING)
_COMPOSITIONS: Final = select(func.count(), func.min(COMPOSITIONS.c.due_at)).where(COMPOSITIONS.c.due_at.is_not(None))

_PARKED: Final = select(func.count()).where(COMPOSITIONS.c.parked_for.is_not(None))


def read_depth(connection: Connection) -> Depth:
    """The depth of the queue, from indexes alone. A delivery whose body is not composed yet counts as due."""
    counts = {DeliveryState(state): count for state, count in connection.execute(_STATES)}
    compositions, composition_due = connection.execute(_COMPOSITIONS).one()
    parked = connection.scalar(_PARKED) or 0
    return Depth(
        deliveries={state: counts.get(state, 0) for state in COUNTED},
        compositions=compositions,
        parked=parked,
        oldest_delivery=_overdue(connection.scalar(_DELIVERY)),
        oldest_composition=_overdue(composition_due),
    )


def _overdue(due_at: int | None) -> float:
    return 0.0 if due_at is None else max(0.0, (now() - due_at) / 1e6)
