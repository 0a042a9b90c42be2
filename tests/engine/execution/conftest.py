"""The ledgers that the execution tests run on: a DuckDB file, and a database of their own on the test server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
import pytest
from psqlodbc.driver import open_any
from sqlalchemy import make_url
from standin.client import start
from standin.drivers import DRIVERS, with_driver
from standin.real import scratch_database as scratch_sqlserver

from engine.execution import Ledger

ROWS = 100
READER = f"reader_{uuid4().hex[:12]}"
READERS_PASSWORD = uuid4().hex
SCHEMA = f"""
CREATE TABLE payment (id bigint PRIMARY KEY, amount numeric(18, 2), note text);
INSERT INTO payment SELECT i, i * 1.25, 'note ' || i FROM generate_series(1, {ROWS}) r(i);
"""
PAYMENTS = (
    "CREATE TABLE dbo.payment (id bigint NOT NULL PRIMARY KEY, amount decimal(18, 2) NULL, note nvarchar(100) NULL);",
    "INSERT INTO dbo.payment (id, amount, note) VALUES\n"
    + ",\n".join(f"({i}, {i * 1.25:.2f}, N'note {i}')" for i in range(1, ROWS + 1))
    + ";",
)

# What a session does not send by name, in functions of the ledger's own.
TROUBLE = """
CREATE FUNCTION lift() RETURNS text LANGUAGE sql
    AS $$ SELECT set_config('default_transaction_read_only', 'off', false) $$;
CREATE FUNCTION suicide(pid int) RETURNS bool LANGUAGE sql AS $$ SELECT pg_terminate_backend(pid) $$;
"""


@dataclass(frozen=True)
class PostgreSQL:
    """A database that exists for these tests only."""

    url: str
    admin: psycopg.Connection[tuple[object, ...]]

    @property
    def conninfo(self) -> str:
        return self.url.replace("+psycopg", "")


@contextmanager
def scratch_database(postgres_url: str) -> Iterator[PostgreSQL]:
    name = f"execution_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = postgres_url.rpartition("/")[0] + "/" + name
        try:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(SCHEMA)
                admin.execute(TROUBLE)
                yield PostgreSQL(url, admin)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def scratch(postgres_url: str) -> Callable[[], AbstractContextManager[PostgreSQL]]:
    """Makes a database of one module's own."""
    return lambda: scratch_database(postgres_url)


@pytest.fixture(scope="session")
def postgresql(postgres_url: str) -> Iterator[PostgreSQL]:
    with scratch_database(postgres_url) as database:
        yield database


@pytest.fixture(scope="session")
def restricted(postgres_url: str) -> Iterator[PostgreSQL]:
    """Another database: what the login script revokes from everybody is revoked in a whole database."""
    with scratch_database(postgres_url) as database:
        database.admin.execute("CREATE SCHEMA webhook_views; CREATE VIEW webhook_views.payment_view AS TABLE payment")
        yield database


@pytest.fixture(scope="session")
def reader_script() -> str:
    """The login script of the docs, for a role of these tests only: roles are the whole server's.

    psql would put the password in; the tests of the docs run the script by psql itself.
    """
    script = Path(__file__).parents[3] / "docs/how-to/postgresql-login.sql"
    text = script.read_text("utf-8").replace("ledger_reader", READER)
    assert text.count(":'password'") == 1
    return text.replace(":'password'", f"'{READERS_PASSWORD}'")


@pytest.fixture(scope="session")
def reader_url(restricted: PostgreSQL, reader_script: str) -> Iterator[str]:
    """A login that the script of the docs has made."""
    restricted.admin.execute(reader_script.encode())
    url = make_url(restricted.url).set(username=READER, password=READERS_PASSWORD)
    yield url.render_as_string(hide_password=False)
    restricted.admin.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}")


@pytest.fixture(scope="session")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
    return path


@pytest.fixture(scope="session")
def sqlserver_payments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the payments on SQL Server without a driver: on a stand-in, or on a real server if one is named."""
    if real := os.environ.get("APTIC_TEST_SQLSERVER_URL"):
        with scratch_sqlserver(real, *PAYMENTS) as url:
            yield url
        return
    folder = tmp_path_factory.mktemp("payments")
    paths = [folder / "schema.sql", folder / "data.sql"]
    for path, text in zip(paths, PAYMENTS, strict=True):
        path.write_text(text, encoding="utf-8")
    with start(*paths) as standin:
        yield standin.url(None)


@pytest.fixture(params=["duckdb", "postgresql", "psqlodbc", *DRIVERS])
def ledger_url(request: pytest.FixtureRequest) -> str:
    if request.param in DRIVERS:
        request.getfixturevalue("sqlserver_drivers")(request.param)
        return with_driver(request.getfixturevalue("sqlserver_payments"), request.param)
    if request.param == "duckdb":
        return f"duckdb:///{request.getfixturevalue('duckdb_file')}"
    if request.param == "psqlodbc":
        request.getfixturevalue("psqlodbc")
        return odbc_url(request.getfixturevalue("postgresql").url)
    return str(request.getfixturevalue("postgresql").url)


def odbc_url(url: str) -> str:
    """The same database through psqlODBC."""
    return url.replace("+psycopg", "+pyodbc", 1)


@pytest.fixture(scope="session")
def comma_locale(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a locale that writes 1,5."""
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("localedef cannot make de_DE.UTF-8; in CI it must")
        pytest.skip("localedef cannot make de_DE.UTF-8 (Debian: package locales)")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.UTF-8"}


@pytest.fixture
def opened() -> Iterator[Callable[..., Ledger]]:
    """`open_any`, with a short timeout, closed after the test."""
    ledgers: list[Ledger] = []

    def open_one(url: str, *, timeout: float = 2.0, **options: object) -> Ledger:
        ledgers.append(open_any(url, timeout=timeout, **options))  # type: ignore[arg-type]
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(ledger_url: str, opened: Callable[..., Ledger]) -> Ledger:
    return opened(ledger_url)
