"""The OPTION clause, which chooses how SQL Server runs a query and never what the query gives."""

from __future__ import annotations

from collections.abc import Iterator

from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind
from engine.sql.statement import begins_statement
from engine.sql.tokens import Tokens
from engine.sql.wordlist import lines

_HINTS = frozenset(lines("query_hints.txt"))
_STANDS_FOR = {TokenKind.NUMBER: "#", TokenKind.STRING: "'"}


def clause_start(tokens: Tokens) -> int | None:
    """The index of the OPTION of a trailing OPTION (…), None where there is none."""
    if "option" not in tokens.lower:
        return None
    depth = 0
    for index, word in enumerate(tokens.lower):
        depth += (word == "(") - (word == ")")
        if word == "option" and depth == 0 and tokens.word(index + 1) == "(":
            return index
    return None


def check(tokens: Tokens, start: int) -> Iterator[SqlFault]:
    """Faults of the clause that begins at index `start`: hints not known, and whatever follows the clause."""
    first, depth = start + 2, 1
    for index in range(first, len(tokens.all)):
        word = tokens.lower[index]
        depth += (word == "(") - (word == ")")
        if depth == 0 or (depth == 1 and word == ","):
            yield from _hint(tokens, first, index)
            first = index + 1
        if depth == 0:
            break
    if depth:
        yield SqlFault("sql-syntax", tokens.all[start].start, "OPTION ( is never closed.", "Add the closing ).")
    elif first < len(tokens.all):
        rule = "read-only" if begins_statement(tokens.lower[first]) else "sql-syntax"
        message = f"`{tokens.source(first)}` stands after OPTION (…), which ends the query."
        yield SqlFault(rule, tokens.all[first].start, message, "Move it before OPTION, or remove it.")


def _hint(tokens: Tokens, first: int, end: int) -> Iterator[SqlFault]:
    parts = [tokens.word(index) or _STANDS_FOR.get(tokens.all[index].kind, "?") for index in range(first, end)]
    while parts[-3:] == [",", "'", ")"]:  # USE HINT takes several
        del parts[-3:-1]
    if " ".join(parts) not in _HINTS:
        place = tokens.all[min(first, len(tokens.all) - 1)]
        source = tokens.text[place.start : tokens.all[end - 1].end] if end > first else "OPTION ()"
        message = f"`{source}` is not a query hint that is known to only read."
        yield SqlFault("read-only", place.start, message, "Remove it; OPTION (RECOMPILE) and MAXDOP n are known.")
