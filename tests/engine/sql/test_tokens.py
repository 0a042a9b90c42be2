"""The view of a statement's tokens that the checks share."""

from __future__ import annotations

import pytest

from engine.sql.scanner import TokenKind, scan
from engine.sql.tokens import Tokens


def tokens(text: str) -> Tokens:
    return Tokens.of(text, scan(text))


def test_comments_and_outer_semicolons_are_left_out() -> None:
    found = tokens(";; /* a */ SELECT [B] ; -- c\n;")
    assert [found.source(index) for index in range(len(found.all))] == ["SELECT", "[B]"]
    assert found.lower == ("select", "")
    assert tokens(" ; /* x */ ").all == ()


def test_inner_semicolons_stay() -> None:
    assert tokens("a;b;").lower == ("a", ";", "b")


def test_beyond_either_end_is_nothing() -> None:
    found = tokens("a b")
    assert (found.word(-1), found.word(2), found.kind(-1), found.kind(2)) == ("", "", None, None)
    assert found.kind(0) is TokenKind.WORD


def test_names_lose_their_delimiters() -> None:
    found = tokens('a [b]]c] "d""e"')
    assert [found.name(index) for index in range(3)] == ["a", "b]c", 'd"e']


def test_before_cuts() -> None:
    assert tokens("a b c").before(2).lower == ("a", "b")


@pytest.mark.parametrize(
    "text", ["a", "[a]", '"a"', "'a'", "1", "?", "(a)", "*", "null", "case when 1=1 then 2 end", "a desc"]
)
def test_a_statement_may_end_here(text: str) -> None:
    found = tokens(text)
    assert found.ends_operand(len(found.all) - 1)


@pytest.mark.parametrize(
    "text", ["select", "a,", "a =", "(", "from", "a and", "order by", "a as", "case", "union all", ""]
)
def test_and_not_here(text: str) -> None:
    found = tokens(text)
    assert not found.ends_operand(len(found.all) - 1)


def test_a_fault_names_its_token() -> None:
    fault = tokens("a [b]").fault(1, "read-only", "{} is bad.", "Write {} not.")
    assert (fault.rule, fault.offset, fault.message, fault.hint) == ("read-only", 2, "`[b]` is bad.", "Write [b] not.")
