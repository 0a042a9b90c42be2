"""Whatever the text: a translation or faults, never an exception, and never a statement of unbounded length."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from translation_corpus import mutated
from translation_ledgers import refused_or_carried, schema_of
from translation_sample import SAMPLE

from engine.model import ArgumentType, Dialect
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE)


@settings(max_examples=examples(400), deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_gives_a_translation_or_faults_for_any_text(seed: int) -> None:
    sql = mutated(seed)
    query = parse_query(sql).query
    if query is None:
        return
    types = (ArgumentType.STRING, ArgumentType.INT, ArgumentType.DECIMAL)
    for dialect in (Dialect.DUCKDB, Dialect.POSTGRESQL):
        found = translate(query, SCHEMA, dialect, types, row_limit=2)
        if not isinstance(found, Translation):
            assert found, sql
            assert all(isinstance(fault, SqlFault) and 0 <= fault.offset <= len(sql) for fault in found)


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
@pytest.mark.parametrize(
    "value",
    [
        "(" * 90 + "id" + ")" * 90,
        " + ".join(["id"] * 240),
        "UPPER(" * 100 + "name" + ")" * 100,
        "LEFT(" * 40 + "name" + ", 3)" * 40,
        "SUBSTRING(" * 40 + "name" + ", small, 2)" * 40,
        "CASE WHEN id = 1 THEN " * 60 + "1" + " END" * 60,
        "(SELECT " * 40 + "1" + ")" * 40,
        "IIF(" + " OR ".join(f"id = {number}" for number in range(200)) + ", 1, 0)",
        "IIF(id IN (" + ", ".join(str(number) for number in range(2000)) + "), 1, 0)",
    ],
    ids=lambda value: value[:20],
)
def test_a_deep_or_long_expression_stays_bounded(dialect: Dialect, value: str) -> None:
    found = refused_or_carried(dialect, f"SELECT {value} AS v FROM sample", SCHEMA)
    if isinstance(found, Translation):
        assert len(found.sql) < 50_000
    else:
        assert found[0].rule == "portability"
        assert "too long" in found[0].message or "deep" in found[0].message
