from __future__ import annotations

import pytest

from engine.model import SQL_SERVER_DEFAULT, Kind, Severity, SqlType
from engine.sql.ddl import read_schema
from engine.sql.schema import Column, Function, LedgerSchema, Table

TABLES = """
CREATE TABLE dbo.t (a int NOT NULL, b decimal(9, 2), s varchar(10), n nvarchar(20) COLLATE Latin1_General_BIN2);
CREATE TABLE arc.u (a bigint, z date);
GO
"""
INT = SqlType(Kind.INT)
DECIMAL = SqlType(Kind.DECIMAL, 9, 2)
VARCHAR = SqlType(Kind.VARCHAR, length=10, collation=SQL_SERVER_DEFAULT)
UNKNOWN = SqlType(Kind.OTHER, other_name="unknown")


def read(text: str) -> LedgerSchema:
    found = read_schema(TABLES + text)
    assert found.faults == ()
    return found.schema


def view(text: str, name: str = "v") -> Table:
    found = read(text).table(name)
    assert found is not None
    assert found.is_view
    return found


def types(select: str) -> dict[str, SqlType]:
    return {column.name: column.type for column in view(f"CREATE VIEW v AS {select}").columns}


def function(text: str, name: str = "f") -> Function:
    found = read(text).function(name, "dbo")
    assert found is not None
    return found


class TestViews:
    def test_definition_is_the_select_as_written(self) -> None:
        found = view(
            "CREATE OR ALTER VIEW dbo.V WITH SCHEMABINDING AS\n SELECT a -- the key\n FROM dbo.t\nWITH CHECK OPTION\nGO"
        )
        assert found.definition == "SELECT a -- the key\n FROM dbo.t"
        assert (found.schema, found.name) == ("dbo", "V")

    def test_the_select_ends_before_the_next_statement(self) -> None:
        schema = read("CREATE VIEW v AS SELECT a FROM t CREATE VIEW w AS (SELECT a FROM t); CREATE TABLE x (a int)")
        assert [t.definition for t in schema.tables.values() if t.is_view] == ["SELECT a FROM t", "(SELECT a FROM t)"]
        assert schema.table("x") is not None

    def test_merge_is_a_join_hint(self) -> None:
        assert "MERGE JOIN" in (
            view("CREATE VIEW v AS SELECT t.a FROM t INNER MERGE JOIN arc.u ON t.a = u.a").definition or ""
        )

    @pytest.mark.parametrize(
        ("select", "expected"),
        [
            ("SELECT a, T.b, t.s AS x FROM dbo.t", {"a": INT, "b": DECIMAL, "x": VARCHAR}),
            ("SELECT amount = b, [The key] = (a) FROM t", {"amount": DECIMAL, "The key": INT}),
            ("SELECT q.* FROM (SELECT a, b AS c FROM t) AS q", {"a": INT, "c": DECIMAL}),
            ("SELECT k FROM (SELECT a, b FROM t) AS q (k, l)", {"k": INT}),
            ("WITH c (x) AS (SELECT b FROM t), d AS (SELECT x FROM c) SELECT x FROM d", {"x": DECIMAL}),
            ("SELECT u.z, t.a FROM t LEFT JOIN arc.u ON u.a = t.a", {"z": SqlType(Kind.DATE), "a": INT}),
            ("SELECT p.z FROM t CROSS APPLY (SELECT z FROM arc.u WHERE u.a = t.a) AS p", {"z": SqlType(Kind.DATE)}),
            ("SELECT a FROM t UNION ALL SELECT a FROM t", {"a": INT}),
            ("SELECT -b AS negative FROM t", {"negative": DECIMAL}),
            ("SELECT b, dbo.unheard_of(a) AS x FROM t", {"b": DECIMAL, "x": UNKNOWN}),
            (
                "SELECT dbo.unheard_of(a) AS x, SUM(b) AS y FROM t GROUP BY a",
                {"x": UNKNOWN, "y": SqlType(Kind.DECIMAL, 38, 2)},
            ),
            ("SELECT nowhere.a FROM nowhere", {"a": UNKNOWN}),
        ],
    )
    def test_types(self, select: str, expected: dict[str, SqlType]) -> None:
        assert types(select) == expected

    def test_types_beside_what_is_not_translated(self) -> None:
        found = types("SELECT TOP (9) PERCENT -b AS x, FORMAT(b, 'N2') AS y FROM t ORDER BY a")
        assert found["x"] == DECIMAL

    def test_star_in_the_order_of_the_sources(self) -> None:
        assert list(types("SELECT u.*, t.* FROM t CROSS JOIN arc.u")) == ["a", "z", "b", "s", "n"]
        found = view("CREATE VIEW v AS SELECT * FROM arc.u")
        assert [c.name for c in found.columns] == ["a", "z"]

    def test_listed_columns_name_the_outputs(self) -> None:
        found = view("CREATE VIEW v (key1, [a sum]) AS SELECT a, b FROM t")
        assert [(c.name, c.type) for c in found.columns] == [("key1", INT), ("a sum", DECIMAL)]

    def test_a_column_of_a_view_may_be_null(self) -> None:
        assert view("CREATE VIEW v AS SELECT a FROM t").columns == (Column("a", INT, nullable=True),)

    def test_views_of_views_in_any_order_come_behind_what_they_read(self) -> None:
        schema = read(
            """CREATE VIEW third AS SELECT x FROM second
            GO
            CREATE VIEW second AS SELECT b AS x FROM [First]
            GO
            CREATE VIEW first AS SELECT b FROM t"""
        )
        assert [t.name for t in schema.tables.values() if t.is_view] == ["first", "second", "third"]
        assert schema.tables["dbo", "third"].columns[0].type == DECIMAL

    def test_views_that_read_one_another_do_not_hang(self) -> None:
        schema = read("CREATE VIEW v AS SELECT a FROM w\nGO\nCREATE VIEW w AS SELECT a FROM v")
        assert {t.name for t in schema.tables.values() if t.is_view} == {"v", "w"}

    def test_the_last_one_of_a_name_counts(self) -> None:
        assert (
            view("CREATE VIEW v AS SELECT a FROM t\nGO\nALTER VIEW v AS SELECT b FROM t").definition
            == "SELECT b FROM t"
        )

    def test_one_that_does_not_parse_is_left_out_with_a_warning(self) -> None:
        found = read_schema(TABLES + "CREATE VIEW v AS SELECT FROM WHERE\nGO\nCREATE VIEW w AS SELECT a FROM t")
        assert found.schema.table("v") is None
        assert found.schema.table("w") is not None
        (fault,) = found.faults
        assert fault.severity is Severity.WARNING
        assert "dbo.v" in fault.message

    def test_one_that_does_not_parse_but_lists_its_columns_is_kept(self) -> None:
        found = view("CREATE VIEW v (a, b) AS SELECT FROM WHERE")
        assert [(c.name, c.type) for c in found.columns] == [("a", UNKNOWN), ("b", UNKNOWN)]

    def test_through_a_synonym(self) -> None:
        schema = read("CREATE SYNONYM st FOR dbo.t\nGO\nCREATE VIEW v AS SELECT b FROM st")
        assert schema.tables["dbo", "v"].columns[0].type == DECIMAL


class TestFunctions:
    def test_scalar(self) -> None:
        found = function(
            """CREATE FUNCTION [dbo].[F] (@id int, @name AS nvarchar(50) = N'x', @rows dbo.Ids READONLY)
            RETURNS decimal(18, 2) WITH SCHEMABINDING, RETURNS NULL ON NULL INPUT
            AS BEGIN
                DECLARE @r TABLE (x int);
                IF @id > 1 BEGIN RETURN 1 END
                RETURN (SELECT CASE WHEN @id = 2 THEN 3 END)
            END"""
        )
        assert (found.schema, found.name, found.columns) == ("dbo", "F", ())
        assert found.result == SqlType(Kind.DECIMAL, 18, 2)
        assert [p.kind for p in found.parameters] == [Kind.INT, Kind.NVARCHAR, Kind.OTHER]
        assert found.parameters[1].collation == SQL_SERVER_DEFAULT

    def test_without_parameters(self) -> None:
        found = function("CREATE FUNCTION f() RETURNS varchar(10) AS BEGIN RETURN 'x' END")
        assert found == Function("dbo", "f", (), VARCHAR)

    def test_inline(self) -> None:
        found = function(
            """CREATE FUNCTION dbo.f (@id int, @from date)
            RETURNS TABLE WITH SCHEMABINDING AS
            RETURN (SELECT t.a, t.b AS amount, @from AS since, dbo.g(a) AS g FROM dbo.t AS t WHERE t.a = @id)"""
        )
        assert found.result is None
        assert found.parameters == (INT, SqlType(Kind.DATE))
        assert [(c.name, c.type) for c in found.columns] == [
            ("a", INT),
            ("amount", DECIMAL),
            ("since", SqlType(Kind.DATE)),
            ("g", UNKNOWN),
        ]

    def test_inline_without_parentheses(self) -> None:
        found = function(
            "CREATE FUNCTION f (@i int) RETURNS TABLE AS RETURN WITH c AS (SELECT b FROM t) SELECT b FROM c;"
        )
        assert [(c.name, c.type) for c in found.columns] == [("b", DECIMAL)]

    def test_multi_statement(self) -> None:
        found = function(
            """CREATE FUNCTION f (@i int) RETURNS @result TABLE (a int NOT NULL PRIMARY KEY, s varchar(10) NULL)
            AS BEGIN INSERT @result SELECT a, s FROM t; RETURN; END"""
        )
        assert found.columns == (Column("a", INT, nullable=False), Column("s", VARCHAR))

    def test_clr(self) -> None:
        found = function("CREATE FUNCTION f (@s nvarchar(max)) RETURNS TABLE (part nvarchar(9)) AS EXTERNAL NAME A.B.C")
        assert [c.name for c in found.columns] == ["part"]

    def test_a_view_of_a_function(self) -> None:
        found = read(
            """CREATE VIEW v AS SELECT t.a, p.b, dbo.g(1) AS g FROM t OUTER APPLY dbo.f(t.a) AS p
            GO
            CREATE FUNCTION dbo.f (@i int) RETURNS TABLE AS RETURN SELECT b FROM t WHERE a = @i"""
        ).tables["dbo", "v"]
        assert [(c.name, c.type) for c in found.columns] == [("a", INT), ("b", DECIMAL), ("g", UNKNOWN)]

    def test_the_body_is_not_read(self) -> None:
        schema = read("CREATE FUNCTION f () RETURNS int AS BEGIN EXEC('CREATE TABLE x (a int)') RETURN 1 END")
        assert schema.table("x") is None

    def test_what_cannot_be_in_a_body_needs_go(self) -> None:
        text = TABLES + "CREATE FUNCTION f () RETURNS int AS BEGIN RETURN 1 END\nCREATE TABLE x (a int)"
        found = read_schema(text)
        (fault,) = found.faults
        assert text[fault.offset :] == "CREATE TABLE x (a int)"
        assert fault.hint == "put GO on a line before it"
        assert found.schema.table("x") is not None

    @pytest.mark.parametrize(
        "text",
        [
            "CREATE FUNCTION f RETURNS int AS BEGIN RETURN 1 END",
            "CREATE FUNCTION f (i int) RETURNS int AS BEGIN RETURN 1 END",
            "CREATE FUNCTION f (@i int) AS BEGIN RETURN 1 END",
            "CREATE FUNCTION f (@i int) RETURNS TABLE AS",
            "CREATE FUNCTION f (@i int) RETURNS TABLE AS RETURN",
            "CREATE FUNCTION f (@i int) RETURNS @t AS BEGIN RETURN END",
            "CREATE VIEW v SELECT 1 AS x",
            "CREATE VIEW v AS",
        ],
    )
    def test_faults(self, text: str) -> None:
        found = read_schema(text)
        assert len(found.faults) == 1
        assert found.schema.functions == {}
        assert found.schema.tables == {}
