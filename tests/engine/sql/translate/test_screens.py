"""The sessions' own screens refuse nothing of what the translation writes, whatever the cases make it write."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import duckdb
import pytest
from translation_corpus import QUERIES, SEEDS, mutated
from translation_ledgers import schema_of
from translation_sample import ITEM, PART, SAMPLE

from engine.execution.duckdb.screen import refused_part
from engine.execution.postgresql.screen import is_query
from engine.model import ArgumentType, Dialect
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation, translate

TYPES = (ArgumentType.STRING, ArgumentType.INT, ArgumentType.DECIMAL)
RANDOM = random.Random(7)  # noqa: S311  # nothing secret is drawn
TEXTS = [*((sql, schema_of(SAMPLE)) for sql in [*SEEDS, *(mutated(RANDOM.getrandbits(32)) for _ in range(500))])]
TEXTS += [(sql, schema_of(ITEM, PART)) for sql in QUERIES]


@pytest.fixture(scope="module")
def screens() -> Iterator[dict[Dialect, Callable[[str], str | None]]]:
    with duckdb.connect() as connection:
        yield {
            Dialect.DUCKDB: lambda sql: refused_part(connection, sql),
            Dialect.POSTGRESQL: lambda sql: None if is_query(sql) else "more than a query",
        }


def translated(dialect: Dialect, sql: str, schema: LedgerSchema) -> str | None:
    query = parse_query(sql).query
    if query is None:
        return None
    types = (TYPES * (1 + len(query.placeholders)))[: len(query.placeholders)]
    found = translate(query, schema, dialect, types, row_limit=2)
    return found.sql if isinstance(found, Translation) else None


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
def test_no_translation_is_refused(screens: dict[Dialect, Callable[[str], str | None]], dialect: Dialect) -> None:
    made = {text for sql, schema in TEXTS if (text := translated(dialect, sql, schema)) is not None}
    assert len(made) > 500
    assert [(part, text) for text in made if (part := screens[dialect](text)) is not None] == []
