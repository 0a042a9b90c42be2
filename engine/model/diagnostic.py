"""Faults found in a user's files, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from msgspec import Struct

_LINE_END: Final = re.compile(r"\r\n|\n|\r")  # XML's line ends, as the parser counts them


class Severity(StrEnum):
    """How much a diagnostic weighs: an error keeps a definition out of service."""

    ERROR = "error"
    WARNING = "warning"


class Position(Struct, frozen=True, gc=False):
    """A place in a file; `line` and `column` count characters from 1, a tab as one.

    A struct, as all that files have many of: made in a tenth of a dataclass's time, and no work for the collector.
    """

    line: int
    column: int


class Replacement(Struct, frozen=True, gc=False):
    """What mends a finding, given only where that is certain: `text` for what stands from its place up to its end.

    `text` is escaped as XML needs it there; a line break in it is LF, and stands for the file's own.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class RelatedPlace(Struct, frozen=True, gc=False):
    """Another place that a finding is about, in its file or another; `message` says what stands there."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in one file (definition language, section 8).

    `end_line` and `end_column` are the place behind the last character; where they are not given, the place itself.
    `ignored_because` is the reason of the comment that ignores it, None where none does.
    """

    rule: str
    severity: Severity
    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
    end_line: int = 0
    end_column: int = 0
    replacement: Replacement | None = None
    related: tuple[RelatedPlace, ...] = ()
    ignored_because: str | None = None

    def __post_init__(self) -> None:
        """Ends at its place where no end is given."""
        if not self.end_line:
            object.__setattr__(self, "end_line", self.line)
        if not self.end_column:
            object.__setattr__(self, "end_column", self.column)

    @property
    def has_extent(self) -> bool:
        """Whether it reaches over one character or more."""
        return (self.end_line, self.end_column) > (self.line, self.column)


def split_lines(text: str) -> list[str]:
    """The lines of a file as diagnostics number them."""
    return _LINE_END.split(text)
