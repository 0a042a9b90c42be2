"""What the session on SQL Server sends; the attacks are in attacks/sqlserver.toml."""

import re
from pathlib import Path

import pytest

from engine.execution.sqlserver.screen import is_query
from engine.sql.query import parse_query

CORPUS = Path(__file__).parents[2] / "sql/corpus/legitimate.sql"


def legitimate() -> list[str]:
    return re.split(r"(?m)^### .*\n", CORPUS.read_text("utf-8"))[1:]


def test_each_legitimate_query_is_sent() -> None:
    assert len(legitimate()) > 100
    parsed = [parse_query(text).query for text in legitimate()]
    assert [query.blanked for query in parsed if query is not None and not is_query(query.blanked)] == []


@pytest.mark.parametrize(
    "sql",
    [
        "select [delete], \"exec\", 'drop table x; --' from t as [update]",
        "select a.send, receive, throw from t order by get",
        "select a from t inner merge join u on u.id = t.id option (merge union, use plan N'<x/>', use hint ('a'))",
        "select 1.5e-3 as a, 0x1f as b, 1. as c, .5 as d, $1 as e, 1as f;",
        "select set_ from t where inserted = 1 and offset_ in ('', N'''') order by a offset 1 rows",
    ],
)
def test_a_word_that_is_none_of_a_statement(sql: str) -> None:
    assert is_query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as a use hint",
        "select 1 as a use [plan]",
        "select 'a delete from payment",
        "select [a delete from payment",
        'select "a delete from payment',
        "select 1 as a; select 2 as b",
        "select a from t (xlock, rowlock)",
        "select 1 as a throw 50000, 'x', 1",
        "select 1 as a receive * from q",
    ],
)
def test_what_may_be_more_than_a_query(sql: str) -> None:
    assert not is_query(sql)
