"""What an operator looks at across all clients: endpoints with their health, and dead deliveries by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, text

from webhooks.store import definitions, parking
from webhooks.store.clock import moment
from webhooks.store.queries import load

_SQL: Final = load("browsing")

MOST_DEAD: Final = 10_000
"""So many dead deliveries are grouped, the newest."""

_ENDPOINTS: Final = text(_SQL["endpoints"])
_EVERY_EVENT: Final = text(_SQL["every_event"])
_ENDPOINT: Final = text(_SQL["endpoint"])
_EVENTS: Final = text(_SQL["events"])
_DEAD: Final = text(_SQL["dead"])
_DEAD_IDS: Final = text(_SQL["dead_ids"])
_BODY: Final = text(_SQL["body"])
_BODIES: Final = text(_SQL["bodies"]).bindparams(bindparam("ids", expanding=True))


class SeenEndpoint(Struct, frozen=True, kw_only=True):
    """A registration with what tells how it is."""

    id: int
    client_id: str
    client: str
    url: str
    method: str
    events: Sequence[str]
    state: str
    """`active`, `failing`, `waiting`, `paused`, `disabled`, or `client disabled`."""
    reason: str | None
    """Why it is disabled."""
    since: datetime | None
    """Since when it is in that state; until when, where it waits."""


class DeadGroup(Struct, frozen=True, kw_only=True):
    """Dead deliveries of one endpoint that died for one reason."""

    client: str
    client_id: str
    url: str
    reason: str
    count: int
    first: datetime
    last: datetime


class DefinedEvent(Struct, frozen=True):
    """An event that has or had a definition, or waits for one.

    `since` is when it was first known to have one, and `reason` why `waiting` events cannot be composed.
    """

    event: str
    since: datetime | None
    waiting: int
    reason: str | None


def defined_events(connection: Connection) -> list[DefinedEvent]:
    """Each such event, by its code."""
    since = definitions.remembered(connection)
    waiting = {each.code: each for each in parking.parked(connection)}
    return [
        DefinedEvent(
            event,
            moment(since[event]) if event in since else None,
            waiting[event].count if event in waiting else 0,
            waiting[event].reason if event in waiting else None,
        )
        for event in sorted(since.keys() | waiting.keys())
    ]


def endpoints(connection: Connection, at: int) -> list[SeenEndpoint]:
    """The registrations of every client, by client and URL. `at` is the time now."""
    events: dict[int, list[str]] = {}
    for registration_id, event in connection.execute(_EVERY_EVENT):
        events.setdefault(registration_id, []).append(event)
    return [_seen(row, events.get(row.id, []), at) for row in connection.execute(_ENDPOINTS)]


def endpoint(connection: Connection, id_: int, at: int) -> SeenEndpoint | None:
    """One registration."""
    row = connection.execute(_ENDPOINT, {"id": id_}).one_or_none()
    return None if row is None else _seen(row, list(connection.scalars(_EVENTS, {"id": id_})), at)


def dead(connection: Connection) -> list[DeadGroup]:
    """The groups of the newest MOST_DEAD dead deliveries, the largest first."""
    return [
        DeadGroup(
            client=row.client,
            client_id=row.client_id,
            url=row.url,
            reason=row.reason or "",
            count=row.number,
            first=moment(row.first_at),
            last=moment(row.last_at),
        )
        for row in connection.execute(_DEAD, {"most": MOST_DEAD})
    ]


def dead_ids(connection: Connection, *, client_id: str, url: str, reason: str, until: int, most: int) -> list[str]:
    """Deliveries of a group that died by then, the oldest first."""
    values = {"client_id": client_id, "url": url, "reason": reason, "until": until, "most": most}
    return list(connection.scalars(_DEAD_IDS, values))


class StoredBody(Struct, frozen=True):
    """A body as it is stored: encrypted, and bound to the number of its event and its version."""

    sealed: bytes
    sequence: int
    version: int


def body_of(connection: Connection, delivery_id: str) -> StoredBody | None:
    """The body of a delivery; None where there is none yet, or it was erased."""
    row = connection.execute(_BODY, {"id": delivery_id}).one_or_none()
    return None if row is None or row.body is None else StoredBody(bytes(row.body), row.event_sequence, row.version)


def bodies_of(connection: Connection, delivery_ids: Sequence[str]) -> Mapping[str, StoredBody]:
    """By delivery its body; without those that have none yet, or whose body was erased."""
    rows = connection.execute(_BODIES, {"ids": delivery_ids}) if delivery_ids else ()
    return {row.id: StoredBody(bytes(row.body), row.event_sequence, row.version) for row in rows}


def _seen(row: Row[tuple[object, ...]], events: Sequence[str], at: int) -> SeenEndpoint:
    since: int | None = row.held_since
    if row.is_disabled:
        state, since = "client disabled", row.disabled_at
    elif row.disabled_reason is not None:
        state = "disabled"
    elif row.is_paused:
        state = "paused"
    elif row.waits_until is not None and row.waits_until > at:
        state, since = "waiting", row.waits_until
    else:
        state, since = ("active", None) if row.failing_since is None else ("failing", row.failing_since)
    return SeenEndpoint(
        id=row.id,
        client_id=row.client_id,
        client=row.client,
        url=row.url,
        method=row.method,
        events=events,
        state=state,
        reason=row.disabled_reason,
        since=None if since is None else moment(since),
    )
