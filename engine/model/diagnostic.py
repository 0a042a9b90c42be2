"""Faults found in a user's files, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct


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


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in one file (definition language, section 8)."""

    rule: str
    severity: Severity
    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
