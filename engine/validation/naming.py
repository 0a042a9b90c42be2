"""The names of a definition: `unknown-event`, `file-name`, `duplicate-column`, and `schema` where a name is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from engine.model import Definition, Event, Position, ResultKind
from engine.validation.finding import Finding, did_you_mean
from engine.validation.steps import CheckedStep


def check(definition: Definition, events: Mapping[str, Event], steps: Sequence[CheckedStep]) -> Iterator[Finding]:
    """Findings about the definition's own name, and about the names that its steps give."""
    if definition.name:
        unknown = list(_event(definition, events))
        yield from unknown or _file(definition)  # who mends the name would be told to call the file after the old one
    for step in definition.steps:
        if step.result is ResultKind.MANY and step.name is None:
            hint = 'Add name="…" to the query: it is the name of the array in the body.'
            yield Finding("schema", step.position, 'A query of result="many" has no name.', hint)
    yield from _duplicates(_members(steps), shares_all=definition.body is not None)
    for checked in steps:
        if checked.step.name is not None:
            yield from _duplicates(
                _Member(one.name, one.position, "column", is_in_body=True) for one in checked.columns
            )


def _event(definition: Definition, events: Mapping[str, Event]) -> Iterator[Finding]:
    if definition.category in {"webhook", ""} and definition.name not in events:
        message = f"No event is called {definition.name!r}."
        way_out = [did_you_mean(definition.name, events), "Events of your own: --events DIR or events=."]
        yield Finding("unknown-event", definition.name_position, message, " ".join(filter(None, way_out)))


def _file(definition: Definition) -> Iterator[Finding]:
    path = PurePath(definition.file)
    if path.stem != definition.name:
        message = f"The file {path.name} defines {definition.name!r}."
        yield Finding("file-name", definition.name_position, message, f"Call it {definition.name}.xml.")


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    position: Position
    kind: str
    is_in_body: bool


def _members(steps: Sequence[CheckedStep]) -> Iterator[_Member]:
    """What stands side by side: the columns of the steps without a name, and the names of the others."""
    for checked in steps:
        step = checked.step
        if step.name is not None:
            yield _Member(step.name, step.name_position or step.position, "query", step.output)
        else:
            for column in checked.columns:
                yield _Member(column.name, column.position, "column", step.output)


def _duplicates(members: Iterable[_Member], *, shares_all: bool = False) -> Iterator[Finding]:
    """Members of the body share one object, queries one list of names; in a template, `shares_all`, all meet."""
    earlier: dict[str, list[_Member]] = {}
    for member in members:
        others = earlier.setdefault(member.name.casefold(), [])
        for other in others:
            if shares_all or (member.is_in_body and other.is_in_body) or member.kind == other.kind == "query":
                yield _duplicate(member, other)
                break
        others.append(member)


def _duplicate(member: _Member, other: _Member) -> Finding:
    message = f"{member.name} is also the name of the {other.kind} {other.name} of line {other.position.line}."
    hint = "Give one of them another alias." if member.kind == "column" else "Give one of them another name."
    return Finding("duplicate-column", member.position, message, hint)
