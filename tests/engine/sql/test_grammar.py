"""sqlglot's parser on our tokens: the same tree as on its own, but for what is T-SQL's and not its."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from engine.sql.fault import SqlFault
from engine.sql.grammar import MAX_METHOD_CALLS, parse
from engine.sql.query import parse_query
from engine.sql.scanner import scan
from engine.sql.tokens import Tokens

CORPUS = (Path(__file__).parent / "corpus" / "legitimate.sql").read_text(encoding="utf-8")
QUERIES = re.split(r"^### .*\n", CORPUS, flags=re.MULTILINE)[1:]
TELLING = re.compile(
    r"' =|total = \(|"
    r"[<>!] [=<>]|option|index|\?|--|/\*|limit|date|text|time|real|!<|\$|rows|first|\bvalue\b|format|left|type|pivot",
    re.I,
)


def tree(text: str) -> exp.Expr:
    found = parse(text, Tokens.of(text, scan(text)))
    assert isinstance(found, exp.Expr), found
    return found


def fault(text: str) -> SqlFault:
    found = parse(text, Tokens.of(text, scan(text)))
    assert isinstance(found, SqlFault)
    return found


PLAIN = [text for text in QUERIES if not TELLING.search(text)]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_queries_give_the_parsers_own_tree(text: str) -> None:
    assert len(PLAIN) > 25
    assert tree(text) == parse_one(text, dialect="tsql")


def test_pivot_behind_a_join_is_that_of_a_join_in_parentheses() -> None:
    pivot = "pivot (sum(c) for d in ([1])) as p"
    assert tree(f"select 1 as a from t join u on u.b = t.b {pivot} join v on v.b = p.b") == tree(
        f"select 1 as a from (t join u on u.b = t.b) {pivot} join v on v.b = p.b"
    )
    assert tree(f"select 1 as a from v, t join u on u.b = t.b {pivot}") == tree(
        f"select 1 as a from v, (t join u on u.b = t.b) {pivot}"
    )


def test_placeholders_are_numbered_in_textual_order() -> None:
    found = tree("select top (?) charindex(?, b) as x from t where a = ? and b in (?, 'y?')")
    assert sorted(node.this for node in found.find_all(exp.Placeholder)) == ["0", "1", "2", "3"]
    assert found.args["limit"].expression.this == "0"
    assert found.args["where"].find(exp.EQ).expression.this == "2"


def test_names_keep_the_authors_spelling() -> None:
    found = tree("select Date as [Time], Format, X.First from DBO.Text as X")
    assert [node.alias_or_name for node in found.expressions] == ["Time", "Format", "First"]
    assert found.find(exp.Table).name == "Text"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("select a from t with (index = ix)", "select a from t with (index(ix))"),
        ("select a from t with (index = (ix))", "select a from t with (index(ix))"),
        ("select a from t with (noexpand, index = 1), u", "select a from t with (noexpand, index(1)), u"),
        ("select a from t where b !< 1 and c !> 2", "select a from t where b >= 1 and c <= 2"),
        ("select cast(a as real) as b from t", "select cast(a as float(24)) as b from t"),
        ("select convert(real, a) as b from t", "select convert(float(24), a) as b from t"),
    ],
)
def test_what_is_written_for_the_parser_in_its_own_way(text: str, same: str) -> None:
    assert tree(text) == tree(same)


@pytest.mark.parametrize("word", ["real", "rows", "index"])
def test_only_at_their_place(word: str) -> None:
    if word != "index":
        assert tree(f"select t.{word}, {word} as x from t").expressions[1].this.name == word


def test_rows_as_a_keyword_and_as_a_name() -> None:
    assert tree("select sum(a) over (order by b rows between 1 preceding and current row) as s from t").find(
        exp.WindowSpec
    )
    assert tree("select rows from t").find(exp.Column).name == "rows"
    assert tree("select a from t tablesample (100 rows)").find(exp.TableSample).args["size"]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("select f(a b)", 11, "`)` is missing here, at `b`."),
        ("select a b c from t", 11, "`c` is not expected here."),
        ("select a from t x y", 18, "The query ends too early, or `y` does not belong here."),
    ],
)
def test_a_complaint_has_its_place_and_our_words(text: str, at: int, message: str) -> None:
    found = fault(text)
    assert (found.rule, found.offset, found.message) == ("sql-syntax", at, message)
    assert found.hint


def test_chains_of_method_calls_have_a_limit() -> None:
    assert tree("select a" + ".b('x')" * MAX_METHOD_CALLS)
    assert "methods" in fault("select a" + ".b('x')" * (MAX_METHOD_CALLS + 2)).message


def test_a_path_that_the_parser_does_not_know_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert parse_query("select json_value(doc, 'select \u009b31m') as a from t").faults == ()
    assert caplog.text == ""
