"""Pieces of Markdown: text that is shown as it is, whatever it holds, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Text in the type of code, in one line."""
    return f"<code>{plain(text)}</code>" if _SPECIAL.search(text) or not text.strip() else f"`{text}`"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown already."""
    head = [f"| {' | '.join(heading)}".rstrip() + " |", f"| {' | '.join(['---'] * len(heading))} |"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])
