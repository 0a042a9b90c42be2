"""ADD and DROP SENSITIVITY CLASSIFICATION, as SQL Server's tools and people write them."""

from __future__ import annotations

import pytest

from engine.model import Severity
from engine.sql.ddl import SchemaFile, read_schema
from engine.sql.schema import Classification

TABLES = """
CREATE TABLE dbo.t (a int NOT NULL, b varchar(10), [odd.name] nvarchar(20));
CREATE TABLE hr.t (a int NOT NULL);
GO
CREATE VIEW dbo.v AS SELECT b FROM dbo.t;
GO
CREATE SYNONYM dbo.s FOR dbo.t;
GO
"""
ALL = (
    "WITH (LABEL = 'Confidential', LABEL_ID = 'x-1', INFORMATION_TYPE = N'Person''s', "
    "INFORMATION_TYPE_ID = 'y', RANK = HIGH)"
)
EVERY = Classification("Confidential", "Person's", "HIGH")
SECRET = Classification("Secret")


def classified(found: SchemaFile) -> dict[str, Classification]:
    return {
        f"{table.schema}.{table.name}.{column.name}": column.classification
        for table in found.schema.tables.values()
        for column in table.columns
        if column.classification is not None
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ADD SENSITIVITY CLASSIFICATION TO dbo.t.a {ALL}", {"dbo.t.a": EVERY}),
        (f"add sensitivity classification to T.B {ALL};", {"dbo.t.b": EVERY}),
        ("ADD SENSITIVITY CLASSIFICATION TO [hr].[t].[a] WITH (RANK = low)", {"hr.t.a": Classification(rank="LOW")}),
        (
            "ADD SENSITIVITY CLASSIFICATION TO dbo.t.[odd.name], hr.t.a WITH (LABEL = 'Secret')\nGO\nSELECT 1",
            {"dbo.t.odd.name": SECRET, "hr.t.a": SECRET},
        ),
        ("ADD SENSITIVITY CLASSIFICATION TO dbo.v.b WITH (LABEL='Secret')", {"dbo.v.b": SECRET}),
        ("ADD SENSITIVITY CLASSIFICATION TO dbo.s.b WITH (LABEL='Secret')", {"dbo.t.b": SECRET}),
        (
            f"ADD SENSITIVITY CLASSIFICATION TO t.a {ALL} ADD SENSITIVITY CLASSIFICATION TO t.a WITH (LABEL='Secret')",
            {"dbo.t.a": SECRET},
        ),
        (
            f"ADD SENSITIVITY CLASSIFICATION TO t.a, t.b {ALL}; DROP SENSITIVITY CLASSIFICATION FROM t.a",
            {"dbo.t.b": EVERY},
        ),
        (f"ADD SENSITIVITY CLASSIFICATION TO t.a {ALL}; DROP SENSITIVITY CLASSIFICATION FROM t.a, dbo.t.b, t.zz", {}),
        (f"ADD SENSITIVITY CLASSIFICATION TO t.a {ALL}\nGO\nDROP TABLE dbo.t; CREATE TABLE dbo.t (a int)", {}),
        ("ADD SIGNATURE TO dbo.p BY CERTIFICATE c", {}),
        ("EXEC (N'ADD SENSITIVITY CLASSIFICATION TO t.a WITH (LABEL = ''Secret'')')", {"dbo.t.a": SECRET}),
    ],
)
def test_what_is_classified(text: str, expected: dict[str, Classification]) -> None:
    found = read_schema(TABLES + text)

    assert [fault for fault in found.faults if "view" not in fault.message] == []
    assert classified(found) == expected
    assert found.schema.has_classifications == bool(expected)


@pytest.mark.parametrize("name", ["dbo.t.zz", "dbo.nothing.a"])
def test_a_column_that_is_not_there_is_warned_of(name: str) -> None:
    text = TABLES + f"ADD SENSITIVITY CLASSIFICATION TO {name} WITH (LABEL = 'Secret')"

    (fault,) = read_schema(text).faults

    assert (fault.severity, fault.offset) == (Severity.WARNING, text.rindex(name.rpartition(".")[2] + " WITH"))
    assert name.partition(".")[2] in fault.message


@pytest.mark.parametrize(
    "text", ["TO t.a", "TO a WITH (LABEL = 'x')", "TO t.a WITH (LABEL 'x')", "TO t.a WITH (LABEL = 'x'"]
)
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    found = read_schema(f"{TABLES}ADD SENSITIVITY CLASSIFICATION {text}")

    assert Severity.ERROR in {fault.severity for fault in found.faults}
    assert classified(found) == {}
