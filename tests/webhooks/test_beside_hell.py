"""A good endpoint beside a hundred from hell, by the whole service; the benchmark has a thousand."""

from benchmarks.hell import measure

LEAST = 12.0
"""Seconds that a busy machine may need; waiting for one from hell would take a deadline, 15."""


def test_hell_delays_no_other() -> None:
    alone, beside = measure(hell=100, rounds=50)
    assert beside < max(2 * alone, LEAST)
