"""A finding of a rule at a place of a file whose name is not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.model import Diagnostic, LocatedText, Position, RelatedPlace, Remark, Replacement, Severity
from engine.spelling import did_you_mean
from engine.sql.fault import SqlFault
from engine.validation.change import Change
from engine.validation.rules import rules


@dataclass(frozen=True, slots=True)
class Beside:
    """Another place of the same file that a finding is about, and what stands there."""

    position: Position
    message: str


class Mending(Protocol):
    """What mends a finding."""

    def replacement(self, lines: Sequence[str]) -> Replacement | None:
        """It as a replacement in a file of these lines; None where it does not fit there."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What rule `rule` found at `position`. `severity` is the rule's own where it is None; `change` mends it."""

    rule: str
    position: Position
    message: str
    hint: str | None = None
    severity: Severity | None = None
    change: Mending | None = None
    related: tuple[Beside | RelatedPlace, ...] = ()

    def diagnostic(self, file: str, lines: Sequence[str] = ()) -> Diagnostic:
        """The finding as a diagnostic of `file`, which has these lines."""
        line, column = self.position.line, self.position.column
        return Diagnostic(
            self.rule,
            self.severity or rules()[self.rule].severity,
            file,
            line,
            column,
            self.message,
            self.hint,
            replacement=self.change.replacement(lines) if self.change is not None else None,
            related=tuple([_related(place, file) for place in self.related]),
        )


def _related(place: Beside | RelatedPlace, file: str) -> RelatedPlace:
    if isinstance(place, RelatedPlace):
        return place
    line, column = place.position.line, place.position.column
    return RelatedPlace(file, line, column, line, column, place.message)


def located(fault: SqlFault, text: LocatedText) -> Finding:
    """A fault of a query at its place in the file."""
    related = tuple([_located(place, text) for place in fault.related])
    change = Change.of(fault.edit, text)
    return Finding(fault.rule, text.position(fault.offset), fault.message, fault.hint, fault.severity, change, related)


def _located(place: Remark | RelatedPlace, text: LocatedText) -> Beside | RelatedPlace:
    return Beside(text.position(place.offset), place.message) if isinstance(place, Remark) else place


def name_hint(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the closest of the known names, or else lists them all while they are few."""
    names = list(known)
    if found := did_you_mean(name, names):
        return found
    return f"Known are {', '.join(names)}." if 0 < len(names) <= 12 else None
