"""Applying replacements: a file's text with what mends its findings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from engine.model import Replacement

_LINE: Final = re.compile(r"\r\n|\n|\r")


def apply(text: str, replacements: Iterable[Replacement]) -> str:
    """The text with the replacements; of two that meet, the first stays, and the other is left out.

    Line breaks that they add are those that the text has first.
    """
    starts = [0, *(found.end() for found in _LINE.finditer(text))]
    line_end = found[0] if (found := _LINE.search(text)) else "\n"
    pieces: list[str] = []
    done = 0
    for each in sorted(set(replacements), key=lambda each: (each.line, each.column, each.end_line, each.end_column)):
        start, end = starts[each.line - 1] + each.column - 1, starts[each.end_line - 1] + each.end_column - 1
        if start < done or (start == done and pieces):
            continue
        pieces += [text[done:start], each.text.replace("\n", line_end)]
        done = end
    return "".join((*pieces, text[done:]))
