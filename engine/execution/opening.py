"""Opens the ledger that a URL names."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from engine import extras
from engine.errors import ConfigurationError
from engine.execution.driver import Driver
from engine.execution.interface import Ledger
from engine.execution.ledger import PooledLedger

if TYPE_CHECKING:
    from sqlalchemy import URL

_SUPPORTED = (
    "mssql+pyodbc://user@host/database?driver=…, postgresql+psycopg://user@host/database and duckdb:///path/to/file"
)
_MAX_TIMEOUT = 86_400.0  # a day; PostgreSQL's own limit is 24 days


def open_ledger(url: str | URL, *, timeout: float, pool_size: int = 8, require_read_only: bool = False) -> Ledger:
    """The ledger at a SQLAlchemy URL. It connects when it is first used.

    `timeout` is in seconds. It limits each query, the wait for a free session, and connecting (to 2 s at least). At
    most `pool_size` sessions exist at a time. With `require_read_only`, a session that may do more than read is
    refused. Raises ConfigurationError. No error shows the password.
    """
    if not 0.001 <= timeout <= _MAX_TIMEOUT:
        raise ConfigurationError(f"the timeout must be from 0.001 to {_MAX_TIMEOUT:g} seconds, not {timeout!r}")
    if pool_size < 1:
        raise ConfigurationError(f"the pool needs at least one session, not {pool_size!r}")
    parsed = _parse(url)
    try:
        driver = _driver(parsed, timeout)
    except ModuleNotFoundError as error:
        missing = extras.advice(error)
        if missing is None:
            raise
        raise ConfigurationError(f"the ledger is {parsed.get_backend_name()}, and {missing}") from None
    return PooledLedger(driver, timeout=timeout, pool_size=pool_size, require_read_only=require_read_only)


def _parse(text: str | URL) -> URL:
    """Parses a URL. Errors are raised outside the `except`, as SQLAlchemy's error may quote a piece of the password."""
    from sqlalchemy import make_url  # noqa: PLC0415  it takes a fifth of a second, too much for importing the engine
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    if isinstance(text, str) and text.partition("?")[0].count("@") > 1:
        raise ConfigurationError("the ledger's URL has more than one @: write %40 for it in the password")
    with suppress(ArgumentError, ValueError):
        return make_url(text)
    raise ConfigurationError(f"the ledger's URL is malformed; expected is one like {_SUPPORTED}")


def _driver(url: URL, timeout: float) -> Driver:
    backend, _, driver = url.drivername.partition("+")
    match backend:
        case "duckdb":
            _check_driver(backend, driver, "duckdb")
            from engine.execution.duckdb.driver import DuckDBDriver, database_path  # noqa: PLC0415  only when needed

            return DuckDBDriver(database_path(url), timeout=timeout)
        case "postgresql":
            _check_driver(backend, driver, "psycopg")
            from engine.execution.postgresql.driver import PostgreSQLDriver  # noqa: PLC0415  only when needed

            return PostgreSQLDriver(url.set(drivername="postgresql+psycopg"), timeout=timeout)
        case "mssql":
            _check_driver(backend, driver, "pyodbc")
            from engine.execution.sqlserver.driver import SQLServerDriver  # noqa: PLC0415  only when needed

            return SQLServerDriver(url.set(drivername="mssql+pyodbc"), timeout=timeout)
        case "sqlite":
            reason = "SQLite turns decimals into floats, so that 123.00 would be sent as 123.0"
        case "postgres":
            reason = "SQLAlchemy calls it postgresql"
        case _:
            reason = "no ledger of this kind is known"
    raise ConfigurationError(f"{backend} is no supported ledger: {reason}; supported are {_SUPPORTED}")


def _check_driver(backend: str, driver: str, expected: str) -> None:
    """Raises ConfigurationError for another driver: the session's safety and its errors depend on this one."""
    if driver not in ("", expected):
        raise ConfigurationError(
            f"{backend}+{driver} is not supported: the engine sets its sessions up for {expected} only, so "
            f"write {backend}+{expected}://"
        )
