"""What an author most likely meant where a query does not parse: a misspelt keyword, a missing comma."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.model import Edit
from engine.spelling import is_slip
from engine.sql.scanner import TokenKind
from engine.sql.tokens import CONTINUED, NAMES, OPERANDS, Tokens
from engine.sql.wordlist import words

ELSEWHERE: Final = "Try the query in a SQL Server tool first."
"""The hint where nothing better is known."""
OPERATOR: Final = "AND, OR or an operator may be missing before it."

_WORDS = words("query_words.txt")
_KEYWORDS: Final = (
    *("select", "distinct", "from", "where", "group", "having", "order", "inner", "left", "right", "full", "cross"),
    *("outer", "join", "apply", "on", "and", "or", "not", "in", "like", "between", "is", "null", "exists", "union"),
    *("except", "intersect", "case", "when", "then", "else", "end", "as", "asc", "desc", "over", "partition", "with"),
)
"""What a query that does not parse may have misspelt, the likeliest first."""
_NEARBY: Final = (0, -1, 1, -2)
"""Where the misspelt word may stand, counted from the token at which the parser gave up."""
_WITH_BY: Final = frozenset({"group", "order", "partition"})
_OPENING: Final = frozenset({"case", "left", "right"})
"""Those of the words that a query must go on after which an operand may begin with."""
_CASTS: Final = frozenset({"cast", "try_cast"})
_LISTS: Final = frozenset({"select", "by", "from", "values"})
_CONDITIONS: Final = frozenset({"where", "on", "having", "and", "or", "when"})


def meant(word: str, keywords: Iterable[str] = _KEYWORDS) -> str | None:
    """The keyword, in capitals, that `word` is a slip of."""
    return next((keyword.upper() for keyword in keywords if is_slip(word, keyword)), None)


def misspelt(tokens: Tokens, places: Iterable[int], keywords: Iterable[str] = _KEYWORDS) -> str | None:
    """A hint at the first of the tokens at `places` that is no name and a slip of one of the `keywords`."""
    found = _misspelt(tokens, places, keywords)
    return None if found is None else f"Did you mean {found[1]} instead of {tokens.source(found[0])}?"


def respelling(tokens: Tokens, places: Iterable[int], keywords: Iterable[str] = _KEYWORDS) -> Edit | None:
    """The edit that makes a keyword of that token, in capitals where it is in capitals."""
    found = _misspelt(tokens, places, keywords)
    if found is None:
        return None
    source = tokens.source(found[0])
    return Edit(tokens.all[found[0]].start, source, found[1] if source.isupper() else found[1].lower())


def _misspelt(tokens: Tokens, places: Iterable[int], keywords: Iterable[str]) -> tuple[int, str] | None:
    """The index of the misspelt token, and the keyword."""
    for index in places:
        word = tokens.word(index)
        if tokens.kind(index) is not TokenKind.WORD or word in _WORDS:
            continue
        if (found := meant(word, keywords)) and not _is_name(tokens, index):
            return index, found
    return None


def mending(tokens: Tokens, index: int) -> Edit | None:
    """What surely mends the query where the parser gave up, at the token at `index`: the same as `hint` says."""
    if found := respelling(tokens, (index + offset for offset in _NEARBY)):
        return found
    before, word = tokens.word(index - 1), tokens.word(index)
    for place, first, second in ((index, word, tokens.word(index + 1)), (index - 1, before, word)):
        if first in _WITH_BY and second != "by":
            return tokens.addition(place, " BY" if tokens.source(place).isupper() else " by")
    if word == before == "=" and tokens.all[index - 1].end == tokens.all[index].start:
        start = tokens.all[index - 1].start
        return Edit(start, "==", "=")
    return None


def hint(tokens: Tokens, index: int) -> str:
    """What may be wrong where the parser gave up, at the token at `index`."""
    before, word = tokens.word(index - 1), tokens.word(index)
    if found := misspelt(tokens, (index + offset for offset in _NEARBY)):
        return found
    for first, second in ((word, tokens.word(index + 1)), (before, word)):
        if first in _WITH_BY and second != "by":
            return f"Write {first.upper()} BY."
    if word == before == "=":
        return "Compare with a single =."
    begins_operand = tokens.kind(index) in OPERANDS | NAMES or word == "("
    if not begins_operand or word in CONTINUED - _OPENING or not tokens.ends_operand(index - 1):
        return ELSEWHERE
    return next(_missing(tokens, index), ELSEWHERE)


def _missing(tokens: Tokens, index: int) -> Iterator[str]:
    """What may be missing between two operands, by the clause that they stand in."""
    depth = 0
    for place in range(index - 1, -1, -1):
        word = tokens.lower[place]
        depth += (word == ")") - (word == "(")
        if depth < 0 and tokens.word(place - 1) in _CASTS:
            yield "Write CAST(… AS …)."
        elif (depth < 0 and _is_listing(tokens, place - 1)) or (depth == 0 and word in _LISTS):
            yield "A comma may be missing before it."
        elif depth < 0:
            depth = 0
        elif depth == 0 and word in _CONDITIONS:
            yield OPERATOR


def _is_listing(tokens: Tokens, index: int) -> bool:
    """Whether the parenthesis behind the token at `index` holds a list: of a function, of IN, of VALUES."""
    return tokens.word(index) in {"in", "values"} or (
        tokens.kind(index) in NAMES and tokens.word(index) not in CONTINUED
    )


def _is_name(tokens: Tokens, index: int) -> bool:
    """Whether the word at `index` has a dot beside it, or stands in the query more than once."""
    if "." in (tokens.word(index - 1), tokens.word(index + 1)):
        return True
    word = tokens.lower[index]
    return tokens.lower.index(word) != index or word in tokens.lower[index + 1 :]
