"""What an author most likely meant where a query does not parse: a misspelt keyword, a missing comma."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

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
    for index in places:
        word = tokens.word(index)
        if tokens.kind(index) is not TokenKind.WORD or word in _WORDS:
            continue
        if (found := meant(word, keywords)) and not _is_name(tokens, index):
            return f"Did you mean {found} instead of {tokens.source(index)}?"
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
