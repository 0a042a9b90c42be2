"""How far what a diagnostic points at reaches: the word, string or sign that begins at its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from msgspec import structs

from engine.model import Diagnostic, RelatedPlace
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
    if diagnostic.related:
        related = tuple(
            [_reaching(place, lines) if place.file == diagnostic.file else place for place in diagnostic.related]
        )
        diagnostic = replace(diagnostic, related=related)
    if diagnostic.has_extent:
        return diagnostic
    return replace(diagnostic, end_column=_end(diagnostic.line, diagnostic.column, lines))


def _reaching(place: RelatedPlace, lines: Sequence[str]) -> RelatedPlace:
    if (place.end_line, place.end_column) > (place.line, place.column):
        return place
    return structs.replace(place, end_column=_end(place.line, place.column, lines))


def _end(line: int, column: int, lines: Sequence[str]) -> int:
    found = _WORD.match(lines[line - 1], column - 1) if line <= len(lines) else None
    return column if found is None else found.end() + 1
