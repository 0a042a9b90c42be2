"""How PostgreSQL runs conditions over folded strings: once for all rows, not again for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from translation_ledgers import PostgresLedger, carried, create, schema_of
from translation_sample import ITEM, PART

SCHEMA = schema_of(ITEM, PART)


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[PostgresLedger]:
    assert postgres_url
    ledger = PostgresLedger()
    for table in (ITEM, PART):
        create(ledger, table, [])
    ledger.rows("INSERT INTO item SELECT g, 'C' || g, 'N' || g FROM generate_series(1, 2000) AS g")
    ledger.rows("INSERT INTO part SELECT g, 1, 'K' || g % 9 FROM generate_series(1, 2000) AS g")
    ledger.rows("ANALYZE item, part")
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.mark.parametrize(
    "condition",
    [
        "i.code IN (SELECT o.code FROM item o WHERE o.name = i.name)",
        "i.id = 7 OR i.code IN (SELECT o.code FROM item o WHERE o.name = i.name)",
        (
            "EXISTS (SELECT 1 FROM part p WHERE p.itemid = i.id"
            " AND p.kind IN (SELECT o.code FROM item o WHERE o.sold = i.sold))"
        ),
        (
            "EXISTS (SELECT 1 FROM item o WHERE o.code = i.code"
            " AND i.name IN (SELECT x.name FROM item x WHERE x.code = o.name))"
        ),
        (
            "NOT EXISTS (SELECT 1 FROM item o WHERE o.id = i.id"
            " AND o.code IN (SELECT x.code FROM item x WHERE x.name = i.name))"
        ),
        "EXISTS (SELECT 1 FROM item o WHERE o.code IN (SELECT p.kind FROM part p WHERE p.kind = i.name))",
        "EXISTS (SELECT 1 FROM item o WHERE i.code IN (SELECT x.code FROM item x WHERE x.id = o.id))",
        "EXISTS (SELECT 1 FROM item o WHERE EXISTS (SELECT 1 FROM item x WHERE x.name = o.name AND x.code = i.code))",
    ],
)
def test_a_correlated_in_is_hashed(postgres: PostgresLedger, condition: str) -> None:
    translation = carried(postgres, f"SELECT i.id FROM item i WHERE {condition}", SCHEMA)
    plan = "\n".join(line for (line,) in postgres.rows(f"EXPLAIN {translation.sql}"))
    assert "Hash" in plan or "hashed SubPlan" in plan
    assert "Nested Loop" not in plan or "SubPlan" not in plan, plan
    assert "(SubPlan" not in plan.replace("hashed SubPlan", ""), plan


@pytest.mark.parametrize(
    "condition",
    [
        # unknown is not false here
        "NOT (i.code IN (SELECT o.code FROM item o WHERE o.name = i.name))",
        # a name inside would hide the one outside
        "i.code IN (SELECT x.code FROM item x JOIN part i ON i.itemid = x.id WHERE x.id = parent)",
        # one row for all, which EXISTS would not count
        "i.id IN (SELECT MAX(o.id) FROM item o WHERE o.name = i.name)",
        "i.code IN (SELECT TOP (1) o.code FROM item o WHERE o.name = i.name ORDER BY o.id)",
        "i.id IN (SELECT COUNT(*) FROM item o WHERE o.name = i.name)",
        # the other side may fail, and only for rows that the subquery has
        "i.id IN (SELECT CAST(o.code AS int) FROM item o WHERE o.name = i.name)",
    ],
)
def test_what_would_mean_something_else_stays(postgres: PostgresLedger, condition: str) -> None:
    assert " IN (SELECT" in carried(postgres, f"SELECT i.id FROM item i WHERE {condition}", SCHEMA).sql
