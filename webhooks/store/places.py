"""Where each search of housekeeping goes on.

It is kept in the store, so that a process that starts does not look at everything again: ten million deliveries that
have ended take five thousand steps. All of them are looked at once in AGAIN_DAYS, for what a wrong clock has hidden.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, func, select, text, update

from webhooks.store.clock import MICROSECONDS_PER_DAY
from webhooks.store.tables import SEARCHES

AGAIN_DAYS: Final = 30
"""After so many days a search begins again."""

_BEGIN: Final = text(
    "INSERT INTO housekeeping_search (name, reached, began_at) VALUES (:name, 0, :at) ON CONFLICT (name) DO NOTHING"
)
_LATEST: Final = select(func.max(SEARCHES.c.reached))


class Name(StrEnum):
    """What is searched for."""

    DATA = "data"
    ATTEMPTS = "attempts"
    UNSUBSCRIBED = "unsubscribed"


class Place(Struct, frozen=True):
    """How far a search has come since it began at that time (microseconds).

    `reached` is a time of ending in microseconds, or an event's number where nobody was registered for it.
    """

    name: Name
    reached: int
    began_at: int


def find(connection: Connection, name: Name, at: int) -> Place:
    """Where this search goes on. It begins again if it has not for AGAIN_DAYS, or if the clock was set back.

    `at` is the time now, in microseconds. It may write, to begin.
    """
    connection.execute(_BEGIN, {"name": name.value, "at": at})
    columns = SEARCHES.c.reached, SEARCHES.c.began_at
    row = connection.execute(select(*columns).where(SEARCHES.c.name == name).with_for_update()).one()
    if _is_good(*row, at):
        return Place(name, *row)
    connection.execute(update(SEARCHES).where(SEARCHES.c.name == name).values(reached=0, began_at=at))
    return Place(name, 0, at)


def move(connection: Connection, place: Place, reached: int) -> Place | None:
    """Goes on from a place to another; None if another process has moved this search, or has begun it again."""
    is_there = (
        SEARCHES.c.name == place.name,
        SEARCHES.c.reached == place.reached,
        SEARCHES.c.began_at == place.began_at,
    )
    moved: Any = connection.execute(update(SEARCHES).where(*is_there).values(reached=reached))
    return Place(place.name, reached, place.began_at) if moved.rowcount else None


def is_behind(connection: Connection, at: int) -> bool:
    """Whether what ends now, at `at` in microseconds, gets a time that a search has passed: the clock was set back."""
    return at < (connection.scalar(_LATEST) or 0)


def _is_good(reached: int, began_at: int, at: int) -> bool:
    return max(reached, began_at) <= at < began_at + AGAIN_DAYS * MICROSECONDS_PER_DAY
