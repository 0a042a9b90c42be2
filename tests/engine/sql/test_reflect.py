from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest

from engine.model import LEDGER_OWN, Kind, SqlType
from engine.sql.reflect import reflect_duckdb, reflect_postgresql
from engine.sql.reflected_types import duckdb_type, postgresql_type
from engine.sql.schema import Column, Function, LedgerSchema, SchemaOrigin

TEXT = SqlType(Kind.NVARCHAR, collation=LEDGER_OWN)


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("boolean", SqlType(Kind.BIT)),
        ("smallint", SqlType(Kind.SMALLINT)),
        ("integer", SqlType(Kind.INT)),
        ("bigint", SqlType(Kind.BIGINT)),
        ("numeric", SqlType(Kind.DECIMAL)),
        ("numeric(10,2)", SqlType(Kind.DECIMAL, 10, 2)),
        ("real", SqlType(Kind.REAL)),
        ("double precision", SqlType(Kind.FLOAT)),
        ("text", TEXT),
        ("bpchar", TEXT),
        ("character varying", TEXT),
        ("character varying(12)", SqlType(Kind.NVARCHAR, length=12, collation=LEDGER_OWN)),
        ("character(5)", SqlType(Kind.NCHAR, length=5, collation=LEDGER_OWN)),
        ("xml", SqlType(Kind.XML)),
        ("uuid", SqlType(Kind.UNIQUEIDENTIFIER)),
        ("date", SqlType(Kind.DATE)),
        ("time without time zone", SqlType(Kind.TIME, scale=6)),
        ("timestamp(3) without time zone", SqlType(Kind.DATETIME2, scale=3)),
        ("timestamp with time zone", SqlType(Kind.DATETIMEOFFSET, scale=6)),
        ("bytea", SqlType(Kind.VARBINARY)),
    ],
)
def test_types_of_postgresql(spelling: str, expected: SqlType) -> None:
    assert postgresql_type(spelling) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        *("money", "interval", "json", "jsonb", "inet", "integer[]", "numeric(5,-2)", "numeric(3,5)", "bit(3)"),
        *('"char"', "time with time zone", "public.citext", "public.text", "mood", "int4range"),
    ],
)
def test_types_of_postgresql_without_a_json_form(spelling: str) -> None:
    assert postgresql_type(spelling) == SqlType(Kind.OTHER, other_name=spelling)


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("BOOLEAN", SqlType(Kind.BIT)),
        ("UTINYINT", SqlType(Kind.TINYINT)),
        ("TINYINT", SqlType(Kind.SMALLINT)),
        ("UINTEGER", SqlType(Kind.BIGINT)),
        ("HUGEINT", SqlType(Kind.DECIMAL, 38, 0)),
        ("DECIMAL(19,4)", SqlType(Kind.DECIMAL, 19, 4)),
        ("FLOAT", SqlType(Kind.REAL)),
        ("DOUBLE", SqlType(Kind.FLOAT)),
        ("VARCHAR", TEXT),
        ("BLOB", SqlType(Kind.VARBINARY)),
        ("TIMESTAMP", SqlType(Kind.DATETIME2, scale=6)),
        ("TIMESTAMP_S", SqlType(Kind.DATETIME2, scale=0)),
        ("TIMESTAMP WITH TIME ZONE", SqlType(Kind.DATETIMEOFFSET, scale=6)),
        ("INTERVAL", SqlType(Kind.OTHER, other_name="INTERVAL")),
        ("DECIMAL(5,2)[]", SqlType(Kind.OTHER, other_name="DECIMAL(5,2)[]")),
        ("STRUCT(a INTEGER)", SqlType(Kind.OTHER, other_name="STRUCT(a INTEGER)")),
        ("ENUM('a', 'b')", SqlType(Kind.OTHER, other_name="ENUM('a', 'b')")),
        ("JSON", SqlType(Kind.OTHER, other_name="JSON")),
    ],
)
def test_types_of_duckdb(spelling: str, expected: SqlType) -> None:
    assert duckdb_type(spelling) == expected


class TestDuckDB:
    @pytest.fixture
    def schema(self) -> Iterator[LedgerSchema]:
        with duckdb.connect() as connection:
            connection.execute(
                """CREATE TABLE Payment (Id bigint PRIMARY KEY, amount decimal(18, 2), "Note" varchar NOT NULL);
                CREATE SCHEMA arc; CREATE TABLE arc.old (d date); CREATE TEMP TABLE scratch (a int);
                CREATE VIEW arc.v AS SELECT Id, amount FROM Payment;
                CREATE MACRO twice(x) AS x * 2;
                ATTACH ':memory:' AS elsewhere; CREATE TABLE elsewhere.far (a int);"""
            )
            yield reflect_duckdb(connection.cursor())

    def test_tables_and_views_of_this_database(self, schema: LedgerSchema) -> None:
        assert {key: table.is_view for key, table in schema.tables.items()} == {
            ("main", "payment"): False,
            ("arc", "old"): False,
            ("arc", "v"): True,
        }
        assert schema.functions == {}

    def test_rules_are_the_ledgers_own(self, schema: LedgerSchema) -> None:
        assert schema.origin is SchemaOrigin.LEDGER
        assert schema.collation == LEDGER_OWN
        assert schema.default_schema == "main"

    def test_columns_keep_their_spelling(self, schema: LedgerSchema) -> None:
        payment = schema.table("PAYMENT")
        assert payment is not None
        assert payment.name == "Payment"
        assert payment.columns == (
            Column("Id", SqlType(Kind.BIGINT), nullable=False),
            Column("amount", SqlType(Kind.DECIMAL, 18, 2)),
            Column("Note", TEXT, nullable=False),
        )


@pytest.fixture
def cursor(postgres_url: str) -> Iterator[psycopg.Cursor[Any]]:
    """A transaction that is rolled back, in two schemas of its own."""
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        name = f"reflect_{uuid4().hex[:12]}"
        connection.execute(f"CREATE SCHEMA {name}; CREATE SCHEMA {name}_2; SET search_path TO {name}, {name}_2")
        yield connection.cursor()
        connection.rollback()


def reflect(cursor: psycopg.Cursor[Any], script: str) -> LedgerSchema:
    cursor.execute(script.encode())
    return reflect_postgresql(cursor)


class TestPostgreSQL:
    def test_tables_views_and_the_search_path(self, cursor: psycopg.Cursor[Any]) -> None:
        schema = reflect(
            cursor,
            """CREATE TABLE payment ("Id" bigint PRIMARY KEY, amount numeric(18, 2), gone int);
            ALTER TABLE payment DROP COLUMN gone;
            DO $$ BEGIN EXECUTE format('CREATE MATERIALIZED VIEW %I.v AS SELECT amount FROM payment',
                                       current_schema() || '_2'); END $$;
            CREATE TABLE part (d date) PARTITION BY RANGE (d);
            CREATE TEMP TABLE scratch (a int)""",
        )
        default = schema.default_schema
        assert schema.origin is SchemaOrigin.LEDGER
        assert schema.collation == LEDGER_OWN
        assert {name for owner, name in schema.tables if owner == default} == {"payment", "part"}
        assert not any(owner.startswith(("pg_", "information_")) for owner, _ in schema.tables)
        payment, view = schema.table("payment"), schema.table("V")
        assert payment is not None
        assert payment.columns == (
            Column("Id", SqlType(Kind.BIGINT), nullable=False),
            Column("amount", SqlType(Kind.DECIMAL, 18, 2)),
        )
        assert view is not None
        assert view.schema == f"{default}_2"
        assert view.is_view

    def test_domains_are_followed(self, cursor: psycopg.Cursor[Any]) -> None:
        schema = reflect(
            cursor,
            """CREATE DOMAIN code AS varchar(12) NOT NULL; CREATE DOMAIN status AS code;
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE TABLE t (s status, m mood, a int[])""",
        )
        table = schema.table("t")
        assert table is not None
        assert table.columns == (
            Column("s", SqlType(Kind.NVARCHAR, length=12, collation=LEDGER_OWN), nullable=False),
            Column("m", SqlType(Kind.OTHER, other_name="mood")),
            Column("a", SqlType(Kind.OTHER, other_name="integer[]")),
        )

    def test_of_two_names_that_differ_in_case_the_plain_one_counts(self, cursor: psycopg.Cursor[Any]) -> None:
        schema = reflect(cursor, 'CREATE TABLE "T" (a int); CREATE TABLE t (b int); CREATE TABLE "ZZ" (c int)')
        plain, upper = schema.table("T"), schema.table("zz")
        assert plain is not None
        assert (plain.name, plain.columns[0].name) == ("t", "b")
        assert upper is not None
        assert upper.name == "ZZ"

    def test_functions(self, cursor: psycopg.Cursor[Any]) -> None:
        schema = reflect(
            cursor,
            """CREATE DOMAIN code AS varchar(12); CREATE TYPE pair AS (a int, b numeric(4, 2));
            CREATE FUNCTION scalar(a int, b text) RETURNS code STABLE LANGUAGE sql AS $$ SELECT 'x'::varchar $$;
            CREATE FUNCTION rows(a int) RETURNS TABLE (x int, y text) STABLE LANGUAGE sql AS $$ SELECT 1, 'a' $$;
            CREATE FUNCTION pairs() RETURNS SETOF pair IMMUTABLE LANGUAGE sql AS $$ SELECT 1, 2.0 $$;
            CREATE FUNCTION numbers() RETURNS SETOF int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE FUNCTION outs(a int, OUT b int, OUT c date) STABLE LANGUAGE sql AS $$ SELECT 1, current_date $$;
            CREATE FUNCTION one_out(a int, OUT b int) STABLE LANGUAGE sql AS $$ SELECT 1 $$""",
        )
        owner = schema.default_schema
        int_, text = SqlType(Kind.INT), TEXT
        code = SqlType(Kind.NVARCHAR, length=12, collation=LEDGER_OWN)
        assert {name: f for (key, name), f in schema.functions.items() if key == owner} == {
            "scalar": Function(owner, "scalar", (int_, text), code),
            "rows": Function(owner, "rows", (int_,), None, (Column("x", int_), Column("y", text))),
            "pairs": Function(owner, "pairs", (), None, (Column("a", int_), Column("b", SqlType(Kind.DECIMAL, 4, 2)))),
            "numbers": Function(owner, "numbers", (), None, (Column("numbers", int_),)),
            "outs": Function(owner, "outs", (int_,), None, (Column("b", int_), Column("c", SqlType(Kind.DATE)))),
            "one_out": Function(owner, "one_out", (int_,), int_),
        }

    def test_functions_that_may_do_more_than_read_are_left_out(self, cursor: psycopg.Cursor[Any]) -> None:
        schema = reflect(
            cursor,
            """CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE FUNCTION native(int) RETURNS int STABLE LANGUAGE internal AS 'int4abs';
            CREATE FUNCTION twofold(int) RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE FUNCTION twofold(text) RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE FUNCTION nothing() RETURNS void STABLE LANGUAGE sql AS $$ SELECT $$;
            CREATE FUNCTION "trigger"() RETURNS trigger STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
            CREATE PROCEDURE proc() LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
            CREATE FUNCTION forbidden() RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$""",
        )
        assert [name for owner, name in schema.functions if owner == schema.default_schema] == ["forbidden"]

    def test_functions_that_the_session_may_not_execute_are_left_out(self, cursor: psycopg.Cursor[Any]) -> None:
        role = f"reflect_{uuid4().hex[:12]}"
        schema = reflect(
            cursor,
            f"""CREATE FUNCTION allowed() RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
            CREATE FUNCTION forbidden() RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$;
            REVOKE EXECUTE ON FUNCTION forbidden() FROM public;
            CREATE TABLE secret (a int);
            CREATE ROLE {role};
            DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema()); END $$;
            SET LOCAL ROLE {role}""",
        )
        assert [name for owner, name in schema.functions if owner == schema.default_schema] == ["allowed"]
        assert schema.table("secret") is not None
