"""Strings ordered nearly as in SQL Server: on DuckDB, and only where it is asked for."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from translation_ledgers import DuckLedger, asked, carried, create, refused_or_carried, schema_of

from engine.model import Dialect, Kind, SqlType
from engine.sql.collations import collation, locale
from engine.sql.schema import Column, Table
from engine.sql.translate import Translation
from engine.sql.wordlist import lines

WORD = Table("dbo", "word", (Column("id", SqlType(Kind.INT)), Column("name", SqlType(Kind.NVARCHAR, length=20))))
SWEDISH = schema_of(WORD, collation=collation("Finnish_Swedish_100_CI_AS"))
ENGLISH = schema_of(WORD)
NAMES = ["Örn", "apa", "Zebra", "Ask", "bok ", "Bok", "Ål", None]


@pytest.fixture(scope="module")
def ledger() -> Iterator[DuckLedger]:
    opened = DuckLedger()
    create(opened, WORD, [{"id": number, "name": name} for number, name in enumerate(NAMES)])
    yield opened
    opened.connection.close()


def names(ledger: DuckLedger, sql: str, schema: object = SWEDISH) -> list[object]:
    return [row[0] for row in asked(ledger, sql, schema, approximate=True)]  # type: ignore[arg-type]


def test_order_is_that_of_the_collations_language(ledger: DuckLedger) -> None:
    query = "SELECT w.name FROM word w WHERE w.id NOT IN (4) ORDER BY w.name"
    assert names(ledger, query) == [None, "apa", "Ask", "Bok", "Zebra", "Ål", "Örn"]
    assert names(ledger, query, ENGLISH) == [None, "Ål", "apa", "Ask", "Bok", "Örn", "Zebra"]
    assert names(ledger, f"{query} DESC") == ["Örn", "Ål", "Zebra", "Bok", "Ask", "apa", None]


def test_merged_rows_are_ordered_too(ledger: DuckLedger) -> None:
    assert names(ledger, "SELECT DISTINCT w.name FROM word w ORDER BY w.name DESC") == [
        *["Örn", "Ål", "Zebra", "Bok", "Ask", "apa", None]
    ]
    union = "SELECT w.name FROM word w WHERE w.id < 2 UNION ALL SELECT N'ärt' ORDER BY name"
    assert names(ledger, union) == ["apa", "ärt", "Örn"]


def test_strings_that_are_equal_are_equal_in_the_order(ledger: DuckLedger) -> None:
    tied = "SELECT w.id FROM word w WHERE w.name = 'BOK' ORDER BY w.name, w.id DESC"
    assert names(ledger, tied) == [5, 4]
    assert names(ledger, "SELECT w.id FROM word w WHERE w.name <= 'BOK' AND w.name >= 'bok' ORDER BY w.id") == [4, 5]
    assert names(ledger, "SELECT w.id FROM word w WHERE w.name BETWEEN 'Å' AND 'Ö' ORDER BY w.id") == [6]


def test_extremes_are_values_of_rows(ledger: DuckLedger) -> None:
    assert asked(ledger, "SELECT MIN(w.name) AS a, MAX(w.name) AS b FROM word w", SWEDISH, approximate=True) == [
        ("apa", "Örn")
    ]
    assert names(ledger, "SELECT MAX(w.name) AS b FROM word w", ENGLISH) == ["Zebra"]


def test_a_binary_collation_by_code_points_is_ordered_by_them(ledger: DuckLedger) -> None:
    binary = replace(SWEDISH, collation=collation("Latin1_General_BIN"))
    query = "SELECT w.name FROM word w WHERE w.id < 4 ORDER BY w.name"
    assert names(ledger, query, binary) == ["Ask", "Zebra", "apa", "Örn"]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT w.id FROM word w ORDER BY w.name", ("ORDER BY of strings",)),
        ("SELECT w.id FROM word w WHERE w.name < 'b'", ("a range of strings",)),
        ("SELECT MIN(w.name) AS a, MAX(w.name) AS b FROM word w", ("MAX of strings", "MIN of strings")),
        ("SELECT ROW_NUMBER() OVER (ORDER BY w.name) AS n FROM word w", ("ORDER BY of strings",)),
        ("SELECT w.name FROM word w WHERE w.name = 'b' ORDER BY w.id", ()),
        ("SELECT w.id FROM word w ORDER BY w.name COLLATE Latin1_General_100_BIN2", ()),
    ],
)
def test_it_is_told_what_is_approximated(ledger: DuckLedger, sql: str, what: tuple[str, ...]) -> None:
    assert carried(ledger, sql, SWEDISH, approximate=True).approximations == what


def test_a_views_approximation_is_told_where_the_view_is_read(ledger: DuckLedger) -> None:
    view = Table(
        "dbo",
        "last_word",
        (Column("name", SqlType(Kind.NVARCHAR, length=20)),),
        is_view=True,
        definition="SELECT MAX(name) AS name FROM word",
    )
    over = replace(view, name="over", definition="SELECT name FROM last_word")
    schema = schema_of(WORD, view, over, collation=SWEDISH.collation)
    assert carried(ledger, "SELECT o.name FROM over o", schema, approximate=True).approximations == ("MAX of strings",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT w.id FROM word w ORDER BY w.name",
        "SELECT w.id FROM word w WHERE w.name < 'b'",
        "SELECT MAX(w.name) AS a FROM word w",
    ],
)
def test_nothing_is_approximated_unasked_nor_on_a_server(sql: str) -> None:
    for dialect, approximate in [(Dialect.DUCKDB, False), (Dialect.POSTGRESQL, False), (Dialect.POSTGRESQL, True)]:
        found = refused_or_carried(dialect, sql, SWEDISH, approximate=approximate)
        assert not isinstance(found, Translation)
        assert "--approximate" in str(found[0].hint)


def test_the_locale_is_that_of_the_designator() -> None:
    known = {
        "SQL_Latin1_General_CP1_CI_AS": "en",
        "Finnish_Swedish_100_CS_AS_SC_UTF8": "sv",
        "SQL_SwedishStd_Pref_CP1_CI_AS": "sv",
        "danish_norwegian_ci_as": "da",
        "Chinese_PRC_Stroke_90_CI_AS": "zh_cn",
        "Unheard_CI_AS": "en",
    }
    assert {name: locale(name) for name in known} == known


def test_duckdb_has_each_locale_built_in(ledger: DuckLedger) -> None:
    found = {line.split()[1] for line in lines("icu_locales.txt")} | {"en"}
    assert found <= {row[0] for row in ledger.rows("SELECT collname FROM pragma_collations()")}
