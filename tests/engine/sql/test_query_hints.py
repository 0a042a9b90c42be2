"""The OPTION clause: where it is, which hints are known, and that nothing follows it."""

from __future__ import annotations

import pytest

from engine.sql.fault import SqlFault
from engine.sql.query import option_faults, option_start
from engine.sql.scanner import scan
from engine.sql.tokens import Tokens
from engine.sql.wordlist import lines


def tokens(text: str) -> Tokens:
    return Tokens.of(text, scan(text))


def faults(clause: str) -> list[SqlFault]:
    found = tokens(f"select a from t {clause}")
    start = option_start(found)
    assert start is not None
    return list(option_faults(found, start))


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("select a from t option (recompile)", 4),
        ("select a from t OPTION(RECOMPILE)", 4),
        ("select a from t", None),
        ("select option from t", None),
        ("select a from (select b from t option (recompile)) x", None),
        ("select [option] from t where a = 'option ('", None),
        ("select (a) from (t) option (maxdop 1);", 8),
    ],
)
def test_the_clause_is_found_outside_of_parentheses(text: str, start: int | None) -> None:
    assert option_start(tokens(text)) == start


@pytest.mark.parametrize("hint", lines("query_hints.txt"))
def test_every_listed_hint_is_known(hint: str) -> None:
    written = hint.replace("#", "10").replace("'", "N'x''y'")
    assert faults(f"option ({written})") == []
    assert faults(f"option ({written.upper()}, recompile)") == []


def test_use_hint_takes_several_names() -> None:
    assert faults("option (use hint ('A', 'B', 'C'), maxdop 1)") == []


@pytest.mark.parametrize(
    ("clause", "rule", "at"),
    [
        ("option ()", "read-only", ")"),
        ("option (recompile,)", "read-only", ")"),
        ("option (madeup)", "read-only", "madeup"),
        ("option (recompile, querytraceon 3604)", "read-only", "querytraceon"),
        ("option (table hint (t, xlock))", "read-only", "table"),
        ("option (maxdop ?)", "read-only", "maxdop"),
        ("option (maxdop 'x')", "read-only", "maxdop"),
        ("option (optimize for (@x = 1))", "read-only", "optimize"),
        ("option (use hint (x))", "read-only", "use"),
        ("option (recompile", "sql-syntax", "option"),
        ("option (recompile) where a = 1", "sql-syntax", "where"),
        ("option (recompile) drop table t", "read-only", "drop"),
        ("option (recompile) go", "read-only", "go"),
        ("option (recompile) option (maxdop 1)", "sql-syntax", "option (maxdop"),
    ],
)
def test_what_is_refused_and_where(clause: str, rule: str, at: str) -> None:
    found = faults(clause)
    assert found[-1].rule == rule
    assert f"select a from t {clause}"[found[-1].offset :].startswith(at)
    assert found[-1].hint
