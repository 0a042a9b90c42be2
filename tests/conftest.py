"""The project's fixture ledger, as tests of several parts need it: embedded, and on the PostgreSQL server for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("any machine")

ROOT = Path(__file__).parents[1]
LEDGER_SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
LEDGER_DATA = ROOT / "fixtures" / "ledger" / "data.sql"


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The SQLAlchemy URL of a server where tests may make databases: skips without one, in CI fails."""
    import psycopg

    url = os.environ.get("APTIC_TEST_POSTGRES_URL")
    reason = "APTIC_TEST_POSTGRES_URL names no PostgreSQL server for tests"
    if url:
        try:
            psycopg.connect(_conninfo(url), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            reason = f"the server of APTIC_TEST_POSTGRES_URL cannot be reached: {type(error).__name__}"
        else:
            return url
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI it must be there")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def psqlodbc() -> None:
    """psqlODBC is installed, else the test is skipped; in CI it fails."""
    from engine import ConfigurationError
    from engine.execution import open_ledger

    try:
        open_ledger("postgresql+pyodbc://nobody@localhost/nothing", timeout=1).close()
    except ConfigurationError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error}; in CI it must be there")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def duckdb_ledger() -> str:
    """The SQLAlchemy URL of the fixture ledger, embedded; nobody writes to it."""
    from engine.testing import embedded_ledger

    return f"duckdb:///{embedded_ledger(LEDGER_SCHEMA, LEDGER_DATA, ROOT / '.cache')}"


@pytest.fixture(scope="session")
def postgres_ledger(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of the fixture ledger in a database of its own; nobody writes to it."""
    import psycopg
    from sqlalchemy import make_url

    from engine.sql.ddl import decode_script
    from engine.testing import build_postgresql

    name = f"fixtures_{uuid4().hex[:12]}"
    schema, data = decode_script(LEDGER_SCHEMA.read_bytes()), decode_script(LEDGER_DATA.read_bytes())
    with psycopg.connect(_conninfo(postgres_url), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        try:
            with psycopg.connect(_conninfo(url)) as connection, connection.cursor() as cursor:
                build_postgresql(schema, data, cursor)
            yield url
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def psqlodbc_ledger(psqlodbc: None, postgres_ledger: str) -> str:
    """The fixture ledger on PostgreSQL, through psqlODBC."""
    return postgres_ledger.replace("+psycopg", "+pyodbc", 1)


def _conninfo(url: str) -> str:
    return url.replace("+psycopg", "", 1)
