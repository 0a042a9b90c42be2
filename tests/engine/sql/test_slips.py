"""What an author most likely meant where a query does not parse."""

from __future__ import annotations

import pytest
from waiting import processor_seconds_below

from engine.spelling import is_slip
from engine.sql.query import parse_query
from engine.sql.read_only import check
from engine.sql.slips import ELSEWHERE, meant

COMMA = "A comma may be missing before it."
OPERATOR = "AND, OR or an operator may be missing before it."


@pytest.mark.parametrize(
    ("word", "keyword"),
    [
        ("were", "where"), ("wehre", "where"), ("oder", "order"), ("innner", "inner"), ("form", "from"),
        ("fromm", "from"), ("adn", "and"), ("no", "on"), ("selct", "select"), ("joln", "join"), ("nul", "null"),
    ],
)  # fmt: skip
def test_a_slip_of_a_keyword(word: str, keyword: str) -> None:
    assert is_slip(word, keyword)
    assert meant(word) == keyword.upper()


@pytest.mark.parametrize("word", ["where", "t", "id", "an", "own", "status", "amount", "account", "has", "its", ""])
def test_what_is_no_slip(word: str) -> None:
    assert meant(word) is None


@pytest.mark.parametrize(
    ("sql", "at", "hint"),
    [
        ("select a from t x were x.b = 1", "were", "Did you mean WHERE instead of were?"),
        ("select a from t where b = 1 oder by a", "oder", "Did you mean ORDER instead of oder?"),
        ("select a from t x innner join u on 1 = 1", "innner", "Did you mean INNER instead of innner?"),
        ("select a as b form t", "form", "Did you mean FROM instead of form?"),
        ("select a from t x left joinn u on 1 = 1", "left", "Did you mean JOIN instead of joinn?"),
        ("select distict x.a from t x", "x.a", "Did you mean DISTINCT instead of distict?"),
        ("select a from t where b between 1 adn 2", "2", "Did you mean AND instead of adn?"),
        ("select a from t order a", "a", "Write ORDER BY."),
        ("select a from t where b = 1 group a", "group", "Write GROUP BY."),
        ("select a from t where b == 1", "= 1", "Compare with a single =."),
        ("select a x b y from t", "b y", COMMA),
        ("select x.a x.b from t x", "x.b", COMMA),
        ("select x.a as a x.b as b from t x", "x.b", COMMA),
        ("select orders.a b orders.c from orders", "orders.c", COMMA),
        ("select a as b (select 1) as c from t", "(select", COMMA),
        ("select a as b case when 1 = 1 then 2 end as c", "case", COMMA),
        ("select isnull(a 0) as a from t", "0", COMMA),
        ("select a from t where b in (1 2)", "2", COMMA),
        ("select a from t group by b c", "c", COMMA),
        ("select a from t x u y", "u", COMMA),
        ("select cast(a int) as a from t", "int", "Write CAST(… AS …)."),
        ("select a from t where b = 1 c = 2", "c", OPERATOR),
        ("select a from t where (b = 1 c = 2)", "c", OPERATOR),
        ("select a from t x join u y on x.a = y.b x.c = 1", "x.c", OPERATOR),
        ("select a from t where b = 1 and", "and", ELSEWHERE),
        ("select a from t where b = 1 left", "left", OPERATOR),
        ("select a from t where = 1", "1", ELSEWHERE),
    ],
)  # fmt: skip
def test_where_the_parser_gives_up(sql: str, at: str, hint: str) -> None:
    (fault,) = parse_query(sql).faults
    assert (fault.rule, fault.hint) == ("sql-syntax", hint)
    assert sql[fault.offset :].startswith(at)


def test_a_query_that_ends_too_early_says_after_what() -> None:
    (fault,) = parse_query("select a from t where b = 1 and").faults
    assert fault.message == "The query ends too early: nothing stands after `and`."


@pytest.mark.parametrize(
    ("sql", "rule", "hint"),
    [
        ("selct a from t", "read-only", "Did you mean SELECT instead of selct?"),
        ("wiht x as (select 1 as a) select a from x", "read-only", "Did you mean WITH instead of wiht?"),
        ("select a from t unoin select b from u", "single-statement", "Did you mean UNION instead of unoin?"),
        ("select case wen 1 = 1 then 2 end as a", "sql-syntax", "Did you mean WHEN instead of wen?"),
        ("select case when 1 = 1 thn 2 end as a", "sql-syntax", "Did you mean THEN instead of thn?"),
        ("select case when 1 = 1 then 2 edn as a", "sql-syntax", "Did you mean END instead of edn?"),
    ],
)
def test_what_the_tokens_show_before_that(sql: str, rule: str, hint: str) -> None:
    fault = parse_query(sql).faults[0]
    assert (fault.rule, fault.hint) == (rule, hint)


def test_many_of_them_are_looked_through_soon() -> None:
    with processor_seconds_below(2):
        assert parse_query(f"select case {'wen ' * 9000} 1 = 1 then 2 end").query is None


@pytest.mark.parametrize(("name", "meant"), [("isnul", "ISNULL"), ("CONCATT", "CONCAT"), ("exist", "EXISTS")])
def test_a_misspelt_function(name: str, meant: str) -> None:
    query = parse_query(f"select {name}(a, b) as c from t").query
    assert query is not None
    (fault,) = check(query, schema=None, is_sql_server=True)
    assert fault.rule == "read-only"
    assert fault.hint is not None
    assert fault.hint.startswith(f"Did you mean {meant}? A function of the ledger's own")


@pytest.mark.parametrize(
    ("value", "hint"), [("nul", "Did you mean NULL?"), ("nulll", "Did you mean NULL?"), ("b", "Write =.")]
)
def test_a_misspelt_null(value: str, hint: str) -> None:
    query = parse_query(f"select a from t where a is {value}").query
    assert query is not None
    (fault,) = check(query, schema=None, is_sql_server=True)
    assert (fault.rule, fault.hint) == ("sql-syntax", hint)


def test_a_function_like_none_is_not_guessed() -> None:
    query = parse_query("select invoice_total(a) as c from t").query
    assert query is not None
    (fault,) = check(query, schema=None, is_sql_server=True)
    assert fault.hint == "A function of the ledger's own is called with its schema, as in dbo.name(…)."
