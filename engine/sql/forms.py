"""Forms of T-SQL that the parser has not, found by their tokens: where each stands, and what it is told instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from engine.sql.scanner import TokenKind
from engine.sql.tokens import NAMES, Tokens
from engine.sql.wordlist import words

_TYPES: Final = words("query_words.txt", "types")
_CASTS: Final = frozenset({"cast", "try_cast", "parse", "try_parse"})
_PARSES: Final = frozenset({"parse", "try_parse"})
_CONVERTS: Final = frozenset({"convert", "try_convert"})
_LIST_STARTS: Final = frozenset({"select", ",", "distinct", "all", "percent", "ties"})
_DELIMITED: Final = (TokenKind.BRACKETED, TokenKind.QUOTED)


class Forms(Struct, frozen=True, gc=False):
    """Indexes of tokens, by what is to become of them."""

    aliases: frozenset[int] = frozenset()
    """Strings that are aliases, as in `SELECT 'total' = a + b`."""
    left_out: frozenset[int] = frozenset()
    """What decides nothing that is looked at: PARSE's culture and its type's size, collations of OPENJSON's columns."""
    closing: frozenset[int] = frozenset()
    """The `)` of calls that the parser is to know by name alone: those with a schema, the ledger's own; and FORMAT,
    whose pattern it would change into another language's.
    """


_NONE: Final = Forms()


def find_forms(tokens: Tokens) -> Forms:
    """The forms in a statement."""
    calls = [place for place, word in enumerate(tokens.lower) if word == "(" and _is_known_by_name(tokens, place)]
    aliases = frozenset(_aliases(tokens))
    left_out = frozenset((*_of_parses(tokens), *_column_collations(tokens)))
    if not (calls or aliases or left_out):
        return _NONE
    return Forms(aliases, left_out, frozenset(closing_of(tokens, place) for place in calls))


def with_plain_types(tokens: Tokens) -> Tokens:
    """The tokens, where a type written as `[int]` counts as the word that it is."""
    types = {index: tokens.name(index).lower() for index in _types(tokens)}
    if not types:
        return tokens
    lower = tuple(types.get(index, word) for index, word in enumerate(tokens.lower))
    return Tokens(tokens.text, tokens.all, lower)


def is_default_argument(tokens: Tokens, index: int) -> bool:
    """Whether the DEFAULT at `index` is an argument of a function with a schema: only there may it stand in a query."""
    if tokens.word(index - 1) not in {"(", ","} or tokens.word(index + 1) not in {")", ","}:
        return False
    return _is_qualified(tokens, tokens.openings[index])


def closing_of(tokens: Tokens, opening: int) -> int:
    """The index of the `)` that closes the `(` at `opening`, or the end."""
    depth = 0
    for place in range(opening, len(tokens.all)):
        depth += (tokens.lower[place] == "(") - (tokens.lower[place] == ")")
        if depth == 0:
            return place
    return len(tokens.all)


def _is_known_by_name(tokens: Tokens, opening: int) -> bool:
    return _is_qualified(tokens, opening) or tokens.word(opening - 1) == "format"


def _is_qualified(tokens: Tokens, opening: int) -> bool:
    """Whether a name with a dot before it stands before the `(` at `opening`."""
    return tokens.kind(opening - 1) in NAMES and tokens.word(opening - 2) == "."


def _types(tokens: Tokens) -> Iterator[int]:
    if _CASTS.isdisjoint(tokens.lower) and _CONVERTS.isdisjoint(tokens.lower):
        return
    named = [
        index
        for index, token in enumerate(tokens.all)
        if token.kind in _DELIMITED and tokens.name(index).lower() in _TYPES
    ]
    openings = tokens.openings if named else []
    for index in named:
        before = tokens.word(index - 1)
        is_cast = before == "as" and tokens.word(openings[index] - 1) in _CASTS
        if is_cast or (before == "(" and tokens.word(index - 2) in _CONVERTS):
            yield index


def _aliases(tokens: Tokens) -> Iterator[int]:
    if "'" not in tokens.text:
        return
    for index, word in enumerate(tokens.lower):
        if word != "=" or tokens.kind(index - 1) is not TokenKind.STRING:
            continue
        before = tokens.word(index - 2)
        if before in _LIST_STARTS or tokens.word(_before_top(tokens, index - 2)) == "top":
            yield index - 1


def _before_top(tokens: Tokens, index: int) -> int:
    """Where the TOP of a number or of parentheses that end at `index` would stand."""
    return (tokens.openings[index] if tokens.word(index) == ")" else index) - 1


def _of_parses(tokens: Tokens) -> Iterator[int]:
    """`(9, 2)` and `USING 'sv-SE'` of PARSE(x AS decimal(9, 2) USING 'sv-SE')."""
    if _PARSES.isdisjoint(tokens.lower):
        return
    for index, opening in enumerate(tokens.openings):
        word = tokens.lower[index]
        if word in {"as", "using"} and tokens.word(opening - 1) in _PARSES and tokens.word(opening - 2) != ".":
            if word == "as":
                yield from _size(tokens, index + 2)
            elif tokens.word(index + 2) == ")":
                yield from (index, index + 1)


def _size(tokens: Tokens, opening: int) -> range:
    """The tokens of a type's size in parentheses, one number or two; none where there is something else."""
    if tokens.word(opening) != "(" or tokens.kind(opening + 1) is not TokenKind.NUMBER:
        return range(0)
    end = opening + 2
    if tokens.word(end) == "," and tokens.kind(end + 1) is TokenKind.NUMBER:
        end += 2
    return range(opening, end + 1) if tokens.word(end) == ")" else range(0)


def _column_collations(tokens: Tokens) -> Iterator[int]:
    """`COLLATE name` in the WITH of an OPENJSON."""
    openings = tokens.openings if "collate" in tokens.lower and "openjson" in tokens.lower else []
    for index, opening in enumerate(openings):
        if tokens.lower[index] == "collate" and tokens.word(opening - 1) == "with" and tokens.word(opening - 2) == ")":
            call = openings[opening - 2]
            if tokens.word(call - 1) == "openjson":
                yield from (index, index + 1)
