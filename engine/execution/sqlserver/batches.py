"""Decides how many repetitions of a statement go into one batch of SQL."""

from __future__ import annotations

from typing import Final

from engine.model import Statement

SEPARATOR: Final = "\n;\n"  # the author's text may end with a comment or a semicolon, or begin with WITH
_MOST: Final = 128
_PARAMETERS: Final = 2_000  # SQL Server allows 2,100, and a driver needs some of them itself
_CHARACTERS: Final = 100_000
_FIRST: Final = 8
_QUICK, _SLOW = 0.05, 0.25  # fractions of the time limit, which applies until a batch returns its first result


class Pace:
    """The size of the next batch. It is small at first, grows while batches are quick, and halves after a failure.

    There are only a few sizes, so that few texts are prepared.
    """

    def __init__(self, statement: Statement, parameters: int, limit: float) -> None:
        self._limit = limit
        fits = min(_MOST, _PARAMETERS // max(1, parameters), _CHARACTERS // max(1, len(statement.sql)))
        self._most = 1 << max(0, fits.bit_length() - 1)
        self.size = min(_FIRST, self._most)

    def took(self, seconds: float) -> None:
        """A batch succeeded, in so many seconds."""
        if seconds < _QUICK * self._limit:
            self.size = min(self._most, self.size * 4)
        elif seconds > _SLOW * self._limit:
            self.slow_down()

    def slow_down(self) -> None:
        """A batch failed, or took long."""
        self.size = max(1, self.size // 2)
