"""What the ledgers behind ODBC share: pyodbc itself, cursors that stay prepared, and what an error tells."""

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

_MAX_CURSORS = 512  # prepared statements of one connection; the oldest makes room

InputSize = tuple[int, int, int]
"""A parameter's SQL type, length and scale, as `setinputsizes` takes them."""


@cache
def load_pyodbc() -> Any:
    """The module, set up for the whole process: unixODBC's pooling is off, decimals have a point in every locale.

    Pooling is decided at a process's first ODBC connection: a program that connects before with it on keeps it on,
    and its pool might hand on a session whose settings were changed. Raises ConfigurationError where pyodbc or the
    driver manager is missing.
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
    """Raises ConfigurationError where no driver of that name is registered, or no file is at that path."""
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
    """What is missing, where the driver manager found no driver or could not load it: a library that it needs."""
    text = text_of(error)
    if sqlstate(error) not in ("IM002", "IM003", "IM004") and "Can't open lib" not in text:
        return None
    return ConfigurationError(
        f"the ODBC driver cannot be loaded, or a library that it needs is missing: install {package}"
    )


def single_options(url: URL, allowed: Iterable[str]) -> dict[str, str]:
    """The options behind the ? of a URL, each of them allowed and given once; by lower-case name."""
    names = {name.lower() for name in allowed}
    found = {name.lower(): value for name, value in url.query.items()}
    if len(found) != len(url.query) or not all(isinstance(value, str) for value in found.values()):
        raise ConfigurationError("an option after ? in the ledger's URL is given twice")
    if not names.issuperset(found):  # the option is not named: a misplaced @ or ? makes it a piece of the password
        raise ConfigurationError(
            f"an option after ? in the ledger's URL is not known; known are {', '.join(sorted(names))}"
        )
    return {name: str(value) for name, value in found.items()}


def braced(value: str) -> str:
    """A value of a connection string in braces, so that it may hold any character."""
    return f"{{{value.replace('}', '}}')}}}"


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE of a pyodbc error, which is its first argument."""
    state = error.args[0] if len(error.args) > 1 else None
    return state if isinstance(state, str) and len(state) == 5 else None


def text_of(error: BaseException) -> str:
    """The driver's own words, for the debug log only."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)


class _Prepared:
    """A cursor with its statement. pyodbc knows a prepared text by its identity, so the very string is kept."""

    __slots__ = ("cursor", "description", "sizes", "text")

    def __init__(self, text: str, cursor: Any) -> None:
        self.text = text
        self.cursor = cursor
        self.sizes: tuple[InputSize, ...] = ()
        self.description: Any = None

    def execute(self, values: Sequence[object], sizes: tuple[InputSize, ...]) -> None:
        """Run the statement with `values`, declared as `sizes` say."""
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
    """A `with` in which `Cursors.cancel` finds the cursor; behind it, no other thread uses it any more."""

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

    Only one of them ever has rows to give: `fetch` reads a result to its end (MARS is off). `cancel` may be called by
    another thread. `is_lost` is set by an error for which `means_loss`, and by a query that was
    cancelled and yet ended well: the cancel might hit the next one.
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
        """The rows of every result set, at least one set and at most `most` rows of each.

        Counts of rows before, between and behind them are skipped.
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
        if self._call.is_cancelled:  # Microsoft's driver may tell it by the absence of rows alone
            raise LedgerTimeoutError("the ledger did not answer in time")
        raise DefinitionUnavailableError("the ledger gave no result set for a query")

    def stream(
        self, sql: str, values: Sequence[object], sizes: tuple[InputSize, ...], most: int | None = None
    ) -> Generator[Rows, None, None]:
        """The rows of each result set as soon as it is there; nothing else may run before the last of them."""
        prepared = self._prepared[sql] = self._taken(sql)  # put last
        try:
            with _Running(self, prepared.cursor):
                prepared.execute(values, sizes)
                yield from _result_sets(prepared, most)
        except BaseException:
            self._drop(sql)
            raise

    def begin(self, call: _Call) -> None:
        """From now on `cancel` finds the call's cursor."""
        self._call = call
        self._is_running = True

    def end(self, call: _Call, error: BaseException | None) -> None:
        """The call is over, by `error` where there is one."""
        if call.is_cancelled if error is None else self._means_loss(error):
            self.is_lost = True
        with self._cancelling:
            self._is_running = False

    def description(self, sql: str) -> Any:
        """What the driver tells of the columns of a text that was run before, None behind a count of rows."""
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
        """Close what is prepared of other texts."""
        for sql in self._prepared.keys() - texts:
            self._drop(sql)

    def cancel(self) -> None:
        """Ask for what runs now to be stopped, and return at once: a driver may wait for a server that is silent.

        Never raises. A cursor is not closed while that is under way.
        """
        call = self._call
        if self._is_running:
            call.is_cancelled = True
            threading.Thread(target=self._cancel, args=(call,), name="ledger-cancel", daemon=True).start()

    def _cancel(self, call: _Call) -> None:
        with self._cancelling, suppress(load_pyodbc().Error):
            if self._is_running and self._call is call:  # and not the next one, by then
                call.cursor.cancel()

    def close(self) -> None:
        """Close them all."""
        for sql in list(self._prepared):
            self._drop(sql)


def close_quietly(closable: Any) -> None:
    """Close a cursor or connection, whatever state it is in."""
    with suppress(load_pyodbc().Error):
        closable.close()


def _result_sets(prepared: _Prepared, most: int | None) -> Iterator[Rows]:
    """What is beyond `most` rows never becomes an object: the driver passes over it."""
    cursor = prepared.cursor
    while True:
        if cursor.description is not None:
            prepared.description = cursor.description
            yield list(map(tuple, cursor.fetchall() if most is None else cursor.fetchmany(most)))
        if not cursor.nextset():
            return
