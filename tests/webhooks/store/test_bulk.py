"""What a statement over many given rows is given, it has, on each kind of database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from webhooks.store.bulk import FLAG, NUMBER, TEXT, Bulk
from webhooks.store.store import Store

ECHO = Bulk(
    "SELECT word, number, flag FROM GIVEN WHERE number IS NULL OR number > :least", word=TEXT, number=NUMBER, flag=FLAG
)
FILL = Bulk(
    "INSERT INTO bulk (word, number, flag) SELECT word, number, flag FROM GIVEN", word=TEXT, number=NUMBER, flag=FLAG
)
COUNT = Bulk(
    "UPDATE bulk SET number = bulk.number + given.number FROM GIVEN WHERE bulk.word = given.word RETURNING bulk.word",
    word=TEXT,
    number=NUMBER,
)
ALL = Bulk("SELECT bulk.word, bulk.number, bulk.flag FROM GIVEN CROSS JOIN bulk WHERE given.one = 1", one=NUMBER)


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    with store._engine.connect() as opened:
        opened.exec_driver_sql("CREATE TEMPORARY TABLE bulk (word TEXT, number INTEGER, flag BOOLEAN)")
        yield opened
        opened.rollback()
        opened.exec_driver_sql("DROP TABLE IF EXISTS bulk")


@pytest.mark.parametrize(
    "row",
    [
        ("plain", 1, True),
        ("", 0, False),
        (None, None, None),
        ('it\'s "quoted", [1] {x} \\ % %s :name $1 NULL', 1, None),
        ("zeilen\num\tbruch € 𝄞 \x7f", -5, True),
        ("12", 2**53 + 1, False),  # what a float cannot hold
        ("1e3", 2**63 - 1, True),
        ("true", -(2**63) + 1, None),
        ("null", None, False),
    ],
)
def test_a_row_is_there_as_it_was_given(connection: Connection, row: tuple[Any, ...]) -> None:
    assert ECHO.run(connection, [row], least=-(2**63)) == [row]
    assert [type(each) for each in ECHO.run(connection, [row], least=-(2**63))[0][:2]] == [
        type(each) for each in row[:2]
    ]


def test_columns_may_be_empty_in_every_row_or_in_some(connection: Connection) -> None:
    rows = [("a", None, None), ("b", None, True), ("c", None, False)]
    assert sorted(ECHO.run(connection, rows, least=0)) == rows
    assert ECHO.run(connection, [(None, None, None)] * 2, least=0) == [(None, None, None)] * 2


def test_a_value_is_for_all_rows(connection: Connection) -> None:
    assert ECHO.run(connection, [("a", 1, True), ("b", 2, True)], least=1) == [("b", 2, True)]


def test_they_are_written_with_the_types_of_their_columns(connection: Connection) -> None:
    rows = [("a", 1, True), ("b", None, False), ("c", 2, None)]
    assert FILL.run(connection, rows) == []
    assert sorted(ALL.run(connection, [(1,)])) == rows
    assert ALL.run(connection, [(2,)]) == []


def test_a_row_that_is_given_twice_changes_what_it_is_for_once(connection: Connection) -> None:
    FILL.run(connection, [("a", 1, True), ("b", 1, True)])
    assert COUNT.run(connection, [("a", 1), ("a", 1), ("c", 1)]) == [("a",)]
    assert sorted(ALL.run(connection, [(1,)])) == [("a", 2, True), ("b", 1, True)]


@pytest.mark.parametrize("statement", [ECHO, FILL, COUNT, ALL])
def test_without_rows_nothing_is_run(statement: Bulk) -> None:
    assert statement.run(None, []) == []  # type: ignore[arg-type]  # no connection is asked


def test_thousands_of_rows_are_one_statement(connection: Connection) -> None:
    rows = [(str(number), number, number % 2 == 0) for number in range(5000)]
    assert sorted(ECHO.run(connection, rows, least=-1), key=lambda row: row[1]) == rows
