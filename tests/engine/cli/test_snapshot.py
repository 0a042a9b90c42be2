"""`aptic-definitions snapshot` on real ledgers, as a process of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest
from sqlalchemy import make_url
from standin.client import start
from standin.drivers import DRIVERS, with_driver

from engine.script import read_schema_file

CANARY = "canary-4c0f"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE dat_refund (refundid INTEGER NOT NULL, amount DECIMAL(10,2), payee VARCHAR)")
    return path


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[str]:
    """A database of this test's own."""
    name = f"snapshot_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_file_is_written_checked_and_found_stale(command: Callable[..., Any], ledger: Path, tmp_path: Path) -> None:
    url, file = f"duckdb:///{ledger}", tmp_path / "schema.sql"
    written = command("snapshot", "--ledger", url, "--output", file)
    assert (written.code, written.err) == (0, "")
    printed = command("snapshot", "--ledger", url)
    assert printed.out.encode() == file.read_bytes()
    assert command("snapshot", "--ledger", url, "--check", file).code == 0
    with duckdb.connect(str(ledger)) as connection:
        connection.execute("ALTER TABLE dat_refund ALTER amount TYPE DECIMAL(12,2)")
        connection.execute("CREATE TABLE dat_new (id INTEGER)")
    stale = command("snapshot", "--ledger", url, "--check", file)
    assert stale.code == 1
    assert "-    [amount] decimal(10,2) NULL,\n+    [amount] decimal(12,2) NULL,\n" in stale.out
    assert "+CREATE TABLE [main].[dat_new] (" in stale.out
    assert "is stale" in stale.err
    assert file.read_bytes() == printed.out.encode()


def test_a_file_that_is_laid_out_otherwise_is_current(
    command: Callable[..., Any], ledger: Path, tmp_path: Path
) -> None:
    url, file = f"duckdb:///{ledger}", tmp_path / "schema.sql"
    assert command("snapshot", "--ledger", url, "--output", file).code == 0
    file.write_text("-- by hand\n" + file.read_text().replace("\n    ", " "))
    assert command("snapshot", "--ledger", url, "--check", file).code == 0


def test_definitions_are_checked_by_the_file_as_by_the_ledger(
    command: Callable[..., Any], project: Path, postgresql: str
) -> None:
    with psycopg.connect(postgresql.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE dat_refund (refundid int PRIMARY KEY, amount numeric, payee varchar(40))")
    assert command("snapshot", "--ledger", postgresql, "--output", "s.sql", cwd=project).code == 0
    words = ("validate", "definitions", "--events", "events", "--dialect", "postgresql", "--format", "json")
    by_file = command(*words, "--ledger-schema", "s.sql", cwd=project)
    assert (by_file.code, by_file.out) == (0, "[]\n")
    by_ledger = command(*words, "--ledger", postgresql, cwd=project)
    assert (by_ledger.code, by_ledger.out) == (0, "[]\n")


@pytest.mark.parametrize("output", [False, True])
def test_no_password_is_shown(command: Callable[..., Any], postgres_url: str, tmp_path: Path, output: bool) -> None:
    url = make_url(postgres_url).set(password=CANARY, username="nobody", port=1).render_as_string(hide_password=False)
    where = ("--output", "x.sql") if output else ("--check", "x.sql")
    shown = command("snapshot", "--debug", *where, environment={"APTIC_LEDGER": url})
    assert shown.code == 2
    assert CANARY not in shown.out + shown.err
    assert not list(tmp_path.glob("*.sql"))


def test_what_cannot_run_is_said(command: Callable[..., Any], ledger: Path, tmp_path: Path) -> None:
    url = f"duckdb:///{ledger}"
    assert "A ledger is needed" in command("snapshot").err
    both = command("snapshot", "--ledger", url, "--output", tmp_path / "x.sql", "--check", "x.sql")
    assert (both.code, "leave out --output, or --check" in both.err) == (2, True)
    assert "cannot be written" in command("snapshot", "--ledger", url, "--output", tmp_path / "no" / "x.sql").err
    missing = command("snapshot", "--ledger", url, "--check", "missing.sql")
    assert (missing.code, missing.out) == (2, "")
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    shown = command("snapshot", "--ledger", f"duckdb:///{empty}", "--output", "x.sql")
    assert (shown.code, "shows no table" in shown.err) == (2, True)


def test_a_schema_of_sqlserver(
    command: Callable[..., Any], tmp_path: Path, sqlserver_drivers: Callable[[str], str]
) -> None:
    schema, data = tmp_path / "declared.sql", tmp_path / "data.sql"
    data.write_text("INSERT INTO dbo.dat_refund (refundid, payee) VALUES (1, N'Bo');")
    schema.write_text(
        "ALTER DATABASE x COLLATE Finnish_Swedish_CI_AS;\n"
        "CREATE TABLE dbo.dat_refund (refundid int NOT NULL PRIMARY KEY, amount money, payee nvarchar(40) NOT NULL,\n"
        "  code varchar(9) COLLATE Latin1_General_100_BIN2);"
    )
    sqlserver_drivers(DRIVERS[0])
    with start(schema, data) as standin:
        url = with_driver(standin.url(None), DRIVERS[0])
        assert command("snapshot", "--ledger", url, "--output", "s.sql").code == 0
        assert command("snapshot", "--ledger", url, "--check", "s.sql").code == 0
    declared, found = read_schema_file(schema), read_schema_file(tmp_path / "s.sql")
    assert found.collation == declared.collation
    assert found.tables["dbo", "dat_refund"].columns == declared.tables["dbo", "dat_refund"].columns
