"""What a template refers to by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

Path = tuple[str | int, ...]
"""A name of the context, then members by name and items by index: `lines[0].amount` is `("lines", 0, "amount")`."""

EACH: Final = 0
"""In the path of a loop's variable, the index that stands for whichever row the loop is at."""


class Use(Enum):
    """What the template does with what it refers to."""

    WRITTEN = auto()
    """`{{ name }}` and nothing else."""

    ITERATED = auto()
    """`{% for row in name %}`."""

    READ = auto()
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a name; `offset` is where the last part of its path stands in the template's text."""

    path: Path
    offset: int
    use: Use


@dataclass(frozen=True, slots=True)
class LoopVariable:
    """A name that a `for` gives to its rows."""

    name: str
    offset: int


def spelled(path: Path) -> str:
    """The path as a template spells it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
