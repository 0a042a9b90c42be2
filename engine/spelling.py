"""What an unknown name most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 128
"""SQL Server's longest identifier; a longer name resembles none, and comparing it would take long."""


def closest(name: str, known: Iterable[str], likeness: float = 0.7) -> str | None:
    """The known name that `name` is most likely a slip of, case aside; None where none is alike (1 is equal)."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_fold, n=1, cutoff=likeness) if len(name) <= _LONGEST else []
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint with the closest of the known names, None where none is alike."""
    found = closest(name, known)
    return f"Did you mean {found}?" if found else None
