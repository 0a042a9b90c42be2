"""System procedures that declare and rename, and CREATE SCHEMA with what it declares."""

from __future__ import annotations

import pytest

from engine.model import Kind, SqlType
from engine.sql.ddl import read_schema
from engine.sql.schema import Classification, Index, LedgerSchema

# As the table designer of SQL Server's tool writes a change of Orders.
CHANGE = """
CREATE TABLE dbo.Orders (Id int NOT NULL CONSTRAINT PK_Orders PRIMARY KEY, Note nvarchar(10) NULL)
GO
BEGIN TRANSACTION
GO
CREATE TABLE dbo.Tmp_Orders
	(
	Id int NOT NULL,
	Paid datetime NULL,
	Note nvarchar(50) NULL
	)  ON [PRIMARY]
GO
ALTER TABLE dbo.Tmp_Orders SET (LOCK_ESCALATION = TABLE)
GO
IF EXISTS(SELECT * FROM dbo.Orders)
	EXEC('INSERT INTO dbo.Tmp_Orders (Id, Note)
		SELECT Id, Note FROM dbo.Orders WITH (HOLDLOCK TABLOCKX)')
GO
DROP TABLE dbo.Orders
GO
EXECUTE sp_rename N'dbo.Tmp_Orders', N'Orders', 'OBJECT'
GO
ALTER TABLE dbo.Orders ADD CONSTRAINT
	PK_Orders PRIMARY KEY CLUSTERED
	(
	Id
	)
GO
COMMIT
"""


def read(text: str) -> LedgerSchema:
    found = read_schema(text)
    assert found.faults == ()
    return found.schema


def names(schema: LedgerSchema, table: str) -> list[str]:
    found = schema.table(table)
    assert found is not None
    return [column.name for column in found.columns]


class TestRename:
    def test_a_change_script_of_the_designer(self) -> None:
        schema = read(CHANGE)
        assert list(schema.tables) == [("dbo", "orders")]
        assert names(schema, "Orders") == ["Id", "Paid", "Note"]
        assert schema.tables[("dbo", "orders")].primary_key == ("Id",)

    @pytest.mark.parametrize(
        "call",
        [
            "EXEC sp_rename 't.b', 'c', 'COLUMN'",
            "sp_rename 'dbo.t.[b]', 'c', 'column'",
            "EXEC sys.sp_rename @objname = N'[dbo].[t].[b]', @newname = N'c', @objtype = N'COLUMN'",
        ],
    )
    def test_a_column(self, call: str) -> None:
        schema = read(f"CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))\nCREATE INDEX i ON t (b)\nGO\n{call}")
        assert names(schema, "t") == ["a", "c"]
        assert schema.tables[("dbo", "t")].primary_key == ("a", "c")
        assert schema.tables[("dbo", "t")].indexes == (Index("i", ("c",)),)

    def test_a_view_and_a_function(self) -> None:
        schema = read(
            "CREATE TABLE t (a int)\nGO\nCREATE VIEW v AS SELECT a FROM t\nGO\n"
            "CREATE FUNCTION f (@a int) RETURNS int AS BEGIN RETURN @a END\nGO\n"
            "EXEC sp_rename 'v', 'w'\nEXEC sp_rename 'dbo.f', 'g'"
        )
        assert set(schema.tables) == {("dbo", "t"), ("dbo", "w")}
        assert set(schema.functions) == {("dbo", "g")}

    def test_what_is_said_of_a_column_goes_with_it(self) -> None:
        schema = read(
            "CREATE TABLE t (a int, b int)\n"
            "ADD SENSITIVITY CLASSIFICATION TO t.b WITH (LABEL = 'Secret')\n"
            "EXEC sp_rename 't.b', 'c', 'COLUMN'\nEXEC sp_rename 't', 'u'"
        )
        assert schema.tables[("dbo", "u")].columns[1].classification == Classification("Secret", "", "")

    @pytest.mark.parametrize(
        "call",
        ["sp_rename 'PK_t', 'PK_u', 'OBJECT'", "EXEC sp_rename N't.i', N'j', N'INDEX'", "EXEC sp_rename @a, 'b'"],
    )
    def test_all_else_is_passed_over(self, call: str) -> None:
        schema = read(f"CREATE TABLE t (a int)\nGO\n{call}\nCREATE TABLE last (a int)")
        assert set(schema.tables) == {("dbo", "t"), ("dbo", "last")}


class TestAddType:
    def test_base_and_nulls(self) -> None:
        schema = read(
            "execute sp_addtype id      ,'varchar(11)' ,'NOT NULL'\nexec sp_addtype 'price', money\nGO\n"
            "CREATE TABLE t (a id, b price, c id NULL)"
        )
        columns = schema.tables[("dbo", "t")].columns
        assert [(c.type.kind, c.type.length, c.nullable) for c in columns] == [
            (Kind.VARCHAR, 11, False),
            (Kind.MONEY, None, True),
            (Kind.VARCHAR, 11, True),
        ]

    def test_a_fault_stands_at_the_call(self) -> None:
        text = "EXEC sp_addtype id, 'varchar(9000)'"
        (fault,) = read_schema(text).faults
        assert text[fault.offset :].startswith("id")


class TestCreateSchema:
    def test_what_stands_in_it_is_declared_in_it(self) -> None:
        schema = read(
            "CREATE SCHEMA app AUTHORIZATION dbo\n  CREATE TABLE t (a int)\n  CREATE VIEW v AS SELECT a FROM app.t\n"
            "  GRANT SELECT ON t TO reader\nGO\nCREATE TABLE u (a int)"
        )
        assert set(schema.tables) == {("app", "t"), ("app", "v"), ("dbo", "u")}

    def test_a_semicolon_ends_it(self) -> None:
        assert set(read("CREATE SCHEMA app; CREATE TABLE t (a int)").tables) == {("dbo", "t")}

    def test_named_by_its_owner(self) -> None:
        assert set(read("CREATE SCHEMA AUTHORIZATION ann CREATE TABLE t (a int)").tables) == {("ann", "t")}


def test_a_persisted_column_that_takes_no_null() -> None:
    columns = (
        read("CREATE TABLE t (a int, b AS a + 1 PERSISTED NOT NULL, c AS a + 1 PERSISTED)").tables[("dbo", "t")].columns
    )
    assert [(c.type, c.nullable) for c in columns[1:]] == [(SqlType(Kind.INT), False), (SqlType(Kind.INT), True)]
