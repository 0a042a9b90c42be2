"""What a reporter is given, and what it must do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from msgspec import structs

from engine.model import Diagnostic, Severity
from engine.reporting.change import SchemaChange
from engine.reporting.escapes import in_unicode


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """A file that was checked. `text` is its decoded source, None where it could not be read or decoded.

    `hidden` counts the findings that the user asked not to see; `ignored` are those that comments in the file ignore.
    """

    name: str
    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()
    hidden: int = 0
    ignored: tuple[Diagnostic, ...] = ()

    def in_unicode(self) -> ReportedFile:
        """The file with backslash escapes for what no encoding has: bytes of file names that are no text."""
        found, ignored = (tuple(map(_in_unicode, those)) for those in (self.diagnostics, self.ignored))
        return replace(self, name=in_unicode(self.name), diagnostics=found, ignored=ignored)

    @property
    def every(self) -> list[Diagnostic]:
        """The findings with the ignored ones among them, in the order of the file."""
        if not self.ignored:
            return list(self.diagnostics)
        return sorted((*self.diagnostics, *self.ignored), key=lambda found: (found.line, found.column))


@dataclass(frozen=True, slots=True)
class Report:
    """Every file that was checked, also those without a finding, in the order in which they are reported.

    `warnings_fail`: whether the user counts warnings as errors. `change`: what a change of the ledger's schema does,
    where that was asked for.
    """

    files: tuple[ReportedFile, ...]
    warnings_fail: bool = False
    change: SchemaChange | None = None

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(diagnostic.severity is severity for file in self.files for diagnostic in file.diagnostics)

    @property
    def has_failed(self) -> bool:
        """Whether any finding makes the run fail, which the exit code tells."""
        return any(self.fails(found) for found in self.every)

    def fails(self, found: Diagnostic) -> bool:
        """Whether this finding makes the run fail, as an error does that is not ignored."""
        return found.ignored_because is None and (self.warnings_fail or found.severity is Severity.ERROR)

    @property
    def every(self) -> list[Diagnostic]:
        """Each finding of each file, also the ignored ones."""
        return [found for file in self.files for found in file.every]


class Reporter(Protocol):
    """Writes a report in one format."""

    def render(self, report: Report) -> str:
        """The whole report, ending in a line break; text from files is escaped as the format needs it."""
        ...


def _in_unicode(found: Diagnostic) -> Diagnostic:
    related = [structs.replace(at, file=in_unicode(at.file), message=in_unicode(at.message)) for at in found.related]
    return replace(found, file=in_unicode(found.file), message=in_unicode(found.message), related=tuple(related))
