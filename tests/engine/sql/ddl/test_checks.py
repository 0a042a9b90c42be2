"""CHECK constraints of a schema file: which of them hold for every row that a table has."""

from __future__ import annotations

import pytest

from engine.sql.ddl import read_schema

TABLE = "CREATE TABLE t (a int CONSTRAINT ck_a CHECK (a >= 0), b int CHECK (b IN (1, 2)), c int);\n"


def checks(text: str) -> tuple[str, ...]:
    found = read_schema(text)
    assert found.faults == ()
    return found.schema.tables["dbo", "t"].checks


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", ("a >= 0", "b IN (1, 2)")),
        ("ALTER TABLE t ADD CONSTRAINT ck_c CHECK (c > 0);", ("a >= 0", "b IN (1, 2)", "c > 0")),
        (
            """ALTER TABLE [dbo].[t]  WITH CHECK ADD  CONSTRAINT [ck_c] CHECK  (([c]>(0)))
            GO
            ALTER TABLE [dbo].[t] CHECK CONSTRAINT [ck_c]
            GO""",
            ("a >= 0", "b IN (1, 2)", "([c]>(0))"),
        ),
        ("ALTER TABLE t WITH NOCHECK ADD CONSTRAINT ck_c CHECK (c > 0);", ("a >= 0", "b IN (1, 2)")),
        ("ALTER TABLE t WITH NOCHECK ADD d int CHECK (d > 0), CHECK (c > 0);", ("a >= 0", "b IN (1, 2)")),
        (
            "ALTER TABLE t WITH NOCHECK ADD CONSTRAINT ck_c CHECK (c > 0); ALTER TABLE t CHECK CONSTRAINT ck_c;",
            ("a >= 0", "b IN (1, 2)"),
        ),
        (
            "ALTER TABLE t WITH NOCHECK ADD CONSTRAINT k CHECK (c > 0); ALTER TABLE t WITH CHECK CHECK CONSTRAINT K;",
            ("a >= 0", "b IN (1, 2)", "c > 0"),
        ),
        ("ALTER TABLE t NOCHECK CONSTRAINT ck_a;", ("b IN (1, 2)",)),
        ("ALTER TABLE t NOCHECK CONSTRAINT ck_a; ALTER TABLE t CHECK CONSTRAINT ck_a;", ("b IN (1, 2)",)),
        ("ALTER TABLE t WITH NOCHECK CHECK CONSTRAINT ck_a;", ("b IN (1, 2)",)),
        ("ALTER TABLE t NOCHECK CONSTRAINT ALL;", ()),
        (
            "ALTER TABLE t NOCHECK CONSTRAINT ALL; ALTER TABLE t WITH CHECK CHECK CONSTRAINT ALL;",
            ("a >= 0", "b IN (1, 2)"),
        ),
        ("ALTER TABLE t NOCHECK CONSTRAINT CK__t__b__0EA330E9;", ("a >= 0",)),
        ("ALTER TABLE t DROP CONSTRAINT ck_a;", ("b IN (1, 2)",)),
        ("ALTER TABLE t NOCHECK CONSTRAINT ck_a ALTER TABLE t ADD CHECK (c > 0)", ("b IN (1, 2)", "c > 0")),
        ("ALTER TABLE t NOCHECK CONSTRAINT ALL ALTER TABLE t ADD CHECK (c > 0)", ("c > 0",)),
        ("ALTER TABLE t NOCHECK CONSTRAINT ck_x, ck_a ALTER TABLE t ADD CHECK (c > 0)", ("c > 0",)),
        ("ALTER TABLE t DROP ck_a;", ("b IN (1, 2)",)),
        ("ALTER TABLE t DROP CONSTRAINT IF EXISTS ck_a, CK__t__b__0EA330E9;", ()),
        ("ALTER TABLE t ADD CHECK NOT FOR REPLICATION (c > 0);", ("a >= 0", "b IN (1, 2)")),
        (
            "ALTER TABLE t ADD CHECK NOT FOR REPLICATION (c > 0); ALTER TABLE t WITH CHECK CHECK CONSTRAINT ALL;",
            ("a >= 0", "b IN (1, 2)"),
        ),
    ],
)
def test_a_check_counts_where_no_row_can_fail_it(script: str, expected: tuple[str, ...]) -> None:
    assert checks(TABLE + script) == expected


def test_a_check_stands_among_the_options_of_a_column() -> None:
    text = "CREATE TABLE t (a int NOT NULL CHECK (a > 0) DEFAULT 1, b int REFERENCES u (b) CHECK (b > 0) UNIQUE)"
    assert checks(text) == ("a > 0", "b > 0")
    table = read_schema(text).schema.tables["dbo", "t"]
    assert (table.columns[0].nullable, table.columns[0].default, len(table.indexes)) == (False, "1", 1)


def test_a_constraint_of_a_table_that_is_not_declared_is_passed_over() -> None:
    assert read_schema("ALTER TABLE u NOCHECK CONSTRAINT ALL; ALTER TABLE u CHECK CONSTRAINT x;").faults == ()
