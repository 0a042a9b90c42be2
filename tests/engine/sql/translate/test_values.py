"""Every rewrite of an expression, run on both ledgers and compared with what SQL Server documents."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from translation_ledgers import Ledger, carried, create, declared, opened_ledgers, schema_of, shown
from translation_sample import ROWS, SAMPLE

SCHEMA = schema_of(SAMPLE)
FILE = tomllib.loads(Path(__file__).with_name("value_cases.toml").read_text("utf-8"))
CASES = [
    (*case, *([1] if len(case) == 3 else [])) for group in FILE["group"] if group["source"] for case in group["cases"]
]


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, SAMPLE, ROWS)
        yield opened


@pytest.mark.parametrize(
    ("expression", "type_name", "value", "row"), CASES, ids=[f"{case[0]} #{case[3]}" for case in CASES]
)
def test_is_what_sql_server_documents(
    ledgers: list[Ledger], expression: str, type_name: str, value: str, row: int
) -> None:
    for ledger in ledgers:
        sql = f"SELECT {expression} AS v FROM sample t WHERE t.id = {row}"
        translation = carried(ledger, sql, SCHEMA)
        found: list[tuple[Any, ...]] = ledger.rows(translation.sql)
        assert [declared(column) for column in translation.columns] == [type_name]
        assert [shown(cells[0]) for cells in found] == [value.replace("''", "'") if value != "''" else value], (
            ledger.dialect,
            translation.sql,
        )


FAILING = tomllib.loads(Path(__file__).with_name("failing_cases.toml").read_text("utf-8"))
FAILURES = [case for group in FAILING["group"] if group["source"] for case in group["cases"]]


@pytest.mark.parametrize(("expression", "row"), FAILURES, ids=[f"{case[0]} #{case[1]}" for case in FAILURES])
def test_fails_loudly_where_sql_server_fails_or_the_value_is_not_carried(
    ledgers: list[Ledger], expression: str, row: int
) -> None:
    for ledger in ledgers:
        translation = carried(ledger, f"SELECT {expression} AS v FROM sample t WHERE t.id = {row}", SCHEMA)
        with pytest.raises((duckdb.Error, psycopg.Error)):
            ledger.rows(translation.sql)
        # The error is of the row, not of the statement: the other rows do not meet it.
        assert ledger.rows(translation.sql.replace(f'"t"."id" = {row} ', '"t"."id" = 2 ')) in ([(None,)], [(0,)])
