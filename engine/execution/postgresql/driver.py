"""Sessions on PostgreSQL, by psycopg 3.

Queries run in autocommit, in one round trip each. They are prepared when a connection first runs them. All settings
that make the session read-only are in the connection's first message, so it is read-only from its first moment.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo, ExecStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper

from engine.errors import ConfigurationError, DefinitionUnavailableError, EngineError, LedgerUnavailableError
from engine.execution.faults import Verdict, by_sqlstate, fault, log_text
from engine.execution.interface import LedgerStatus, Rows
from engine.execution.postgresql.arrays import arrays, by_list
from engine.execution.postgresql.prepared import PreparedQueries, Request, is_stale
from engine.execution.postgresql.screen import NO_QUERY, is_query
from engine.execution.postgresql.settings import GRACE, session_options
from engine.execution.rights import PLANTED_QUERY, RIGHTS_QUERY, WRITING_FUNCTIONS, summarise, warn_of
from engine.model import Dialect, Statement
from engine.sql.reflect import reflect_postgresql

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.sql.schema import LedgerSchema

_log = logging.getLogger("engine.execution")
_READ_ONLY = b"default_transaction_read_only"
_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT item"
_NEXT_ITEM = b"ROLLBACK TO item"
_RIGHTS = Statement(RIGHTS_QUERY, (), ())
_PLANTED = Statement(PLANTED_QUERY, (), ())
_IDLE = TransactionStatus.IDLE.value  # an int, as libpq gives it
_TOO_SLOW = "57014"
_MIN_SET = 3  # lists; fewer than that are quicker in one pipeline
_PYTHON_ERRORS = (ValueError, TypeError, ArithmeticError)  # a value that the driver cannot pass on


def connection_keywords(url: URL, timeout: float) -> dict[str, Any]:
    """libpq's connection keywords for a URL, with the session's settings. Raises ConfigurationError."""
    _, keywords = url.get_dialect()().create_connect_args(url)
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    if not known.issuperset(keywords) or not all(isinstance(value, str | int) for value in keywords.values()):
        raise ConfigurationError(  # does not name the option: after a misplaced @ or ? it is a piece of the password
            "an option after ? in the ledger's URL is no connection keyword of libpq, or is given twice"
        )
    defaults: dict[str, Any] = {
        "fallback_application_name": "aptic-webhooks",
        "connect_timeout": ceil(timeout),
        "keepalives_idle": 30,  # firewalls drop idle connections silently
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    options = f"{keywords.get('options', '')} {session_options(timeout)}".strip()
    return {**defaults, **keywords, "client_encoding": "UTF8", "options": options}


class PostgreSQLDriver:
    """The Driver of a PostgreSQL database."""

    dialect = Dialect.POSTGRESQL

    def __init__(self, url: URL, *, timeout: float) -> None:
        keywords = connection_keywords(url, timeout)
        self._conninfo = make_conninfo(**keywords)
        where = f"{keywords.get('host', 'localhost')}:{keywords.get('port', 5432)}"
        self.place = f"the PostgreSQL database {keywords.get('dbname', '')} at {where}"
        self.time_limit = timeout + GRACE
        self._unfit: set[str] = set()  # statements for many lists that the server refused, or that timed out

    def connect(self) -> PostgreSQLConnection:
        """A new connection. Its first message has the settings."""
        connection = psycopg.connect(self._conninfo, autocommit=True, cursor_factory=psycopg.RawCursor)
        connection.adapters.register_dumper(int, Int8Dumper)  # so that numbers of every size use one prepared statement
        return PostgreSQLConnection(connection, self._unfit)

    def unreachable(self, error: Exception) -> EngineError | None:
        """Always a retryable error, even for a wrong password, which somebody may mend while the event waits."""
        if not isinstance(error, psycopg.Error):
            return None
        log_text(Verdict.UNAVAILABLE, error.sqlstate, str(error), ())
        code = f" ({error.sqlstate})" if error.sqlstate else ""
        return LedgerUnavailableError(
            f"{self.place} cannot be reached, or refuses the login{code}; its own words are in the debug log",
            code=error.sqlstate,
        )

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """Judged by SQLSTATE. psycopg's own errors have none."""
        if isinstance(error, psycopg.Error):
            verdict = _verdict(error)
            log_text(verdict, error.sqlstate, error.diag.message_primary or str(error), values)
            return fault(verdict, error.sqlstate)
        return fault(Verdict.DATA, type(error).__name__) if isinstance(error, _PYTHON_ERRORS) else None

    def close(self) -> None:
        """Does nothing, as the connections share nothing."""


def _verdict(error: psycopg.Error) -> Verdict:
    if error.sqlstate is not None:
        return by_sqlstate(error.sqlstate)
    if isinstance(error, psycopg.DataError):
        return Verdict.DATA  # a NUL in a string; a date beyond Python's
    return Verdict.REFUSED if isinstance(error, psycopg.ProgrammingError) else Verdict.UNAVAILABLE


class PostgreSQLConnection:
    """A connection, with its prepared queries."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], unfit: set[str]) -> None:
        self._connection = connection
        self._unfit = unfit
        self._libpq = connection.pgconn
        self._prepared = PreparedQueries(connection)

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Run one query, prepared. The server refuses a text of several."""
        if not is_query(statement.sql):
            raise DefinitionUnavailableError(NO_QUERY)
        rows = self._prepared.run(statement.sql, values)
        self._check_read_only()
        return rows

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterator[Rows | Exception | None]:
        """Run one statement for all lists, if there is one and it does not fail; else one for each list, in a pipeline.

        In a transaction, each starts from the same point of it.
        """
        if not all(map(is_query, filter(None, (statement.sql, statement.many)))):
            raise DefinitionUnavailableError(NO_QUERY)
        if statement.many is not None and len(batch) >= _MIN_SET and statement.many not in self._unfit:
            found = self._set(statement.many, batch)
            if found is not None:
                yield from found
                return
            yield None
        yield from self._pipelined(statement.sql, batch)

    def _set(self, sql: str, batch: Sequence[Sequence[object]]) -> list[Rows] | None:
        """The rows of each list, by one statement. None if it failed, which it does for all lists if for one."""
        try:
            rows = self._prepared.run_set(sql, [array.encode() for array in arrays(batch)])
        except (psycopg.Error, *_PYTHON_ERRORS) as error:
            if self.is_stale(error):
                raise
            if isinstance(error, psycopg.Error) and (error.sqlstate == _TOO_SLOW or _verdict(error) is Verdict.REFUSED):
                self._unfit.add(sql)  # it would fail again
                _log.warning("one statement for many events is not tried again before a reload: %s", error.sqlstate)
            self._end_failure()
            return None
        self._check_read_only()
        return by_list(rows, len(batch))

    def _pipelined(self, sql: str, batch: Sequence[Sequence[object]]) -> Iterator[Rows | Exception]:
        requests, failed = self._requests(sql, batch)
        in_transaction = self._libpq.transaction_status != _IDLE
        found = self._prepared.pipeline(sql, requests, _NEXT_ITEM if in_transaction else None)
        for position in range(len(batch)):
            result = failed[position] if position in failed else next(found)
            self._check_read_only()
            yield result

    def _requests(self, sql: str, batch: Sequence[Sequence[object]]) -> tuple[list[Request], dict[int, Exception]]:
        """The requests that can be sent; and for the other lists the error, by position."""
        requests: list[Request] = []
        failed: dict[int, Exception] = {}
        refused: psycopg.Error | None = None  # the error of a text that the server refused, which is every item's
        for position, values in enumerate(batch):
            try:
                if refused is not None:
                    raise refused
                requests.append(self._prepared.request(sql, values))
            except (psycopg.Error, *_PYTHON_ERRORS) as error:
                if self.is_stale(error):
                    raise
                failed[position] = error
                if isinstance(error, psycopg.Error) and error.sqlstate:
                    refused = error
                self._end_failure()
        return requests, failed

    def _end_failure(self) -> None:
        """Go back to the start of the transaction, if there is one and an error has ended it."""
        if self._libpq.transaction_status == TransactionStatus.INERROR:
            self._command(_NEXT_ITEM)

    def _check_read_only(self) -> None:
        if (
            self._libpq.parameter_status(_READ_ONLY) == b"off"
        ):  # the server reports every change of it, so nothing need be asked
            self.close()
            raise DefinitionUnavailableError("a query lifted the read-only setting of its session, which was ended")

    def keep(self, texts: frozenset[str]) -> None:
        """Close what is prepared of other texts."""
        self._unfit.clear()
        self._prepared.keep(texts)

    def inspect(self) -> LedgerStatus:
        """The rights that the session has beyond reading, and objects on its search_path that may mislead it."""
        rights = summarise(self.run(_RIGHTS, [list(WRITING_FUNCTIONS)]))
        return LedgerStatus(connected=True, write_rights=rights, warnings=warn_of(self.run(_PLANTED, [])))

    def reflect(self) -> LedgerSchema:
        """The schema of the database."""
        with self._connection.cursor() as cursor:
            return reflect_postgresql(cursor)

    def begin(self) -> None:
        """Start a transaction on one state of the database."""
        self._command(_BEGIN)

    def rollback(self) -> None:
        """End it."""
        self._command(b"ROLLBACK")

    def _command(self, command: bytes) -> None:
        """Run a command without psycopg's cursor, which forgets all its prepared statements at a ROLLBACK."""
        result = self._libpq.exec_(command)
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)

    def interrupt(self) -> None:
        """Cut the connection. The server has not kept its own timeout, so it would not answer a cancel either."""
        try:
            with socket.socket(fileno=os.dup(self._libpq.socket)) as duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg.Error):
            return  # it is closed already

    def is_clean(self) -> bool:
        """Whether it is alive and idle, outside any transaction."""
        return self._libpq.transaction_status == _IDLE

    def is_stale(self, error: Exception) -> bool:
        """Whether the connection was lost, or a table has changed and its prepared statements no longer work."""
        if not isinstance(error, psycopg.Error):
            return False
        return is_stale(error) or self._connection.closed or self._connection.broken

    def close(self) -> None:
        """Close it."""
        with suppress(psycopg.Error):
            self._connection.close()
