"""From a URL to an engine whose connections are set up, with this version's tables in the database."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from webhooks.errors import SettingsError, StoreError
from webhooks.store.transaction import error_name

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10.0  # for which a writer waits for another process, such as a command line
_POOL_CONNECTIONS = 8  # on PostgreSQL the writer's, four readers', two of the queue, and one that follows changes
_MORE_CONNECTIONS = 2  # on PostgreSQL, while one that was lost is being made again
_MIGRATION_LOCK = (
    0x617074  # PostgreSQL's advisory lock: of two processes that start at once, one migrates after the other
)
_OLDEST_SQLITE = (3, 35)  # RETURNING
_POSTGRESQL: dict[str, object] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 20_000,  # ms until a server that does not answer at all counts as away
}
# Statistics say little of tables that are empty now and full in a minute, so no plan may depend on them. Without scans,
# and without hash and merge joins, which read a whole table, every statement goes by an index from the rows that it is
# given to others; planned each time, it starts at that end however small the tables were when it was new. Compiling it,
# or starting workers for it, would take longer than running it: workers took 7 ms to find no row where many were
# expected. Set by a statement: PgBouncer refuses them among what a connection begins with.
_SET_UP = (
    "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '10s';"
    " SET plan_cache_mode = force_custom_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    " SET enable_mergejoin = off; SET jit = off; SET max_parallel_workers_per_gather = 0"
)
_WRONG_URL = "the store's URL must be like sqlite:////folder/file or postgresql+psycopg://user@host/database"

_log = logging.getLogger(__name__)


class OutdatedStoreError(SettingsError):
    """The store has an older version's tables, or none, and may not be migrated."""


def open_store(url: str, *, may_migrate: bool = True) -> Engine:
    """An engine on the store, migrated; if that may not be, tables of another version are a SettingsError.

    Raises SettingsError for a URL or a database that will never do, StoreError for one that cannot be reached now.
    """
    engine = _engine(parse(url))
    try:
        with engine.begin() as connection:
            migrate(connection, may_migrate=may_migrate)
    except DBAPIError as error:
        engine.dispose()
        place = engine.url.render_as_string(hide_password=True)
        advice = " (is the server up, and are role, password and database right?)" if engine.url.host else ""
        raise StoreError(f"the store {place} cannot be opened: {error_name(error)}{advice}") from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def parse(given: str) -> URL:
    """The URL of a store, with the driver that is used for it. Raises SettingsError."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # not quoted: it may hold a password
        raise SettingsError(_WRONG_URL) from None
    match url.get_backend_name():
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite" if not url.database or url.database.startswith((":memory:", "file:")):
            raise SettingsError("the store's URL names no file: one in memory would lose every event")
        case "sqlite":
            return url.set(drivername="sqlite")
    raise SettingsError(_WRONG_URL)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url,
            connect_args=_POSTGRESQL,
            hide_parameters=True,
            pool_size=_POOL_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_pre_ping=True,
            pool_timeout=_BUSY_SECONDS,
        )
        event.listen(engine, "do_connect", _Connecting())
        return engine
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise SettingsError(f"SQLite {sqlite3.sqlite_version} is too old for the store: it must be 3.35 or newer")
    _make(Path(str(url.database)))
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(
        url, connect_args=arguments, hide_parameters=True, pool_size=_POOL_CONNECTIONS, pool_use_lifo=True
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class _Connecting:
    """Makes connections to PostgreSQL. The first one migrates; all others hold the revision that it has brought."""

    def __init__(self) -> None:
        self._is_first = True

    def __call__(self, _dialect: object, _entry: object, arguments: list[Any], named: dict[str, Any]) -> object:
        from webhooks.store import poolers, versions  # noqa: PLC0415  psycopg is for PostgreSQL only
        from webhooks.store.bounded import BoundedConnection  # noqa: PLC0415

        def connect() -> BoundedConnection:
            """A connection that commits each statement."""
            return BoundedConnection.connect(*arguments, autocommit=True, **named)

        connection = connect()
        try:
            if self._is_first:
                poolers.refuse(connection, connect)
            connection.execute(_SET_UP)
            connection.autocommit = False
            if not self._is_first:
                versions.hold(connection, _known()[-1])
        except BaseException:
            connection.close()
            raise
        self._is_first = False
        return connection


def _make(file: Path) -> None:
    """The file, for its owner's eyes only; what SQLite puts beside it gets the same mode."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)  # or a power failure might lose the file's name
        os.close(folder)
    except OSError as error:
        raise StoreError(f"the store {file} cannot be opened: {error.strerror}") from None


def _set_up_sqlite(connection: Any, _entry: object) -> None:
    connection.isolation_level = None  # or sqlite3 would begin and commit as it likes
    _use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: Any) -> None:
    """SQLite does not wait for the lock that this needs, which another process may have that starts now."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: a lock that it asks for later may be refused without waiting."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(connection: Connection, *, may_migrate: bool = True) -> None:
    """Brings the tables to this version, or only looks. Raises SettingsError where a newer one has written them."""
    if connection.dialect.name != "postgresql" or not may_migrate:
        _migrate(connection, may_migrate=may_migrate)
        return
    from webhooks.store import versions  # noqa: PLC0415  psycopg is for PostgreSQL only
    from webhooks.store.bounded import unbounded  # noqa: PLC0415

    with unbounded(connection):
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        _migrate(connection, may_migrate=True)
        versions.mark(connection, _known()[-1])


def _known() -> list[str]:
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _migrate(connection: Connection, *, may_migrate: bool) -> None:
    known = _known()
    found = _revisions(connection)
    if not set(known).issuperset(found):
        raise SettingsError(
            "the store was written by a newer version of this program: install that one, or name another store"
        )
    if found == known[-1:]:
        return
    if not may_migrate:
        raise OutdatedStoreError(
            f"the store's tables are of version {', '.join(found) or 'none'}, and this program's of {known[-1]}"
        )
    if connection.dialect.name == "postgresql":
        from webhooks.store import versions  # noqa: PLC0415  psycopg is for PostgreSQL only

        for revision in found:
            versions.claim(connection, revision)
    _upgrade(connection)
    _log.info("the store was brought from revision %s to %s", *(found or ["none"]), known[-1])


def _revisions(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  needed only where there is something to do: it is slow to import
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
