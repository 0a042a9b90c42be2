"""What the ledgers behind ODBC share: pyodbc itself, cursors that stay prepared, and what an error tells."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigurationError, DefinitionUnavailableError

if TYPE_CHECKING:
    from sqlalchemy import URL

_MAX_CURSORS = 512  # prepared statements of one connection; the oldest makes room

InputSize = tuple[int, int, int]
"""A parameter's SQL type, length and scale, as `setinputsizes` takes them."""


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
        "and the database's driver (Debian: apt-get install unixodbc, and tdsodbc or odbc-postgresql)"
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


def text_of(error: Exception) -> str:
    """The driver's own words, for the debug log only."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)


class _Prepared:
    """A cursor with its statement. pyodbc knows a prepared text by its identity, so the very string is kept."""

    __slots__ = ("cursor", "sizes", "text")

    def __init__(self, text: str, cursor: Any) -> None:
        self.text = text
        self.cursor = cursor
        self.sizes: tuple[InputSize, ...] = ()


class Cursors:
    """The cursors of one connection, one for each SQL text: each keeps its statement prepared.

    Only one of them ever has rows to give: `fetch` reads a result to its end (MARS is off). `cancel` may be called by
    another thread. `is_lost` is set by an error whose SQLSTATE begins with one of `lost`.
    """

    def __init__(self, connection: Any, lost: tuple[str, ...]) -> None:
        self._connection = connection
        self._lost = lost
        self.is_lost = False
        self._prepared: dict[str, _Prepared] = {}
        self._active: Any | None = None

    def fetch(self, sql: str, values: Sequence[object], sizes: tuple[InputSize, ...]) -> list[list[tuple[object, ...]]]:
        """The rows of every result set, at least one. Counts of rows before, between and behind them are skipped."""
        prepared = self._prepared[sql] = self._taken(sql)  # put last
        cursor = self._active = prepared.cursor
        try:
            if prepared.sizes != sizes:
                cursor.setinputsizes(sizes)
                prepared.sizes = sizes
            cursor.execute(prepared.text, values)
            found = _result_sets(cursor)
        except BaseException as error:
            self._note(error)
            self._drop(sql)
            raise
        finally:
            self._active = None
        if not found:
            raise DefinitionUnavailableError("the ledger gave no result set for a query")
        return found

    def command(self, sql: str) -> None:
        """Run a text that gives no rows."""
        cursor = self._active = self._connection.cursor()
        try:
            cursor.execute(sql)
            _result_sets(cursor)
        except BaseException as error:
            self._note(error)
            raise
        finally:
            self._active = None
            close_quietly(cursor)

    def _note(self, error: BaseException) -> None:
        state = sqlstate(error)
        self.is_lost = self.is_lost or (state is not None and state.startswith(self._lost))

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

    def retain(self, texts: Collection[str]) -> None:
        """Close what is prepared for any other text."""
        for sql in self._prepared.keys() - set(texts):
            self._drop(sql)

    def cancel(self) -> None:
        """Ask the server to stop what runs now, from a thread of its own: a server that is gone does not answer."""
        active = self._active
        if active is not None:
            threading.Thread(target=_cancel, args=(active,), name="ledger-cancel", daemon=True).start()

    def close(self) -> None:
        """Close them all."""
        for sql in list(self._prepared):
            self._drop(sql)


def close_quietly(closable: Any) -> None:
    """Close a cursor or connection, whatever state it is in."""
    import pyodbc  # noqa: PLC0415  loaded already

    with suppress(pyodbc.Error):
        closable.close()


def _cancel(cursor: Any) -> None:
    import pyodbc  # noqa: PLC0415  loaded already

    with suppress(pyodbc.Error):
        cursor.cancel()


def _result_sets(cursor: Any) -> list[list[tuple[object, ...]]]:
    found: list[list[tuple[object, ...]]] = []
    while True:
        if cursor.description is not None:
            found.append(list(map(tuple, cursor.fetchall())))
        if not cursor.nextset():
            return found
