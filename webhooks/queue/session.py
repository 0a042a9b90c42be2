"""PgQueuer's statements, and a connection to run them, which is made anew after it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from pgqueuer.adapters.persistence.qb import DBSettings, QueryQueueBuilder
from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId
from psycopg.rows import dict_row
from sqlalchemy import Connection

from webhooks.errors import StoreError
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_AWAY

LEASE: Final = timedelta(seconds=3)
"""How long a lease lasts without a heartbeat. Afterwards another process may take the job."""

_CHANNEL: Final = "ch_pgqueuer"
# All names are given here, as PgQueuer would otherwise read them from environment variables.
_BUILDER: Final = QueryQueueBuilder(
    DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel(_CHANNEL),
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        queue_status_type="pgqueuer_status",
    )
)
TIME_TO_NEXT: Final = _BUILDER.build_next_deferred_eta_query()
# PgQueuer's own two statements wait for locked rows. These pass over them: whoever locked a row is finishing it, and
# if that transaction finishes many, it might wait for rows that this statement has locked, which is a deadlock.
# They use an array instead of IN. IN becomes a join, and if the statistics are from a moment when the table was empty,
# the join reads the whole table for each row.
RENEW: Final = (
    "UPDATE pgqueuer SET heartbeat = now() WHERE id = ANY (ARRAY"
    " (SELECT id FROM pgqueuer WHERE id = ANY ($1::bigint[]) FOR UPDATE SKIP LOCKED))"
)
GIVE_BACK: Final = (
    "UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, updated = now() WHERE id = ANY (ARRAY"
    " (SELECT id FROM pgqueuer WHERE id = ANY ($1::bigint[]) AND status = 'picked'"
    " AND queue_manager_id IS NOT DISTINCT FROM $2 FOR UPDATE SKIP LOCKED)) RETURNING id"
)
_JOINED: Final = "WHERE id IN (SELECT id FROM eligible)"
_BY_ARRAY: Final = "WHERE id = ANY (ARRAY(SELECT id FROM eligible))"
# The table may be empty in one second and full in the next, so its statistics are never right. Statements are planned
# once, with an index scan, which marks dead rows so that later scans skip them. The store's options forbid other plans.
_SET_UP: Final = "SET plan_cache_mode = force_generic_plan; SET enable_bitmapscan = off"
LISTEN: Final = f"LISTEN {_CHANNEL}"
TELL: Final = f"SELECT pg_notify('{_CHANNEL}', '')"
TIME: Final = "SELECT extract(epoch FROM clock_timestamp())::float8 AS time"
# To run after the database's clock was set back, so that no job waits longer than the delay that it was added with, and
# no lease lasts longer than before.
SET_BACK: Final = (
    """UPDATE pgqueuer SET execute_after = execute_after - (created - now()), created = now(),
        priority = 1800000000 - extract(epoch FROM execute_after - (created - now()))::bigint
    WHERE created > now() + interval '1 second'""",
    "UPDATE pgqueuer SET heartbeat = now() WHERE status = 'picked' AND heartbeat > now() + interval '1 second'",
)


def dequeue(kind: str, most: int, taker: UUID) -> tuple[str, tuple[object, ...]]:
    """PgQueuer's statement that takes jobs, with an array instead of its join, and the statement's values."""
    query = _BUILDER.build_dequeue_query(
        batch_size=most,
        entrypoints=[QueueEntrypoint(kind)],
        concurrency_limits=[0],
        queue_manager_id=QueueManagerId(taker),
        global_concurrency_limit=None,
        heartbeat_timeout=LEASE,
    )
    return query.sql.replace(_JOINED, _BY_ARRAY), query.args


class Session:
    """A connection for one thread. Every error is a StoreError, and the next statement uses a new connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Connection | None = None
        self.was_lost = False

    def run(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Runs a statement and returns its rows, by column name."""
        try:
            cursor = psycopg.RawCursor(self._driver(), row_factory=dict_row)
            cursor.execute(sql, values or None, prepare=bool(values))
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self._lose()
            raise StoreError(STORE_AWAY) from error

    def notifications(self, seconds: float) -> Iterator[str]:
        """The payloads of the notifications that arrive within that time."""
        try:
            for notification in self._driver().notifies(timeout=seconds):
                yield notification.payload
        except psycopg.Error as error:
            self._lose()
            raise StoreError(STORE_AWAY) from error

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.invalidate()  # it may be listening, so it must not go back to the pool
            self._connection.close()
            self._connection = None

    def _driver(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = self._store.connect()
            self._of(self._connection).execute(_SET_UP)
        return self._of(self._connection)

    @staticmethod
    def _of(connection: Connection) -> psycopg.Connection[Any]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker
        return driver

    def _lose(self) -> None:
        self.was_lost = True
        self.close()
