"""Types that cannot be: decimal(50, 2), varchar(9000), int(5) (errors 131, 192, 1001, 1002, 2716, 2750)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.sql.analysis.rules.subject import Subject
from engine.sql.fault import SqlFault
from engine.sql.forms import closing_of
from engine.sql.scanner import TokenKind

_LENGTHS: Final = {
    "binary": 8000,
    "char": 8000,
    "character": 8000,
    "nchar": 4000,
    "nvarchar": 4000,
    "varbinary": 8000,
    "varchar": 8000,
}
_WITH_MAX: Final = frozenset({"nvarchar", "varbinary", "varchar"})
_DECIMALS: Final = frozenset({"dec", "decimal", "numeric"})
_FRACTIONS: Final = frozenset({"datetime2", "datetimeoffset", "time"})
_PLAIN: Final = frozenset(
    {"bigint", "bit", "date", "datetime", "int", "integer", "money", "real", "smalldatetime", "smallint"}
    | {"smallmoney", "tinyint", "uniqueidentifier"}
)
_SIZED: Final = _LENGTHS.keys() | _DECIMALS | _FRACTIONS | _PLAIN | {"float"}
_CASTS: Final = frozenset({"cast", "try_cast", "parse", "try_parse"})
_CONVERTS: Final = frozenset({"convert", "try_convert"})
_MAX_DIGITS: Final = 38
_MAX_FRACTION: Final = 7
_MAX_BITS: Final = 53


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error` for the types of CAST, CONVERT and OPENJSON."""
    tokens, words = subject.tokens, subject.query.words
    if _SIZED.isdisjoint(words):
        return
    for index, word in enumerate(words):
        if word not in _SIZED or tokens.word(index + 1) != "(" or not _is_type(subject, index):
            continue
        end = closing_of(tokens, index + 1)
        inside = range(index + 2, end)
        if all(words[place] in {",", "max"} or tokens.kind(place) is TokenKind.NUMBER for place in inside):
            facets = [tokens.source(place).lower() for place in inside if words[place] != ","]
            if (problem := _problem(word, facets)) is not None:
                shown = f"{word}({', '.join(facets)})"
                yield SqlFault("compile-error", tokens.all[index].start, f"{shown} is no type: {problem}.", _hint(word))


def _is_type(subject: Subject, index: int) -> bool:
    """Whether the word at `index` stands where a type does."""
    tokens = subject.tokens
    before = tokens.word(index - 1)
    if before == "(":
        return tokens.word(index - 2) in _CONVERTS
    opener = tokens.openings[index]
    if before == "as":
        return tokens.word(opener - 1) in _CASTS
    return tokens.word(opener - 1) == "with" and tokens.word(opener - 2) == ")"


def _problem(word: str, facets: list[str]) -> str | None:
    if word in _PLAIN:
        return f"{word} has neither a length nor a precision"
    if not facets or not all(facet == "max" or facet.isdecimal() for facet in facets):
        return None
    if "max" in facets:
        return None if word in _WITH_MAX else f"{word} has no MAX"
    first = int(facets[0])
    if word in _LENGTHS and not 1 <= first <= _LENGTHS[word]:
        return f"its length is 1 to {_LENGTHS[word]}"
    if word in _DECIMALS and not 1 <= first <= _MAX_DIGITS:
        return f"it has 1 to {_MAX_DIGITS} digits"
    if word in _DECIMALS and len(facets) > 1 and int(facets[1]) > first:
        return "its scale is no more than its digits"
    if word in _FRACTIONS and first > _MAX_FRACTION:
        return f"it has 0 to {_MAX_FRACTION} digits after the second"
    if word == "float" and not 1 <= first <= _MAX_BITS:
        return f"it has 1 to {_MAX_BITS} bits"
    return None


def _hint(word: str) -> str | None:
    return f"Write {word}(max) for more." if word in _WITH_MAX else None
