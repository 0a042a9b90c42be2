"""A schema that was read from a ledger is written as T-SQL, and read back as the same schema."""

from collections.abc import Iterator
from string import ascii_letters

import duckdb
import psycopg
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import LEDGER_OWN, Dialect, Kind, Severity, SqlType
from engine.model.families import MAX_LENGTHS, STRINGS, UNLIMITED, WITH_FRACTION
from engine.sql.collations import collation
from engine.sql.ddl import read_schema, write_schema
from engine.sql.reflect import reflect_duckdb, reflect_postgresql
from engine.sql.reflected_types import ledger_type
from engine.sql.schema import Classification, Column, Function, LedgerSchema, SchemaOrigin, Table

COLLATIONS = ("Finnish_Swedish_CI_AS", "Latin1_General_100_BIN2", "SQL_Latin1_General_CP1_CI_AS")
SPELLINGS = {
    Dialect.POSTGRESQL: (
        *("numeric", "numeric(100,2)", "numeric(10,2)", "character varying(9000)", "character(5000)", "text", "bit(3)"),
        *("integer[]", '"char"', "public.citext", "timestamp(3) without time zone", "timestamp with time zone", "xml"),
        *("character varying(12)", "bigint", "uuid", "bytea", "it's", "]", "a\nGO\nb", "time(0) without time zone"),
    ),
    Dialect.DUCKDB: (
        *("DECIMAL(38,10)", "HUGEINT", "UBIGINT", "BIT", "ENUM('a', 'b')", "STRUCT(a INTEGER)", "TIMESTAMP_NS"),
        *("VARCHAR", "TIMESTAMP", "TIMESTAMP_S", "UTINYINT", "DOUBLE", "FLOAT", "BLOB", "INTERVAL", "DECIMAL(5,2)[]"),
    ),
}
NAMES = st.text(ascii_letters + " _.'\"[]-;,åß\nGO", min_size=1, max_size=8)


@st.composite
def sqlserver_types(draw: st.DrawFn) -> SqlType:
    kind = draw(st.sampled_from(Kind))
    if kind is Kind.OTHER:
        return SqlType(kind, other_name=draw(st.sampled_from(("geography", "sql_variant", "Point", "a]b"))))
    if kind is Kind.DECIMAL:
        precision = draw(st.integers(1, 38))
        return SqlType(kind, precision, draw(st.integers(0, precision)))
    if kind in WITH_FRACTION:
        return SqlType(kind, scale=draw(st.integers(0, 7)))
    lengths = st.integers(1, MAX_LENGTHS[kind]) if kind in MAX_LENGTHS else st.none()
    length = draw(lengths | st.none() if kind in UNLIMITED else lengths)
    named = collation(draw(st.sampled_from(COLLATIONS))) if kind in STRINGS else None
    return SqlType(kind, length=length, collation=named)


def types_of(dialect: Dialect) -> st.SearchStrategy[SqlType]:
    if dialect is Dialect.SQL_SERVER:
        return sqlserver_types()
    return st.sampled_from([ledger_type(dialect, spelling) for spelling in SPELLINGS[dialect]])


def columns_of(named: st.SearchStrategy[Column]) -> st.SearchStrategy[tuple[Column, ...]]:
    return st.lists(named, min_size=1, max_size=4, unique_by=lambda column: column.name.casefold()).map(tuple)


@st.composite
def schemas(draw: st.DrawFn) -> tuple[LedgerSchema, Dialect]:
    dialect = draw(st.sampled_from(Dialect))
    is_sql_server = dialect is Dialect.SQL_SERVER
    own = collation(draw(st.sampled_from(COLLATIONS))) if is_sql_server else LEDGER_OWN
    types = types_of(dialect)
    labels = st.sampled_from(("", "Confidential", "it's\nså"))
    ranks = st.sampled_from(("", "LOW", "CRITICAL"))
    said = st.builds(Classification, labels, labels, ranks).filter(lambda said: said != Classification())
    classified = st.none() if dialect is not Dialect.SQL_SERVER else st.none() | said
    of_tables = columns_of(st.builds(Column, NAMES, types, st.booleans(), classification=classified))
    columns = columns_of(st.builds(Column, NAMES, types, st.booleans()))
    owners = st.sampled_from(("dbo", "public", "arc'h]ive", "Main"))
    tables = draw(st.lists(st.builds(Table, owners, NAMES, of_tables, st.booleans()), min_size=1, max_size=4))
    # A function compares by the database's collation, which its types do not say.
    plain = types.filter(lambda type_: type_.kind not in STRINGS or type_.collation == own)
    parameters = st.lists(plain, max_size=3).map(tuple)
    scalars = st.builds(Function, owners, NAMES, parameters, plain)
    valued = st.builds(Function, owners, NAMES, parameters, st.none(), columns)
    functions = draw(st.lists(scalars | valued, max_size=3))
    by_table = {(table.schema.casefold(), table.name.casefold()): table for table in tables}
    by_function = {(each.schema.casefold(), each.name.casefold()): each for each in functions}
    by_function = {key: function for key, function in by_function.items() if key not in by_table}
    return (
        LedgerSchema(
            SchemaOrigin.LEDGER,
            draw(owners),
            own,
            by_table,
            by_function,
            {("dbo", "a synonym"): next(iter(by_table)), ("dbo", "afar"): ("otherdb.dbo", "far")},
        ),
        dialect,
    )


@settings(max_examples=examples(150), deadline=None)
@given(schemas())
def test_what_is_written_is_read_back(given_: tuple[LedgerSchema, Dialect]) -> None:
    schema, dialect = given_
    found = read_schema(write_schema(schema, dialect))
    assert [fault.message for fault in found.faults] == []
    assert found.schema == schema


@pytest.fixture
def connection(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as opened:
        yield opened
        opened.rollback()


SCRIPT = """
CREATE SCHEMA arc;
CREATE DOMAIN code AS varchar(9000) NOT NULL;
CREATE TABLE "Odd ]'name" ("Id" bigint PRIMARY KEY, amount numeric, code code, tags text[], at timestamptz(3));
CREATE VIEW arc.v AS SELECT amount FROM "Odd ]'name";
CREATE FUNCTION lengths(a int, b text) RETURNS code STABLE LANGUAGE sql AS $$ SELECT 'x'::varchar $$;
CREATE FUNCTION pairs(a int) RETURNS TABLE (x int, y numeric) STABLE LANGUAGE sql AS $$ SELECT 1, 2.5 $$;
"""


def test_a_schema_of_postgresql(connection: psycopg.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE SCHEMA snapshot_test; SET search_path TO snapshot_test, public")
    cursor.execute(SCRIPT)
    schema = reflect_postgresql(cursor)
    assert schema.table("odd ]'NAME") is not None
    assert read_schema(write_schema(schema, Dialect.POSTGRESQL)).schema == schema


def test_a_schema_of_duckdb() -> None:
    with duckdb.connect() as ledger:
        ledger.execute("CREATE TABLE t (a INTEGER NOT NULL, b ENUM('x', 'y'), c BIT, d DECIMAL(38,2), e VARCHAR)")
        ledger.execute("CREATE SCHEMA arc; CREATE VIEW arc.v AS SELECT a, e FROM t")
        schema = reflect_duckdb(ledger.cursor())
    assert read_schema(write_schema(schema, Dialect.DUCKDB)).schema == schema


def test_of_columns_that_differ_in_case_only_the_first_is_written() -> None:
    int_ = SqlType(Kind.INT)
    table = Table("public", "t", (Column("a", int_), Column("A", SqlType(Kind.BIGINT))))
    schema = LedgerSchema(SchemaOrigin.LEDGER, "public", LEDGER_OWN, {("public", "t"): table})
    found = read_schema(write_schema(schema, Dialect.POSTGRESQL)).schema.table("t")
    assert found is not None
    assert found.columns == (Column("a", int_),)


@pytest.mark.parametrize(
    "statement",
    [
        "EXEC sp_addextendedproperty",
        "EXEC sp_addextendedproperty @name",
        "EXEC sp_addextendedproperty N'aptic.ledger', N'oracle'",
        "EXEC sp_addextendedproperty N'aptic.ledger', @x",
        "EXEC sp_addextendedproperty N'aptic.view', N'', N'SCHEMA', N'dbo', N'TABLE', N'missing'",
        "EXEC sys.sp_addextendedproperty N'MS_Description', N'About t', N'SCHEMA', N'dbo', N'TABLE', N't'",
    ],
)
def test_properties_that_say_nothing_are_passed_over(statement: str) -> None:
    found = read_schema(f"CREATE TABLE t (a int);\n{statement};\nCREATE TABLE u (a int);")
    assert not [fault for fault in found.faults if fault.severity is Severity.ERROR]
    assert found.schema.origin is SchemaOrigin.DDL
    assert list(found.schema.tables) == [("dbo", "t"), ("dbo", "u")]
    assert not found.schema.tables["dbo", "t"].is_view
