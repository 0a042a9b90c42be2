"""PgQueuer's statements, and a connection to run them by that is made anew after it was lost."""

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
"""How long a job is kept without a heartbeat; then whoever takes next has it."""

_CHANNEL: Final = "ch_pgqueuer"
# Every name is given: by itself PgQueuer would take them from variables of the environment.
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
# As PgQueuer does both, but without waiting for a row: whoever has locked it finishes it just now, and a transaction
# that finishes many would wait in its turn for the rows that this one has locked already. An array, not IN: a join is
# done row by row over the whole table where its statistics are of a moment when it was empty.
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
# The table is empty in one second and full in the next, so what is known of it is never right. Statements are planned
# once, to find rows by an index, in a way that forgets those which are gone; the store's options forbid the rest.
_SET_UP: Final = "SET plan_cache_mode = force_generic_plan; SET enable_bitmapscan = off"
LISTEN: Final = f"LISTEN {_CHANNEL}"
TELL: Final = f"SELECT pg_notify('{_CHANNEL}', '')"
TIME: Final = "SELECT extract(epoch FROM clock_timestamp())::float8 AS time"
# After the database's clock was set back: nothing waits longer than the delay that it was added with, and no lease
# ends later than it would.
SET_BACK: Final = (
    """UPDATE pgqueuer SET execute_after = execute_after - (created - now()), created = now(),
        priority = 1800000000 - extract(epoch FROM execute_after - (created - now()))::bigint
    WHERE created > now() + interval '1 second'""",
    "UPDATE pgqueuer SET heartbeat = now() WHERE status = 'picked' AND heartbeat > now() + interval '1 second'",
)


def dequeue(kind: str, most: int, taker: UUID) -> tuple[str, tuple[object, ...]]:
    """PgQueuer's statement that takes jobs, without its join, and its values."""
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
    """For one thread. Whatever goes wrong is a StoreError, and the next statement tries with a new connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Connection | None = None
        self.was_lost = False

    def run(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """The rows that it finds or returns."""
        try:
            cursor = psycopg.RawCursor(self._driver(), row_factory=dict_row)
            cursor.execute(sql, values or None, prepare=bool(values))
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self._lose()
            raise StoreError(STORE_AWAY) from error

    def notifications(self, seconds: float) -> Iterator[str]:
        """What the connection is told within that time."""
        try:
            for notification in self._driver().notifies(timeout=seconds):
                yield notification.payload
        except psycopg.Error as error:
            self._lose()
            raise StoreError(STORE_AWAY) from error

    def close(self) -> None:
        """Gives the connection up."""
        if self._connection is not None:
            self._connection.invalidate()  # it may be listening: it is not for anybody else
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
