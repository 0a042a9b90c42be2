"""Whole SELECTs, run on both ledgers and compared with the rows that SQL Server documents."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from translation_ledgers import Ledger, asked, carried, create, opened_ledgers, read, schema_of, shown
from translation_sample import ITEM, ITEMS, PART, PARTS, rows_of

from engine.model import Dialect

SCHEMA = schema_of(ITEM, PART)
CASES = tomllib.loads(Path(__file__).with_name("query_cases.toml").read_text("utf-8"))["case"]


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, ITEM, rows_of(ITEM, ITEMS))
            create(ledger, PART, rows_of(PART, PARTS))
        yield opened


@pytest.mark.parametrize("case", CASES, ids=[case["sql"][:90] for case in CASES])
def test_gives_the_rows_that_sql_server_documents(ledgers: list[Ledger], case: dict[str, Any]) -> None:
    values = [read(written) for written in case.get("values", [])]
    for ledger in ledgers:
        holes = frozenset(case.get("holes", []))
        found = asked(ledger, case["sql"], SCHEMA, case.get("arguments", []), values, holes=holes)
        rows = [[shown(cell) for cell in row] for row in found]
        if "rows_in_any_order" in case:
            assert sorted(rows) == case["rows_in_any_order"]
        elif case.get("unordered_tail"):
            assert rows[0] == case["rows"][0]
            assert len(rows) == len(case["rows"])
        else:
            assert rows == case["rows"], (
                ledger.dialect,
                carried(ledger, case["sql"], SCHEMA, case.get("arguments", []), holes=holes),
            )


def test_asks_both_ledgers(ledgers: list[Ledger], postgres_url: str) -> None:
    assert postgres_url
    assert [ledger.dialect for ledger in ledgers] == [Dialect.DUCKDB, Dialect.POSTGRESQL]


def test_bounds_the_rows_of_the_whole(ledgers: list[Ledger]) -> None:
    for sql, rows in {
        "SELECT id FROM item ORDER BY id": 2,
        "SELECT TOP (1) id FROM item ORDER BY id": 1,
        "SELECT TOP (9) id FROM item ORDER BY id": 2,
        "SELECT TOP (9) WITH TIES id FROM item ORDER BY id": 2,
        "SELECT id FROM item UNION ALL SELECT no FROM part": 2,
        "SELECT DISTINCT code FROM item": 2,
        "SELECT id FROM item ORDER BY id OFFSET 3 ROWS": 1,
    }.items():
        for ledger in ledgers:
            assert len(asked(ledger, sql, SCHEMA, row_limit=2)) == rows, sql
    for ledger in ledgers:
        sql = "SELECT TOP (?) id FROM item ORDER BY id"
        assert len(asked(ledger, sql, SCHEMA, ["int"], [3], row_limit=2)) == 2
        assert len(asked(ledger, sql, SCHEMA, ["int"], [1], row_limit=2)) == 1


def test_gives_one_number_to_an_argument_however_often_it_stands(ledgers: list[Ledger]) -> None:
    sql = "SELECT LEFT(code, ?) AS c FROM item WHERE id = ? AND CHARINDEX(?, code) > 0"
    for ledger in ledgers:
        translation = carried(ledger, sql, SCHEMA, ["int", "int", "string"])
        assert sorted(translation.parameters) == [0, 1, 2]
        assert asked(ledger, sql, SCHEMA, ["int", "int", "string"], [2, 1, "B"]) == [("AB",)]
