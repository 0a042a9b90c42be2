"""The sources of a query by its words alone: what FROM, JOIN and APPLY name, and under which alias.

The engine's analysis knows more, of a query that parses; this knows enough of one that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from engine.sql.scanner import Token, TokenKind, scan

_BEFORE: Final = frozenset({"from", "join", "apply"})
_ENDS_FROM: Final = frozenset({"where", "group", "order", "having", "union", "except", "intersect", "select", "for"})
_NO_ALIAS: Final = (
    _ENDS_FROM
    | _BEFORE
    | frozenset(
        [
            "on",
            "inner",
            "left",
            "right",
            "full",
            "cross",
            "outer",
            "with",
            "option",
            "set",
            "pivot",
            "unpivot",
            "tablesample",
            "as",
        ]
    )
)
_NAMES: Final = frozenset({TokenKind.WORD, TokenKind.BRACKETED, TokenKind.QUOTED})


class Made(Struct, frozen=True, gc=False):
    """A column that a query makes: its name, where the name stands, and the expression's text."""

    name: str
    start: int
    expression: str


class Named(Struct, frozen=True, gc=False):
    """A source: its alias or last name, where that stands, the parts of a table's name, or the columns that it makes.

    It may be named from `begin` to `end`.
    """

    name: str
    start: int
    path: tuple[str, ...]
    made: tuple[Made, ...] | None
    begin: int
    end: int


class Words:
    """The tokens of a text without its comments, and which parentheses belong together."""

    def __init__(self, text: str) -> None:
        found = scan(text)
        self.text = text
        pairs = [
            (token, word)
            for token, word in zip(found.tokens, found.words, strict=True)
            if token.kind is not TokenKind.COMMENT
        ]
        self.tokens: Sequence[Token] = [token for token, _ in pairs]
        self.words: Sequence[str] = [word for _, word in pairs]
        self.closing, self.around = _parentheses(self.words)
        self._opening = {end: start for start, end in self.closing.items()}

    def source(self, index: int) -> str:
        """A token's text."""
        return self.text[self.tokens[index].start : self.tokens[index].end]

    def is_name(self, index: int) -> bool:
        """Whether there is a token there that may be a name."""
        return 0 <= index < len(self.tokens) and self.tokens[index].kind in _NAMES

    def is_word(self, index: int, word: str) -> bool:
        """Whether that word or symbol stands there."""
        return 0 <= index < len(self.words) and self.words[index] == word

    def name(self, index: int) -> str:
        """The name that a token is, without its brackets or quotation marks."""
        source = self.source(index)
        if self.tokens[index].kind is TokenKind.BRACKETED:
            return source[1:].removesuffix("]").replace("]]", "]")
        if self.tokens[index].kind is TokenKind.QUOTED:
            return source[1:].removesuffix('"').replace('""', '"')
        return source

    def at(self, offset: int) -> int | None:
        """The token that a place is in, or directly behind."""
        for index, token in enumerate(self.tokens):
            if token.start <= offset < token.end:
                return index
        return next((index for index, token in enumerate(self.tokens) if token.end == offset), None)

    def opening(self, index: int) -> int:
        """The opening parenthesis of a closing one; the first token where it has none."""
        return self._opening.get(index, 0)

    def qualifier(self, index: int) -> int | None:
        """The name before a name and its point."""
        return index - 2 if self.is_word(index - 1, ".") and self.is_name(index - 2) else None


def _parentheses(words: Sequence[str]) -> tuple[dict[int, int], list[int]]:
    """By each opening one its closing one (the end where it has none); and around each token the opening one, or -1."""
    closing: dict[int, int] = {}
    around: list[int] = []
    opened: list[int] = []
    for index, word in enumerate(words):
        if word == ")" and opened:
            closing[opened.pop()] = index
        around.append(opened[-1] if opened else -1)
        if word == "(":
            opened.append(index)
    closing.update(dict.fromkeys(opened, len(words)))
    return closing, around


def sources(words: Words) -> list[Named]:
    """Every source, in order."""
    found: list[Named] = list(_common_tables(words))
    in_from: dict[int, bool] = {}
    for index, word in enumerate(words.words):
        level = words.around[index]
        if word in _BEFORE:
            in_from[level] = True
        elif word in _ENDS_FROM:
            in_from[level] = False
        if word in _BEFORE or (word == "," and in_from.get(level)):
            found += _source(words, index + 1)
    return found


def visible(found: Sequence[Named], offset: int) -> list[Named]:
    """What may be named at a place, the innermost first."""
    seen = [each for each in found if each.begin <= offset <= each.end]
    return sorted(seen, key=lambda each: each.end - each.begin)


def columns(words: Words, start: int, end: int) -> tuple[Made, ...]:
    """What the first SELECT between two tokens makes."""
    index = start
    while index < end and not words.is_word(index, "select"):
        index = words.closing.get(index, index) + 1
    found: list[Made] = []
    first = index = index + 1
    while index <= end:
        word = words.words[index] if index < len(words.words) else ""
        if index == end or word in {",", "from", "where", "union", "except", "intersect"}:
            found += _made(words, first, index)
            first = index + 1
            if word != ",":
                break
        index = words.closing.get(index, index) + 1
    return tuple(found)


def _made(words: Words, first: int, end: int) -> Iterator[Made]:
    last = end - 1
    if last < first or last >= len(words.tokens) or not words.is_name(last):
        return
    shown = last - 1 if words.is_word(last - 1, "as") else last
    if shown - 1 >= first and words.is_word(shown - 1, "."):
        shown = end
    begin = words.tokens[first].start
    stop = words.tokens[shown].start if first < shown < end else words.tokens[last].end
    yield Made(words.name(last), words.tokens[last].start, " ".join(words.text[begin:stop].split()))


def _common_tables(words: Words) -> Iterator[Named]:
    """Those of WITH: a name, perhaps its columns, AS and a parenthesis."""
    for index, word in enumerate(words.words):
        if word != "as" or not words.is_word(index + 1, "("):
            continue
        name = index - 1
        if words.is_word(name, ")"):
            name = words.opening(name) - 1
        if words.is_name(name) and words.words[name - 1 : name] in (["with"], [","]):
            end = words.closing[index + 1]
            made = columns(words, index + 2, end)
            # it is named by FROM, and found there by its name: no alias of its own anywhere
            yield Named(words.name(name), words.tokens[name].start, (), made, -1, -1)


def _source(words: Words, index: int) -> Iterator[Named]:
    path: list[str] = []
    made: tuple[Made, ...] | None = None
    start = index
    if words.is_word(index, "("):
        made = columns(words, index + 1, words.closing[index])
        index = words.closing[index] + 1
    else:
        while words.is_name(index) and words.words[index] not in _NO_ALIAS:
            path.append(words.name(index))
            start = index
            if not words.is_word(index + 1, "."):
                index += 1
                break
            index += 2
        if words.is_word(index, "("):
            index = words.closing[index] + 1
    if words.is_word(index, "as"):
        index += 1
    if words.is_name(index) and words.words[index] not in _NO_ALIAS:
        start = index
    elif not path:
        return
    level = words.around[start]
    begin = words.tokens[level].start if level >= 0 else 0
    last = words.closing.get(level, len(words.tokens))
    end = words.tokens[last].start if last < len(words.tokens) else len(words.text)
    yield Named(words.name(start), words.tokens[start].start, tuple(path), made, begin, end)
