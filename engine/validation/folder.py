"""Rules about several files: `duplicate-definition`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.model import Definition, Diagnostic
from engine.validation.finding import Finding

_NAMED = 5  # places that a finding names: of a thousand copies, a thousand findings would each name all


def check_folder(definitions: Iterable[Definition]) -> tuple[Diagnostic, ...]:
    """The findings about definitions of the same category and name: one in each, which names the others."""
    groups: dict[tuple[str, str], list[Definition]] = defaultdict(list)
    for definition in definitions:
        if definition.name:
            groups[definition.category, definition.name].append(definition)
    return tuple(
        _finding(definition, [other for other in group if other is not definition])
        for group in groups.values()
        if len(group) > 1
        for definition in group
    )


def _finding(definition: Definition, others: list[Definition]) -> Diagnostic:
    places = ", ".join(f"{other.file}:{other.name_position.line}" for other in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    message = f"The {definition.category} `{definition.name}` is also defined in {places}{more}."
    hint = "Keep one of them; move copies out of the folder."
    return Finding("duplicate-definition", definition.name_position, message, hint).diagnostic(definition.file)
