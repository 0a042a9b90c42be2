"""Recorded examples: `<event>.example.json` beside the definitions, for docs, test sends and the API."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from engine.body import Body
from engine.testing.cases import CaseResult, Kind, Outcome

SUFFIX = ".example.json"


@dataclass(frozen=True, slots=True)
class Example:
    """An event's example as it should be: a body's dump, without any secret."""

    path: Path
    text: str

    def is_current(self) -> bool:
        """Whether the file holds just this."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text
        except (OSError, UnicodeDecodeError):
            return False

    def write(self) -> None:
        """Writes the file; raises OSError."""
        self.path.write_text(self.text, encoding="utf-8", newline="\n")


def examples(results: Iterable[CaseResult], definitions: Path) -> list[Example]:
    """For each event the body of its first case by name that gives one, as the folder of definitions should hold it.

    A definition's file is named relative to that folder, so that the same example comes of every working directory.
    """
    first: dict[str, Body] = {}
    for result in sorted(results, key=lambda result: (result.case.event, result.case.name)):
        if result.outcome is not None and result.outcome.kind is Kind.BODY and result.outcome.body is not None:
            first.setdefault(result.case.event, result.outcome.body)
    return [
        Example(definitions / f"{event}{SUFFIX}", _relative(body, definitions).dump() + "\n")
        for event, body in first.items()
    ]


@dataclass(frozen=True, slots=True)
class Stray:
    """A recorded example that nothing gives any more, and why."""

    path: Path
    reason: str


def strays(results: Iterable[CaseResult], definitions: Path) -> list[Stray]:
    """The recorded examples that no case gives, where that is known; `results` are of all cases."""
    outcomes: dict[str, list[Outcome | None]] = {}
    for result in results:
        outcomes.setdefault(result.case.event, []).append(result.outcome)
    found = []
    for path in sorted(definitions.glob(f"*{SUFFIX}")):
        event = path.name.removesuffix(SUFFIX)
        given = outcomes.get(event)
        if given is None:
            found.append(Stray(path, f"{event} has no case"))
        elif all(outcome is not None and outcome.kind is not Kind.BODY for outcome in given):
            found.append(Stray(path, f"no case of {event} gives a body"))
    return found


def _relative(body: Body, definitions: Path) -> Body:
    if body.definition is None:
        return body
    file = PurePath(os.path.relpath(body.definition.file, definitions)).as_posix()
    return Body(body.event, replace(body.definition, file=file), body.parts, body.skip_reason)
