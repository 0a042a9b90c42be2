"""What a statement over many given rows is given, it has, on each kind of database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from webhooks.store.bulk import FLAG, NUMBER, PIECE, TEXT, Bulk, BulkUpdate, packed
from webhooks.store.store import Store

ECHO = Bulk(
    "SELECT word, number, flag FROM GIVEN WHERE number IS NULL OR number > :least", word=TEXT, number=NUMBER, flag=FLAG
)
FOUND = Bulk(
    "SELECT word, number, flag FROM GIVEN WHERE number IS NULL OR number > :least",
    finds=3,
    word=TEXT,
    number=NUMBER,
    flag=FLAG,
)
FILL = Bulk(
    "INSERT INTO bulk (word, number, flag) SELECT word, number, flag FROM GIVEN", word=TEXT, number=NUMBER, flag=FLAG
)
COUNT = Bulk(
    "UPDATE bulk SET number = bulk.number + given.number FROM GIVEN WHERE bulk.word = given.word RETURNING bulk.word",
    word=TEXT,
    number=NUMBER,
)
CHANGE = BulkUpdate(
    "bulk",
    "number = :number",
    "bulk.word = given.word AND bulk.number > given.number",
    ("bulk.word", "bulk.flag"),
    word=TEXT,
    number=NUMBER,
)
KEEP = Bulk(
    f"UPDATE bulk SET body = {PIECE} FROM GIVEN WHERE bulk.word = given.word",
    word=TEXT,
    begins=NUMBER,
    size=NUMBER,
)
KEPT = Bulk(
    "SELECT bulk.word, bulk.body, bulk.number FROM GIVEN CROSS JOIN bulk WHERE bulk.word = given.word",
    finds=3,
    blobs=(1,),
    word=TEXT,
)
ALL = Bulk("SELECT bulk.word, bulk.number, bulk.flag FROM GIVEN CROSS JOIN bulk WHERE given.one = 1", one=NUMBER)


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    with store._engine.connect() as opened:
        opened.exec_driver_sql(
            "CREATE TEMPORARY TABLE bulk (word TEXT, number INTEGER, flag BOOLEAN, body "
            + ("BLOB)" if store.is_embedded else "BYTEA)")
        )
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
@pytest.mark.parametrize("query", [ECHO, FOUND], ids=["row by row", "in one"])
def test_a_row_is_there_as_it_was_given(connection: Connection, query: Bulk, row: tuple[Any, ...]) -> None:
    (found,) = query.run(connection, [row], least=-(2**63))
    assert found == row
    assert [type(each) for each in found[:2]] == [type(each) for each in row[:2]]


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


@pytest.mark.parametrize("statement", [ECHO, FOUND, FILL, COUNT, CHANGE, ALL])
def test_without_rows_nothing_is_run(statement: Bulk | BulkUpdate) -> None:
    assert statement.run(None, []) == []  # type: ignore[arg-type]  # no connection is asked


def test_nothing_is_found_where_there_is_nothing(connection: Connection) -> None:
    assert FOUND.run(connection, [("a", 1, True)], least=1) == []


def test_a_change_gives_each_row_that_it_changed_once(connection: Connection) -> None:
    FILL.run(connection, [("a", 5, True), ("b", 5, None), ("c", 5, True), ("d", 1, True)])
    found = CHANGE.run(connection, [("a", 1), ("b", 1), ("a", 1), ("d", 1), ("e", 1)], number=0)
    assert sorted(found) == [("a", True), ("b", None)]
    assert sorted(row[:2] for row in ALL.run(connection, [(1,)])) == [("a", 0), ("b", 0), ("c", 5), ("d", 1)]


@pytest.mark.parametrize("words", ["abcdef", "f", "b", "bf", "fa"])
def test_bytes_come_back_as_they_were_given(connection: Connection, words: str) -> None:
    every = {"a": b"one", "b": None, "c": bytes(range(256)) * 300, "d": b"\0", "e": b"'\xff\x00", "f": b""}
    bodies = {word: every[word] for word in words}
    FILL.run(connection, [(word, 1, True) for word in bodies])
    together, places = packed(list(bodies.values()))
    KEEP.run(connection, [(word, *place) for word, place in zip(bodies, places, strict=True)], packed=together)
    found = KEPT.run(connection, [(word,) for word in bodies])
    assert {word: None if body is None else bytes(body) for word, body, _ in found} == bodies
    assert {number for *_, number in found} == {1}


def test_thousands_of_rows_are_one_statement(connection: Connection) -> None:
    rows = [(str(number), number, number % 2 == 0) for number in range(5000)]
    assert sorted(ECHO.run(connection, rows, least=-1), key=lambda row: row[1]) == rows
