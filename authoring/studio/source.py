"""A definition's text as a page shows it: its lines, and under each what was found in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from engine.model import Diagnostic
from engine.model.diagnostic import split_lines


class Line(Struct, frozen=True):
    """A line of the source in three pieces: before what is marked, the marked part, and after it."""

    number: int
    before: str
    marked: str
    after: str
    findings: Sequence[Diagnostic]


def lines_of(text: str, findings: Iterable[Diagnostic]) -> list[Line]:
    """The lines of a file; of several findings in one line the first one is marked."""
    by_line: dict[int, list[Diagnostic]] = {}
    for found in findings:
        by_line.setdefault(found.line, []).append(found)
    return [_line(number, line, by_line.get(number, ())) for number, line in enumerate(split_lines(text), 1)]


def _line(number: int, text: str, findings: Sequence[Diagnostic]) -> Line:
    if not findings:
        return Line(number, text, "", "", ())
    first = findings[0]
    start = min(first.column - 1, len(text))
    end = first.end_column - 1 if first.end_line == first.line else len(text)
    end = max(min(end, len(text)), min(start + 1, len(text)))
    return Line(number, text[:start], text[start:end], text[end:], findings)
