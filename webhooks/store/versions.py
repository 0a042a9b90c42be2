"""Which processes work on a store on PostgreSQL, so that none does by tables that another version has changed.

Each connection holds a shared lock on the revision that its program knows. Whoever brings the tables to another one
needs that of the one before for itself.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, text

from webhooks.errors import SettingsError

_CLASS: Final = 0x617074  # of advisory locks, whose second number is the revision
_ENDING_SECONDS: Final = 5.0  # within which processes that were stopped are gone
_PAUSE_SECONDS: Final = 0.25
_OF_PGQUEUER: Final = "0002"  # its processes hold no lock; they are known by their statements and heartbeats
_OLD_SESSIONS: Final = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (query = 'SELECT extract(epoch FROM clock_timestamp())::float8 AS time'
            OR query LIKE 'UPDATE pgqueuer SET heartbeat%')
""")
_OLD_LEASES: Final = text(
    "SELECT count(*) FROM pgqueuer WHERE status = 'picked' AND heartbeat > clock_timestamp() - interval '3 seconds'"
)
_STILL_RUN: Final = (
    "processes of the version before (tables {}) still work on this store: stop every `serve` and `worker`, and start "
    "this version then"
)

_log = logging.getLogger(__name__)


def hold(driver: psycopg.Connection[Any], revision: str) -> None:
    """Marks a new connection as one of a program that knows this revision.

    Raises OperationalError where the tables have another one by now.
    """
    driver.execute("SELECT pg_advisory_lock_shared(%s, %s)", (_CLASS, int(revision)))
    found = driver.execute("SELECT version_num FROM alembic_version").fetchall()
    driver.commit()
    if found != [(revision,)]:
        _log.error("the store's tables are not of version %s any more: stop this process, it can do nothing", revision)
        raise psycopg.OperationalError(f"the store's tables are not of version {revision} any more")


def mark(connection: Connection, revision: str) -> None:
    """As `hold`, for the connection that has brought the tables to this revision."""
    connection.execute(text("SELECT pg_advisory_lock_shared(:class, :revision)"), _numbers(revision))


def claim(connection: Connection, revision: str) -> None:
    """Raises SettingsError where processes work on the store that know this revision. None does until the COMMIT."""
    until = time.monotonic() + _ENDING_SECONDS
    while not _is_free(connection, revision):
        if time.monotonic() > until:
            raise SettingsError(_STILL_RUN.format(revision))
        time.sleep(_PAUSE_SECONDS)


def _is_free(connection: Connection, revision: str) -> bool:
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:class, :revision)"), _numbers(revision)):
        return False
    if revision != _OF_PGQUEUER:
        return True
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))
    return not (connection.scalar(_OLD_SESSIONS) or connection.scalar(_OLD_LEASES))


def _numbers(revision: str) -> dict[str, int]:
    return {"class": _CLASS, "revision": int(revision)}
