"""A statement that stands in one line, with a line for each of its clauses, to be read: only its blanks change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\s+|\w+|.""", re.DOTALL
)
_CLAUSES: Final = frozenset(
    ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "INTERSECT")
)
_JOINS: Final = frozenset(("LEFT", "RIGHT", "FULL", "CROSS", "INNER", "OUTER", "NATURAL", "ASOF", "SEMI", "ANTI"))
_STEP: Final = "  "


@dataclass(slots=True)
class _Level:
    """What stands in a pair of parentheses, or in CASE to END. `is_listing`: its commas part columns."""

    is_query: bool
    indent: str
    is_listing: bool = False
    is_between: bool = False


def laid_out(sql: str) -> str:
    """The statement with line breaks for blanks, and blanks behind them; one that has a line break is left as it is."""
    if "\n" in sql:
        return sql
    tokens = [token for token in _TOKEN.findall(sql) if token]
    found: list[str] = []
    for token, line in zip(tokens, _lines(tokens), strict=True):
        if line is not None and found:
            if found[-1].isspace():
                found.pop()
            found.append(f"\n{line}")
        found.append(token)
    return "".join(found).rstrip()


def _lines(tokens: Sequence[str]) -> Iterator[str | None]:
    """For each token: the blanks that a line begins with before it, None where none begins."""
    words = [token.upper() for token in tokens if not token.isspace()]
    levels, number = [_Level(is_query=True, indent="")], 0
    for token in tokens:
        if token.isspace():
            yield None
            continue
        before = words[number - 1] if number else ""
        after = words[number + 1] if number + 1 < len(words) else ""
        yield _line(levels, before, words[number], after)
        number += 1


def _line(levels: list[_Level], before: str, word: str, after: str) -> str | None:
    level = levels[-1]
    line = _in_query(level, before, word, after) if level.is_query else None
    if word == "(":
        is_query = after in ("SELECT", "WITH")
        levels.append(_Level(is_query, levels[-1].indent + _STEP * 2 if is_query else level.indent))
    elif word == "CASE":
        levels.append(_Level(is_query=False, indent=level.indent))
    elif word in (")", "END") and len(levels) > 1:
        levels.pop()
    return line


def _in_query(level: _Level, before: str, word: str, after: str) -> str | None:
    if word in ("BETWEEN", "AND"):
        is_condition = word == "AND" and not level.is_between
        level.is_between = word == "BETWEEN"
        return level.indent + _STEP if is_condition else None
    if level.is_listing and before == ",":
        return level.indent + _STEP
    is_join = (word == "JOIN" and before not in _JOINS) or (
        word in _JOINS and before not in _JOINS and after in {"JOIN", *_JOINS}
    )
    if is_join:
        return level.indent
    if word in _CLAUSES and before not in ("DISTINCT", "WITHIN", ".", "AS"):
        level.is_listing = word == "SELECT"
        return level.indent
    return None
