"""Prepared queries on one PostgreSQL connection, by libpq directly.

psycopg's cursor takes as long as a query over loopback, cannot close a single prepared statement, and runs a pipeline
as one transaction. psycopg still converts the values in both directions.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus

from engine.execution.interface import Rows

if TYPE_CHECKING:
    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

_AUTO = [PyFormat.AUTO] * 2_100
_IN_FLIGHT = 128  # queries: enough for slow networks, and few enough results to keep in memory
_TUPLES, _COMMAND, _SYNC = ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.PIPELINE_SYNC
_ENDING = {"FATAL", "PANIC"}
_ABORTED = ExecStatus.PIPELINE_ABORTED
_READ_BY_KEY = b"SET random_page_cost = 1.1"
_READ_AS_BEFORE = b"RESET random_page_cost"
_MAX_NAMES = 4_096  # prepared statements; a text has several, for different sets of null arguments
_CANCEL_SECONDS = 1.0

Request = tuple[bytes, Sequence["Buffer | None"], Sequence[int] | None]
"""A prepared statement's name, its parameters and their formats."""


class PreparedQueries:
    """The prepared queries of a connection. Like the connection, for one thread at a time."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._transformer = Transformer(connection)
        self._names: dict[tuple[str, tuple[int, ...] | None], bytes] = {}
        self._outdated: list[bytes] = []
        self._count = 0
        self._readable, self._either = select.poll(), select.poll()
        self._readable.register(self._libpq.socket, select.POLLIN)
        self._either.register(self._libpq.socket, select.POLLIN | select.POLLOUT)

    def run(self, sql: str, values: Sequence[object]) -> Rows:
        """Every row of one query, in one round trip. There is one more if it is not yet prepared."""
        if len(self._names) > _MAX_NAMES:
            self.keep(frozenset())
        self._libpq.send_query_prepared(*self.request(sql, values))
        return self._rows(self._only_result(), sql)

    def run_set(self, sql: str, parameters: Sequence[bytes]) -> Rows:
        """Every row of one statement for many lists, in one round trip. There is one more if it is not yet prepared.

        `parameters` are in PostgreSQL's text form, with types given by the query. PostgreSQL plans the inner statement,
        for one list, as if it ran once and had to read every page from disk, but what one list has read is in memory
        for the next. So while this is planned and run, a setting says that an index costs hardly more than reading the
        whole table. All of it is one transaction, so an error takes the setting back as well.
        """
        name, libpq = self._names.get((sql, None)) or self._prepare(sql, None), self._libpq
        libpq.enter_pipeline_mode()
        libpq.send_query_params(_READ_BY_KEY, None)
        libpq.send_query_prepared(name, parameters)
        libpq.send_query_params(_READ_AS_BEFORE, None)
        libpq.pipeline_sync()
        begun = self._result()
        if begun is None or begun.status != _COMMAND:
            raise self._failure(begun, sql)
        self._expect(None)
        found = self._outcome(sql)
        self._expect(_COMMAND, _ABORTED)
        self._expect(None)
        self._expect(_SYNC)
        libpq.exit_pipeline_mode()
        if isinstance(found, Exception):
            raise found
        return found

    def request(self, sql: str, values: Sequence[object]) -> Request:
        """The prepared query with its values. Raises if a value cannot be converted, or the server refuses the text."""
        transformer = self._transformer
        parameters = transformer.dump_sequence(values, _AUTO)
        name = self._names.get((sql, transformer.types)) or self._prepare(sql, transformer.types)
        return name, parameters, transformer.formats

    def pipeline(self, sql: str, requests: Sequence[Request], after_each: bytes | None) -> Iterator[Rows | Exception]:
        """The rows or the error of each request, many in one round trip. An error does not affect the other requests.

        `after_each` is a command to run after each request, even a failed one. Raises if the connection is lost.
        """
        libpq = self._libpq
        libpq.enter_pipeline_mode()
        waiting, in_flight = deque(requests), 0
        while waiting or in_flight:
            while waiting and in_flight < _IN_FLIGHT:
                libpq.send_query_prepared(*waiting.popleft())
                libpq.pipeline_sync()
                if after_each is not None:
                    libpq.send_query_params(after_each, None)
                    libpq.pipeline_sync()
                in_flight += 1
            found = self._outcome(sql)
            self._expect(_SYNC)
            if after_each is not None:
                self._expect(_COMMAND)
                self._expect(None)
                self._expect(_SYNC)
            in_flight -= 1
            if not in_flight and not waiting:
                libpq.exit_pipeline_mode()
            yield found

    def _outcome(self, sql: str) -> Rows | Exception:
        """The result of the next query in the pipeline."""
        found: Rows | Exception
        result = self._result()
        try:
            found = self._rows(result, sql)
        except (psycopg.Error, ValueError, ArithmeticError) as error:
            if isinstance(error, psycopg.Error) and is_stale(error):
                raise
            found = error
        self._expect(None)
        return found

    def _expect(self, *statuses: ExecStatus | None) -> None:
        result = self._result()
        if (None if result is None else result.status) not in statuses:
            raise psycopg.OperationalError("the pipeline is out of step")

    def keep(self, texts: frozenset[str]) -> None:
        """Close the prepared statements of all texts but these, in one round trip, or none if there are none."""
        unused = [key for key in self._names if key[0] not in texts]
        closing = [self._names.pop(key) for key in unused] + self._outdated
        self._outdated = []
        if closing:
            self._libpq.exec_(b"; ".join(b"DEALLOCATE " + name for name in closing))

    def _prepare(self, sql: str, types: tuple[int, ...] | None) -> bytes:
        self._count += 1
        name = b"aptic_%d" % self._count
        self._libpq.send_prepare(name, sql.encode(), types)
        result = self._only_result()
        if result.status != _COMMAND:
            raise psycopg.errors.error_from_result(result)
        self._names[sql, types] = name
        return name

    def _only_result(self) -> PGresult:
        result = self._result()
        if result is None:
            raise psycopg.OperationalError("the server gave no result")
        while self._result() is not None:
            pass
        return result

    def _result(self) -> PGresult | None:
        """Waits for the next result, until it is complete. Meanwhile it sends what was written."""
        libpq = self._libpq
        try:
            while libpq.flush() or libpq.is_busy():
                (self._either if libpq.flush() else self._readable).poll()
                libpq.consume_input()
        except KeyboardInterrupt:
            with suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=_CANCEL_SECONDS)
            raise
        return libpq.get_result()

    def _rows(self, result: PGresult | None, sql: str) -> Rows:
        if result is None or result.status != _TUPLES:
            raise self._failure(result, sql)
        transformer = self._transformer
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def _failure(self, result: PGresult | None, sql: str) -> psycopg.Error:
        if result is None or result.status != ExecStatus.FATAL_ERROR:
            return psycopg.ProgrammingError("the statement gave no rows")
        error = psycopg.errors.error_from_result(result)
        if _is_outdated(error):
            for key in [key for key in self._names if key[0] == sql]:
                self._outdated.append(self._names.pop(key))
        return error


def is_stale(error: psycopg.Error) -> bool:
    """Whether a new connection may do better: this one is ending, or a prepared statement no longer works."""
    return error.diag.severity_nonlocalized in _ENDING or _is_outdated(error)


def _is_outdated(error: psycopg.Error) -> bool:
    """Whether the prepared statement is gone, or a table that it uses has changed."""
    return error.sqlstate == "26000" or error.diag.source_function == "RevalidateCachedQuery"
