"""A connection for the queue's statements, which is made anew after it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Connection

from webhooks.errors import StoreError
from webhooks.queue.statements import SET_UP
from webhooks.store.store import Store
from webhooks.store.waiting import STORE_AWAY


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
            self._of(self._connection).execute(SET_UP)
        return self._of(self._connection)

    @staticmethod
    def _of(connection: Connection) -> psycopg.Connection[Any]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101  for the type checker
        return driver

    def _lose(self) -> None:
        self.was_lost = True
        self.close()
