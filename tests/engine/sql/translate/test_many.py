"""Which statements become one for many lists of arguments, and why the others do not."""

import pytest
from translation_ledgers import parsed, schema_of
from translation_sample import SAMPLE

from engine.model import ArgumentType, Dialect
from engine.sql.translate import Translation, translate

SCHEMA = schema_of(SAMPLE)
ORDERED = "SELECT t.id AS v FROM sample t WHERE t.id > ? ORDER BY t.id"


def translated(sql: str, *types: str, many: bool = False, dialect: Dialect = Dialect.POSTGRESQL) -> Translation:
    found = translate(
        parsed(sql), SCHEMA, dialect, tuple(map(ArgumentType, types)), row_limit=1001 if many else 2, time_zone="UTC"
    )
    assert isinstance(found, Translation), found
    assert (found.many is None) == (found.why_one is not None)
    return found


def test_arguments_become_columns_of_one_row_each() -> None:
    found = translated("SELECT t.id AS v, ? AS w FROM sample t WHERE t.ref = ? AND t.id = ?", "date", "string", "int")
    assert found.many is not None
    assert found.many.startswith(
        "SELECT c1, c2, ordinal FROM unnest(CAST($1 AS date[]), CAST($2 AS text[]), CAST($3 AS bigint[])) "
        'WITH ORDINALITY AS "aptic argument" (p1, p2, p3, ordinal) CROSS JOIN LATERAL (SELECT '
    )
    assert 'CAST("aptic argument".p1 AS date) AS "w"' in found.many
    assert found.many.endswith(' LIMIT 2) AS "aptic found" (c1, c2)')
    assert "$4" not in found.many


def test_an_argument_that_stands_twice_is_one_column() -> None:
    sql = "WITH q AS (SELECT t.id, t.small FROM sample t WHERE t.id = ?) SELECT q.small AS v FROM q WHERE q.id <> ?"
    found = translated(sql, "int", "int")
    assert found.many is not None
    assert found.parameters == (0, 1)


def test_rows_of_many_keep_their_order() -> None:
    found = translated(ORDERED, "int", many=True)
    assert found.many is not None
    assert "row_number() OVER ()" in found.many
    assert found.many.endswith(" ORDER BY ordinal, line")


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT TOP 3 t.id AS v FROM sample t WHERE t.id > ? ORDER BY t.id", ["int"]),
        ("SELECT t.id AS v FROM sample t WHERE t.id IN (?, ?) OR t.amount BETWEEN ? AND ?", ["int"] * 4),
        ("SELECT SUM(CASE WHEN t.id = ? THEN t.amount ELSE 0 END) AS v FROM sample t", ["int"]),
        ("SELECT COALESCE(t.note, ?) AS v FROM sample t WHERE t.id = (?)", ["string", "int"]),
        ("SELECT DISTINCT t.small AS v FROM sample t WHERE t.born <= ?", ["datetime"]),
        ("SELECT t.id AS v FROM sample t WHERE t.id = ? UNION SELECT t.id + ? AS v FROM sample t", ["int", "int"]),
        ("SELECT t.id AS v, GETDATE() AS n FROM sample t WHERE t.guid = ?", ["guid"]),
    ],
)
def test_these_are_proven(sql: str, types: list[str]) -> None:
    assert translated(sql, *types).many is not None


@pytest.mark.parametrize(
    ("sql", "types", "why"),
    [
        ("SELECT t.id AS v FROM sample t", [], "takes no argument"),
        ("SELECT TOP 1 t.id AS v FROM sample t WHERE t.id > ?", ["int"], "TOP without ORDER BY"),
        ("SELECT t.id AS v FROM sample t WHERE ? IS NULL OR t.id = ?", ["int", "int"], "argument 1"),
        ("SELECT t.id AS v FROM sample t WHERE t.id = ? AND ? = 1", ["int", "int"], "argument 2"),
        ("SELECT 100 / ? AS v FROM sample t", ["int"], "argument 1"),
        ("SELECT CAST(? AS int) AS v FROM sample t", ["string"], "argument 1"),
        ("SELECT t.id AS v FROM sample t WHERE t.note LIKE ? + N'%'", ["string"], "argument 1"),
        ("SELECT t.id AS v FROM sample t WHERE t.note LIKE ?", ["string"], "argument 1"),
        ("SELECT SUBSTRING(t.note, ?, 2) AS v FROM sample t", ["int"], "argument 1"),
        ("SELECT COUNT(*) AS n, SUM(?) AS v FROM sample t", ["int"], "argument 1"),
        ("SELECT t.id AS v FROM sample t WHERE t.guid = ?", ["string"], "converted"),
        ("SELECT TOP (?) t.id AS v FROM sample t ORDER BY t.id", ["int"], "converted"),
        ("SELECT t.id AS v FROM sample t WHERE t.id = ?", ["boolean"], "converted"),
        ("SELECT ISNULL(t.small, ?) AS v FROM sample t", ["decimal"], "converted"),
        ("SELECT t.id AS v FROM sample t CROSS JOIN (SELECT ? AS w) q WHERE t.id = 1 / q.w", ["int"], "argument 1"),
        ("WITH q AS (SELECT ? AS w) SELECT t.id AS v FROM sample t JOIN q ON 1 / q.w = t.id", ["int"], "argument 1"),
        ('SELECT t.id AS "aptic argument" FROM sample t WHERE t.id = ?', ["int"], "a name of the engine's own"),
    ],
)
def test_these_are_not(sql: str, types: list[str], why: str) -> None:
    assert why in (translated(sql, *types).why_one or "")


def test_many_rows_need_an_order() -> None:
    assert "ORDER BY" in (translated("SELECT t.id AS v FROM sample t WHERE t.id > ?", "int", many=True).why_one or "")


def test_an_embedded_ledger_needs_none() -> None:
    assert "embedded" in (translated(ORDERED, "int", dialect=Dialect.DUCKDB).why_one or "")
