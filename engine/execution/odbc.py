"""Shared by the ledgers that are reached by ODBC: pyodbc's setup, prepared cursors, and facts about errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigurationError, DefinitionUnavailableError, LedgerTimeoutError
from engine.execution.interface import Rows

if TYPE_CHECKING:
    from sqlalchemy import URL

_MAX_CURSORS = 512  # prepared statements of one connection; if there are more, the oldest is closed

InputSize = tuple[int, int, int]
"""A parameter's SQL type, length and scale, as `setinputsizes` takes them."""


@cache
def load_pyodbc() -> Any:
    """Imports pyodbc and sets it up for the whole process: no pooling by unixODBC, and decimals with a point.

    A process's first ODBC connection decides on pooling. If the program has connected before with pooling on, it stays
    on, and its pool may return a session whose settings were changed. Raises ConfigurationError if pyodbc or the driver
    manager is missing.
    """
    try:
        import pyodbc  # type: ignore[import-not-found]  # noqa: PLC0415  its wheel needs libodbc.so.2, which a ledger without ODBC does not
    except ImportError as error:
        missing = str(error).partition(":")[0]
    else:
        pyodbc.pooling = False
        pyodbc.native_uuid = True
        pyodbc.setDecimalSeparator(".")
        return pyodbc
    raise ConfigurationError(
        f"this ledger is reached through ODBC, whose driver manager is missing ({missing}): install unixodbc "
        "and the database's driver (Debian: apt-get install unixodbc tdsodbc)"
    )


def check_driver(name: str, package: str) -> None:
    """Raises ConfigurationError if no driver of that name is registered, or there is no file at that path."""
    if "/" in name or name.endswith(".so"):
        if Path(name).is_file():
            return
        raise ConfigurationError(f"there is no ODBC driver at {name}: name the .so file of the driver")
    known = load_pyodbc().drivers()
    if name not in known:
        raise ConfigurationError(
            f"the ODBC driver {name!r} is not installed (known here: {', '.join(known) or 'none'}): "
            f"install {package}, or name the driver's .so file in driver="
        )


def not_loaded(error: Exception, package: str) -> ConfigurationError | None:
    """The error for a driver that was not found or could not be loaded, as a library is missing. None for others."""
    text = text_of(error)
    if sqlstate(error) not in ("IM002", "IM003", "IM004") and "Can't open lib" not in text:
        return None
    return ConfigurationError(
        f"the ODBC driver cannot be loaded, or a library that it needs is missing: install {package}"
    )


def single_options(url: URL, allowed: Iterable[str]) -> dict[str, str]:
    """The options after the ? of a URL, by lower-case name. Each must be allowed, and given once only."""
    names = {name.lower() for name in allowed}
    found = {name.lower(): value for name, value in url.query.items()}
    if len(found) != len(url.query) or not all(isinstance(value, str) for value in found.values()):
        raise ConfigurationError("an option after ? in the ledger's URL is given twice")
    if not names.issuperset(
        found
    ):  # it does not name the option, which may be a piece of the password after a misplaced @ or ?
        raise ConfigurationError(
            f"an option after ? in the ledger's URL is not known; known are {', '.join(sorted(names))}"
        )
    return {name: str(value) for name, value in found.items()}


def braced(value: str) -> str:
    """A connection string's value in braces, where it may have any characters."""
    return f"{{{value.replace('}', '}}')}}}"


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of a pyodbc error, which is its first argument."""
    state = error.args[0] if len(error.args) > 1 else None
    return state if isinstance(state, str) and len(state) == 5 else None


def text_of(error: BaseException) -> str:
    """The driver's own words, for the debug log only."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)


class _Prepared:
    """A cursor with its statement. pyodbc compares a prepared text by identity, so the same str object is kept."""

    __slots__ = ("cursor", "description", "sizes", "text")

    def __init__(self, text: str, cursor: Any) -> None:
        self.text = text
        self.cursor = cursor
        self.sizes: tuple[InputSize, ...] = ()
        self.description: Any = None

    def execute(self, values: Sequence[object], sizes: tuple[InputSize, ...]) -> None:
        """Run the statement with `values`, whose types are declared by `sizes`."""
        if self.sizes != sizes:
            self.cursor.setinputsizes(sizes)
            self.sizes = sizes
        self.cursor.execute(self.text, values)


class _Call:
    """One use of a cursor, which another thread may cancel."""

    __slots__ = ("cursor", "is_cancelled")

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.is_cancelled = False


class _Running:
    """A `with` inside which `Cursors.cancel` finds the cursor. After it, no other thread uses the cursor."""

    __slots__ = ("_call", "_cursors")

    def __init__(self, cursors: Cursors, cursor: Any) -> None:
        self._cursors = cursors
        self._call = _Call(cursor)

    def __enter__(self) -> None:
        self._cursors.begin(self._call)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._cursors.end(self._call, error)


class Cursors:
    """The cursors of one connection, one for each SQL text: each keeps its statement prepared.

    Only one of them has a result at a time (MARS is off), so `fetch` reads it to its end. Another thread may call
    `cancel`. `is_lost` is set by an error for which `means_loss` is true. It is also set if a query was cancelled and
    yet succeeded, as the cancel might still hit the next query.
    """

    def __init__(self, connection: Any, means_loss: Callable[[BaseException], bool]) -> None:
        self._connection = connection
        self._means_loss = means_loss
        self.is_lost = False
        self._prepared: dict[str, _Prepared] = {}
        self._call = _Call(None)
        self._is_running = False
        self._cancelling = threading.Lock()

    def fetch(
        self, sql: str, values: Sequence[object], sizes: tuple[InputSize, ...], most: int | None = None
    ) -> list[Rows]:
        """Runs a text and returns the rows of every result set, at most `most` rows of each. There is at least one set.

        Row counts before, between and after the result sets are skipped.
        """
        prepared = self._prepared[sql] = self._taken(sql)  # put last
        try:
            with _Running(self, prepared.cursor):
                prepared.execute(values, sizes)
                found = list(_result_sets(prepared, most))
        except BaseException:
            self._drop(sql)
            raise
        if found:
            return found
        if self._call.is_cancelled:  # Microsoft's driver may raise no error, and only return no rows
            raise LedgerTimeoutError("the ledger did not answer in time")
        raise DefinitionUnavailableError("the ledger gave no result set for a query")

    def stream(
        self, sql: str, values: Sequence[object], sizes: tuple[InputSize, ...], most: int | None = None
    ) -> Generator[Rows, None, None]:
        """Yields the rows of each result set as soon as it is there. Nothing else may run before the last one."""
        prepared = self._prepared[sql] = self._taken(sql)  # put last
        try:
            with _Running(self, prepared.cursor):
                prepared.execute(values, sizes)
                yield from _result_sets(prepared, most)
        except BaseException:
            self._drop(sql)
            raise

    def begin(self, call: _Call) -> None:
        """The call begins: from now on `cancel` finds its cursor."""
        self._call = call
        self._is_running = True

    def end(self, call: _Call, error: BaseException | None) -> None:
        """The call is over. `error` is what ended it, if anything did."""
        if call.is_cancelled if error is None else self._means_loss(error):
            self.is_lost = True
        with self._cancelling:
            self._is_running = False

    def description(self, sql: str) -> Any:
        """The DBAPI description of the columns of a text that was run before. None after a row count."""
        return self._prepared[sql].description

    def command(self, sql: str) -> None:
        """Run a text that gives no rows."""
        cursor = self._connection.cursor()
        try:
            with _Running(self, cursor):
                cursor.execute(sql)
                while cursor.nextset():
                    pass
        finally:
            close_quietly(cursor)

    def _taken(self, sql: str) -> _Prepared:
        if sql in self._prepared:
            return self._prepared.pop(sql)
        while len(self._prepared) >= _MAX_CURSORS:
            self._drop(next(iter(self._prepared)))
        return _Prepared(sql, self._connection.cursor())

    def _drop(self, sql: str) -> None:
        prepared = self._prepared.pop(sql, None)
        if prepared is not None:
            close_quietly(prepared.cursor)

    def keep(self, texts: frozenset[str]) -> None:
        """Close the prepared statements of all texts but these."""
        for sql in self._prepared.keys() - texts:
            self._drop(sql)

    def cancel(self) -> None:
        """Ask the driver to stop the running call, and return at once, as the driver may wait for a silent server.

        Never raises. The cursor is not closed while the driver is at it.
        """
        call = self._call
        if self._is_running:
            call.is_cancelled = True
            threading.Thread(target=self._cancel, args=(call,), name="ledger-cancel", daemon=True).start()

    def _cancel(self, call: _Call) -> None:
        with self._cancelling, suppress(load_pyodbc().Error):
            if self._is_running and self._call is call:  # by now another call may be running
                call.cursor.cancel()

    def close(self) -> None:
        """Close all cursors."""
        for sql in list(self._prepared):
            self._drop(sql)


def close_quietly(closable: Any) -> None:
    """Close a cursor or connection, whatever state it is in."""
    with suppress(load_pyodbc().Error):
        closable.close()


def _result_sets(prepared: _Prepared, most: int | None) -> Iterator[Rows]:
    """The result sets, with at most `most` rows each. The driver skips further rows without making objects of them."""
    cursor = prepared.cursor
    while True:
        if cursor.description is not None:
            prepared.description = cursor.description
            yield list(map(tuple, cursor.fetchall() if most is None else cursor.fetchmany(most)))
        if not cursor.nextset():
            return
