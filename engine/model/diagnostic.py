"""Faults found in a user's files, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a diagnostic weighs: an error keeps a definition out of service."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; `line` and `column` count characters from 1, a tab as one."""

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
