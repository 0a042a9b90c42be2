"""How files are now: by looking at them, so that network mounts and containers work too."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[int, int, int] | None
"""When a file was written, its size and its inode; None where it cannot be looked at."""


def stamp(path: Path) -> Stamp:
    """The file's."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def stamps(paths: Iterable[Path]) -> tuple[tuple[str, Stamp], ...]:
    """Those of several files."""
    return tuple((str(path), stamp(path)) for path in paths)
