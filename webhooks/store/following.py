"""Hears of what other processes change in a store on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from webhooks.errors import StoreError
from webhooks.store.kept import CHANNEL

_AGAIN_SECONDS: Final = 1.0  # between two tries to connect
_log = logging.getLogger(__name__)


async def follow(connect: Callable[[], Connection], forget: Callable[[], object]) -> None:
    """Calls `forget` when something has changed, or may have while nobody listened. Until it is cancelled."""
    while True:
        try:
            connection = await asyncio.to_thread(_listening, connect)
        except (StoreError, SQLAlchemyError):
            await asyncio.sleep(_AGAIN_SECONDS)
            continue
        forget()
        try:
            await _until_lost(connection, forget)
        finally:
            connection.invalidate()  # it listens, so it must not go back to the pool
            connection.close()
        forget()
        _log.info("the connection that hears of changes was lost")


def _listening(connect: Callable[[], Connection]) -> Connection:
    connection = connect()
    try:
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
    except BaseException:
        connection.invalidate()
        connection.close()
        raise
    return connection


async def _until_lost(connection: Connection, forget: Callable[[], object]) -> None:
    driver: Any = connection.connection.driver_connection
    failures = connection.dialect.loaded_dbapi.Error
    lost, loop = asyncio.Event(), asyncio.get_running_loop()

    def hear() -> None:
        """The socket has something, or its end."""
        try:
            driver.pgconn.consume_input()
            while driver.pgconn.notifies() is not None:
                forget()
        except failures:
            lost.set()

    try:
        socket = os.dup(driver.fileno())  # its own: libpq closes what it has lost, and others would be given the number
    except failures:
        return
    try:
        loop.add_reader(socket, hear)
        hear()
        await lost.wait()
    finally:
        loop.remove_reader(socket)
        os.close(socket)
