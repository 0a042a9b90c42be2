from __future__ import annotations

from pathlib import Path

import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.model import BINARY, SQL_SERVER_DEFAULT, Collation, Kind, Severity, SqlType
from engine.sql.collations import code_page
from engine.sql.ddl import declaration, decode_script, read_schema
from engine.sql.schema import Column, Index, LedgerSchema, SchemaOrigin, Table

FIXTURE = Path(__file__).parents[4] / "fixtures" / "ledger" / "schema.sql"

# As SQL Server's own tool scripts a database, with "Check for object existence" on.
SCRIPTED = """\
\ufeffUSE [master]
GO
/****** Object:  Database [Ledger]    Script Date: 2026-11-24 10:00:00 ******/
CREATE DATABASE [Ledger]
 CONTAINMENT = NONE
 ON  PRIMARY
( NAME = N'Ledger', FILENAME = N'D:\\Data\\Ledger.mdf' , SIZE = 8192KB , MAXSIZE = UNLIMITED, FILEGROWTH = 65536KB )
 LOG ON
( NAME = N'Ledger_log', FILENAME = N'D:\\Data\\Ledger_log.ldf' , SIZE = 8192KB , MAXSIZE = 2048GB )
 COLLATE Finnish_Swedish_CI_AS
 WITH CATALOG_COLLATION = DATABASE_DEFAULT
GO
IF (1 = FULLTEXTSERVICEPROPERTY('IsFullTextInstalled'))
begin
EXEC [Ledger].[dbo].[sp_fulltext_database] @action = 'enable'
end
GO
ALTER DATABASE [Ledger] SET ANSI_NULL_DEFAULT OFF
GO
USE [Ledger]
GO
CREATE USER [webhooks] FOR LOGIN [webhooks] WITH DEFAULT_SCHEMA=[dbo]
GO
/****** Object:  Schema [arc]    Script Date: 2026-11-24 10:00:00 ******/
IF NOT EXISTS (SELECT * FROM sys.schemas WHERE name = N'arc')
EXEC sys.sp_executesql N'CREATE SCHEMA [arc]'
GO
/****** Object:  UserDefinedDataType [dbo].[Amount]    Script Date: 2026-11-24 10:00:00 ******/
IF NOT EXISTS (SELECT * FROM sys.types st WHERE st.name = N'Amount')
CREATE TYPE [dbo].[Amount] FROM [decimal](19, 4) NOT NULL
GO
SET ANSI_NULLS ON
GO
SET QUOTED_IDENTIFIER ON
GO
IF NOT EXISTS (SELECT * FROM sys.objects WHERE object_id = OBJECT_ID(N'[dbo].[dat_case]') AND type in (N'U'))
BEGIN
CREATE TABLE [dbo].[dat_case](
	[CaseId] [int] IDENTITY(1,1) NOT FOR REPLICATION NOT NULL,
	[Ref] [varchar](20) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[Title] [nvarchar](max) NULL,
	[Rest] [dbo].[Amount],
	[RowGuid] [uniqueidentifier] ROWGUIDCOL  NOT NULL,
	[Extra] [varchar](5) SPARSE  NULL,
	[ValidFrom] [datetime2](7) GENERATED ALWAYS AS ROW START HIDDEN NOT NULL,
	[ValidTo] [datetime2](7) GENERATED ALWAYS AS ROW END HIDDEN NOT NULL,
	[Stamp] [timestamp] NOT NULL,
	[Total]  AS ([Rest]+(1)) PERSISTED,
 CONSTRAINT [PK_dat_case] PRIMARY KEY CLUSTERED
(
	[CaseId] ASC
)WITH (PAD_INDEX = OFF, STATISTICS_NORECOMPUTE = OFF) ON [PRIMARY],
 CONSTRAINT [UQ_ref] UNIQUE NONCLUSTERED ([Ref] ASC, [RowGuid] DESC) ON [PRIMARY],
	PERIOD FOR SYSTEM_TIME ([ValidFrom], [ValidTo])
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = [arc].[dat_case_history]))
END
GO
IF NOT EXISTS (SELECT * FROM sys.views WHERE object_id = OBJECT_ID(N'[dbo].[vw_case]'))
EXEC dbo.sp_executesql @statement = N'
-- it''s scripted as a string
CREATE VIEW [dbo].[vw_case] AS
SELECT c.CaseId, c.Ref AS reference FROM dbo.dat_case c WHERE c.Extra = ''x'''
GO
SET ANSI_PADDING ON
GO
IF NOT EXISTS (SELECT * FROM sys.indexes WHERE name = N'IX_title')
CREATE NONCLUSTERED INDEX [IX_title] ON [dbo].[dat_case] ([Ref] ASC) INCLUDE([Title]) WITH (ONLINE = OFF) ON [PRIMARY]
GO
ALTER TABLE [dbo].[dat_case] ADD  CONSTRAINT [DF_extra]  DEFAULT ('n/a') FOR [Extra]
GO
ALTER TABLE [dbo].[dat_case]  WITH CHECK ADD  CONSTRAINT [FK_self] FOREIGN KEY([CaseId])
REFERENCES [dbo].[dat_case] ([CaseId]) ON DELETE SET NULL
GO
ALTER TABLE [dbo].[dat_case] CHECK CONSTRAINT [FK_self]
GO
GRANT CREATE TABLE TO [webhooks] AS [dbo]
GO
CREATE PROCEDURE [dbo].[p] @id int AS
BEGIN
  CREATE TABLE #work (id int);
  CREATE TABLE dbo.not_ours (id int);
  PRINT 'CREATE TABLE in_a_string (id int)';
END
GO
EXEC sys.sp_addextendedproperty @name=N'MS_Description', @value=N'The case' , @level0type=N'SCHEMA',@level0name=N'dbo'
GO
"""


def read(text: str) -> LedgerSchema:
    found = read_schema(text)
    assert found.faults == ()
    return found.schema


def table(text: str, name: str = "t") -> Table:
    found = read(text).table(name)
    assert found is not None
    return found


def column(declaration: str) -> Column:
    return table(f"CREATE TABLE t ({declaration})").columns[0]


def faults(text: str) -> list[tuple[str, str]]:
    """What each fault points at, up to the next blank, with its message."""
    found = read_schema(text).faults
    return [((text[fault.offset :].split() or [""])[0], fault.message) for fault in found]


class TestScriptOfTheTool:
    def test_declares_what_the_database_had(self) -> None:
        schema = read(SCRIPTED)
        assert schema.origin is SchemaOrigin.DDL
        assert [(t.schema, t.name, t.is_view) for t in schema.tables.values()] == [
            ("dbo", "dat_case", False),
            ("dbo", "vw_case", True),
        ]
        assert schema.collation == Collation("Finnish_Swedish_CI_AS", True, True, False)

    def test_columns(self) -> None:
        found = table(SCRIPTED, "DAT_CASE")
        by_name = {column.name: column for column in found.columns}
        swedish = Collation("Finnish_Swedish_CI_AS", True, True, False)
        assert by_name["CaseId"] == Column("CaseId", SqlType(Kind.INT), nullable=False)
        assert by_name["Ref"].type == SqlType(Kind.VARCHAR, length=20, collation=BINARY)
        assert by_name["Title"].type == SqlType(Kind.NVARCHAR, collation=swedish)
        assert by_name["Rest"] == Column("Rest", SqlType(Kind.DECIMAL, 19, 4), nullable=False)
        assert by_name["RowGuid"].type == SqlType(Kind.UNIQUEIDENTIFIER)
        assert by_name["Extra"].default == "'n/a'"
        assert by_name["ValidTo"].type == SqlType(Kind.DATETIME2, scale=7)
        assert by_name["Stamp"] == Column("Stamp", SqlType(Kind.ROWVERSION), nullable=False)
        assert by_name["Total"].computed == "[Rest]+(1)"

    def test_keys_and_indexes(self) -> None:
        found = table(SCRIPTED, "dat_case")
        assert found.primary_key == ("CaseId",)
        assert found.indexes == (Index("UQ_ref", ("Ref", "RowGuid")), Index("IX_title", ("Ref",)))

    def test_view_scripted_as_a_string(self) -> None:
        found = table(SCRIPTED, "vw_case")
        assert [(c.name, c.type.kind) for c in found.columns] == [("CaseId", Kind.INT), ("reference", Kind.VARCHAR)]
        assert found.definition == "SELECT c.CaseId, c.Ref AS reference FROM dbo.dat_case c WHERE c.Extra = 'x'"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("bit", SqlType(Kind.BIT)),
        ("tinyint", SqlType(Kind.TINYINT)),
        ("smallint", SqlType(Kind.SMALLINT)),
        ("integer", SqlType(Kind.INT)),
        ("[sys].[bigint]", SqlType(Kind.BIGINT)),
        ("decimal", SqlType(Kind.DECIMAL, 18, 0)),
        ("dec(9)", SqlType(Kind.DECIMAL, 9, 0)),
        ("numeric(38, 38)", SqlType(Kind.DECIMAL, 38, 38)),
        ("money", SqlType(Kind.MONEY)),
        ("smallmoney", SqlType(Kind.SMALLMONEY)),
        ("float", SqlType(Kind.FLOAT)),
        ("float(24)", SqlType(Kind.REAL)),
        ("float(25)", SqlType(Kind.FLOAT)),
        ("double precision", SqlType(Kind.FLOAT)),
        ("real", SqlType(Kind.REAL)),
        ("char", SqlType(Kind.CHAR, length=1, collation=SQL_SERVER_DEFAULT)),
        ("character varying(12)", SqlType(Kind.VARCHAR, length=12, collation=SQL_SERVER_DEFAULT)),
        ("varchar", SqlType(Kind.VARCHAR, length=1, collation=SQL_SERVER_DEFAULT)),
        ("varchar(MAX)", SqlType(Kind.VARCHAR, collation=SQL_SERVER_DEFAULT)),
        ("national character(4)", SqlType(Kind.NCHAR, length=4, collation=SQL_SERVER_DEFAULT)),
        ("nvarchar(4000)", SqlType(Kind.NVARCHAR, length=4000, collation=SQL_SERVER_DEFAULT)),
        ("national text", SqlType(Kind.NTEXT, collation=SQL_SERVER_DEFAULT)),
        ("text", SqlType(Kind.TEXT, collation=SQL_SERVER_DEFAULT)),
        ("sysname", SqlType(Kind.NVARCHAR, length=128, collation=SQL_SERVER_DEFAULT)),
        ("xml (CONTENT dbo.shape)", SqlType(Kind.XML)),
        ("uniqueidentifier", SqlType(Kind.UNIQUEIDENTIFIER)),
        ("date", SqlType(Kind.DATE)),
        ("time", SqlType(Kind.TIME, scale=7)),
        ("time(0)", SqlType(Kind.TIME, scale=0)),
        ("smalldatetime", SqlType(Kind.SMALLDATETIME)),
        ("datetime", SqlType(Kind.DATETIME)),
        ("datetime2", SqlType(Kind.DATETIME2, scale=7)),
        ("datetime2(3)", SqlType(Kind.DATETIME2, scale=3)),
        ("datetimeoffset(2)", SqlType(Kind.DATETIMEOFFSET, scale=2)),
        ("binary", SqlType(Kind.BINARY, length=1)),
        ("varbinary(8000)", SqlType(Kind.VARBINARY, length=8000)),
        ("binary varying(max)", SqlType(Kind.VARBINARY)),
        ("image", SqlType(Kind.IMAGE)),
        ("rowversion", SqlType(Kind.ROWVERSION)),
        ("sql_variant", SqlType(Kind.OTHER, other_name="sql_variant")),
        ("[geography]", SqlType(Kind.OTHER, other_name="geography")),
        ("ext.Point", SqlType(Kind.OTHER, other_name="ext.Point")),
    ],
)
def test_types_and_their_defaults(declared: str, expected: SqlType) -> None:
    assert column(f"c {declared}").type == expected
    assert column(f"c {declared.upper()} NOT NULL").type.kind is expected.kind


@pytest.mark.parametrize(
    ("declared", "refused"),
    [
        ("decimal(39, 0)", "1 to 38"),
        ("decimal(5, 6)", "0 to 5"),
        ("varchar(8001)", "1 to 8000"),
        ("nvarchar(4001)", "1 to 4000"),
        ("char(max)", "1 to 8000"),
        ("datetime2(8)", "0 to 7"),
        ("varchar(x)", "whole number"),
        ("int(4)", "neither a length"),
    ],
)
def test_facets_that_sql_server_refuses(declared: str, refused: str) -> None:
    ((_, message),) = faults(f"CREATE TABLE t (c {declared})")
    assert refused in message


def test_a_type_reads_as_it_is_declared() -> None:
    for source in ("decimal(9,2)", "nvarchar(max)", "varbinary(12)", "datetime2(3)", "time(0)", "int", "sql_variant"):
        assert declaration(column(f"c {source}").type) == source


class TestColumns:
    @pytest.mark.parametrize(
        ("declared", "nullable"),
        [
            ("c int", True),
            ("c int NULL", True),
            ("c int NOT NULL", False),
            ("c int PRIMARY KEY", False),
            ("c int IDENTITY(1, 1)", False),
            ("c int CONSTRAINT df DEFAULT (0) NOT NULL", False),
            ("c int NULL REFERENCES other (id) ON DELETE SET NULL ON UPDATE NO ACTION", True),
            ("c int NOT NULL REFERENCES other ON DELETE SET NULL", False),
            ("c int REFERENCES other (id) ON DELETE CASCADE NOT FOR REPLICATION NOT NULL", False),
            ("c int NOT NULL CHECK NOT FOR REPLICATION (c IS NOT NULL)", False),
            ("c varchar(9) MASKED WITH (FUNCTION = 'partial(1, \"x\", 0)') NULL", True),
            ("c int NOT NULL DEFAULT NULL", False),
        ],
    )
    def test_nullable(self, declared: str, nullable: bool) -> None:
        assert column(declared).nullable is nullable

    @pytest.mark.parametrize(
        ("declared", "default"),
        [
            ("DEFAULT 1", "1"),
            ("DEFAULT ((0))", "0"),
            ("DEFAULT (N'it''s') NOT NULL", "N'it''s'"),
            ("DEFAULT -1 NOT NULL", "-1"),
            ("DEFAULT 1 + 2 NULL", "1 + 2"),
            ("DEFAULT getdate() NOT NULL", "getdate()"),
            ("DEFAULT dbo.f(1, (2)) NOT NULL", "dbo.f(1, (2))"),
            ("DEFAULT ((1)+(2))", "(1)+(2)"),
            ("CONSTRAINT [my df] DEFAULT (CONVERT([bit],(0)))", "CONVERT([bit],(0))"),
        ],
    )
    def test_default(self, declared: str, default: str) -> None:
        assert column(f"c int {declared}").default == default

    def test_collation_of_the_column_wins_over_that_of_the_database(self) -> None:
        found = table(
            "CREATE TABLE t (a char(9) COLLATE Latin1_General_CS_AS, b varchar(9), c nchar(2) COLLATE database_default)"
            " ALTER DATABASE CURRENT COLLATE Polish_CI_AI"
        )
        assert [c.type.collation and c.type.collation.name for c in found.columns] == [
            "Latin1_General_CS_AS",
            "Polish_CI_AI",
            "Polish_CI_AI",
        ]

    def test_names_in_any_quotes_keep_their_spelling(self) -> None:
        schema = read('CREATE TABLE [o d]]d]."T a""b" ([Åk ]]e] int, "x""y" int, Größe int)')
        found = schema.table('t A"b', "O D]D")
        assert found is not None
        assert (found.schema, found.name) == ("o d]d", 'T a"b')
        assert [c.name for c in found.columns] == ["Åk ]e", 'x"y', "Größe"]
        assert found.column("größe") is found.columns[2]

    def test_inline_indexes_and_keys(self) -> None:
        found = table(
            """CREATE TABLE t (
                a int NOT NULL INDEX ix_a NONCLUSTERED, b int UNIQUE, c int,
                INDEX ix_bc UNIQUE NONCLUSTERED (b, c DESC) WHERE b > 0,
                CONSTRAINT ck CHECK (a > 0 AND b IN (1, 2)),
                FOREIGN KEY (a, b) REFERENCES x (a, b) ON UPDATE CASCADE,
                PRIMARY KEY (c, a)
            )"""
        )
        assert found.primary_key == ("c", "a")
        assert found.indexes == (Index("ix_a", ("a",)), Index(None, ("b",)), Index("ix_bc", ("b", "c")))
        assert [c.nullable for c in found.columns] == [False, True, False]

    def test_a_key_behind_a_column_without_a_comma(self) -> None:
        assert table("CREATE TABLE t (a int, b int CONSTRAINT pk PRIMARY KEY CLUSTERED (a, b))").primary_key == (
            "a",
            "b",
        )

    def test_period_and_timestamp_are_names_too(self) -> None:
        found = table("CREATE TABLE t (period int, timestamp, [index] int, connection_id int)")
        assert [c.name for c in found.columns] == ["period", "timestamp", "index", "connection_id"]
        assert found.columns[1].type.kind is Kind.ROWVERSION

    def test_column_set(self) -> None:
        found = table("CREATE TABLE t (a int SPARSE, c xml COLUMN_SET FOR ALL_SPARSE_COLUMNS)")
        assert [c.type.kind for c in found.columns] == [Kind.INT, Kind.XML]


class TestComputedColumns:
    TABLE = """CREATE TABLE t (
        a int NOT NULL, b decimal(9, 2), s varchar(10),
        c AS a, d AS (CAST(b AS decimal(18, 4))) PERSISTED NOT NULL, e AS -b,
        f AS dbo.unheard_of(a), PRIMARY KEY (a)
    )"""

    def test_types_as_the_expression_tells(self) -> None:
        by_name = {c.name: c.type for c in table(self.TABLE).columns}
        assert by_name["c"] == SqlType(Kind.INT)
        assert by_name["e"] == SqlType(Kind.DECIMAL, 9, 2)
        assert by_name["f"] == SqlType(Kind.OTHER, other_name="unknown")

    def test_expressions_are_kept_without_outer_parentheses(self) -> None:
        by_name = {c.name: c.computed for c in table(self.TABLE).columns}
        assert by_name["a"] is None
        assert by_name["d"] == "CAST(b AS decimal(18, 4))"
        assert by_name["f"] == "dbo.unheard_of(a)"
        assert table("CREATE TABLE t (a int, b AS (a)+(1))").columns[1].computed == "(a)+(1)"


class TestAlterTable:
    def test_add_alter_and_drop(self) -> None:
        found = table(
            """CREATE TABLE t (a int DEFAULT 5, b int, c int, d int)
            ALTER TABLE dbo.t ADD e varchar(4) NOT NULL CONSTRAINT df DEFAULT '', f AS a
            ALTER TABLE t WITH NOCHECK ADD CONSTRAINT pk PRIMARY KEY (b)
            ALTER TABLE t ALTER COLUMN A bigint NOT NULL
            ALTER TABLE t ALTER COLUMN b ADD ROWGUIDCOL;
            ALTER TABLE t DROP CONSTRAINT df, COLUMN IF EXISTS c, d
            ALTER TABLE t SET (LOCK_ESCALATION = TABLE)
            DELETE FROM t"""
        )
        assert [(c.name, c.type.kind, c.nullable) for c in found.columns] == [
            ("a", Kind.BIGINT, False),
            ("b", Kind.INT, False),
            ("e", Kind.VARCHAR, False),
            ("f", Kind.BIGINT, True),
        ]
        assert found.columns[0].default == "5"
        assert found.primary_key == ("b",)

    def test_statements_behind_it_are_read(self) -> None:
        schema = read("CREATE TABLE a (x int) ALTER TABLE a ADD y int NULL CREATE TABLE b (z int)")
        assert set(schema.tables) == {("dbo", "a"), ("dbo", "b")}

    def test_of_an_unknown_table_is_warned_of_and_the_rest_is_read(self) -> None:
        found = read_schema("ALTER TABLE x ADD y int\nGO\nCREATE TABLE t (a int)")
        assert [(fault.message, fault.severity) for fault in found.faults] == [
            ("table dbo.x is not declared above", Severity.WARNING)
        ]
        assert set(found.schema.tables) == {("dbo", "t")}

    def test_of_an_unknown_column(self) -> None:
        assert faults("CREATE TABLE t (a int) ALTER TABLE t ALTER COLUMN b int") == [
            ("b", "table dbo.t has no column b")
        ]
        assert faults("CREATE TABLE t (a int) ALTER TABLE t ADD DEFAULT 0 FOR b") == [
            ("b", "table dbo.t has no column b")
        ]
        assert faults("ALTER TABLE #t ADD y int") == []


class TestOtherObjects:
    def test_synonyms_resolve(self) -> None:
        schema = read(
            """USE Ledger
            CREATE TABLE arc.t (a int)
            CREATE SYNONYM dbo.s FOR arc.t
            CREATE SYNONYM dbo.s3 FOR [LEDGER].arc.t
            CREATE SYNONYM elsewhere FOR Other.arc.t
            CREATE SYNONYM far FOR [srv].Ledger.arc.t"""
        )
        assert schema.table("S") is schema.table("t", "arc") is schema.table("s3")
        assert schema.table("elsewhere") is None

    def test_query_hints_name_no_database(self) -> None:
        text = """USE Ledger SELECT 1 OPTION (USE HINT ('X'), USE PLAN N'') CREATE TABLE t (a int)
        CREATE SYNONYM s FOR Ledger.dbo.t"""
        assert read(text).table("s") is not None

    def test_alias_types(self) -> None:
        found = table(
            """CREATE TYPE dbo.Flag FROM bit NOT NULL; CREATE TYPE Ref FROM varchar(20);
            CREATE TYPE dbo.Ids AS TABLE (id int)
            GO
            CREATE TABLE t (a Flag, b [dbo].[REF] COLLATE Latin1_General_BIN2, c flag NULL)"""
        )
        assert [(c.type.kind, c.nullable) for c in found.columns] == [
            (Kind.BIT, False),
            (Kind.VARCHAR, True),
            (Kind.BIT, True),
        ]
        assert found.columns[1].type == SqlType(
            Kind.VARCHAR, length=20, collation=Collation("Latin1_General_BIN2", False, True, True)
        )

    def test_drop_makes_room(self) -> None:
        schema = read(
            """CREATE TABLE a (x int) CREATE TABLE b (x int) CREATE TABLE c (x int)
            DROP TABLE IF EXISTS dbo.a, c; DROP INDEX ix ON b
            CREATE TABLE a (y int)"""
        )
        assert set(schema.tables) == {("dbo", "b"), ("dbo", "a")}

    def test_default_schema(self) -> None:
        schema = read_schema("CREATE TABLE t (a int)", default_schema="ledger").schema
        assert schema.table("T") is not None
        assert schema.table("t", "LEDGER") is schema.table("t")

    def test_temporary_tables_and_what_others_may_create_are_passed_over(self) -> None:
        assert read("CREATE TABLE #t (a int); GRANT CREATE TABLE, CREATE VIEW TO r; DENY ALTER ON t TO r").tables == {}

    def test_statements_in_a_procedure_or_trigger_do_not_count(self) -> None:
        schema = read(
            """CREATE TABLE t (a int)
            GO
            CREATE OR ALTER TRIGGER tr ON t AFTER INSERT AS BEGIN CREATE TABLE u (a int) END
            GO 5
            CREATE PROC p AS EXEC('CREATE TABLE v (a int)') ALTER TABLE t ADD b int
              go
            CREATE TABLE w (a int)"""
        )
        assert {name for _, name in schema.tables} == {"t", "w"}

    def test_go_is_a_separator_only_alone_on_its_line(self) -> None:
        schema = read("CREATE TABLE go (go int)\nGO -- end\nCREATE TABLE b (a int) go")
        assert {name for _, name in schema.tables} == {"go", "b"}


class TestFaults:
    def test_one_statement_is_lost_and_the_others_are_read(self) -> None:
        found = read_schema(
            "CREATE TABLE a (x int,, y int); CREATE TABLE b (x int)\nGO\nCREATE TABLE c x; CREATE TABLE d (z int)"
        )
        assert {name for _, name in found.schema.tables} >= {"b", "d"}
        assert len(found.faults) == 2
        assert [fault.severity for fault in found.faults] == [Severity.ERROR] * 2

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("CREATE TABLE t ( a int", "("),
            ("CREATE TABLE t (a int) CREATE TABLE [T] (b int)", "[T]"),
            ("CREATE TABLE t (a int, A int)", "A"),
            ("CREATE TABLE t (a)", ")"),
            ("CREATE TABLE t (a int 'x", "'x"),
            ("CREATE TABLE t (a AS )", ")"),
            ("CREATE TABLE t (PRIMARY KEY)", ")"),
            ("CREATE SYNONYM s t", "t"),
            ("CREATE TABLE t AS SELECT 1 AS x", "AS"),
        ],
    )
    def test_place(self, text: str, place: str) -> None:
        assert place in [at for at, _ in faults(text)]

    def test_in_a_string_the_place_is_the_string(self) -> None:
        ((place, _),) = faults("EXEC (N'CREATE TABLE t (a int, a int)')")
        assert place.startswith("(N'")


@pytest.mark.parametrize(
    ("name", "fold_case", "ordered", "codec"),
    [
        ("SQL_Latin1_General_CP1_CI_AS", True, False, "cp1252"),
        ("Latin1_General_BIN2", False, True, "cp1252"),
        ("Latin1_General_BIN", False, False, "cp1252"),
        ("Latin1_General_100_CI_AS_SC_UTF8", True, False, "utf-8"),
        ("Latin1_General_100_BIN2_UTF8", False, True, "utf-8"),
        ("Finnish_Swedish_100_CS_AS_KS_WS", False, False, "cp1252"),
        ("SQL_Polish_CP1250_CS_AS", False, False, "cp1250"),
        ("Cyrillic_General_CI_AI", True, False, "cp1251"),
        ("Japanese_Bushu_Kakusu_140_CI_AS_VSS", True, False, "cp932"),
        ("Nowhere_CI_AS", True, False, None),
    ],
)
def test_what_a_collation_says(name: str, fold_case: bool, ordered: bool, codec: str | None) -> None:
    found = column(f"c varchar(5) COLLATE {name}").type.collation
    assert found == Collation(name, fold_case, fold_trailing_blanks=True, ordered=ordered)
    assert code_page(name) == codec


def test_script_files_are_utf8_or_marked_utf16() -> None:
    assert decode_script("Å".encode()) == "Å"
    assert decode_script("Å".encode("utf-8-sig")) == "Å"
    assert decode_script("Å".encode("utf-16")) == "Å"
    with pytest.raises(ValueError, match="line 2: save it as UTF-8"):
        decode_script("a\nÅ".encode("latin-1"))


def test_the_fixture_ledger_reads_without_faults() -> None:
    schema = read(FIXTURE.read_text("utf-8"))
    trans = schema.table("dat_trans")
    assert trans is not None
    assert trans.column("transamount") == Column("transamount", SqlType(Kind.DECIMAL, 19, 2), nullable=False)
    assert len([t for t in schema.tables.values() if not t.is_view]) >= 12
    for view in (t for t in schema.tables.values() if t.is_view):
        assert view.definition is not None
        assert all(c.type.other_name != "unknown" for c in view.columns), view.name


WORDS = [
    "CREATE", "ALTER", "TABLE", "VIEW", "FUNCTION", "SYNONYM", "TYPE", "INDEX", "t", "dbo.t", "[a b]", "(", ")", ",",
    "int", "decimal(9,2)", "varchar(max)", "AS", "SELECT", "a", "FROM", "GO\n", "\nGO\n", "PRIMARY KEY", "DEFAULT", "1",
    "RETURNS", "@p", "BEGIN", "END", "RETURN", "ADD", "DROP", "COLUMN", "CONSTRAINT", "EXEC", "sp_executesql",
    "N'CREATE TABLE x (a int)'", "'", "[", '"', "/*", "*/", "--", "COLLATE", "Latin1_General_BIN2", "FOR", "ON", ".",
    "NOT NULL", "USE", "GRANT", ";", "REFERENCES", "SET NULL", "UNION", "*", "=", "DATABASE", "WITH",
]  # fmt: skip


class TestProperties:
    @given(st.text())
    @example("CREATE TABLE t (a int CONSTRAINT")
    @example("CREATE FUNCTION f (@a")
    def test_any_text_is_read(self, text: str) -> None:
        self.check(text)

    @settings(max_examples=examples(300))
    @given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
    def test_any_words_of_a_script_are_read(self, text: str) -> None:
        self.check(text)

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_a_script_cut_or_changed_anywhere_is_read(self, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(SCRIPTED)))
        end = data.draw(st.integers(start, len(SCRIPTED)))
        self.check(SCRIPTED[:start] + data.draw(st.sampled_from(WORDS)) + SCRIPTED[end:])

    def check(self, text: str) -> None:
        found = read_schema(text)
        assert all(0 <= fault.offset <= len(text) for fault in found.faults)
        for key, declared in found.schema.tables.items():
            assert key == (declared.schema.casefold(), declared.name.casefold())


def test_what_scripts_of_tools_have_is_read() -> None:
    found = read_schema(
        "USE $(DatabaseName)\nGO\nCREATE TABLE t (a int NOT NULL, b int, INDEX i CLUSTERED COLUMNSTORE,"
        " INDEX j NONCLUSTERED COLUMNSTORE (a, b), INDEX k UNIQUE NONCLUSTERED (b))"
    )
    assert found.faults == ()
    (table,) = found.schema.tables.values()
    assert [(index.name, index.columns) for index in table.indexes] == [("k", ("b",))]
