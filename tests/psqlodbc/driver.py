"""PostgreSQL through psqlODBC: it proves `engine/execution/odbc.py` on a real server, and is for tests only.

It is less than a ledger's driver: it reads trusted SQL of the tests, with a `?` for each `$n`, and screens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any, Final

from sqlalchemy import URL, make_url

from engine.errors import DefinitionUnavailableError, EngineError, LedgerUnavailableError
from engine.execution import Ledger, LedgerStatus, Rows, open_ledger
from engine.execution.driver import run_each
from engine.execution.faults import Verdict, by_sqlstate, fault, log_text
from engine.execution.ledger import PooledLedger
from engine.execution.odbc import (
    Cursors,
    InputSize,
    braced,
    check_driver,
    close_quietly,
    load_pyodbc,
    not_loaded,
    single_options,
    sqlstate,
    text_of,
)
from engine.execution.postgresql.screen import NO_QUERY, is_query
from engine.execution.postgresql.settings import GRACE, session_options
from engine.model import Dialect, Statement
from engine.sql.reflect import reflect_postgresql
from engine.sql.schema import LedgerSchema

SCHEME: Final = "postgresql+pyodbc"
_PACKAGE: Final = "odbc-postgresql (Debian)"
# psqlODBC's manual, "Configuration Options".
_KEYWORDS: Final = {
    "UseServerSidePrepare": "1",
    "UseDeclareFetch": "0",
    "BoolsAsChar": "0",
    "ByteaAsLongVarBinary": "1",
    "TextAsLongVarchar": "1",
    "MaxVarcharSize": "8190",
    "LFConversion": "0",  # a line's end stays what it is
    "Protocol": "7.4-0",  # an error leaves the transaction to us
}
_TEXT: Final[InputSize] = (-9, 0, 0)  # SQL_WVARCHAR, of any length
_BIGINT: Final[InputSize] = (-5, 0, 0)
_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT item"
_NEXT_ITEM: Final = "ROLLBACK TO SAVEPOINT item"
_LOST: Final = ("08", "57P")  # the classes of a connection that is gone
_PLACEHOLDER: Final = re.compile(r"'(?:[^']|'')*'|\$(\d+)")


def open_any(url: str | URL, *, timeout: float, pool_size: int = 8, require_read_only: bool = False) -> Ledger:
    """As `open_ledger`, which takes no URL of psqlODBC."""
    if make_url(url).drivername != SCHEME:
        return open_ledger(url, timeout=timeout, pool_size=pool_size, require_read_only=require_read_only)
    driver = PsqlODBCDriver(make_url(url), timeout=timeout)
    return PooledLedger(driver, timeout=timeout, pool_size=pool_size, require_read_only=require_read_only)


def connection_string(url: URL, timeout: float) -> str:
    """The ODBC connection string for a URL, with the session's settings."""
    libpq = {"options": session_options(timeout), "connect_timeout": str(max(2, ceil(timeout)))}
    plain = {
        "SERVER": url.host,
        "PORT": str(url.port or 5432),
        "DATABASE": url.database,
        "UID": url.username,
        **_KEYWORDS,
    }
    in_braces = {
        "DRIVER": single_options(url, ["driver"]).get("driver", "PostgreSQL Unicode"),
        "PWD": str(url.password or ""),
        "pqopt": " ".join(f"{name}={_quoted(value)}" for name, value in libpq.items()),
    }
    pairs = plain | {name: braced(value) for name, value in in_braces.items()}
    return ";".join(f"{name}={value}" for name, value in pairs.items())


def _quoted(value: str) -> str:
    """A value of libpq's connection string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class PsqlODBCDriver:
    """The engine's Driver of a PostgreSQL database that is reached through ODBC."""

    dialect = Dialect.POSTGRESQL

    def __init__(self, url: URL, *, timeout: float) -> None:
        self._connection_string = connection_string(url, timeout)
        self._pyodbc = load_pyodbc()
        check_driver(single_options(url, ["driver"]).get("driver", "PostgreSQL Unicode"), _PACKAGE)
        self.place = f"the PostgreSQL database {url.database} at {url.host}:{url.port or 5432} (ODBC)"
        self.time_limit = timeout + GRACE

    def connect(self) -> PsqlODBCConnection:
        return PsqlODBCConnection(self._pyodbc.connect(self._connection_string, autocommit=True))

    def unreachable(self, error: Exception) -> EngineError | None:
        if not isinstance(error, self._pyodbc.Error):
            return None
        code = sqlstate(error)
        log_text(Verdict.UNAVAILABLE, code, text_of(error), ())
        return not_loaded(error, _PACKAGE) or LedgerUnavailableError(f"{self.place} cannot be reached", code=code)

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """By SQLSTATE: psqlODBC hands on PostgreSQL's own."""
        if isinstance(error, self._pyodbc.Error):
            code = sqlstate(error)
            verdict = Verdict.UNAVAILABLE if code is None else by_sqlstate(code)
            log_text(verdict, code, text_of(error).partition("\n")[0], values)
            return fault(verdict, code)
        # A value that the driver cannot pass on.
        is_value = isinstance(error, ValueError | TypeError | ArithmeticError)
        return fault(Verdict.DATA, type(error).__name__) if is_value else None

    def close(self) -> None:
        """Nothing is shared by the connections."""


class PsqlODBCConnection:
    """A connection, with a cursor for each text."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursors = Cursors(connection, _is_lost)
        self._in_transaction = False

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        if not is_query(statement.sql):
            raise DefinitionUnavailableError(NO_QUERY)
        text, order = with_question_marks(statement.sql)
        bound = [value if type(value := values[index]) is int else _as_text(value) for index in order]
        sizes = tuple([_BIGINT if type(value) is int else _TEXT for value in bound])
        return self._cursors.fetch(text, bound, sizes)[0]

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterable[Rows | Exception | None]:
        for found in run_each(self, statement, batch):
            if isinstance(found, Exception) and self._in_transaction:
                self._cursors.command(_NEXT_ITEM)
            yield found

    def inspect(self) -> LedgerStatus:
        return LedgerStatus(connected=True)

    def reflect(self) -> LedgerSchema:
        cursor = self._connection.cursor()
        try:
            return reflect_postgresql(cursor)
        finally:
            close_quietly(cursor)

    def begin(self) -> None:
        self._in_transaction = True
        self._cursors.command(_BEGIN)

    def rollback(self) -> None:
        self._cursors.command("ROLLBACK")
        self._in_transaction = False

    def interrupt(self) -> None:
        """As the engine's driver for SQL Server does."""
        self._cursors.cancel()

    def is_clean(self) -> bool:
        return not (self._in_transaction or self._cursors.is_lost)

    def is_stale(self, error: Exception) -> bool:
        return self._cursors.is_lost

    def keep(self, texts: frozenset[str]) -> None:
        self._cursors.keep(frozenset(with_question_marks(sql)[0] for sql in texts))

    def close(self) -> None:
        self._cursors.close()
        close_quietly(self._connection)


def with_question_marks(sql: str) -> tuple[str, tuple[int, ...]]:
    """The text with a `?` for each `$n`, and which value each of them is, from 0."""
    order = tuple(int(found[1]) - 1 for found in _PLACEHOLDER.finditer(sql) if found[1])
    return _PLACEHOLDER.sub(lambda found: "?" if found[1] else found[0], sql), order


def _as_text(value: object) -> str | None:
    """The value as PostgreSQL reads it: every placeholder is cast to its type there."""
    return None if value is None else str(value)


def _is_lost(error: BaseException) -> bool:
    return (sqlstate(error) or "").startswith(_LOST)
