"""Lists for people: columns under a heading."""

from __future__ import annotations

from collections.abc import Sequence

from engine.commandline.console import Console


def write_list(console: Console, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Writes the rows below each other; without any nothing, not even the heading."""
    if not rows:
        return
    shown = [[console.result.escape(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heading, *shown, strict=True)]
    for row in (heading, *shown):
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        console.write(f"{line.rstrip()}\n")
