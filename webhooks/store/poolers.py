"""Refuses a pooler that gives each transaction another session of PostgreSQL, as PgBouncer's transaction mode does.

What a session is set to, which locks it holds and what it listens for would be lost there, or become another program's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import psycopg

from webhooks.errors import SettingsError

_LOOKS: Final = 5  # at the sessions of two connections; others may use the pooler meanwhile
_REFUSED: Final = (
    "the store's URL leads to a pooler that gives each transaction another session, as PgBouncer's transaction mode "
    "does: the service needs sessions of its own, for locks, settings and LISTEN. Name PostgreSQL itself in the URL, "
    "or let the pooler work by sessions (pool_mode=session)"
)


def refuse(connection: psycopg.Connection[Any], connect: Callable[[], psycopg.Connection[Any]]) -> None:
    """Raises SettingsError where the connection has no session of its own. `connect` makes another one like it.

    Both commit each statement.
    """
    if _session(connection) == connection.info.backend_pid:  # a pooler gives its clients numbers of its own
        return
    with connect() as other:
        looks = {(_session(connection), _session(other)) for _ in range(_LOOKS)}
    if len(looks) > 1 or any(one == another for one, another in looks):
        raise SettingsError(_REFUSED)


def _session(connection: psycopg.Connection[Any]) -> int:
    ((number,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
    return int(number)
