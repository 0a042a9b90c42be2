"""How far a command is, on a terminal: a line that comes after a second and goes without a trace."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Final, Self

from engine.commandline.console import Console

_AFTER_SECONDS: Final = 1.0
_BETWEEN_SECONDS: Final = 0.1
_WIDEST: Final = 40
_ERASE_LINE: Final = "\r\x1b[K"  # ECMA-48, erase in line


class ProgressBar:
    """Counts up to `total` on standard error, which must be a terminal: elsewhere nothing is written.

    Call `clear` before anything else is written while it lasts. Only one thread may use it.
    """

    def __init__(self, console: Console, what: str, total: int) -> None:
        self._err, self._what, self._total = console.err, what, total
        self._is_wanted = console.err.isatty() and console.environment.get("TERM") != "dumb"
        self._due = time.monotonic() + _AFTER_SECONDS
        self._done = 0
        self._is_shown = False

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self._done += count
        if self._is_wanted and time.monotonic() >= self._due:
            self._draw()
            self._due = time.monotonic() + _BETWEEN_SECONDS

    def clear(self) -> None:
        """Takes the line away, until the next step."""
        if self._is_shown:
            self._err.write(_ERASE_LINE)
            self._err.flush()
            self._is_shown = False

    def _draw(self) -> None:
        numbers = f" {self._done} of {self._total}"
        room = self._columns() - len(self._what) - len(numbers) - 4
        width = max(min(room, _WIDEST), 0)
        filled = "#" * (width * self._done // max(self._total, 1))
        bar = f" [{filled:-<{width}}]" if width else ""
        self._is_shown = True  # first: a Ctrl-C while it is written leaves nothing behind
        self._err.write(f"{_ERASE_LINE}{self._what}{bar}{numbers}")
        self._err.flush()

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._err.fileno()).columns or 80
        except OSError:
            return 80

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
