"""What docs/reference/portability.md says of its examples is true on both ledgers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from translation_ledgers import Ledger, create, opened_ledgers, refused_or_carried, schema_of, shown
from translation_sample import ITEM, ITEMS, OTHER, PART, PARTS, ROWS, SAMPLE, rows_of

from engine.execution.faults import Verdict, by_duckdb_class, by_sqlstate
from engine.model import Dialect
from engine.sql.translate import Translation

HERE = Path(__file__).parent
PAGES = HERE.parents[3] / "docs/generating"
EXAMPLES = tomllib.loads((PAGES / "portability.toml").read_text("utf-8"))
SCHEMA = schema_of(SAMPLE, OTHER, ITEM, PART)
EVERY = [sql for name in ("traps", "constructs", "functions") for sql in EXAMPLES[name].values()]


def table(name: str) -> Any:
    return tomllib.loads((HERE / f"{name}_cases.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, SAMPLE, ROWS)
            for made, rows in ((ITEM, ITEMS), (PART, PARTS)):
                create(ledger, made, rows_of(made, rows))
            text = "text" if ledger.dialect is Dialect.POSTGRESQL else "varchar"
            columns = f"id integer, small smallint, ref {text}, place {text}, sentat timestamp with time zone"
            ledger.rows(f"CREATE TABLE other ({columns})")
            ledger.rows("INSERT INTO other VALUES (1, 7, 'Ref', NULL, NULL), (3, NULL, 'x', NULL, NULL)")
        yield opened


def answer(ledger: Ledger, translation: Translation) -> list[tuple[str, ...]] | Verdict:
    """The rows without their order, which some examples leave open, or what the ledger's error means."""
    try:
        return sorted(tuple(shown(cell) for cell in row) for row in ledger.rows(translation.sql))
    except duckdb.Error as error:
        return by_duckdb_class(type(error).__name__)
    except psycopg.Error as error:
        return by_sqlstate(error.sqlstate or "")


@pytest.mark.parametrize("sql", EVERY)
def test_an_example_is_carried_alike_or_refused_with_a_way_out(ledgers: list[Ledger], sql: str) -> None:
    query = sql if sql.startswith(("SELECT", "WITH")) else f"SELECT {sql} AS v FROM sample t"
    answers = []
    for ledger in ledgers:
        found = refused_or_carried(ledger.dialect, query, SCHEMA, time_zone="Europe/Stockholm")
        if not isinstance(found, Translation):
            assert all(fault.hint for fault in found)
        elif "GETDATE" not in sql and "UTC" not in sql and "SYSDATETIME" not in sql:
            answers.append(answer(ledger, found))
    assert all(found == answers[0] for found in answers)
    assert not {Verdict.REFUSED, Verdict.UNAVAILABLE, Verdict.TIMEOUT} & {x for x in answers if isinstance(x, Verdict)}


@pytest.mark.parametrize("sql", EXAMPLES["traps"].values())
def test_a_trap_has_its_case(sql: str) -> None:
    cases = [
        case for name in ("value", "failing", "refused") for group in table(name)["group"] for case in group["cases"]
    ]
    known = {case[0] for case in cases} | {case["sql"] for case in table("query")["case"]}
    assert sql in known or "GETDATE" in sql
