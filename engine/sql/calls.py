"""Calls of built-in functions with too few or too many arguments (errors 174 and 189), by their tokens.

The parser gives up at some of them, at a place that says little, and drops arguments of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.sql.fault import SqlFault
from engine.sql.forms import closing_of
from engine.sql.tokens import Tokens
from engine.sql.wordlist import lines

RULE: Final = "compile-error"


def _counts() -> dict[str, tuple[int, int | None]]:
    parts = (line.split() for line in lines("function_arguments.txt", "counts"))
    return {name: (int(least), None if most == "*" else int(most)) for name, least, most in parts}


_COUNTS: Final = _counts()
_HINTS: Final = {True: "Add what is missing; a comma may be.", False: "Remove what is too many."}
_CONVERTS: Final = frozenset({"convert", "try_convert"})


def miscounted(tokens: Tokens) -> Iterator[SqlFault]:
    """A fault at each call that has another number of arguments than its function takes."""
    words = tokens.lower
    for index in () if _COUNTS.keys().isdisjoint(words) else range(1, len(words)):
        if words[index] == "(" and words[index - 1] in _COUNTS:
            least, most = _COUNTS[words[index - 1]]
            count = argument_count(tokens, index)
            if (count < least or (most is not None and count > most)) and _is_call(tokens, index):
                name = tokens.lower[index - 1]
                message = f"{name.upper()}(…) takes {wanted(least, most)}, and has {count} here."
                hint = "COALESCE takes any number." if name == "isnull" and count > least else _HINTS[count < least]
                yield SqlFault(RULE, tokens.all[index - 1].start, message, hint)


def _is_call(tokens: Tokens, index: int) -> bool:
    """Whether a function is called there: it may be a type, a method, an alias with columns, or a table of WITH."""
    before = tokens.word(index - 2)
    if before in {".", "as"} or (before == "(" and tokens.word(index - 3) in _CONVERTS):
        return False
    if index > 1 and tokens.ends_operand(index - 2) and before != ")":
        return before in {"all", "distinct"}
    end = closing_of(tokens, index)
    return not (tokens.word(end + 1) == "as" and tokens.word(end + 2) == "(")


def argument_count(tokens: Tokens, opening: int) -> int:
    """How many arguments stand in the parentheses that open there."""
    words = tokens.lower
    depth, commas = 1, 0
    for place in range(opening + 1, len(words)):
        word = words[place]
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                return 0 if place == opening + 1 else commas + 1
        elif word == "," and depth == 1:
            commas += 1
    return commas + 1


def wanted(least: int, most: int | None) -> str:
    """So many arguments, in words."""
    if most is None:
        return f"at least {least} argument{'' if least == 1 else 's'}"
    if least == most:
        return "no argument" if most == 0 else f"{most} argument{'' if most == 1 else 's'}"
    return f"{least} to {most} arguments"
