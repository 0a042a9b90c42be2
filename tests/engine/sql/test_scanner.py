"""The scanner, by example and against a slow one that goes character by character."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import processor_seconds_below

from engine.sql.scanner import TokenKind, blank_comments, scan


def shown(text: str) -> list[tuple[str, str]]:
    return [(token.kind.value, text[token.start : token.end]) for token in scan(text).tokens]


def kinds(text: str) -> list[str]:
    return [kind for kind, _ in shown(text)]


BLANKS = " \t\r\n\u00a0\u202f"


class SlowScanner:
    """T-SQL's lexical rules once more, one character at a time."""

    SPLIT = ("<=", ">=", "!=", "<>", "!<", "!>")
    OPERATORS = ("<=", ">=", "<>", "!=", "!<", "!>", "::", "||", "-=", "+=", "*=", "/=", "%=", "&=", "^=", "|=")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.unclosed: list[int] = []

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def tokens(self) -> Iterator[tuple[str, int, int]]:
        while self.at < len(self.text):
            if self.peek() in BLANKS:
                self.at += 1
                continue
            start = self.at
            kind = self.one()
            yield kind, start, self.at

    def one(self) -> str:
        first, second = self.peek(), self.peek(1)
        if first == "'" or (first in "nN" and second == "'"):
            self.at += 1 if first == "'" else 2
            return self.until("'", "string")
        if first in '["':
            self.at += 1
            return self.until("]" if first == "[" else '"', "bracketed" if first == "[" else "quoted")
        if first + second == "--":
            while self.peek() and self.peek() not in "\r\n":
                self.at += 1
            return "comment"
        if first + second == "/*":
            return self.block()
        if first == "?":
            self.at += 1
            return "placeholder"
        if first == "@":
            self.run()
            return "variable"
        if first == "#" or self.begins_word(first):
            self.run()
            return "word"
        if self.number():
            return "number"
        self.at += self.operator(first, second)
        return "symbol"

    def operator(self, first: str, second: str) -> int:
        if first + second in self.OPERATORS:
            return 2
        gap = 1
        while self.peek(gap) and self.peek(gap) in " \t\r\n":
            gap += 1
        return gap + 1 if gap > 1 and first + self.peek(gap) in self.SPLIT and self.peek(gap) else 1

    def until(self, closing: str, kind: str) -> str:
        start = self.at
        while self.peek():
            if self.peek() != closing:
                self.at += 1
            elif self.peek(1) == closing:
                self.at += 2
            else:
                self.at += 1
                return kind
        self.unclosed.append(start)
        return kind

    def block(self) -> str:
        start, depth = self.at, 0
        while self.peek():
            pair = self.peek() + self.peek(1)
            if pair in ("/*", "*/"):
                depth += 1 if pair == "/*" else -1
                self.at += 2
                if depth == 0:
                    return "comment"
            else:
                self.at += 1
        self.unclosed.append(start)
        return "comment"

    @staticmethod
    def begins_word(character: str) -> bool:
        return character == "_" or (character.isalnum() and not character.isdecimal())

    def run(self) -> None:
        self.at += 1
        while self.peek() and (self.peek().isalnum() or self.peek() in "_@$#"):
            self.at += 1

    def digits(self, allowed: str | None = None) -> int:
        start = self.at
        while self.peek() and (self.peek() in allowed if allowed else self.peek().isdecimal()):
            self.at += 1
        return self.at - start

    def number(self) -> bool:
        start = self.at
        if self.peek() == "0" and self.peek(1) and self.peek(1) in "xX":
            self.at += 2
            self.digits("0123456789abcdefABCDEF")
            return True
        is_money = self.peek() == "$"
        self.at += is_money
        whole = self.digits()
        if self.peek() == "." and (whole or (self.peek(1) and self.peek(1).isdecimal())):
            self.at += 1
            whole += 1 + self.digits()
        if not whole:
            self.at = start
            return False
        if not is_money and self.peek() and self.peek() in "eE":
            self.at += 1
            if self.peek() and self.peek() in "+-":
                self.at += 1
            self.digits()
        return True


PIECES = [
    *"'[]\"/*-\n\r?Nnab_10.e$@#<>=!:|+%&^;,(){} \téÅ²\u00a0\u2028\x00",
    *("''", "]]", '""', "/*", "*/", "--", "\r\n", "N'", "n'", "0x", "0X", "..", "E+", "@@", "##", "x'y", "/*/", "*/*"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=examples(600), deadline=None)
def test_it_agrees_with_the_slow_scanner(text: str) -> None:
    slow = SlowScanner(text)
    assert [(token.kind.value, token.start, token.end) for token in scan(text).tokens] == list(slow.tokens())
    assert len(slow.unclosed) == sum(fault.rule == "sql-syntax" for fault in scan(text).faults)


@given(st.text(max_size=60))
@settings(max_examples=examples(300), deadline=None)
def test_it_agrees_with_the_slow_scanner_on_any_text(text: str) -> None:
    assert [(token.kind.value, token.start, token.end) for token in scan(text).tokens] == list(
        SlowScanner(text).tokens()
    )


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=examples(200), deadline=None)
def test_between_the_tokens_is_nothing_but_white_space(text: str) -> None:
    end = 0
    for token in scan(text).tokens:
        assert not text[end : token.start].strip(BLANKS)
        assert token.start < token.end
        end = token.end
    assert not text[end:].strip(BLANKS)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=examples(200), deadline=None)
def test_blanking_keeps_offsets_line_breaks_and_the_other_tokens(text: str) -> None:
    found = scan(text)
    blanked = blank_comments(text, found.comments)
    kept = [token for token in found.tokens if token.kind is not TokenKind.COMMENT]
    assert len(blanked) == len(text)
    assert [at for at, c in enumerate(blanked) if c in "\r\n"] == [at for at, c in enumerate(text) if c in "\r\n"]
    assert list(scan(blanked).tokens) == kept


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=examples(100), deadline=None)
def test_words_go_with_the_tokens(text: str) -> None:
    found = scan(text)
    for token, word in zip(found.tokens, found.words, strict=True):
        is_plain = token.kind in (TokenKind.WORD, TokenKind.SYMBOL)
        assert word == (text[token.start : token.end].lower() if is_plain else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'it''s'", ["string"]),
        ("N'Å' n'ä'", ["string", "string"]),
        ("an'x'", ["word", "string"]),
        ("[a]]b]", ["bracketed"]),
        ('"a""b"', ["quoted"]),
        ("''''", ["string"]),
        ("'a'?'b'", ["string", "placeholder", "string"]),
        ("??", ["placeholder", "placeholder"]),
        ("/* a /* ? */ ? */ ?", ["comment", "placeholder"]),
        ("/*/ ? */?", ["comment", "placeholder"]),
        ("-- ?\n?", ["comment", "placeholder"]),
        ("-- ?\r\n?", ["comment", "placeholder"]),
        ("--", ["comment"]),
        ("'-- ?' ? -- '", ["string", "placeholder", "comment"]),
        ("[?] ?", ["bracketed", "placeholder"]),
        ("@x @@spid", ["variable", "variable"]),
        ("#t ##g", ["word", "word"]),
        ("a$b c#d e@f _g", ["word", "word", "word", "word"]),
        ("1.5 .5 5. 1e3 1.5E-3 0x1F 0x $1 $1.50 $.5", ["number"] * 10),
        ("a.b", ["word", "symbol", "word"]),
        ("a.5", ["word", "number"]),
        ("$ x", ["symbol", "word"]),
        ("a<=b", ["word", "symbol", "word"]),
        ("a!<b", ["word", "symbol", "word"]),
        ("a::b", ["word", "symbol", "word"]),
        ("a- -b", ["word", "symbol", "symbol", "word"]),
        ("{d '2026'}", ["symbol", "word", "string", "symbol"]),
        ("", []),
        (" \r\n\t ", []),
    ],
)
def test_tokens_by_example(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected
    assert not scan(text).faults


@pytest.mark.parametrize(
    ("text", "offset", "noun"),
    [
        ("select 'a", 7, "string"),
        ("select N'a''", 7, "string"),
        ("select [a]]", 7, "bracketed identifier"),
        ('select "a', 7, "quoted identifier"),
        ("select 1 /* a /* b */", 9, "comment"),
    ],
)
def test_what_is_never_closed_is_a_fault_at_its_opening(text: str, offset: int, noun: str) -> None:
    (fault,) = scan(text).faults
    assert (fault.rule, fault.offset) == ("sql-syntax", offset)
    assert fault.message == f"This {noun} is never closed."
    assert scan(text).tokens[-1].end == len(text)


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x0c", "\x1a", "\x7f", "\x85", "\x9f", "\u2028", "\u2029", "\r"]
)
def test_control_characters_are_faults_outside_string_literals_only(character: str) -> None:
    for text in (f"a{character}b", f"[a{character}b]", f'"a{character}b"', f"/*{character}*/", f"-- {character}b\n1"):
        (fault,) = scan(text).faults
        assert (fault.rule, fault.offset) == ("read-only", text.index(character))
        assert f"U+{ord(character):04X}" in fault.message
    assert not scan(f"'a{character}b' N'{character}'").faults


def test_tab_and_line_breaks_are_fine_and_each_other_character_is_reported_once() -> None:
    assert not scan("a\tb\nc\r\nd /*\r\n\t*/").faults
    assert [fault.offset for fault in scan("a\x00b\x00c\x85d").faults] == [1, 5]


@pytest.mark.parametrize(
    "piece",
    ["'", "''", "[", "]]", '"', "/*", "/*/", "*/", "--", "\x00", "N'", "a", "1", "0x", ".", "$", "\r", "' ", "@"],
)
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    with processor_seconds_below(5):
        scan(text)
