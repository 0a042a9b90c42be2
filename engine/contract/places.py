"""Where a definition's file makes a member of its body."""

from __future__ import annotations

from engine.contract.words import EACH
from engine.model import Definition, Position, Step
from engine.sql.query import parse_query, release


def place_of(definition: Definition, pointer: str) -> Position:
    """Of the member at a JSON pointer: its column's, else that of its step or of the template."""
    if definition.body is not None:
        text = definition.body.value
        return definition.body.position(len(text) - len(text.lstrip()))
    names = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:] if part != EACH]
    named = next((step for step in definition.steps if names and step.name == names[0]), None)
    if named is not None:
        return _column(named, names[1] if len(names) > 1 else None) or named.name_position or named.position
    unnamed = [step for step in definition.steps if step.name is None]
    found = [place for step in unnamed if names and (place := _column(step, names[0])) is not None]
    return next(iter(found), (unnamed or definition.steps)[0].position)


def _column(step: Step, name: str | None) -> Position | None:
    """Where the step's column of that name is selected."""
    query = parse_query(step.sql.value).query
    if query is None:
        return None
    offset = next((output.offset for output in query.outputs if output.name == name), None)
    release(query)
    return None if offset is None else step.sql.position(offset)
