"""Measuring two ways of doing the same thing in turns, so that a ratio holds when the machine's speed drifts.

Many short turns beat few long ones: what disturbs the machine then falls on both sides. Which side begins changes from
turn to turn, so that what one leaves behind (a warm cache, a faster clock) is no advantage. The garbage collector stays
on, as it is in service; each time begins with nothing to collect.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table. Times are seconds for one operation; `ratio` is the median of the rounds' ratios.

    What is no time has its `unit`.
    """

    name: str
    ours: float
    other: float
    ratio: float
    spread: tuple[float, float]
    target: str
    met: bool
    unit: str = "s"


def pair(
    name: str,
    ours: Callable[[], object],
    other: Callable[[], object],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    calls: int,
    rounds: int = 15,
) -> Result:
    """Times `ours` against `other` in `rounds` turns of `calls` calls each, after one turn to warm up.

    The ratio is ours to theirs, which may be `at_most` so much; or, with `at_least`, how many times faster ours is.
    """
    times: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        if turn % 2:
            mine, theirs = _time(ours, calls), _time(other, calls)
        else:
            theirs, mine = _time(other, calls), _time(ours, calls)
        if turn:
            times.append((mine, theirs))
    ratios = sorted(mine / theirs if at_least is None else theirs / mine for mine, theirs in times)
    ratio = statistics.median(ratios)
    return Result(
        name,
        statistics.median(mine for mine, _ in times),
        statistics.median(theirs for _, theirs in times),
        ratio,
        (ratios[0], ratios[-1]),
        f"≤ {at_most:g}" if at_least is None else f"≥ {at_least:g}",
        ratio <= (at_most or 0) if at_least is None else ratio >= at_least,
    )


def _time(call: Callable[[], object], calls: int) -> float:
    gc.collect()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls
