"""Which events had a definition, and which faults were found when the definitions were last read.

One that is missing holds its event, until it is back or its absence is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection

from webhooks.store.clock import now
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("definitions")

_REMEMBER: Final = Prepared(_SQL["remember"])
_FIND: Final = Prepared(_SQL["find"])
_FORGET: Final = Prepared(_SQL["forget"])
_FAULTS: Final = Prepared(_SQL["faults"])
_TELL_FAULT: Final = Prepared(_SQL["tell_fault"])
_FORGET_FAULT: Final = Prepared(_SQL["forget_fault"])
_FORGET_FAULTS: Final = Prepared(_SQL["forget_faults"])


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
    _FORGET_FAULT.run(connection, event=event)
    return bool(_FORGET.run(connection, event=event))


def tell_faults(connection: Connection, reasons: Mapping[str, str]) -> None:
    """These events have no good version of their definition now, each for its reason, and no others."""
    _FORGET_FAULTS.run(connection)
    if rows := [{"event": event, "reason": reason} for event, reason in sorted(reasons.items())]:
        _TELL_FAULT.run_many(connection, rows)


def faults(connection: Connection) -> dict[str, str]:
    """The events of which `tell_faults` was told last, with the reasons."""
    return dict(_FAULTS.run(connection))
