"""The types that the analysis is certain of are those that the translation gives the same columns."""

from __future__ import annotations

from collections.abc import Iterator

from analysis_corpus import cases
from analysis_corpus import schema_of as schema_named
from translation_corpus import QUERIES, VALUES
from translation_ledgers import schema_of
from translation_sample import ITEM, OTHER, PART, SAMPLE

from engine.model import ArgumentType, Dialect, SqlType
from engine.sql.analysis import analyse
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE, OTHER, ITEM, PART)


def _statements() -> Iterator[tuple[str, LedgerSchema]]:
    """Every right query, and every statement of the tables of cases."""
    for case in cases("right"):
        yield case.text, schema_named(case.schema)
    for text in [*(f"SELECT {value} AS v FROM sample t" for value in VALUES), *QUERIES]:
        yield text, SCHEMA


def _pairs(text: str, schema: LedgerSchema) -> list[tuple[SqlType | None, SqlType]]:
    """By column, the type that the analysis knows and that of the translation; none where that is refused."""
    query = parse_query(text).query
    if query is None:
        return []
    analysis = analyse(query, schema)
    found = translate(
        query,
        schema,
        Dialect.DUCKDB,
        (ArgumentType.STRING,) * 20,
        row_limit=9,
        time_zone="UTC",
        approximate=True,
        analysis=analysis,
    )
    if not isinstance(found, Translation) or analysis.columns.is_open:
        return []
    return list(zip((column.type for column in analysis.columns.listed), found.columns, strict=True))


def _agree(known: SqlType | None, made: SqlType) -> bool:
    """Whether one is the other, but for what the analysis leaves open."""
    if known is None:
        return True
    facets = [(known.precision, made.precision), (known.scale, made.scale), (known.length, made.length)]
    return known.kind is made.kind and all(one in (None, other) for one, other in facets)


def test_no_column_has_two_types() -> None:
    compared = 0
    for text, schema in _statements():
        for known, made in _pairs(text, schema):
            assert _agree(known, made), (text, known, made)
            compared += known is not None
    assert compared > 1000


def test_a_function_of_three_strings_has_the_type_of_the_widest() -> None:
    for text, kind in {
        "REPLACE('abc', 'b', name)": "nvarchar",
        "REPLACE('abc', 'b', ref)": "varchar",
        "CASE WHEN id = 1 THEN CAST('a' AS char(4)) ELSE CAST('b' AS char(6)) END": "char",
        "COALESCE(CAST(NULL AS nchar(9)), CAST('a' AS nchar(2)))": "nchar",
        "COALESCE(code, ref)": "varchar",
    }.items():
        ((known, made),) = _pairs(f"SELECT {text} AS v FROM sample t", SCHEMA)
        assert known is not None
        assert (known.kind.value, made.kind.value) == (kind, kind), text
