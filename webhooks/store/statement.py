"""Statements of the hot path: compiled once for each kind of database, then run by the driver's own cursor.

A request runs several of them. SQLAlchemy's Connection spends more time on a statement than SQLite does.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from msgspec.json import Decoder
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

Values = Mapping[str, object]
Rows = list[tuple[Any, ...]]

_IN_ONE: Final = Decoder(Rows)


class Prepared:
    """A statement with named parameters (`:name` in a text). Values and rows are the driver's own, without conversion.

    Give `finds`, the number of columns, for a query that finds many rows, and in `blobs` the indexes of its columns of
    bytes. SQLite then returns all rows as one row of JSON. Otherwise its driver would release the interpreter's lock
    for each row, and wait for other threads to get it back.
    Errors are SQLAlchemy's, the same that its Connection raises.
    """

    def __init__(self, statement: ClauseElement | str, *, finds: int = 0, blobs: Container[int] = ()) -> None:
        self._statement = text(statement.strip()) if isinstance(statement, str) else statement
        self._finds = finds
        self._blobs = [index for index in range(finds) if index in blobs]
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, **values: object) -> Rows:
        """Runs it and returns its rows; an empty list for a statement that has none."""
        return self.ask(connection, **values)()

    def ask(self, connection: Connection, **values: object) -> Callable[[], Rows]:
        """Runs it, and gives what returns its rows. Where statements are `pipelined`, it waits for them only there."""
        compiled = self._for(connection)
        try:
            driver: Any = connection.connection.driver_connection
            cursor = driver.execute(compiled.sql, compiled.arrange(values))
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error) from error

        def fetch() -> Rows:
            """Its rows."""
            try:
                if compiled.is_in_one:
                    return self._apart(cursor.fetchall()[0][0])
                return cursor.fetchall() if compiled.gives_rows else []
            except connection.dialect.loaded_dbapi.Error as error:
                raise _translated(connection, error) from error

        return fetch

    def run_many(self, connection: Connection, values: Sequence[Values]) -> list[Rows]:
        """Runs it once for each of the values, and returns a list of rows for each, in the order of the values.

        On PostgreSQL it needs few round trips. It cannot be used with `finds`.
        """
        assert not self._finds  # noqa: S101
        if not values:
            return []
        compiled = self._for(connection)
        arranged = [compiled.arrange(each) for each in values]
        try:
            driver: Any = connection.connection.driver_connection
            cursor = driver.cursor()
            if compiled.gives_rows and connection.dialect.name == "sqlite":
                return [cursor.execute(compiled.sql, each).fetchall() for each in arranged]
            if compiled.gives_rows:
                cursor.executemany(compiled.sql, arranged, returning=True)
                return _results(cursor)
            cursor.executemany(compiled.sql, arranged)
            return [[] for _ in values]
        except connection.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, error) from error

    def _for(self, connection: Connection) -> _Compiled:
        found = self._compiled.get(connection.dialect.name)
        if found is None:
            compiler = self._statement.compile(dialect=connection.dialect)
            assert isinstance(compiler, SQLCompiler)  # noqa: S101  for the type checker: no statement here is DDL
            finds = self._finds if connection.dialect.name == "sqlite" else 0
            found = self._compiled[connection.dialect.name] = _Compiled(compiler, finds, self._blobs)
        return found

    def _apart(self, found: str) -> Rows:
        rows = _IN_ONE.decode(found)
        for index in self._blobs:
            rows = [(*row[:index], _from_hex(row[index]), *row[index + 1 :]) for row in rows]
        return rows


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """On PostgreSQL a statement that gives no rows is sent with the next one that does, or at the end.

    What the database has against it is raised there. Only Prepared statements can be run meanwhile.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise _translated(connection, error) from error


def has_ended(connection: Connection) -> bool:
    """Whether the server has closed a connection that was idle. It asks nothing of the server."""
    driver: Any = connection.connection.driver_connection
    return connection.dialect.name == "postgresql" and driver.has_ended()


class _Compiled:
    def __init__(self, compiler: SQLCompiler, finds: int, blobs: Container[int]) -> None:
        self.is_in_one = bool(finds)
        self.sql = _in_one(str(compiler), finds, blobs) if finds else str(compiler)
        self.gives_rows = self.sql.startswith(("SELECT", "WITH")) or " RETURNING " in self.sql
        self._names = compiler.positiontup
        self._constants = {name: value for name, value in compiler.params.items() if value is not None}

    def arrange(self, values: Values) -> Any:
        """The values as the driver takes them: in the order of its placeholders, or by name."""
        if self._constants:
            values = {**self._constants, **values}
        return values if self._names is None else [values[name] for name in self._names]


def _from_hex(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def _in_one(query: str, finds: int, blobs: Container[int]) -> str:
    names = [f"c{index}" for index in range(finds)]
    parts = (
        f"CASE WHEN {name} IS NOT NULL THEN hex({name}) END" if index in blobs else name
        for index, name in enumerate(names)
    )
    found = f"WITH found ({', '.join(names)}) AS ({query})"
    return f"{found} SELECT json_group_array(json_array({', '.join(parts)})) FROM found"  # noqa: S608  of the code's own


def _results(cursor: Any) -> list[Rows]:
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    return found


def _translated(connection: Connection, error: Exception) -> BaseException:
    """SQLAlchemy's error for the driver's. If the connection is lost, the pool does not use it again."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection, None)  # type: ignore[arg-type]  # the driver's class
    if is_lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
