"""TRY_CAST over values of every kind in one statement: none makes that of another row fail."""

from __future__ import annotations

from translation_ledgers import asked, create, opened_ledgers, schema_of, shown

from engine.model import Kind, SqlType
from engine.sql.schema import Column, Table

MIXED = Table("dbo", "mixed", (Column("id", SqlType(Kind.INT)), Column("s", SqlType(Kind.VARCHAR, length=40))))
GUID = "80342534-2508-4CAB-A090-C25BF1DDF923"
# What is in the column, and what it is as int, decimal(5, 2), uniqueidentifier, and the first of int and bigint.
ROWS: list[tuple[str | None, str, str, str, str]] = [
    ("abc", "NULL", "NULL", "NULL", "-1"),
    ("12", "12", "12.00", "NULL", "12"),
    ("", "0", "NULL", "NULL", "0"),
    (None, "NULL", "NULL", "NULL", "-1"),
    ("99999999999", "NULL", "NULL", "NULL", "99999999999"),
    ("2024-01-31", "NULL", "NULL", "NULL", "-1"),
    (GUID, "NULL", "NULL", GUID, "-1"),
    ("-5", "-5", "-5.00", "NULL", "-5"),
    ("12.25", "NULL", "12.25", "NULL", "-1"),
    ("12 34", "NULL", "NULL", "NULL", "-1"),
    ("  7  ", "7", "7.00", "NULL", "7"),
]


def test_a_value_that_does_not_convert_leaves_the_other_rows_alone() -> None:
    sql = (
        "SELECT TRY_CAST(s AS int) AS a, TRY_CAST(s AS decimal(5, 2)) AS b, TRY_CAST(s AS uniqueidentifier) AS c,"
        " COALESCE(TRY_CAST(s AS int), TRY_CAST(s AS bigint), -1) AS d"
        " FROM mixed WHERE COALESCE(TRY_CONVERT(int, s), 0) < 100 ORDER BY id"
    )
    with opened_ledgers() as ledgers:
        for ledger in ledgers:
            create(ledger, MIXED, [{"id": number, "s": row[0]} for number, row in enumerate(ROWS)])
            found = asked(ledger, sql, schema_of(MIXED))
            assert [tuple(map(shown, row)) for row in found] == [row[1:] for row in ROWS], ledger.dialect
