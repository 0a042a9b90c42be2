"""What tokens alone show of a statement."""

from __future__ import annotations

import pytest

from engine.sql.scanner import scan
from engine.sql.statement import MAX_DEPTH, begins_statement, check
from engine.sql.tokens import Tokens
from engine.sql.wordlist import words


def rules(text: str) -> list[tuple[str, str]]:
    """Each fault's rule and the first word from its place on."""
    found = check(Tokens.of(text, scan(text)))
    return [(fault.rule, (text[fault.offset :].split() or [""])[0]) for fault in found]


@pytest.mark.parametrize("word", sorted(words("statement_words.txt", "statements")))
def test_a_reserved_statement_word_is_refused_wherever_it_stands(word: str) -> None:
    assert begins_statement(word)
    for text in (f"{word} x", f"select 1 {word} x", f"select a as {word} from t", f"select a from t {word.upper()}"):
        assert ("read-only", word) in [(rule, at.lower()) for rule, at in rules(text)]


@pytest.mark.parametrize("word", sorted(words("statement_words.txt", "unreserved statements")))
def test_an_unreserved_one_where_a_statement_could_begin(word: str) -> None:
    refused = f"select 1 {word}", f"select a as {word} from t", f"select a from t {word}", f"select a from (t) {word}"
    for text in (*refused, f"select 'x' {word}", f"select [a] {word} from t", f"select ? {word}", f"select * {word}"):
        assert ("read-only", word) in rules(text)
    for text in (f"select {word} from t", f"select a, {word} from t", f"select t.{word} from t", f"select [{word}] x"):
        assert rules(text) == []


@pytest.mark.parametrize("word", sorted(words("statement_words.txt", "clauses")))
def test_words_of_clauses_that_do_more_than_read(word: str) -> None:
    assert rules(f"select {word} from t") == [("read-only", word)]
    assert rules(f"select [{word}] from t") == []


@pytest.mark.parametrize(
    "word",
    sorted(
        words("reserved_words.txt")
        - words("query_words.txt", "reserved")
        - words("statement_words.txt", "statements", "clauses")
    ),
)
def test_the_other_reserved_words_are_no_names(word: str) -> None:
    assert rules(f"select {word} from t") == [("sql-syntax", word)]
    assert rules(f"select t.{word} from t") == [("sql-syntax", word)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", []),
        ("(select 1)", []),
        ("((select 1) union (select 2))", []),
        ("with c as (select 1) select 2", []),
        ("with c as (select 1) (select 2) union select 3", []),
        ("select 1 union all select 2 except select 3 intersect select 4", []),
        ("select (select 1) from (select 2) x where a in (select 3)", []),
        ("select 1 select 2", [("single-statement", "select")]),
        ("(select 1) select 2", [("single-statement", "select")]),
        ("with c as (select 1) select 2 select 3", [("single-statement", "select")]),
        ("select a from t where b = c select 3", [("single-statement", "select")]),
        ("select 1; select 2", [("single-statement", ";")]),
        ("", [("single-statement", "")]),
        (";;", [("single-statement", ";;")]),
        ("values (1)", [("read-only", "values")]),
        ("from t", [("read-only", "from")]),
        ("p", [("read-only", "p")]),
        ("[p]", [("read-only", "[p]")]),
        ("'x'", [("read-only", "'x'")]),
        ("(with c as (select 1) select 2)", [("read-only", "with")]),
        ("@x", [("read-only", "@x")]),
        ("1", [("read-only", "1")]),
        ("(", [("sql-syntax", "(")]),
        ("select (1", [("sql-syntax", "(1")]),
        ("select f(g(a,b) ,(c) from t", [("sql-syntax", "(g(a,b)")]),
        ("select (a, (b), ((c) from t", [("sql-syntax", "(a,"), ("sql-syntax", "((c)")]),
        ("select 1)", [("sql-syntax", ")")]),
        ("select )1(", [("sql-syntax", ")1(")]),
    ],
)
def test_openings_nesting_and_second_statements(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text) == expected


@pytest.mark.parametrize("text", ["go", "select a from t\nGO", "select a from t Go\nselect b from u"])
def test_go_is_for_tools_only(text: str) -> None:
    fault = min(check(Tokens.of(text, scan(text))), key=lambda fault: fault.offset)
    assert (fault.rule, text[fault.offset :][:2].lower()) == ("read-only", "go")
    assert fault.hint == "GO is for SQL tools only: remove it."


def test_go_as_a_name_wants_brackets() -> None:
    text = "select a as go from t"
    (fault,) = check(Tokens.of(text, scan(text)))
    assert fault.hint == "As a name, write it as [go]."


def test_parentheses_have_a_limit() -> None:
    assert rules("select " + "(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH) == []
    assert [rule for rule, _ in rules("select " + "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1))] == [
        "sql-syntax"
    ]
    assert len(rules("select " + "(" * 10 * MAX_DEPTH)) <= MAX_DEPTH + 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a from t inner merge join u on 1 = 1", []),
        ("select a from t merge u", [("read-only", "merge")]),
        ("select a from t order by a offset 1 rows fetch next 1 rows only", []),
        ("select a from t order by a offset 1 row fetch first 1 row only", []),
        ("select a from t fetch next from c", [("read-only", "fetch")]),
        ("select a from t order by a offset 1 rows fetch c", [("read-only", "fetch")]),
        ("select top (?) a from t", []),
        ("select top ? a from t", [("sql-syntax", "?")]),
        ("select first_value(a) ignore nulls over (order by b) as a", []),
        ("select a from t order by a nulls last", [("sql-syntax", "nulls")]),
        ("select a from (values (1)) v (a)", []),
        ("select a from t union values (1)", [("sql-syntax", "values")]),
        ("select date '2026-11-24'", [("sql-syntax", "date")]),
        ("select time ?", [("sql-syntax", "time")]),
        ("select date from t", []),
        ("select a from openjson(b) with (c int '$.c') j", []),
        ("select a as b, c as [d], e as 'f' from t as g", []),
        ("select a as from t", [("sql-syntax", "from")]),
        ("select a as, b from t", [("sql-syntax", "as,"), ("sql-syntax", ",")]),
        ("select as a from t", [("sql-syntax", "as")]),
        ("select a from t for system_time as of ? x", []),
        ("select case when 1 = 1 then 2 end as a, case b when 1 then 2 else 3 end as c", []),
        ("select case when 1 = 1 2 end as a", [("sql-syntax", "when")]),
        ("select case when 1 = 1 then 2 as a", [("sql-syntax", "case")]),
        ("select 1 then 2 as a", [("sql-syntax", "then")]),
        ("select a from #t, ##u", [("read-only", "#t,"), ("read-only", "##u")]),
    ],
)
def test_words_that_need_their_place(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text) == expected
