"""Whatever the text: a translation or faults, never an exception, and never a statement of unbounded length."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from translation_ledgers import refused_or_carried, schema_of
from translation_sample import SAMPLE

from engine.model import ArgumentType, Dialect
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE)
HERE = Path(__file__).parent


def table(name: str) -> Any:
    return tomllib.loads((HERE / name).read_text("utf-8"))


VALUES = [case[0] for group in table("value_cases.toml")["group"] for case in group["cases"]]
REFUSED = [case[0] for group in table("refused_cases.toml")["group"] for case in group["cases"]]
QUERIES = [case["sql"] for case in table("query_cases.toml")["case"]]
SEEDS = [
    text if text.startswith(("SELECT", "WITH")) else f"SELECT {text} AS v FROM sample t" for text in [*VALUES, *REFUSED]
]
SEEDS += QUERIES


def pieces(sql: str) -> list[str]:
    found = parse_query(sql)
    assert found.query is not None, sql
    return [sql[token.start : token.end] for token in found.query.tokens]


TOKENS = [pieces(sql) for sql in SEEDS if parse_query(sql).query is not None]
EVERY = sorted({token for tokens in TOKENS for token in tokens})


def mutated(seed: int) -> str:
    """A statement of the corpus with pieces of it, or of another one, put elsewhere."""
    source = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    tokens = list(source.choice(TOKENS))
    for _ in range(source.randint(1, 3)):
        place = source.randrange(len(tokens))
        other = source.choice(TOKENS)
        start = source.randrange(len(other))
        match source.randint(0, 4):
            case 0:
                tokens[place] = source.choice(EVERY)
            case 1:
                tokens[place:place] = other[start : start + source.randint(1, 6)]
            case 2:
                del tokens[place : place + source.randint(1, 3)]
            case 3:
                tokens[place : place + 1] = ["(", *other[start : start + 5], ")"]
            case _:
                tokens.insert(place, source.choice(EVERY))
        tokens = tokens or ["SELECT"]
    return " ".join(tokens)


@settings(max_examples=400, deadline=None, derandomize=True)
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
        assert "deep" in found[0].message
