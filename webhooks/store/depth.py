"""How much waits in the store, and how long it has waited."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, FromClause, Select, func, select, text

from webhooks.model import MOST_COUNTED, DeliveryState, Depth
from webhooks.store.clock import now
from webhooks.store.tables import COMPOSITIONS, DELIVERIES

COUNTED: Final = tuple(
    state
    for state in DeliveryState
    if state not in (DeliveryState.DELIVERED, DeliveryState.SKIPPED, DeliveryState.CANCELLED)
)
"""What has not ended, and what is dead; the rest is the store's history, too much to count at every look."""

_HELD_TEXT: Final = "registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled"
_SENT_TO: Final = f"NOT ({_HELD_TEXT})"
# Of each endpoint those that wait: where one is held, whatever waits for it is passed over at once.
_WAITING: Final = {
    "sqlite": "FROM registration CROSS JOIN client CROSS JOIN delivery WHERE client.id = registration.client_id"
    " AND {} AND delivery.registration_id = registration.id AND delivery.state = (SELECT 'pending') LIMIT :most",
    "postgresql": "FROM registration JOIN client ON client.id = registration.client_id CROSS JOIN LATERAL ("
    "SELECT 1 FROM delivery WHERE delivery.registration_id = registration.id"
    " AND delivery.state = (SELECT 'pending') LIMIT :most"
    ") AS waiting WHERE {} LIMIT :most",
}
# The first one of each endpoint's.
_OLDEST: Final = text(f"""
    SELECT min(oldest) FROM (
        SELECT (
            SELECT delivery.next_attempt_at FROM delivery
            WHERE delivery.registration_id = registration.id AND delivery.state = (SELECT 'pending')
                AND delivery.next_attempt_at IS NOT NULL
            ORDER BY delivery.next_attempt_at LIMIT 1
        ) AS oldest
        FROM registration JOIN client ON client.id = registration.client_id WHERE {_SENT_TO}
    ) AS found
""")  # noqa: S608  of the code's own
_COMPOSITION: Final = select(func.min(COMPOSITIONS.c.due_at)).where(COMPOSITIONS.c.due_at.is_not(None))


def read_depth(connection: Connection, most: int = MOST_COUNTED) -> Depth:
    """The depth of the queue, from indexes alone. A delivery whose body is not composed yet counts as due.

    Of each it counts `most` and no further.
    """

    def count(table: FromClause, condition: Any) -> int:
        """How many rows of a table are like this."""
        found: Select[Any] = select(1).select_from(table).where(condition).limit(most)
        return connection.scalar(select(func.count()).select_from(found.subquery("found"))) or 0

    def waiting(condition: str) -> int:
        """How many deliveries wait for the endpoints that are like this."""
        found = f"SELECT 1 {_WAITING[connection.dialect.name].format(condition)}"
        query = text(f"SELECT count(*) FROM ({found}) AS found")  # noqa: S608  of the code's own
        return connection.scalar(query, {"most": most}) or 0

    written = (DeliveryState.COMPOSING, DeliveryState.SENDING, DeliveryState.DEAD)
    counts = {state: count(DELIVERIES, DELIVERIES.c.state == state) for state in written}
    counts |= {DeliveryState.PENDING: waiting(_SENT_TO), DeliveryState.HELD: waiting(f"({_HELD_TEXT})")}
    return Depth(
        deliveries={state: counts[state] for state in COUNTED},
        compositions=count(COMPOSITIONS, COMPOSITIONS.c.due_at.is_not(None)),
        parked=count(COMPOSITIONS, COMPOSITIONS.c.parked_for.is_not(None)),
        oldest_delivery=_overdue(connection.scalar(_OLDEST)),
        oldest_composition=_overdue(connection.scalar(_COMPOSITION)),
    )


def is_whole(depth: Depth) -> bool:
    """Whether nothing is so much that it was not counted to its end."""
    return max(*depth.deliveries.values(), depth.compositions, depth.parked) < MOST_COUNTED


def merged(depth: Depth, whole: Depth) -> Depth:
    """The depth now, with what was not counted to its end as it was when `whole` was read."""

    def more(count: int, before: int) -> int:
        """The count, where it was made to its end; else what is known, at least."""
        return count if count < MOST_COUNTED else max(count, before)

    return Depth(
        deliveries={state: more(count, whole.deliveries[state]) for state, count in depth.deliveries.items()},
        compositions=more(depth.compositions, whole.compositions),
        parked=more(depth.parked, whole.parked),
        oldest_delivery=depth.oldest_delivery,
        oldest_composition=depth.oldest_composition,
    )


def _overdue(due_at: int | None) -> float:
    return 0.0 if due_at is None else max(0.0, (now() - due_at) / 1e6)
