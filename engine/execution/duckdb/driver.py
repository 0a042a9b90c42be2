"""Sessions on a DuckDB file, the embedded ledger.

The file is opened once, read-only and with everything locked that DuckDB can lock. This is the root, and each
connection is a cursor of it. If the file is replaced later, only a new ledger sees the new file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from engine.errors import ConfigurationError, DefinitionUnavailableError, EngineError, LedgerUnavailableError
from engine.execution.driver import run_each
from engine.execution.duckdb.screen import refused_part
from engine.execution.faults import Verdict, by_duckdb_class, fault, log_text
from engine.execution.interface import LedgerStatus, Rows
from engine.model import Dialect, Statement
from engine.sql.reflect import reflect_duckdb

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.sql.schema import LedgerSchema

# All ledgers in a process must open a file with the same settings, so no setting depends on a parameter.
_SETTINGS: Mapping[str, str | bool | int] = {
    "enable_external_access": False,  # forbids files, COPY, ATTACH and LOAD
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,  # a table name never means a variable of the Python program
    "temp_directory": "",  # a large sort fails rather than write beside the file
    "memory_limit": "1GB",
    "error_on_division_by_zero": True,  # as on SQL Server, like the next setting; the translation relies on both
    "scalar_subquery_error_on_multiple_rows": True,
    "threads": 1,  # a short query is a quarter faster on one thread, and the callers have threads of their own
}
_LOCK = ("SET GLOBAL TimeZone = 'UTC'", "SET lock_configuration = true")
_READ_ONLY = (
    "attached in read-only mode"  # the text of the error for an attempt to write, which has no class of its own
)
_PYTHON_ERRORS = (ValueError, TypeError, ArithmeticError)  # a value that the driver cannot pass on


def database_path(url: URL) -> Path:
    """The file that a `duckdb:///…` URL names. Raises ConfigurationError if it names no file, or something else."""
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "a DuckDB ledger is a file, as in duckdb:///ledger.duckdb; in memory it would be empty and not read-only"
        )
    if url.host or url.username or url.password or url.port or url.query:
        raise ConfigurationError("a DuckDB ledger's URL has a path only, as in duckdb:///ledger.duckdb")
    return Path(str(url.database)).absolute()  # absolute, so that no prefix (md:, s3:) makes it a remote one


class DuckDBDriver:
    """The Driver of a DuckDB file."""

    dialect = Dialect.DUCKDB

    def __init__(self, path: Path, *, timeout: float) -> None:
        self._path = path
        self.place = f"the DuckDB file {path}"
        self.time_limit = timeout
        self._lock = threading.Lock()
        self._root: duckdb.DuckDBPyConnection | None = None
        self._parsed: dict[str, duckdb.Statement] = {}

    def connect(self) -> DuckDBConnection:
        """A cursor of the root. The first call opens the root."""
        with self._lock:
            if self._root is None:
                self._root = _open_root(self._path)
            return DuckDBConnection(self._root.cursor(), self._parsed)

    def unreachable(self, error: Exception) -> EngineError | None:
        """Always a retryable error: a missing or locked file may be there for the next attempt."""
        if not isinstance(error, duckdb.Error):
            return None
        code = type(error).__name__
        log_text(Verdict.UNAVAILABLE, code, str(error), ())
        if not self._path.exists():
            return LedgerUnavailableError(f"{self.place} does not exist", code=code)
        return LedgerUnavailableError(
            f"{self.place} cannot be opened ({code}): it is no DuckDB file, or it is open elsewhere for writing",
            code=code,
        )

    def fault(self, error: Exception, values: Sequence[object]) -> EngineError | None:
        """Judged by the exception's class, as DuckDB has no error codes."""
        code = type(error).__name__
        if isinstance(error, duckdb.Error):
            text = str(error).partition("\n")[0]  # the lines after the first quote the SQL
            verdict = Verdict.REFUSED if _READ_ONLY in text else by_duckdb_class(code)
            log_text(verdict, code, text, values)
            return fault(verdict, code)
        return fault(Verdict.DATA, code) if isinstance(error, _PYTHON_ERRORS) else None

    def close(self) -> None:
        """Close the root, if it was opened."""
        with self._lock:
            if self._root is not None:
                self._root.close()
                self._root = None


def _open_root(path: Path) -> duckdb.DuckDBPyConnection:
    root = duckdb.connect(str(path), read_only=True, config=dict(_SETTINGS))
    try:
        if root.execute("SELECT current_setting('lock_configuration')").fetchone() != (True,):
            for statement in _LOCK:  # unless another ledger of this process has locked it already
                root.execute(statement)
    except BaseException:
        root.close()
        raise
    return root


class DuckDBConnection:
    """A cursor for one thread at a time; no two threads ever share one (wrong rows were seen when they did)."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, parsed: dict[str, duckdb.Statement]) -> None:
        self._cursor = cursor
        self._parsed = parsed
        self._in_transaction = False

    def run(self, statement: Statement, values: Sequence[object]) -> Rows:
        """Run one query. Its text is parsed once for all connections."""
        parsed = self._parsed.get(statement.sql) or self._parse(statement.sql)
        try:
            self._cursor.execute(parsed, values)
            return self._cursor.fetchall()
        except RuntimeError as error:  # DuckDB raises this for a Ctrl-C
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from None
            raise

    def run_many(self, statement: Statement, batch: Sequence[Sequence[object]]) -> Iterator[Rows | Exception]:
        """Run them one after the other, as there is no network that would make this slow.

        An error ends DuckDB's transaction, so a new one begins. It reads the same state, since nobody can write to a
        file that is open.
        """
        for found in run_each(self, statement, batch):
            if self._in_transaction and isinstance(found, Exception):
                self.rollback()
                self.begin()
            yield found

    def _parse(self, sql: str) -> duckdb.Statement:
        statements = self._cursor.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise DefinitionUnavailableError("the ledger session runs one query at a time and nothing but queries")
        if refused := refused_part(self._cursor, sql):
            raise DefinitionUnavailableError(f"the ledger session does not run {refused}")
        return self._parsed.setdefault(sql, statements[0])

    def keep(self, texts: frozenset[str]) -> None:
        """Forget other texts that were parsed, for all connections."""
        for sql in list(self._parsed):  # a copy: another thread may add to it meanwhile
            if sql not in texts:
                self._parsed.pop(sql, None)

    def inspect(self) -> LedgerStatus:
        """Always the same facts, as DuckDB has no rights that could be asked for."""
        notice = "DuckDB has no rights: only that its file is opened read-only and locked keeps it unchanged."
        return LedgerStatus(connected=True, notices=(notice,))

    def reflect(self) -> LedgerSchema:
        """The file's schema."""
        return reflect_duckdb(self._cursor)

    def begin(self) -> None:
        """Start a transaction. Its `current_timestamp` stands still as well."""
        self._cursor.begin()
        self._in_transaction = True

    def rollback(self) -> None:
        """End it."""
        self._cursor.rollback()
        self._in_transaction = False

    def interrupt(self) -> None:
        """Stop the query under way."""
        self._cursor.interrupt()

    def is_clean(self) -> bool:
        """Whether no transaction is open."""
        return not self._in_transaction

    def is_stale(self, error: Exception) -> bool:  # noqa: ARG002  asked of every engine
        """Never: there is no server to lose."""
        return False

    def close(self) -> None:
        """Close the cursor."""
        self._cursor.close()
