"""Names: `unknown-event`, `file-name`, `duplicate-column`, `schema` where one is missing, `duplicate-definition`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from msgspec import Struct

from engine.model import Definition, Diagnostic, Event, Position, RelatedPlace, ResultKind, Step
from engine.spelling import surely
from engine.validation.change import Change, Markup
from engine.validation.finding import Beside, Finding, name_hint
from engine.validation.steps import CheckedStep, Column


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
            yield from _duplicates([_Member(one, one.name, "column", is_in_body=True) for one in checked.columns])


def _event(definition: Definition, events: Mapping[str, Event]) -> Iterator[Finding]:
    if definition.category in {"webhook", ""} and definition.name not in events:
        message = f"No event is called `{definition.name}`."
        way_out = [name_hint(definition.name, events), "Events of your own: --events DIR or events=."]
        stem = PurePath(definition.file).stem  # it says a second time what is meant
        meant = stem if stem in events and surely(definition.name, [stem]) else None
        at = definition.name_position
        change = None if meant is None else Change(at, definition.name, meant, Markup.TEXT)
        yield Finding("unknown-event", at, message, " ".join(filter(None, way_out)), change=change)


def _file(definition: Definition) -> Iterator[Finding]:
    if definition.file.rpartition("/")[2] == f"{definition.name}.xml":
        return  # as nearly always, and quicker than by its parts
    path = PurePath(definition.file)
    if path.stem != definition.name:
        message = f"The file `{path.name}` defines `{definition.name}`."
        yield Finding("file-name", definition.name_position, message, f"Call it {definition.name}.xml.")


class _Member(Struct, frozen=True, gc=False):
    of: Column | Step
    name: str
    kind: str
    is_in_body: bool

    @property
    def position(self) -> Position:
        """Where the member's name is written."""
        return self.of.position if isinstance(self.of, Column) else self.of.name_position or self.of.position


def _members(steps: Sequence[CheckedStep]) -> list[_Member]:
    """What stands side by side: the columns of the steps without a name, and the names of the others."""
    members: list[_Member] = []
    for checked in steps:
        step = checked.step
        if step.name is not None:
            members.append(_Member(step, step.name, "query", step.output))
        else:
            members += [_Member(column, column.name, "column", step.output) for column in checked.columns]
    return members


def _duplicates(members: Sequence[_Member], *, shares_all: bool = False) -> Iterator[Finding]:
    """Members of the body share one object, queries one list of names; in a template, `shares_all`, all meet."""
    folded = [member.name.casefold() for member in members]
    if len(set(folded)) == len(folded):
        return
    earlier: dict[str, list[_Member]] = {}
    for name, member in zip(folded, members, strict=True):
        others = earlier.setdefault(name, [])
        for other in others:
            if shares_all or (member.is_in_body and other.is_in_body) or member.kind == other.kind == "query":
                yield _duplicate(member, other)
                break
        others.append(member)


def _duplicate(member: _Member, other: _Member) -> Finding:
    message = f"`{member.name}` is also the name of the {other.kind} `{other.name}` of line {other.position.line}."
    hint = "Give one of them another alias." if member.kind == "column" else "Give one of them another name."
    related = (Beside(other.position, f"The {other.kind} `{other.name}`."),)
    return Finding("duplicate-column", member.position, message, hint, related=related)


_NAMED = 5  # places that a finding names: of a thousand copies, a thousand findings would each name all


def check_folder(definitions: Iterable[Definition]) -> tuple[Diagnostic, ...]:
    """The findings about definitions of the same category and name: one in each, which names the others."""
    groups: dict[tuple[str, str], list[Definition]] = defaultdict(list)
    for definition in definitions:
        if definition.name:
            groups[definition.category, definition.name].append(definition)
    return tuple(
        _defined_twice(definition, [other for other in group if other is not definition])
        for group in groups.values()
        if len(group) > 1
        for definition in group
    )


def _defined_twice(definition: Definition, others: list[Definition]) -> Diagnostic:
    places = ", ".join(f"{other.file}:{other.name_position.line}" for other in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    message = f"The {definition.category} `{definition.name}` is also defined in {places}{more}."
    hint = "Keep one of them; move copies out of the folder."
    related = tuple([_place(other) for other in others[:_NAMED]])
    found = Finding("duplicate-definition", definition.name_position, message, hint, related=related)
    return found.diagnostic(definition.file)


def _place(other: Definition) -> RelatedPlace:
    line, column = other.name_position.line, other.name_position.column
    return RelatedPlace(other.file, line, column, line, column + len(other.name), "The other definition.")
