"""The ledgers that the execution tests run on: a DuckDB file, and a database of their own on the test server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
import pytest

from engine.execution import Ledger, open_ledger

ROWS = 100
SCHEMA = f"""
CREATE TABLE payment (id bigint PRIMARY KEY, amount numeric(18, 2), note text);
INSERT INTO payment SELECT i, i * 1.25, 'note ' || i FROM generate_series(1, {ROWS}) r(i);
"""


@dataclass(frozen=True)
class PostgreSQL:
    """A database that exists for these tests only."""

    url: str
    admin: psycopg.Connection[tuple[object, ...]]

    @property
    def conninfo(self) -> str:
        return self.url.replace("+psycopg", "")


@pytest.fixture(scope="session")
def server_url() -> str:
    url = os.environ.get("APTIC_TEST_POSTGRES_URL")
    if url is None and os.environ.get("CI"):
        pytest.fail("APTIC_TEST_POSTGRES_URL must name a server in CI")
    return url or pytest.skip("APTIC_TEST_POSTGRES_URL names no PostgreSQL server")


@pytest.fixture(scope="session")
def postgresql(server_url: str) -> Iterator[PostgreSQL]:
    name = f"execution_{uuid4().hex[:12]}"
    with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = server_url.rpartition("/")[0] + "/" + name
        try:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(SCHEMA)
                yield PostgreSQL(url, admin)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
    return path


@pytest.fixture(params=["duckdb", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    if request.param == "duckdb":
        return f"duckdb:///{request.getfixturevalue('duckdb_file')}"
    return str(request.getfixturevalue("postgresql").url)


@pytest.fixture
def opened() -> Iterator[Callable[..., Ledger]]:
    """`open_ledger`, with a short timeout, closed after the test."""
    ledgers: list[Ledger] = []

    def open_one(url: str, *, timeout: float = 2.0, **options: object) -> Ledger:
        ledgers.append(open_ledger(url, timeout=timeout, **options))  # type: ignore[arg-type]
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(ledger_url: str, opened: Callable[..., Ledger]) -> Ledger:
    return opened(ledger_url)
