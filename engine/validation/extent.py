"""How far what a diagnostic points at reaches: the word, string or sign that begins at its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.model import Diagnostic
from engine.model.diagnostic import split_lines

_WORD: Final = re.compile(
    r"[\w@#$]+"  # a name, a keyword or a number
    r"|\[(?:[^\]]|\]\])*\]|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""  # in brackets or quotes
    r"|</?[\w:.-]+"  # a tag
    r"|<>|[<>!]=|\S"
)


def with_extents(diagnostics: Sequence[Diagnostic], text: str | None) -> list[Diagnostic]:
    """The diagnostics with their ends, where they have none; `text` is the file's source, None where it has none.

    An end lies on the line of its start: what goes on behind the line is cut there.
    """
    if text is None or not diagnostics:
        return list(diagnostics)
    lines = split_lines(text)
    return [_with_extent(diagnostic, lines) for diagnostic in diagnostics]


def _with_extent(diagnostic: Diagnostic, lines: Sequence[str]) -> Diagnostic:
    if diagnostic.has_extent or diagnostic.line > len(lines):
        return diagnostic
    found = _WORD.match(lines[diagnostic.line - 1], diagnostic.column - 1)
    return diagnostic if found is None else replace(diagnostic, end_column=found.end() + 1)
