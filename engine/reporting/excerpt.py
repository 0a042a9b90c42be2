"""The source line of a finding with a caret under its column."""

from __future__ import annotations

from dataclasses import dataclass

from engine.reporting.terminal import Terminal, width

_WIDEST = 120
_TAB = 8
_CUT = "..."


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Two lines that stand under one another on a terminal: the source, escaped, and the caret."""

    source: str
    caret: str


def excerpt(line: str, column: int, terminal: Terminal) -> Excerpt:
    """The line around `column` (from 1, in characters); tabs are kept, so that both lines jump alike.

    A line that would be wider than 120 columns is cut on both sides of the column.
    """
    at = min(max(column, 1) - 1, len(line))
    near = max(at - _WIDEST, 0)
    cells = [_shown(character, terminal) for character in line[near : at + _WIDEST]]
    first, last = _window([_cell_width(cell) for cell in cells], at - near)
    is_cut_before, is_cut_after = near + first > 0, near + last < len(line)
    before = _CUT * is_cut_before + "".join(cells[first : at - near])
    after = "".join(cells[at - near : last]) + _CUT * is_cut_after
    blank = "".join("\t" if character == "\t" else " " * width(character) for character in before)
    return Excerpt(before + after, blank + "^")


def _shown(character: str, terminal: Terminal) -> str:
    return character if character == "\t" else terminal.show(character)


def _cell_width(cell: str) -> int:
    return _TAB if cell == "\t" else width(cell)


def _window(widths: list[int], at: int) -> tuple[int, int]:
    """The cells to show, first and past the last: all, or as many around `at` as fit."""
    first = last = at
    room = _WIDEST
    while room > 0 and (first > 0 or last < len(widths)):
        is_left = first > 0 and (last == len(widths) or at - first <= last - at)
        index = first - 1 if is_left else last
        room -= widths[index]
        if room < 0:
            break
        first, last = (index, last) if is_left else (first, index + 1)
    return first, last
