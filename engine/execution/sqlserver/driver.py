"""Sessions on SQL Server, by pyodbc with Microsoft's driver or FreeTDS.

Only what screen.py takes for one query is sent. It runs in autocommit where the login was not found to have any right
to write, else in a transaction that is rolled back. Until the first connection has told, it is taken to have one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from engine.errors import ConfigurationError, DefinitionUnavailableError, EngineError, LedgerUnavailableError
from engine.execution.driver import run_each
from engine.execution.faults import Verdict, fault, log_text
from engine.execution.interface import SNAPSHOT_ENDED, SNAPSHOT_LOST, LedgerStatus, Rows
from engine.execution.odbc import Cursors, InputSize, check_driver, close_quietly, load_pyodbc, not_loaded, text_of
from engine.execution.sqlserver import catalogue
from engine.execution.sqlserver.batches import SEPARATOR, Pace
from engine.execution.sqlserver.errors import code_of, is_lost, verdict_of
from engine.execution.sqlserver.schema import reflect_sqlserver
from engine.execution.sqlserver.screen import NO_QUERY, is_query
from engine.execution.sqlserver.values import Declarer, add_converters, shortened, singles
from engine.model import Dialect, Statement

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.sql.schema import LedgerSchema

_GRACE: Final = 1  # seconds after which the driver stops a query that the watchdog did not
_CONNECTION_TIMEOUT: Final = 113  # SQL_ATTR_CONNECTION_TIMEOUT: of each answer, of a server that has gone silent
_PYTHON_ERRORS: Final = (ValueError, TypeError, ArithmeticError)  # a value that the driver cannot pass on
_KEYWORD: Final = re.compile(r"(?:^|;)([^=;{]++)=\s*+(\{(?:[^}]|\}\})*\}|[^;]*)")
_PACKAGES: Final = "tdsodbc (Debian), or Microsoft's driver msodbcsql18"
_MARS: Final = frozenset({"mars_connection", "mars connection"})
_OURS: Final = {"ApplicationIntent": "ReadOnly", "MARS_Connection": "no", "APP": "aptic-webhooks"}
# FreeTDS speaks an older protocol, without dates and times of their own, unless it is told otherwise.
_FREETDS: Final = {"TDS_Version": "7.4", "ClientCharset": "UTF-8"}


def connection_string(url: URL) -> str:
    """The ODBC connection string as SQLAlchemy's dialect makes it, with what the engine's sessions need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing driver, which is an error below
        arguments, _ = url.get_dialect()().create_connect_args(url)
    text = str(arguments[0])
    given = {name.strip().lower(): value.strip("{}") for name, value in _KEYWORD.findall(text)}
    if "driver" not in given and "dsn" not in given:
        raise ConfigurationError(
            "the ledger's URL names no ODBC driver: write ?driver=FreeTDS, or the path of Microsoft's driver"
        )
    if any(given.get(name, "no").lower() not in ("no", "0", "false") for name in _MARS):
        raise ConfigurationError("several active result sets (MARS) are of no use to the engine: leave them off")
    ours = _OURS | (_FREETDS if "tds" in given.get("driver", "").lower() else {})
    added = [f"{name}={value}" for name, value in ours.items() if name.lower() not in given]
    return ";".join([text.rstrip(";"), *added])


class SQLServerDriver:
    """The Driver of a SQL Server database."""

    dialect = Dialect.SQL_SERVER

    def __init__(self, url: URL, *, timeout: float) -> None:
        self._connection_string = connection_string(url)
        self._pyodbc = load_pyodbc()
        driver = url.query.get("driver")
        if isinstance(driver, str):
            check_driver(driver, _PACKAGES)
        self.error: type[Exception] = self._pyodbc.Error
        host = url.host or "the server of its ODBC string"
        self.place = f"the SQL Server database {url.database or ''} at {host}" + (f":{url.port}" if url.port else "")
        self.declarer = Declarer(self._pyodbc.BinaryNull, is_freetds=False)  # until a connection tells
        self.time_limit = timeout
        self._settings = catalogue.settings(timeout)
        self._login_timeout = max(2, ceil(timeout))
        self._query_timeout = ceil(timeout) + _GRACE
        self.may_write = True  # until the first connection has told
        self.has_snapshot = False

    def connect(self) -> SQLServerConnection:
        """A new connection, set up in one round trip."""
        attributes = {_CONNECTION_TIMEOUT: self._query_timeout + _GRACE}
        connection = self._pyodbc.connect(
            self._connection_string, autocommit=True, timeout=self._login_timeout, attrs_before=attributes
        )
        try:
            name = str(connection.getinfo(self._pyodbc.SQL_DRIVER_NAME))  # also where a DSN hides it
            self.declarer = Declarer(self._pyodbc.BinaryNull, is_freetds="tds" in name.lower())
            connection.timeout = self._query_timeout
            connection.setdecoding(self._pyodbc.SQL_CHAR, encoding="utf-16-le", ctype=self._pyodbc.SQL_WCHAR)
            add_converters(connection)
            opened = SQLServerConnection(connection, self)
            opened.command(self._settings)
        except BaseException:
            close_quietly(connection)
            raise
        return opened

    def unreachable(self, error: Exception) -> EngineError | None:
        """Retryable in every case, a wrong password too: somebody may mend it while the event waits."""
        if not isinstance(error, self.error):
            return None
        code = code_of(error)
        log_text(Verdict.UNAVAILABLE, code, text_of(error), ())
        return not_loaded(error, _PACKAGES) or LedgerUnavailableError(
            f"{self.place} cannot be reached, or refuses the login ({code}); its own words are in the debug log",
            code=code,
        )

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """By SQL Server's number, or the driver's SQLSTATE."""
        if isinstance(error, self.error):
            verdict, code = verdict_of(error), code_of(error)
            log_text(verdict, code, text_of(error), values)
            return fault(verdict, code)
        return fault(Verdict.DATA, type(error).__name__) if isinstance(error, _PYTHON_ERRORS) else None

    def close(self) -> None:
        """Nothing is shared by the connections."""


class SQLServerConnection:
    """A connection, with a cursor for each text."""

    def __init__(self, connection: Any, driver: SQLServerDriver) -> None:
        self._connection = connection
        self._driver = driver
        self._cursors = Cursors(connection, is_lost)
        self._in_transaction = self._in_snapshot = False
        self._was_ended = False  # a snapshot, by the error of a batch
        self._proven: set[str] = set()  # texts that gave one result set each: only these go into batches
        self._has_ended = False  # as any error ends a transaction: what follows would read another state

    def command(self, sql: str) -> None:
        """Run a batch of the engine's own that gives no rows."""
        self._cursors.command(sql)

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Run one query, prepared; in a transaction of its own where the login could write."""
        self._check(statement)
        if (self._in_snapshot and not self._was_ended) or not self._driver.may_write:
            try:
                return self._run(statement, values)
            except (self._driver.error, EngineError, *_PYTHON_ERRORS):
                self._has_ended = self._in_transaction
                raise
        self._start(catalogue.BEGIN)
        try:
            return self._run(statement, values)
        finally:
            self._end(catalogue.ROLLBACK)

    def _run(self, statement: Statement, values: Sequence[object]) -> Rows:
        bound, sizes = self._driver.declarer.declared(statement.parameter_types, values)
        results = self._cursors.fetch(statement.sql, bound, sizes, statement.row_limit)
        if len(results) != 1:
            raise DefinitionUnavailableError(f"the ledger gave {len(results)} result sets for one query")
        self._proven.add(statement.sql)
        return self._shortened(statement, statement.sql, results[0])

    def _shortened(self, statement: Statement, sql: str, rows: Rows) -> Rows:
        """The rows with each real of a column whose type no schema tells as the float with the same digits."""
        if not rows or all(column.type is not None for column in statement.columns):
            return rows
        reals = singles(self._cursors.description(sql))
        return [shortened(row, reals) for row in rows] if reals else rows

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterator[Rows | Exception | None]:
        """Several of the same statement in one batch of SQL, with a result set each.

        The server ends a batch at its first error: the item that it was at runs again, alone, and tells whether the
        error is its own. In a snapshot, whose transaction ends with the batch, the others cannot go on.
        """
        self._check(statement)
        pace = Pace(statement, len(batch[0]) if batch else 0, self._driver.time_limit)
        position = 0
        while position < len(batch):
            chunk = batch[position : position + (pace.size if statement.sql in self._proven else 1)]
            started, first = monotonic(), position
            self._was_ended = False
            for rows in self._together(statement, chunk) if len(chunk) > 1 else ():
                yield rows
                position += 1
            if position == first + len(chunk):
                pace.took(monotonic() - started)
                continue
            if len(chunk) > 1:
                pace.slow_down()
            lost_state = self._was_ended and self._in_transaction
            yield None  # the item that runs again has its own time
            (found,) = run_each(self, statement, batch[position : position + 1])
            if isinstance(found, Exception) or not self._was_ended:
                yield found
                position += 1
            self._has_ended = self._has_ended or lost_state
            if position < len(batch):
                self._check(statement)

    def _check(self, statement: Statement) -> None:
        if not is_query(statement.sql):
            raise DefinitionUnavailableError(NO_QUERY)
        if self._has_ended:
            raise LedgerUnavailableError(SNAPSHOT_LOST, code=SNAPSHOT_ENDED)

    def _together(self, statement: Statement, chunk: Sequence[Sequence[object]]) -> Iterator[Rows]:
        """The rows of each item as they come, until one has none; raises where the connection is lost."""
        bound: list[object] = []
        sizes: list[InputSize] = []
        count = 0
        with suppress(*_PYTHON_ERRORS):  # the item that cannot be bound is told so when it runs alone
            for values in chunk:
                own, declared = self._driver.declarer.declared(statement.parameter_types, values)
                bound += own
                sizes += declared
                count += 1
        text = SEPARATOR.join([statement.sql] * count)
        owns_transaction = self._driver.may_write and not self._in_snapshot
        try:
            if owns_transaction:
                self._start(catalogue.BEGIN)
            with closing(self._cursors.stream(text, bound, tuple(sizes), statement.row_limit)) as found:
                for rows, _ in zip(found if count else (), range(count), strict=False):
                    yield self._shortened(statement, text, rows)
        except (self._driver.error, EngineError, *_PYTHON_ERRORS):  # a value that is not taken, too
            self._was_ended = self._in_snapshot
            if self._cursors.is_lost:
                raise
        finally:
            if owns_transaction:
                self._end(catalogue.ROLLBACK)

    def inspect(self) -> LedgerStatus:
        """The rights that the session has beyond reading, and what the database lets readers do."""
        facts = self._ask(catalogue.FACTS)
        status = catalogue.status(facts, self._ask(catalogue.RIGHTS))
        self._driver.has_snapshot = catalogue.has_snapshot(facts)
        self._driver.may_write = bool(status.write_rights)
        return status

    def _ask(self, sql: str) -> Rows:
        return self._cursors.fetch(sql, (), ())[0]

    def reflect(self) -> LedgerSchema:
        """The schema of the database."""
        return reflect_sqlserver(self._ask)

    def begin(self) -> None:
        """Start a transaction on one state of the database, where the database allows that."""
        self._in_snapshot = True
        if self._driver.has_snapshot:
            self._start(catalogue.BEGIN_SNAPSHOT)
        elif self._driver.may_write:
            self._start(catalogue.BEGIN)

    def rollback(self) -> None:
        """End it."""
        if self._in_transaction:
            self.command(catalogue.ROLLBACK_SNAPSHOT)
        self._in_transaction = self._in_snapshot = self._has_ended = False

    def _start(self, begin: str) -> None:
        self._in_transaction = True
        self.command(begin)

    def _end(self, rollback: str) -> None:
        with suppress(self._driver.error):  # then the connection is not clean, and is not used again
            self.command(rollback)
            self._in_transaction = self._in_snapshot  # whose isolation level is to be taken back still

    def interrupt(self) -> None:
        """Have the server stop the query under way."""
        self._cursors.cancel()

    def is_clean(self) -> bool:
        """Whether it is alive as far as is known, and in no transaction."""
        return not (self._in_transaction or self._in_snapshot or self._cursors.is_lost)

    def is_stale(self, error: Exception) -> bool:  # noqa: ARG002  the connection knows already
        """Whether the connection was lost."""
        return self._cursors.is_lost

    def keep(self, texts: frozenset[str]) -> None:
        """Close what is prepared of other texts."""
        self._proven &= texts
        self._cursors.keep(texts)

    def close(self) -> None:
        """Close it."""
        self._cursors.close()
        close_quietly(self._connection)
