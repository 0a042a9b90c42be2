"""Sessions on PostgreSQL through ODBC: psqlODBC under pyodbc.

Everything that makes the session read-only is among the parameters of the connection's start, as with psycopg. Unlike
psycopg, ODBC does not tell when a query has lifted them. So where the session could do that, or has any right to
write, each query runs in a read-only transaction of its own that is rolled back, and takes what it has set with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from engine.errors import ConfigurationError, DefinitionUnavailableError, EngineError, LedgerUnavailableError
from engine.execution.driver import run_each
from engine.execution.faults import Verdict, by_sqlstate, fault, log_text
from engine.execution.interface import LedgerStatus, Rows
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
from engine.execution.postgresql.arrays import arrays, by_list
from engine.execution.postgresql.psqlodbc_text import as_text, with_question_marks
from engine.execution.postgresql.screen import NO_QUERY, is_query
from engine.execution.postgresql.settings import GRACE, session_options
from engine.execution.postgresql.sockets import connected_since, cut, open_sockets
from engine.execution.rights import PLANTED_QUERY, RIGHTS_QUERY, WRITING_FUNCTIONS, summarise, warn_of
from engine.model import Dialect, Statement
from engine.sql.reflect import reflect_postgresql

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.sql.schema import LedgerSchema

_PACKAGE: Final = "odbc-postgresql (Debian)"
DRIVER: Final = "PostgreSQL Unicode"
_LIBPQ: Final = ("sslrootcert", "sslcert", "sslkey")
_OPTIONS: Final = ("driver", "sslmode", "application_name", "options", *_LIBPQ)
# psqlODBC's manual, "Configuration Options".
_KEYWORDS: Final = {
    "UseServerSidePrepare": "1",
    "UseDeclareFetch": "0",
    "BoolsAsChar": "0",
    "ByteaAsLongVarBinary": "1",
    "TextAsLongVarchar": "1",
    "UnknownsAsLongVarchar": "0",
    "MaxVarcharSize": "8190",
    "LFConversion": "0",  # a line's end stays what it is
    "TrueIsMinus1": "0",
    "RowVersioning": "0",
    "ShowSystemTables": "0",
    "Protocol": "7.4-0",  # an error leaves the transaction to us
    "CommLog": "0",
    "Debug": "0",
}
_TEXT: Final[InputSize] = (-9, 0, 0)  # SQL_WVARCHAR, of any length
_BIGINT: Final[InputSize] = (-5, 0, 0)  # what an int argument is cast to; as text it would take the driver longer
_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT item"
_NEXT_ITEM: Final = "ROLLBACK TO SAVEPOINT item"
_BEGIN_QUERY: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
_RIGHTS: Final = Statement(RIGHTS_QUERY, (), ())
_PLANTED: Final = Statement(PLANTED_QUERY, (), ())
_ALONE: Final = 0.5  # seconds to wait for those who connect before, so that each finds its own socket
_LOST: Final = ("08", "57P")  # the classes of a connection that is gone
_PYTHON_ERRORS: Final = (ValueError, TypeError, ArithmeticError)  # a value that the driver cannot pass on


def connection_string(url: URL, timeout: float) -> str:
    """The ODBC connection string for a URL, with the session's settings. Raises ConfigurationError.

    psqlODBC takes braces around a password and `pqopt` only, so nothing else may hold what would need them.
    """
    options = single_options(url, _OPTIONS)
    libpq = {
        "options": f"{options.get('options', '')} {session_options(timeout)}".strip(),
        "application_name": options.get("application_name", "aptic-webhooks"),
        "connect_timeout": str(max(2, ceil(timeout))),
        "keepalives_idle": "30",  # firewalls forget idle connections without telling
        "keepalives_interval": "10",
        "keepalives_count": "3",
    } | {name: options[name] for name in _LIBPQ if name in options}
    plain = {
        "SERVER": url.host or "localhost",
        "PORT": str(url.port or 5432),
        "DATABASE": url.database or url.username or "",
        "UID": url.username or "",
        "SSLmode": options.get("sslmode", "prefer"),
        **_KEYWORDS,
    }
    if any(set(value) & set(";{}=") for value in plain.values()):
        raise ConfigurationError("through ODBC, no user, host or database name may hold ; = { or }")
    in_braces = {
        "DRIVER": options.get("driver", DRIVER),
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
    """The Driver of a PostgreSQL database that is reached through ODBC."""

    dialect = Dialect.POSTGRESQL

    def __init__(self, url: URL, *, timeout: float) -> None:
        self._connection_string = connection_string(url, timeout)
        self._port = url.port or 5432
        self._connecting = threading.Lock()
        self._pyodbc = load_pyodbc()
        check_driver(single_options(url, _OPTIONS).get("driver", DRIVER), _PACKAGE)
        where = f"{url.host or 'localhost'}:{url.port or 5432}"
        self.place = f"the PostgreSQL database {url.database or ''} at {where} (ODBC)"
        self.time_limit = timeout + GRACE
        self.error: type[Exception] = self._pyodbc.Error
        self.may_write = True  # until the first connection has told

    def connect(self) -> PsqlODBCConnection:
        """A new connection; its settings come with the first message."""
        is_alone = self._connecting.acquire(timeout=_ALONE)
        try:
            before = open_sockets()
            connection = self._pyodbc.connect(self._connection_string, autocommit=True)
            return PsqlODBCConnection(connection, self, connected_since(before, self._port) if is_alone else None)
        finally:
            if is_alone:
                self._connecting.release()

    def unreachable(self, error: Exception) -> EngineError | None:
        """Retryable in every case, a wrong password too: somebody may mend it while the event waits."""
        if not isinstance(error, self._pyodbc.Error):
            return None
        code = sqlstate(error)
        log_text(Verdict.UNAVAILABLE, code, text_of(error), ())
        return not_loaded(error, _PACKAGE) or LedgerUnavailableError(
            f"{self.place} cannot be reached, or refuses the login ({code}); its own words are in the debug log",
            code=code,
        )

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """By SQLSTATE: psqlODBC hands on PostgreSQL's own."""
        if isinstance(error, self._pyodbc.Error):
            code = sqlstate(error)
            verdict = Verdict.UNAVAILABLE if code is None else _verdict(code)
            log_text(verdict, code, text_of(error).partition("\n")[0], values)
            return fault(verdict, code)
        return fault(Verdict.DATA, type(error).__name__) if isinstance(error, _PYTHON_ERRORS) else None

    def close(self) -> None:
        """Nothing is shared by the connections."""


def _verdict(code: str) -> Verdict:
    if code in ("07001", "07002"):  # psqlODBC's own: placeholders and values differ in number
        return Verdict.REFUSED
    return by_sqlstate(code)


class PsqlODBCConnection:
    """A connection, with a cursor for each text."""

    def __init__(self, connection: Any, driver: PsqlODBCDriver, socket: tuple[str, int] | None) -> None:
        self._socket = socket
        self._connection = connection
        self._driver = driver
        self._cursors = Cursors(connection, _is_lost)
        self._in_transaction = False

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Run one query, prepared; in a transaction of its own where the session could write."""
        if not is_query(statement.sql):
            raise DefinitionUnavailableError(NO_QUERY)
        if self._in_transaction or not self._driver.may_write:
            return self._run(statement.sql, values)
        self._start(_BEGIN_QUERY)
        try:
            return self._run(statement.sql, values)
        finally:
            self._end()

    def _run(self, sql: str, values: Sequence[object]) -> Rows:
        text, order = with_question_marks(sql)
        if order and max(order) >= len(values):
            raise DefinitionUnavailableError("a query has more placeholders than values")
        bound = [value if type(value := values[index]) is int else as_text(value) for index in order]
        sizes = tuple([_BIGINT if type(value) is int else _TEXT for value in bound])
        return self._cursors.fetch(text, bound, sizes)[0]

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterator[Rows | Exception | None]:
        """One statement for all lists where there is one that does not fail, else one after the other."""
        if statement.many is not None:
            try:
                found_all = by_list(self.run(Statement(statement.many, (), ()), arrays(batch)), len(batch))
            except Exception as error:
                if self.is_stale(error):
                    raise
                if self._in_transaction:
                    self._cursors.command(_NEXT_ITEM)
            else:
                yield from found_all
                return
            yield None
        for found in run_each(self, statement, batch):
            if isinstance(found, Exception) and self._in_transaction:
                self._cursors.command(_NEXT_ITEM)
            yield found

    def inspect(self) -> LedgerStatus:
        """The rights that the session has beyond reading, and what on its search_path may mislead it."""
        names = "{" + ",".join(WRITING_FUNCTIONS) + "}"  # an array as PostgreSQL writes it: names of letters only
        rights = summarise(self.run(_RIGHTS, [names]))
        self._driver.may_write = bool(rights)
        return LedgerStatus(connected=True, write_rights=rights, warnings=warn_of(self.run(_PLANTED, [])))

    def reflect(self) -> LedgerSchema:
        """The schema of the database."""
        cursor = self._connection.cursor()
        try:
            return reflect_postgresql(cursor)
        finally:
            close_quietly(cursor)

    def begin(self) -> None:
        """Start a transaction on one state of the database."""
        self._start(_BEGIN)

    def rollback(self) -> None:
        """End it."""
        self._cursors.command("ROLLBACK")
        self._in_transaction = False

    def _start(self, begin: str) -> None:
        self._in_transaction = True
        self._cursors.command(begin)

    def _end(self) -> None:
        with suppress(self._driver.error):  # then the connection is not clean, and is not used again
            self.rollback()

    def interrupt(self) -> None:
        """Cut the connection: the server has let its own timeout pass, so it would not hear a cancel either.

        Where the socket is not known, it is asked to stop all the same: from a thread, since nobody may answer.
        """
        self._cursors.is_lost = True
        if self._socket is not None:
            cut(*self._socket)
        else:
            self._cursors.cancel()

    def is_clean(self) -> bool:
        """Whether it is alive as far as is known, and in no transaction."""
        return not (self._in_transaction or self._cursors.is_lost)

    def is_stale(self, error: Exception) -> bool:
        """Whether the connection was lost, or a table has changed so that its prepared statements are of no use."""
        return self._cursors.is_lost or (sqlstate(error) == "0A000" and "cached plan" in text_of(error))

    def keep(self, texts: frozenset[str]) -> None:
        """Close what is prepared of other texts."""
        self._cursors.keep(frozenset(with_question_marks(sql)[0] for sql in texts))

    def close(self) -> None:
        """Close it."""
        self._cursors.close()
        close_quietly(self._connection)


def _is_lost(error: BaseException) -> bool:
    return (sqlstate(error) or "").startswith(_LOST)
