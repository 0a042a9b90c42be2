"""Which events had a definition. One that is missing holds its event, until it is back or its absence is accepted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from webhooks.store.clock import now
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("definitions")

_REMEMBER: Final = Prepared(_SQL["remember"])
_FIND: Final = Prepared(_SQL["find"])
_FORGET: Final = Prepared(_SQL["forget"])


def remember(connection: Connection, events: Iterable[str]) -> None:
    """These events have a definition now. In one order, so that two processes do not wait for each other."""
    since = now()
    if rows := [{"event": event, "since": since} for event in sorted(events)]:
        _REMEMBER.run_many(connection, rows)


def remembered(connection: Connection) -> dict[str, int]:
    """The events that had a definition, with the time since when that is known."""
    return dict(_FIND.run(connection))


def forget(connection: Connection, event: str) -> bool:
    """The default body is meant for it, unless it has a definition; whether it was remembered."""
    return bool(_FORGET.run(connection, event=event))
