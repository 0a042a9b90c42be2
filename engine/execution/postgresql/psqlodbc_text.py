"""The translation's text and its values as psqlODBC takes them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from engine.errors import DefinitionUnavailableError

# What may hold a $, a ; or a ? that is none: strings, quoted names, comments.
_TOKEN: Final = re.compile(
    r"""[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(\d+)|[?;]|\$[A-Za-z_]*\$|/\*""", re.DOTALL
)


def as_text(value: object) -> str | None:
    """The value as PostgreSQL reads it: every placeholder of a translated statement is cast to its type there."""
    if value is None or type(value) is str:
        if value is not None and "\0" in value:
            raise ValueError("U+0000")  # psqlODBC would cut the text there
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@lru_cache(maxsize=4096)
def with_question_marks(sql: str) -> tuple[str, tuple[int, ...]]:
    """The text with a `?` for each `$n`, and which value each of them is, from 0.

    Raises DefinitionUnavailableError for a text that may be several statements, or in which psqlODBC would see other
    placeholders: the translation writes no such text.
    """
    order: list[int] = []

    def replaced(token: re.Match[str]) -> str:
        if token[1]:
            order.append(int(token[1]) - 1)
            return "?"
        if token[0].startswith("--"):
            return ""
        if token[0][0] in "eE\"'":
            return token[0]
        raise DefinitionUnavailableError(f"the ledger session runs no text with {token[0]} outside of a string")

    return _TOKEN.sub(replaced, sql), tuple(order)
