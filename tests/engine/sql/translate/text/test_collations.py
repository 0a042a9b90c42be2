"""Strings under the three kinds of collation (definition language, section 3, a to c), on both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from translation_ledgers import Ledger, asked, carried, create, opened_ledgers, refused_or_carried, schema_of

from engine.model import BINARY, LEDGER_OWN, Collation, Dialect, Kind, SqlType
from engine.sql.schema import Column, LedgerSchema, SchemaOrigin, Table
from engine.sql.translate import Translation

WORD = Table(
    "dbo",
    "word",
    (
        Column("id", SqlType(Kind.INT)),
        Column("v", SqlType(Kind.VARCHAR, length=10)),
        Column("n", SqlType(Kind.NVARCHAR, length=10)),
    ),
)
ROWS = [("b", "b"), ("B ", "B "), ("a", "a"), ("Å", "Å"), (None, None), ("a\t", "a\t"), ("", "")]
DEFAULT = schema_of(WORD)
BINARY_SCHEMA = schema_of(WORD, collation=BINARY)
OWN = LedgerSchema(SchemaOrigin.LEDGER, default_schema="dbo", collation=LEDGER_OWN, tables=DEFAULT.tables)


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, WORD, [{"id": n, "v": v, "n": w} for n, (v, w) in enumerate(ROWS, start=1)])
        yield opened


def ids(ledger: Ledger, condition: str, schema: LedgerSchema) -> list[int]:
    return [row[0] for row in asked(ledger, f"SELECT id FROM word WHERE {condition} ORDER BY id", schema)]


@pytest.mark.parametrize(
    ("condition", "default", "binary", "own"),
    [
        ("v = 'b'", [1, 2], [1], [1]),
        ("v = 'B'", [1, 2], [2], []),
        ("v = 'B '", [1, 2], [2], [2]),
        ("v <> 'b'", [3, 4, 6, 7], [2, 3, 4, 6, 7], [2, 3, 4, 6, 7]),
        ("n = N'å'", [4], [], []),
        ("v = ' '", [7], [7], []),
        ("v IN ('B', 'x')", [1, 2], [2], []),
        ("v LIKE 'b'", [1, 2], [1], [1]),
        ("v LIKE 'B'", [1, 2], [2], []),
        ("n LIKE 'b'", [1], [1], [1]),
        ("n LIKE N'B%'", [1, 2], [2], [2]),
        ("v = n", [1, 2, 3, 4, 6, 7], [1, 2, 3, 4, 6, 7], [1, 2, 3, 4, 6, 7]),
    ],
)
def test_compares_by_the_collation(
    ledgers: list[Ledger], condition: str, default: list[int], binary: list[int], own: list[int]
) -> None:
    for ledger in ledgers:
        assert ids(ledger, condition, DEFAULT) == default
        assert ids(ledger, condition, BINARY_SCHEMA) == binary
        assert ids(ledger, condition, OWN) == own


def test_orders_by_bytes_with_the_blanks_that_sql_server_compares_with(ledgers: list[Ledger]) -> None:
    # A tab is less than the blank that a shorter string is filled up with.
    for ledger in ledgers:
        rows = asked(ledger, "SELECT id FROM word ORDER BY v, id", BINARY_SCHEMA)
        assert [row[0] for row in rows] == [5, 7, 2, 6, 3, 1, 4]
        assert ids(ledger, "v > 'a'", BINARY_SCHEMA) == [1, 4]
        assert ids(ledger, "v BETWEEN 'B' AND 'a'", BINARY_SCHEMA) == [2, 3, 6]
        assert asked(ledger, "SELECT MIN(n) AS a, MAX(v) AS z FROM word", BINARY_SCHEMA) == [("", "Å")]


def test_groups_by_the_collation(ledgers: list[Ledger]) -> None:
    sql = "SELECT COUNT(*) AS n FROM word WHERE v IS NOT NULL GROUP BY v ORDER BY n DESC"
    for ledger in ledgers:
        assert [row[0] for row in asked(ledger, sql, DEFAULT)] == [2, 1, 1, 1, 1]
        assert [row[0] for row in asked(ledger, sql, BINARY_SCHEMA)] == [1] * 6


def test_leaves_a_ledger_its_own_rules_and_its_indexes(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        sql = carried(ledger, "SELECT id FROM word WHERE v = ? AND n > 'a' ORDER BY v", OWN, ["string"]).sql
        assert '"word"."v" = CAST($1 AS ' in sql
        assert sql.count("COLLATE") == 0
        assert sql.count("lower(") == 0
        assert 'ORDER BY "word"."v" ASC NULLS FIRST' in sql


@pytest.mark.parametrize("name", ["Latin1_General_CI_AI", "Finnish_Swedish_100_CI_AI_SC"])
def test_refuses_a_collation_that_takes_no_account_of_accents(name: str) -> None:
    collation = Collation(name, fold_case=True, fold_trailing_blanks=True, ordered=False)
    for sql in ("SELECT id FROM word WHERE v = 'a'", "SELECT v FROM word GROUP BY v", "SELECT DISTINCT v FROM word"):
        found = refused_or_carried(Dialect.DUCKDB, sql, schema_of(WORD, collation=collation))
        assert not isinstance(found, Translation)
        assert name in found[0].message
    plain = refused_or_carried(Dialect.DUCKDB, "SELECT v FROM word WHERE id = 1", schema_of(WORD, collation=collation))
    assert isinstance(plain, Translation)


def test_a_columns_own_collation_wins_over_the_databases(ledgers: list[Ledger]) -> None:
    columns = (WORD.columns[0], replace(WORD.columns[1], type=replace(WORD.columns[1].type, collation=BINARY)))
    schema = schema_of(replace(WORD, columns=columns))
    for ledger in ledgers:
        assert ids(ledger, "v = 'B'", schema) == [2]
        assert ids(ledger, "v = 'B' COLLATE Latin1_General_CI_AS", schema) == [1, 2]
        assert ids(ledger, "v = 'B' COLLATE database_default", schema) == [1, 2]
