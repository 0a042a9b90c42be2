"""Marks and literals as T-SQL wants them."""

from __future__ import annotations

import pytest

from engine.sql.punctuation import check
from engine.sql.query import parse_query
from engine.sql.scanner import scan
from engine.sql.tokens import Tokens


def rules(text: str) -> list[tuple[str, str]]:
    """Each fault's rule and its token, of every token that is no word."""
    tokens = Tokens.of(text, scan(text))
    found = [fault for index in range(len(tokens.all)) for fault in check(tokens, index)]
    places = {token.start: text[token.start : token.end] for token in tokens.all}
    assert all(fault.hint and fault.message.endswith(".") for fault in found)
    return [(fault.rule, places[fault.offset]) for fault in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b, (c), 'd', 1, ?", []),
        ("a,", [("sql-syntax", ",")]),
        ("a, from t", [("sql-syntax", ",")]),
        ("f(a,)", [("sql-syntax", ",")]),
        ("f(,a)", [("sql-syntax", ",")]),
        (", a", [("sql-syntax", ",")]),
        ("select , a", [("sql-syntax", ",")]),
        ("a,, b", [("sql-syntax", ","), ("sql-syntax", ",")]),
        ("case a when 1 then 2 end, b", []),
        ("a.b [c].d e.[f] g.* h..i (j).k('l')", []),
        (".a", [("sql-syntax", ".")]),
        ("a.", [("sql-syntax", ".")]),
        ("a . 1", [("sql-syntax", ".")]),
        ("from .a", [("sql-syntax", ".")]),
        ("'a'.b", [("sql-syntax", ".")]),
        ("t.null", [("sql-syntax", "null")]),
        ("t.[null]", []),
        ("1 1.5 .5 0x1F $1 1e3", []),
        ("1else", [("sql-syntax", "1e")]),
        ("1x", [("sql-syntax", "1")]),
        ("1e", [("sql-syntax", "1e")]),
        ("1e+", [("sql-syntax", "1e+")]),
        ("0xZZ", [("sql-syntax", "0x")]),
        ("0x1e", []),
        ("'a' + 'b'", []),
        ("'a' 'b'", [("sql-syntax", "'b'")]),
        ("'a' N'b'", [("sql-syntax", "N'b'")]),
        ('[] "" [a] "b"', [("sql-syntax", "[]"), ("sql-syntax", '""')]),
        ("@a @@b", [("read-only", "@a"), ("read-only", "@@b")]),
        ("a; b", [("single-statement", ";")]),
        ("{d 'x'}", [("read-only", "{")]),
        ("{ fn now() }", [("read-only", "{")]),
        ("fn now() }", [("read-only", "}")]),
        ("{{ a }}", [("sql-syntax", "{"), ("sql-syntax", "{")]),
        ("{% a %}", [("sql-syntax", "{")]),
        ("$identity", [("read-only", "$")]),
        ("a || b", [("sql-syntax", "||")]),
        ("a::b", [("sql-syntax", "::")]),
        ("json_object('a': 1)", []),
        ("a: b", [("sql-syntax", ":")]),
        ("a \\ `b`", [("sql-syntax", "\\"), ("sql-syntax", "`"), ("sql-syntax", "`")]),
        ("a += 1", [("sql-syntax", "+=")]),
        ("a\u2003b\u200bc", [("sql-syntax", "\u2003"), ("sql-syntax", "\u200b")]),
        ("a <= b >= c <> d != e !< f !> g & h | i ^ ~j % k", []),
    ],
)
def test_marks_and_literals(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text) == expected


def test_invisible_characters_are_named() -> None:
    tokens = Tokens.of("a\u2003b", scan("a\u2003b"))
    (fault,) = check(tokens, 1)
    assert "U+2003, EM SPACE," in fault.message


@pytest.mark.parametrize(
    ("characters", "hint"),
    [
        ("\u2003\u2009\u3000", "Write a blank instead."),
        ("\u2010\u2013\u2014\u2212", "Write - instead; -- begins a comment."),
        (
            "\u2018\u2019\u201a\u201c\u201d\u201e\u00b4\u00ab\u00bb\u2032",
            "Write ' instead: a string stands in single quotes.",
        ),
        ("\u2265", "Write >= instead."),
        ("\u2260", "Write <> instead."),
        ("`", "A name stands in [ ]."),
        ("\u200b\ufeff\u2026\\", "Remove it."),
    ],
)
def test_what_an_editor_of_prose_writes_has_its_counterpart(characters: str, hint: str) -> None:
    for character in characters:
        text = f"select a{character}b"
        (fault,) = [fault for fault in parse_query(text).faults if fault.offset == text.index(character)]
        assert (fault.rule, fault.hint) == ("sql-syntax", hint)
        (fault,) = parse_query(f"{character}select a from t").faults[:1]
        assert fault.offset == 0


def test_such_a_character_is_the_only_fault() -> None:
    for text in ("select t.a\u2003as b from t", "\u2003select a from t", "select a \u2013 1 as b from t"):
        assert len(parse_query(text).faults) == 1


def test_an_empty_string_stands_in_single_quotes() -> None:
    (fault,) = parse_query('select a from t where b = ""').faults
    assert fault.hint == "A string stands in single quotes: ''."
    (fault,) = parse_query("select a from t where b = []").faults
    assert fault.hint == "Write the name between the brackets."
