"""Where the columns of a statement's first SELECT begin, by its tokens."""

from __future__ import annotations

from engine.sql.tokens import Tokens


def column_starts(tokens: Tokens) -> list[int]:
    """Where each column of the first branch begins."""
    index = _after_list_options(tokens, _main_select(tokens) + 1)
    starts, depth = [tokens.all[index].start] if index < len(tokens.all) else [], 0
    for place, word in enumerate(tokens.lower[index:], index):
        if word not in _LIST_MARKS:
            continue
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth == 0 and word == ",":
            starts.append(tokens.all[place + 1].start)
        elif depth == 0:
            break
        if depth < 0:
            break
    return starts


_LIST_ENDS = frozenset({"from", "where", "group", "having", "order", "union", "except", "intersect", "for"})
_LIST_MARKS = _LIST_ENDS | {"(", ")", ","}


def _main_select(tokens: Tokens) -> int:
    """The index of the first branch's SELECT: behind the CTEs and the opening parentheses."""
    index, depth = 0, 0
    if tokens.word(0) == "with":
        for index, word in enumerate(tokens.lower):
            depth += (word == "(") - (word == ")")
            if word == ")" and depth == 0 and tokens.word(index + 1) not in {",", "as"}:
                break
        index += 1
    while tokens.word(index) == "(":
        index += 1
    return index


def _after_list_options(tokens: Tokens, index: int) -> int:
    """The index behind DISTINCT and TOP (…) PERCENT WITH TIES."""
    while tokens.word(index) in {"all", "distinct", "top", "percent", "with"}:
        word = tokens.word(index)
        index += 2 if word in {"top", "with"} else 1
        if word == "top" and tokens.word(index - 1) == "(":
            depth = 1
            while depth and index < len(tokens.all):
                depth += (tokens.word(index) == "(") - (tokens.word(index) == ")")
                index += 1
    return index
