"""A finding of a rule at a place of a file whose name is not known yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.model import Diagnostic, LocatedText, Position, Severity
from engine.spelling import did_you_mean
from engine.sql.fault import SqlFault
from engine.validation.rules import rules


@dataclass(frozen=True, slots=True)
class Finding:
    """What rule `rule` found at `position`. `severity` is the rule's own where it is None."""

    rule: str
    position: Position
    message: str
    hint: str | None = None
    severity: Severity | None = None

    def diagnostic(self, file: str) -> Diagnostic:
        """The finding as a diagnostic of `file`."""
        severity = self.severity or rules()[self.rule].severity
        line, column = self.position.line, self.position.column
        return Diagnostic(self.rule, severity, file, line, column, self.message, self.hint)


def located(fault: SqlFault, text: LocatedText) -> Finding:
    """A fault of a query at its place in the file."""
    return Finding(fault.rule, text.position(fault.offset), fault.message, fault.hint, fault.severity)


def name_hint(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the closest of the known names, or else lists them all while they are few."""
    names = list(known)
    if found := did_you_mean(name, names):
        return found
    return f"Known are {', '.join(names)}." if 0 < len(names) <= 12 else None
