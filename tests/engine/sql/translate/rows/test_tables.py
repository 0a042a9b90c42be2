"""Tables by schema, synonym and case, and views, on both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from translation_ledgers import DuckLedger, Ledger, asked, create, declared, opened_ledgers, parsed, schema_of

from engine.model import Dialect, Kind, SqlType
from engine.sql.schema import Column, LedgerSchema, SchemaOrigin, Table
from engine.sql.translate import Translation, translate_view

TYPES = (
    Column("Id", SqlType(Kind.INT)),
    Column("Kind", SqlType(Kind.CHAR, length=3)),
    Column("Place", SqlType(Kind.OTHER, other_name="geography")),
    Column("Sent", SqlType(Kind.DATETIMEOFFSET, scale=7)),
)
THING = Table("dbo", "Thing", TYPES[:2])
ARCHIVED = Table("Archive", "Thing", TYPES[:2])
SCHEMA = replace(schema_of(THING, ARCHIVED), synonyms={("dbo", "old"): ("archive", "thing")})


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(ledger, THING, [{"Id": 1, "Kind": "a"}])
            if isinstance(ledger, DuckLedger):
                ledger.rows("CREATE SCHEMA archive")
                ledger.rows("CREATE TABLE archive.thing AS SELECT 2 AS id, 'b' AS kind")
        yield opened


def test_names_the_default_schema_or_none(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        for sql in ("SELECT id FROM thing", "SELECT ID FROM dbo.THING", "SELECT t.[id] FROM [DBO].[thing] t"):
            assert asked(ledger, sql, SCHEMA) == [(1,)]


def test_names_another_schema_and_goes_through_synonyms(ledgers: list[Ledger]) -> None:
    duck = ledgers[0]
    for sql in ("SELECT id FROM archive.thing", "SELECT id FROM old", "SELECT archive.thing.id FROM archive.thing"):
        assert asked(duck, sql, SCHEMA) == [(2,)]
    sql = "SELECT a.id, b.id AS other FROM thing a CROSS JOIN archive.thing b"
    assert asked(duck, sql, SCHEMA) == [(1, 2)]


def test_spells_a_ledgers_own_names_as_the_ledger_does(ledgers: list[Ledger]) -> None:
    odd = Table("main", 'Od"d', (Column("Mixed Case", SqlType(Kind.INT)),))
    schema = LedgerSchema(SchemaOrigin.LEDGER, default_schema="main", tables={("main", 'od"d'): odd})
    for ledger in ledgers:
        ledger.rows('CREATE TABLE "Od""d" ("Mixed Case" integer)')
        ledger.rows('INSERT INTO "Od""d" VALUES (7)')
        assert asked(ledger, 'SELECT [mixed case] AS v FROM [OD"D]', schema) == [(7,)]


def test_never_names_a_table_of_the_ledgers_own_catalogue() -> None:
    for name in ("pg_settings", "duckdb_settings", "sqlite_master"):
        table = Table("dbo", name, (Column("id", SqlType(Kind.INT)),))
        found = translate_view(parsed(f"SELECT id FROM {name}").tree, schema_of(table), Dialect.DUCKDB)
        assert not isinstance(found, Translation)
        assert found[0].rule == "unknown-table"


def test_makes_a_view_with_lower_case_columns_of_any_type(ledgers: list[Ledger]) -> None:
    table = Table("dbo", "wide", TYPES)
    schema = schema_of(table)
    tree = parsed("SELECT w.*, LEN(w.Kind) AS KindLength FROM dbo.wide w").tree
    for ledger in ledgers:
        ledger.rows("CREATE TABLE wide (id integer, kind text, place text, sent timestamp with time zone)")
        found = translate_view(tree, schema, ledger.dialect)
        assert isinstance(found, Translation)
        assert found.parameters == ()
        ledger.rows(f"CREATE VIEW seen AS {found.sql}")
        assert ledger.rows("SELECT id, kind, place, sent, kindlength FROM seen") == []
        assert [declared(column) for column in found.columns] == ["int", "char(3)", "other", "datetimeoffset(7)", "int"]
