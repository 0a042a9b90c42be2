"""One statement for many events reads the ledger by the same way as the statement for one."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engine.catalogue import Catalogue
from engine.files import find_files
from engine.loading import load_files
from engine.model import Dialect, Statement
from engine.script import read_schema_file
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]


def statements() -> dict[str, Statement]:
    """The fixtures' statements that have a form for many events."""
    schema = read_schema_file(ROOT / "fixtures/ledger/schema.sql")
    target = Target(Dialect.POSTGRESQL, schema, time_zone="Europe/Amsterdam")
    files = load_files(find_files([ROOT / "definitions"]), Catalogue.load(), target)
    return {
        f"{file.path.stem} {number}": step.statement
        for file in files
        if file.compiled is not None
        for number, step in enumerate(file.compiled.steps, start=1)
        if step.statement.many is not None
    }


STATEMENTS = statements()


@pytest.fixture(scope="module")
def server(postgres_ledger: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    with psycopg.connect(postgres_ledger.replace("+psycopg", "")) as connection:
        connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off")
        yield connection


def reads(server: psycopg.Connection[tuple[str]], sql: str, parameters: int) -> list[str]:
    """How the plan of a prepared statement reads each table."""
    server.execute(f"PREPARE looked_at AS {sql}".encode())
    nulls = ", ".join(["NULL"] * parameters)
    plan = server.execute(f"EXPLAIN EXECUTE looked_at({nulls})".encode()).fetchall()
    server.execute("DEALLOCATE looked_at")
    lines = [re.sub(r'^ *-> *|  \(cost.*|"aptic argument"\.', "", line).strip() for (line,) in plan]
    scans = [line for line in lines if re.match(r"(Bitmap |Index |Seq ).*Scan|Index Cond", line)]
    return sorted(re.sub(r"\$\d+|\bp\d+\b", "?", line) for line in scans)


def test_nearly_all_of_the_fixtures_have_that_form() -> None:
    assert len(STATEMENTS) >= 15


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_same_indexes_are_used(server: psycopg.Connection[tuple[str]], name: str) -> None:
    statement = STATEMENTS[name]
    assert statement.many is not None
    alone = reads(server, statement.sql, len(statement.parameters))
    assert any("Index" in line for line in alone)
    assert reads(server, statement.many, len(statement.parameters)) == alone
