"""From a URL to an engine whose connections are set up, with the newest schema in the database."""

from __future__ import annotations

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from webhooks.errors import SettingsError, StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY = 10.0  # seconds that a writer waits for another process, such as a command line
_POOL = 8
_LOCK = 0x617074  # of PostgreSQL's advisory locks: two processes that start at once migrate one after the other


def open_store(url: str) -> Engine:
    """An engine on the store, migrated. Raises SettingsError for a URL or a database that will never do, StoreError
    for one that cannot be reached now."""
    engine = _engine(_parse(url))
    try:
        with engine.begin() as connection:
            _migrate(connection)
    except DBAPIError as error:
        engine.dispose()
        place = engine.url.render_as_string(hide_password=True)
        raise StoreError(f"the store {place} cannot be opened: {type(error.orig).__name__}") from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def _parse(text_: str) -> URL:
    try:
        url = make_url(text_)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError("the store's URL must be like sqlite:///FILE or postgresql+psycopg://user@host/database")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise SettingsError("the store's URL names no file: one in memory would lose every event")
    return url.set(drivername="sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_size=_POOL, pool_pre_ping=True, pool_timeout=_BUSY)
    descriptor = os.open(str(url.database), os.O_CREAT | os.O_RDWR, 0o600)
    os.close(descriptor)
    engine = create_engine(url, connect_args={"timeout": _BUSY, "check_same_thread": False}, pool_size=_POOL)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # or sqlite3 would begin and commit as it likes
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # sqlite3's connection


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: a lock that it asks for later may be refused without waiting."""
    is_reader = connection.get_execution_options().get("is_reader", False)
    connection.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    found = MigrationContext.configure(connection).get_current_heads()
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    if not known.issuperset(found):
        raise SettingsError(
            "the store was written by a newer version of this program: install that one, or name another store"
        )
    if found != (script.get_current_head(),):
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise SettingsError(f"the store cannot be brought to this version: {error}") from error
