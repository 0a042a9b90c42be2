"""The geometry of charts. The template draws them as SVG, with a table of the same numbers beneath."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

WIDTH: Final = 720
HEIGHT: Final = 160
"""Of the drawing, in its own units; the page scales it."""

_TICKS: Final = 6
_GAP: Final = 0.2  # of a bar's place
_LEAST_HEIGHT: Final = 2.0  # of a part of a bar: what is little is seen too


class Rectangle(Struct, frozen=True):
    """A part of a bar. `kind` names its colour, and `title` says what it is."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


class Tick(Struct, frozen=True):
    """A mark on an axis."""

    at: float
    label: str


class Bars(Struct, frozen=True):
    """Stacked bars, one for each time."""

    parts: Sequence[Rectangle]
    times: Sequence[Tick]
    heights: Sequence[Tick]
    top: float
    """What the whole height stands for."""


class Line(Struct, frozen=True):
    """A line of points, as SVG's `points` has them, in pieces where a time has no value."""

    kind: str
    pieces: Sequence[str]


class Lines(Struct, frozen=True):
    """Lines over the same times, on a logarithmic height."""

    lines: Sequence[Line]
    times: Sequence[Tick]
    heights: Sequence[Tick]


def bars(times: Sequence[datetime], series: Mapping[str, Sequence[int]], kinds: Mapping[str, str], form: str) -> Bars:
    """Bars of `series`, each a number for each time, stacked in their order; `form` is how times are written."""
    top = _round_up(max((sum(values) for values in zip(*series.values(), strict=True)), default=0))
    step = WIDTH / max(1, len(times))
    parts: list[Rectangle] = []
    for index, time in enumerate(times):
        y = float(HEIGHT)
        for name, values in series.items():
            if values[index]:
                height = max(_LEAST_HEIGHT, values[index] / top * HEIGHT)
                y = max(0.0, y - height)
                title = f"{time:{form}}: {values[index]:,} {name}"
                x, width = step * (index + _GAP / 2), step * (1 - _GAP)
                parts.append(Rectangle(round(x, 2), round(y, 2), round(width, 2), round(height, 2), kinds[name], title))
    heights = [Tick(round(HEIGHT - HEIGHT * part, 2), f"{top * part:,.0f}") for part in (0.5, 1.0)]
    return Bars(parts, _times(times, form), heights, top)


def lines(
    times: Sequence[datetime], series: Mapping[str, Sequence[float | None]], kinds: Mapping[str, str], form: str
) -> Lines:
    """Lines of `series` in seconds; None where a time has no value."""
    known = [value for values in series.values() for value in values if value]
    low = 10 ** math.floor(math.log10(min(known, default=0.01)))
    high = 10 ** math.ceil(math.log10(max(known, default=1.0)))
    span = math.log10(max(high / low, 10.0))
    step = WIDTH / max(1, len(times))

    def place(index: int, value: float) -> str:
        """A point as SVG writes it."""
        return f"{step * (index + 0.5):.2f},{HEIGHT - math.log10(max(value, low) / low) / span * HEIGHT:.2f}"

    drawn = []
    for name, values in series.items():
        pieces: list[list[str]] = [[]]
        for index, value in enumerate(values):
            if value is None:
                pieces.append([])
            else:
                pieces[-1].append(place(index, value))
        # A point by itself is drawn as a line to the same point, whose round ends make it a dot.
        drawn.append(
            Line(kinds[name], [" ".join(piece * 2 if len(piece) == 1 else piece) for piece in pieces if piece])
        )
    heights = [
        Tick(round(HEIGHT - power / span * HEIGHT, 2), _seconds(low * 10**power)) for power in range(round(span) + 1)
    ]
    return Lines(drawn, _times(times, form), heights)


def _times(times: Sequence[datetime], form: str) -> list[Tick]:
    every = max(1, math.ceil(len(times) / _TICKS))
    step = WIDTH / max(1, len(times))
    return [Tick(round(step * (index + 0.5), 2), f"{times[index]:{form}}") for index in range(0, len(times), every)]


def _round_up(value: int) -> float:
    """The next number whose half is whole and that is easily read."""
    power: int = 10 ** math.floor(math.log10(max(value, 1)))
    tops = (tenths * power / 10 for tenths in (12, 16, 20, 30, 40, 60, 80, 100))
    return next(top for top in tops if top >= value and top % 2 == 0)


def _seconds(value: float) -> str:
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:,.0f} s"
