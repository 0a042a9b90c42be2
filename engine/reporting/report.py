"""What a reporter is given, and what it must do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.model import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """A file that was checked. `text` is its decoded source, None where it could not be read or decoded.

    `hidden` counts the findings that the user asked not to see.
    """

    name: str
    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Every file that was checked, also those without a finding, in the order in which they are reported."""

    files: tuple[ReportedFile, ...]

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(diagnostic.severity is severity for file in self.files for diagnostic in file.diagnostics)


class Reporter(Protocol):
    """Writes a report in one format."""

    def render(self, report: Report) -> str:
        """The whole report, ending in a line break; text from files is escaped as the format needs it."""
        ...
