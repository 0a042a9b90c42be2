"""What is refused is refused with the rule, the place and a way out, and never carried."""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from pathlib import Path

import pytest
from translation_ledgers import parsed, refused_or_carried, schema_of
from translation_sample import OTHER, SAMPLE

from engine.model import Dialect
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE, OTHER)
FILE = tomllib.loads(Path(__file__).with_name("refused_cases.toml").read_text("utf-8"))
CASES = [
    (group["rule"], group.get("arguments", []), sql, words) for group in FILE["group"] for sql, words in group["cases"]
]


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
@pytest.mark.parametrize(("rule", "arguments", "sql", "words"), CASES, ids=[case[2] for case in CASES])
def test_is_refused(dialect: Dialect, rule: str, arguments: list[str], sql: str, words: str) -> None:
    query = sql if sql.startswith(("SELECT", "WITH")) else f"SELECT {sql} AS v FROM sample t"
    found = refused_or_carried(dialect, query, SCHEMA, arguments)
    assert not isinstance(found, Translation), found.sql
    assert [fault.rule for fault in found] == [rule]
    assert words.casefold() in f"{found[0].message} {found[0].hint}".casefold()
    assert 0 <= found[0].offset < len(query)


# What a message may name that does not stand in the query.
ELSEWHERE = frozenset(
    {"ALL", "CAST", "CONVERT", "CTE", "DATENAME", "DISTINCT", "FOR", "FORMAT", "GROUP", "JSON", "LIKE", "NULL", "OR"}
    | {"FIRST_VALUE", "LAST_VALUE", "ORDER", "BY", "SELECT", "SQL", "UNPIVOT", "XML"}
)


@pytest.mark.parametrize(("rule", "arguments", "sql", "words"), CASES, ids=[case[2] for case in CASES])
def test_speaks_the_authors_words_and_names_a_way_out(rule: str, arguments: list[str], sql: str, words: str) -> None:
    query = sql if sql.startswith(("SELECT", "WITH")) else f"SELECT {sql} AS v FROM sample t"
    found = refused_or_carried(Dialect.DUCKDB, query, SCHEMA, arguments)
    assert not isinstance(found, Translation)
    for fault in found:
        assert fault.hint or fault.rule != "portability"
        named = set(re.findall(r"\b[A-Z][A-Z_]+\b", fault.message)) - ELSEWHERE
        assert named <= set(re.findall(r"\w+", query.upper()))


def test_tells_an_author_of_other_dialects_what_quotes_a_string_has() -> None:
    found = refused_or_carried(Dialect.DUCKDB, 'SELECT id FROM sample WHERE ref = "abc"', SCHEMA)
    assert not isinstance(found, Translation)
    assert found[0].hint == "A string stands in single quotes."


def test_finds_faults_of_order_by_beside_others() -> None:
    sql = "SELECT NEWID() AS n FROM sample ORDER BY nothing, ref, 7"
    assert faults(sql) == [
        ("portability", sql.index("NEWID")),
        ("unknown-column", sql.index("nothing")),
        ("portability", sql.index("ref")),
    ]


def faults(sql: str, schema: LedgerSchema = SCHEMA) -> list[tuple[str, int]]:
    found = refused_or_carried(Dialect.POSTGRESQL, sql, schema)
    assert not isinstance(found, Translation)
    return [(fault.rule, fault.offset) for fault in found]


def test_finds_several_faults_in_one_query_in_the_order_of_the_text() -> None:
    sql = (
        "SELECT s.nix, NEWID() AS n, s.price % 2 AS q FROM sample s JOIN nowhere n ON n.a = s.id"
        " WHERE s.nox = 1 AND s.nux = 2"
    )
    assert faults(sql) == [
        ("unknown-column", sql.index("nix")),
        ("portability", sql.index("NEWID")),
        ("portability", sql.index("s.price")),
        ("unknown-table", sql.index("nowhere")),
        ("unknown-column", sql.index("nox")),
        ("unknown-column", sql.index("nux")),
    ]


def test_does_not_report_the_columns_of_an_unknown_table() -> None:
    assert faults("SELECT n.a, b FROM nowhere n WHERE n.c = 1 GROUP BY n.d") == [("unknown-table", 19)]


def test_does_not_report_what_is_read_of_a_common_table_that_is_refused() -> None:
    sql = "WITH a AS (SELECT NEWID() AS n), b AS (SELECT a.n FROM a), c AS (SELECT nix FROM sample) SELECT n FROM b"
    assert faults(sql) == [("portability", sql.index("NEWID")), ("unknown-column", sql.index("nix"))]


def test_refuses_an_argument_that_is_not_given() -> None:
    assert faults("SELECT id FROM sample WHERE id = ?") == [("argument-count", 33)]


def test_a_query_that_is_nested_too_deep_for_the_interpreter_is_refused() -> None:
    sql = f"SELECT {'CASE WHEN id = 1 THEN ' * 100}id{' ELSE 1 END' * 100} AS v FROM sample"
    query, usual = parsed(sql), sys.getrecursionlimit()
    frames = len(inspect.stack(0))
    try:
        sys.setrecursionlimit(frames + 150)
        found = translate(query, SCHEMA, Dialect.DUCKDB, row_limit=1000)
    finally:
        sys.setrecursionlimit(usual)
    assert not isinstance(found, Translation)
    assert [fault.message for fault in found] == ["The query is nested too deep to be carried."]
