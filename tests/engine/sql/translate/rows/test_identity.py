"""Which expressions are the same to GROUP BY, and to ORDER BY with DISTINCT: by what they are, not by their SQL."""

from __future__ import annotations

import pytest
from translation_ledgers import refused_or_carried, schema_of
from translation_sample import OTHER, SAMPLE

from engine.model import Dialect
from engine.sql.translate import Translation

SCHEMA = schema_of(SAMPLE, OTHER)
DIALECTS = pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])

# (in GROUP BY, in the SELECT list)
SAME = [
    # Names
    ("id", "t.id"),
    ("t.id", "[ID]"),
    ("(id)", "T.[Id]"),
    ("ref", "(t.ref)"),
    ("LEN(ref)", "len(T.REF)"),
    ("id + small", "((t.id) + (SMALL))"),
    # Constants of one type and value
    ("id + 1", "id + 01"),
    ("rate * 1.5", "rate * 01.5"),
    ("rate * .5", "rate * 0.5"),
    ("ref + N'x'", "t.ref + n'x'"),
    # One operation, written in two ways
    ("CAST(id AS varchar(11))", "CONVERT(varchar(11), id)"),
    ("CONVERT(varchar(20), t.precise, 0)", "CAST(precise AS varchar(20))"),
    ("TRY_CAST(ref AS int)", "TRY_CONVERT(int, t.ref)"),
    ("CAST(id AS decimal)", "CAST(id AS numeric(18, 0))"),
    ("CAST(ref AS varchar)", "CAST(ref AS varchar(30))"),
    ("YEAR(born)", "DATEPART(yyyy, t.born)"),
    ("DATEPART(month, born)", "MONTH(born)"),
    ("DATEADD(dd, 1, born)", "DATEADD(day, 1, born)"),
    ("DATEDIFF(day, born, GETDATE())", "DATEDIFF(dd, t.born, CURRENT_TIMESTAMP)"),
    ("IIF(id = 1, 2, 3)", "CASE WHEN t.id = 1 THEN 2 ELSE 3 END"),
    ("CASE id WHEN 1 THEN 2 END", "CASE WHEN id = 1 THEN 2 END"),
    ("IIF(id != 1, 2, 3)", "IIF(id <> 1, 2, 3)"),
    # A part of an expression
    ("id + small", "(id + small) * 2"),
    ("ISNULL(ref, '')", "CONCAT(ISNULL(t.ref, ''), '!')"),
    ("CASE WHEN ref LIKE 'a%' THEN 1 ELSE 0 END", "1 + case when T.ref like 'a%' then 1 else 0 end"),
]
# The first six pairs are the same SQL on a ledger.
OTHERS = [
    ("CAST(ref AS varchar(max))", "ref"),
    ("ref COLLATE Latin1_General_100_BIN2", "ref"),
    ("CAST(at AS datetime2(3))", "at"),
    ("ROUND(id, 0)", "id"),
    ("TRY_CONVERT(int, id)", "CONVERT(int, id)"),
    ("TRY_CAST(id AS int)", "CAST(id AS int)"),
    ("ISNULL(ref, '')", "COALESCE(ref, '')"),
    ("ref + 'x'", "ref + N'x'"),
    ("id", "id + small"),
    ("id + small", "small + id"),
    ("id + small", "id"),
    ("ref + 'x'", "ref + 'X'"),
    ("rate * 1.5", "rate * 1.50"),
    ("id + 1", "id + 1.0"),
    ("CAST(id AS varchar(11))", "CAST(id AS varchar(12))"),
    ("CONVERT(varchar(10), born, 120)", "CONVERT(varchar(10), born, 112)"),
    ("YEAR(born)", "YEAR(at)"),
    ("DATEDIFF(day, born, GETDATE())", "DATEDIFF(day, born, SYSDATETIME())"),
    ("DATENAME(month, born)", "FORMAT(born, 'MMMM')"),
    ("POWER(id, 2)", "SQUARE(id)"),
    ("id + ?", "id + ?"),
]


def grouped(dialect: Dialect, sql: str) -> Translation | tuple[object, ...]:
    return refused_or_carried(dialect, sql, SCHEMA, ["int", "int"], time_zone="UTC")


@DIALECTS
@pytest.mark.parametrize(("group", "item"), SAME)
def test_a_grouped_expression_is_known_again(dialect: Dialect, group: str, item: str) -> None:
    found = grouped(dialect, f"SELECT {item} AS x, COUNT(*) AS n FROM sample t GROUP BY {group}")
    assert isinstance(found, Translation), found


@DIALECTS
@pytest.mark.parametrize(("group", "item"), OTHERS)
def test_another_expression_is_none_whatever_its_sql(dialect: Dialect, group: str, item: str) -> None:
    assert isinstance(grouped(dialect, f"SELECT COUNT(*) AS n FROM sample t GROUP BY {group}"), Translation)
    for sql in (
        f"SELECT {item} AS x FROM sample t GROUP BY {group}",
        f"SELECT COUNT(*) AS n FROM sample t GROUP BY {group} HAVING {item} IS NULL",
    ):
        assert not isinstance(grouped(dialect, sql), Translation), sql


@DIALECTS
def test_a_column_of_another_table_of_that_name_is_another(dialect: Dialect) -> None:
    tables = "FROM sample t JOIN other x ON x.id = t.id"
    assert isinstance(grouped(dialect, f"SELECT x.id AS v {tables} GROUP BY x.id, t.small"), Translation)
    for item in ("t.id", "x.small", "t.id + 1"):
        assert not isinstance(grouped(dialect, f"SELECT {item} AS v {tables} GROUP BY x.id, t.small"), Translation)
    sql = "SELECT a.id AS v FROM other a CROSS JOIN other b GROUP BY b.id"
    assert not isinstance(grouped(dialect, sql), Translation)


@DIALECTS
def test_a_group_is_of_the_query_that_makes_it(dialect: Dialect) -> None:
    """Both tables are called `t`, so that the columns of both are the same SQL."""
    sql = "SELECT id AS v FROM (SELECT t.id FROM other t GROUP BY t.id) t"
    assert isinstance(grouped(dialect, sql), Translation)
    inner = "EXISTS (SELECT 1 FROM (SELECT small FROM other) t GROUP BY t.small HAVING t.small = 1 AND ref = 'a')"
    outer = f"SELECT t.id AS v FROM sample t WHERE {inner}"
    assert isinstance(grouped(dialect, outer), Translation)


@DIALECTS
@pytest.mark.parametrize(
    ("listed", "key", "number"),
    [
        ("small AS a, id AS b", "t.ID", 2),
        ("small AS a, YEAR(born) AS b", "DATEPART(year, t.born)", 2),
        ("small AS a, id + 1 AS b", "(t.id + 01)", 2),
        ("precise AS a, CAST(precise AS datetime2(7)) AS b", "CAST(t.precise AS datetime2(7))", 2),
        ("t.*", "t.small", 2),
    ],
)
def test_distinct_rows_are_ordered_by_the_column_that_is_the_expression(
    dialect: Dialect, listed: str, key: str, number: int
) -> None:
    sql = f"SELECT DISTINCT {listed} FROM (SELECT id, small, born, precise FROM sample) t ORDER BY {key}"
    found = grouped(dialect, sql)
    assert isinstance(found, Translation), found
    assert f" ORDER BY {number} ASC" in found.sql


@DIALECTS
@pytest.mark.parametrize(
    ("listed", "key"),
    [
        ("CAST(precise AS datetime2(7)) AS a", "precise"),
        ("ROUND(id, 0) AS a", "id"),
        ("id AS a", "ROUND(id, 0)"),
        ("id AS a", "small"),
        ("id + ? AS a", "id + ?"),
    ],
)
def test_distinct_rows_are_not_ordered_by_what_is_not_listed(dialect: Dialect, listed: str, key: str) -> None:
    found = grouped(dialect, f"SELECT DISTINCT {listed} FROM sample ORDER BY {key}")
    assert not isinstance(found, Translation)
    assert "DISTINCT" in str(found[0])
