"""Arguments are numbered, in the author's order, before the statement is written: each must then stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from translation_corpus import SEEDS
from translation_ledgers import parsed, schema_of
from translation_sample import ITEM, OTHER, PART, SAMPLE

from engine.model import ArgumentType, Dialect
from engine.sql.query import parse_query
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE, OTHER, ITEM, PART)
LITERALS = (
    (ArgumentType.STRING, re.compile(r"N?'(?:[^']|'')*'")),
    (ArgumentType.INT, re.compile(r"\d+")),
    (ArgumentType.DECIMAL, re.compile(r"\d*\.\d+")),
)


def with_an_argument(sql: str) -> Iterator[tuple[str, ArgumentType]]:
    """The statement with a placeholder for each of its literals in turn; those that have one already are left out."""
    query = parse_query(sql).query
    if query is None or "?" in sql:
        return
    for token in query.tokens:
        for type_, form in LITERALS:
            if form.fullmatch(sql[token.start : token.end]):
                yield f"{sql[: token.start]}?{sql[token.end :]}", type_


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
def test_each_argument_that_is_bound_stands_in_the_statement(dialect: Dialect) -> None:
    carried = 0
    for sql in dict.fromkeys(SEEDS):
        for text, type_ in with_an_argument(sql):
            query = parse_query(text).query
            found = translate(query, SCHEMA, dialect, (type_,), row_limit=2, time_zone="UTC") if query else None
            if isinstance(found, Translation):
                carried += 1
                assert found.parameters == (0,)
                assert re.search(r"\$1(?!\d)", found.sql), text
                assert found.many is None or '"aptic argument".p1' in found.many
    assert carried > 500


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
def test_numbers_are_in_the_order_of_the_author(dialect: Dialect) -> None:
    sql = "SELECT TOP (?) t.id, ? AS w, ? AS z FROM sample t WHERE t.id > ? ORDER BY t.id"
    types = tuple(map(ArgumentType, ("int", "string", "date", "int")))
    found = translate(parsed(sql), SCHEMA, dialect, types, holes=frozenset({1}), row_limit=9, time_zone="UTC")
    assert isinstance(found, Translation)
    assert found.parameters == (0, 2, 3)
    assert 'CAST($2 AS date) AS "z"' in found.sql
    assert '"t"."id" > CAST($3 AS bigint)' in found.sql
    assert "LIMIT least(CASE WHEN CAST($1 AS bigint) < 0" in found.sql
