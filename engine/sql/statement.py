"""What the tokens of a query show before anything is parsed: whether it is one SELECT and nothing else.

T-SQL needs no semicolon between two statements, and the parser forgives a lot: `select 1 go` and `sp_who2 'x'` both
parse. So a word that may begin a statement is refused wherever SQL Server could take it for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.sql import punctuation, slips
from engine.sql.fault import SqlFault
from engine.sql.forms import is_default_argument
from engine.sql.scanner import TokenKind
from engine.sql.tokens import CONTINUED, NAMES, Tokens
from engine.sql.wordlist import words

_RESERVED = words("reserved_words.txt")
_IN_QUERIES = words("query_words.txt", "reserved")
_TYPES = words("query_words.txt", "types")
_STATEMENTS = words("statement_words.txt", "statements")
_UNRESERVED_STATEMENTS = words("statement_words.txt", "unreserved statements")
_CLAUSES = words("statement_words.txt", "clauses")
_SET_OPERATORS = frozenset({"union", "all", "except", "intersect"})
_CASE_WORDS = frozenset({"case", "end", "when", "then"})
_NESTING = frozenset({"(", ")", "select"})
_NAMING = frozenset({TokenKind.STRING, TokenKind.NUMBER, TokenKind.PLACEHOLDER})  # judged on the tree
_RANKS = {"from": 1, "join": 1, "where": 2, "group": 3, "having": 4, "order": 5}
_WITH_BY = frozenset({"group", "order"})
_ORDERED = _NESTING | _SET_OPERATORS | _RANKS.keys()
# IS DISTINCT FROM, WITHIN GROUP, FOR SYSTEM_TIME FROM, and what has faults of its own
_OTHER_USES = frozenset({"distinct", "within", "system_time", "next", "as", "."})
_ORDER_HINT = "The order is SELECT, FROM with its joins, WHERE, GROUP BY, HAVING, ORDER BY, each at most once."
_GO_HINT = "GO is for SQL tools only: remove it."
MAX_DEPTH = 100
"""How deep parentheses may nest."""


def check(tokens: Tokens) -> list[SqlFault]:
    """Rules `single-statement`, `read-only` and `sql-syntax`, as far as tokens alone show them."""
    if not tokens.all:
        return [SqlFault("single-statement", 0, "The query holds no statement.", "Write one SELECT.")]
    return list(_opening(tokens)) or [*_nesting(tokens), *_order(tokens), *_cases(tokens), *_each(tokens)]


def _opening(tokens: Tokens) -> Iterator[SqlFault]:
    """A query begins with SELECT, WITH, or parentheses around a SELECT."""
    index = 0
    while tokens.word(index) == "(":
        index += 1
    word = tokens.word(index)
    if word == "with" and tokens.word(index + 1) == "xmlnamespaces" and tokens.word(index + 2) == "(":
        hint = "Declare the namespaces in each XQuery: 'declare namespace p=\"uri\"; /p:a'."
        yield tokens.fault(index + 1, "read-only", "WITH {} is not known to only read.", hint)
        return
    if word == "select" or (word == "with" and index == 0) or index == len(tokens.all):
        return
    if tokens.kind(index) is TokenKind.SYMBOL and not word.isascii():
        yield punctuation.unknown_symbol(tokens, index)
        return
    offset, source = tokens.all[index].start, tokens.source(index)
    hint = slips.misspelt(tokens, [index], ("select", "with")) or "A definition only reads: write one SELECT."
    if word == "go":
        message, hint = f"`{source}` is no T-SQL.", _GO_HINT
    elif begins_statement(word):
        message = f"The query is a statement of its own kind, {source.upper()}, not a SELECT."
    elif tokens.kind(index) is TokenKind.WORD and word not in _RESERVED:
        message = f"The query begins with `{source}`, which SQL Server would run as a procedure; it must be a SELECT."
    else:
        message = f"The query begins with `{source}`, not with SELECT or WITH."
    yield SqlFault("read-only", offset, message, hint, edit=slips.respelling(tokens, [index], ("select", "with")))


def _nesting(tokens: Tokens) -> Iterator[SqlFault]:
    """Parentheses, and the SELECTs outside of all of them: where a second one begins, so does a second statement."""
    opened: list[int] = []
    may_follow_ctes = tokens.word(0) == "with"
    for index, word in enumerate(tokens.lower):
        if word not in _NESTING:
            continue
        if word == "(":
            opened.append(index)
            if len(opened) == MAX_DEPTH + 1:
                message = f"Parentheses are nested more than {MAX_DEPTH} deep here."
                yield SqlFault("sql-syntax", tokens.all[index].start, message, "Make the query simpler.")
        elif word == ")":
            if not opened:
                yield tokens.fault(index, "sql-syntax", "This {} closes nothing.", "Remove it.")
                return
            opened.pop()
        elif not opened:
            is_expected = index == 0 or tokens.word(index - 1) in _SET_OPERATORS
            if not (is_expected or may_follow_ctes) and tokens.ends_operand(index - 1):
                yield _second_statement(tokens, index)
            may_follow_ctes = False
    for index in opened[: MAX_DEPTH + 1]:
        yield tokens.fault(index, "sql-syntax", "This {} is never closed.", "Add the missing ).")


def _second_statement(tokens: Tokens, index: int) -> SqlFault:
    message = f"A second statement begins here, with `{tokens.source(index)}`; a query is one statement."
    hint = slips.misspelt(tokens, [index - 1], sorted(_SET_OPERATORS)) or "Put it into a <query> of its own."
    return SqlFault("single-statement", tokens.all[index].start, message, hint)


def _order(tokens: Tokens) -> Iterator[SqlFault]:
    """The clauses of each SELECT in their order, which the parser does not mind; `ranks` has one for each depth."""
    ranks = [0]
    for index, word in enumerate(tokens.lower):
        if word not in _ORDERED:
            continue
        if word == "(":
            ranks.append(ranks[-1] if ranks[-1] == 1 else 0)  # parentheses around joins
        elif word == ")":
            ranks[-1:] = [] if len(ranks) > 1 else [0]
        elif word in _SET_OPERATORS or word == "select":
            ranks[-1] = 0
        elif tokens.word(index - 1) not in _OTHER_USES and (word not in _WITH_BY or tokens.word(index + 1) == "by"):
            rank = _RANKS[word]
            if ranks[-1] > rank or (ranks[-1] == rank and word != "join") or (word == "join" and ranks[-1] < rank):
                yield tokens.fault(index, "sql-syntax", "{} does not stand in its place.", _ORDER_HINT)
            ranks[-1] = max(ranks[-1], rank)


def _cases(tokens: Tokens) -> Iterator[SqlFault]:
    """The parser forgives a WHEN without its THEN."""
    if _CASE_WORDS.isdisjoint(tokens.lower):
        return
    for opening, closing in (("case", "end"), ("when", "then")):
        difference = tokens.lower.count(opening) - tokens.lower.count(closing)
        if difference:
            index = tokens.lower.index(opening if difference > 0 else closing)
            message = f"There is not one {closing.upper()} to each {opening.upper()}."
            missing = closing if difference > 0 else opening
            hint = slips.misspelt(tokens, range(len(tokens.all)), [missing]) or "Write CASE WHEN … THEN … ELSE … END."
            yield tokens.fault(index, "sql-syntax", message, hint)


def _each(tokens: Tokens) -> Iterator[SqlFault]:
    """Each token by itself. Most are plain words, or marks with plain words around them: those must cost little."""
    quiet, joined, noted, checks = punctuation.QUIET, punctuation.JOINED, _NOTED, _WORD_CHECKS  # local, for speed
    padded = ("", *tokens.lower, "")
    for index, word in enumerate(tokens.lower):
        if word in quiet or (word not in noted and word.isidentifier()):
            continue
        if word in joined:
            before, after = joined[word]
            if padded[index] in before or padded[index + 2] in after:
                yield from punctuation.check(tokens, index)
        elif word in checks:
            yield from checks[word](tokens, index)
        elif tokens.all[index].kind is not TokenKind.WORD:
            yield from punctuation.check(tokens, index)
        elif word in noted or word[0] == "#":
            yield from _word(tokens, index, word)


def _word(tokens: Tokens, index: int, word: str) -> Iterator[SqlFault]:
    if word == "#":
        yield tokens.fault(index, "sql-syntax", "{} has no meaning here in T-SQL.", "Remove it.")
    elif word[0] == "#":
        yield tokens.fault(index, "read-only", "{} is a temporary table.", "Read the ledger's own tables and views.")
    elif word in _TYPES:
        yield from _typed_literal(tokens, index)
    elif word in _UNRESERVED_STATEMENTS:
        if tokens.word(index - 1) == "as" or tokens.ends_operand(index - 1):
            yield _statement_word(tokens, index)
    elif word in _STATEMENTS:
        yield _statement_word(tokens, index)
    elif word in _CLAUSES:
        message = "{} is not known to only read."
        yield tokens.fault(index, "read-only", message, "A name of that spelling stands in brackets: [{}].")
    else:
        yield tokens.fault(index, "sql-syntax", "{} is a reserved word of T-SQL.", "As a name, write it as [{}].")


def begins_statement(word: str) -> bool:
    """Whether a statement other than SELECT may begin with that word, given in lower case."""
    return word in _STATEMENTS or word in _UNRESERVED_STATEMENTS


def _statement_word(tokens: Tokens, index: int) -> SqlFault:
    if tokens.lower[index] == "go" and tokens.word(index - 1) != "as":
        return tokens.fault(index, "read-only", "{} is no T-SQL.", _GO_HINT)
    message = "{} begins a statement of T-SQL here, and needs no semicolon before it."
    return tokens.fault(index, "read-only", message, "As a name, write it as [{}].")


def _typed_literal(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """`date '2026-11-24'` is another dialect's; T-SQL would read a column called date with an alias."""
    follower = tokens.kind(index + 1)
    if follower in {TokenKind.STRING, TokenKind.PLACEHOLDER} and not tokens.ends_operand(index - 1):
        yield tokens.fault(index, "sql-syntax", "{} is no literal's prefix in T-SQL.", "Write CAST(… AS {}).")


def _merge(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index + 1) != "join":
        yield _statement_word(tokens, index)


def _fetch(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """FETCH is a statement on cursors too."""
    if tokens.word(index - 1) not in {"row", "rows"} or tokens.word(index + 1) not in {"next", "first"}:
        hint = "Write ORDER BY … OFFSET n ROWS FETCH NEXT n ROWS ONLY."
        yield tokens.fault(index, "read-only", "{} without OFFSET before it reads from a cursor.", hint)
    elif _has_top(tokens, index):
        message = "{} and TOP cannot stand in one SELECT."
        yield tokens.fault(index, "compile-error", message, "Remove TOP: FETCH NEXT n ROWS ONLY says how many rows.")


def _has_top(tokens: Tokens, index: int) -> bool:
    """Whether the SELECT that the clause at `index` belongs to has a TOP."""
    depth = 0
    for place in range(index - 1, -1, -1):
        word = tokens.lower[place]
        depth += (word == ")") - (word == "(")
        if depth < 0 or (depth == 0 and word == "select"):
            following = place + 1 + (tokens.word(place + 1) in {"all", "distinct"})
            return depth == 0 and tokens.word(following) == "top"
    return False


def _top(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.kind(index + 1) is TokenKind.PLACEHOLDER:
        yield tokens.fault(index + 1, "sql-syntax", "TOP takes a {} in parentheses only.", "Write TOP ({}).")


def _nulls(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index + 1) in {"first", "last"}:
        hint = "Order by CASE WHEN … IS NULL THEN 1 ELSE 0 END first."
        yield tokens.fault(index, "sql-syntax", "T-SQL has no {} FIRST or LAST.", hint)


def _values(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if tokens.word(index - 1) != "(":
        yield tokens.fault(index, "sql-syntax", "{} stands only in FROM.", "Write FROM ({} (…), (…)) AS x (…).")


def _as(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    """The parser reads `select as a` and `select a as` as if AS were not there."""
    kind, follower = tokens.kind(index + 1), tokens.word(index + 1)
    if follower in CONTINUED - {"of"}:
        yield tokens.fault(index + 1, "sql-syntax", "{} is a reserved word of T-SQL.", "As a name, write it as [{}].")
    elif kind not in NAMES and kind not in _NAMING and follower != "(":
        yield tokens.fault(index, "sql-syntax", "No name stands after {}.", "Write the name, or remove {}.")
    elif (
        not tokens.ends_operand(index - 1)
        and tokens.word(index - 1).isascii()  # else that has its own fault
        and (tokens.word(index - 1) != "all" or tokens.word(index - 2) != "system_time")
    ):
        yield tokens.fault(index, "sql-syntax", "Nothing stands before {} that it could name.", "Remove {}.")


def _default(tokens: Tokens, index: int) -> Iterator[SqlFault]:
    if not is_default_argument(tokens, index):
        hint = "It stands only for an argument of a function that is called with its schema; as a name, write [{}]."
        yield tokens.fault(index, "sql-syntax", "{} is a reserved word of T-SQL.", hint)


_Check = Callable[[Tokens, int], Iterator[SqlFault]]
_WORD_CHECKS: dict[str, _Check] = {
    "as": _as,
    "default": _default,
    "fetch": _fetch,
    "merge": _merge,
    "nulls": _nulls,
    "top": _top,
    "values": _values,
}
_NOTED = (_RESERVED - _IN_QUERIES) | _UNRESERVED_STATEMENTS | _WORD_CHECKS.keys() | _TYPES
