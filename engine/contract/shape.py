"""The shape of a body without a template, and of what a template has by name (definition language, sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from engine.contract.schemas import Json, or_null
from engine.model import Event, ResultKind


class StepShape(Struct, frozen=True, gc=False):
    """What a step gives: its columns in order, each with the schema of its value. `most` is the SQL's limit of rows."""

    name: str | None
    result: ResultKind
    output: bool
    columns: Mapping[str, Json]
    most: int | None = None


def object_schema(members: Mapping[str, Json], required: Sequence[str] | None = None) -> Json:
    """An object of these members in this order and no others; all are required, or those that are named."""
    return {
        "type": "object",
        "properties": dict(members),
        "required": list(members if required is None else required),
        "additionalProperties": False,
    }


def members_of(step: StepShape, max_rows: int) -> dict[str, Json]:
    """What a step adds to a body: its columns, or one member of its name."""
    if step.name is None:
        is_optional = step.result is ResultKind.OPTIONAL
        return {name: or_null(schema) if is_optional else schema for name, schema in step.columns.items()}
    row = object_schema(step.columns)
    if step.result is ResultKind.MANY:
        most = max_rows if step.most is None else min(max_rows, step.most)
        return {step.name: {"type": "array", "items": row, "maxItems": most}}
    return {step.name: or_null(row) if step.result is ResultKind.OPTIONAL else row}


def default_shape(steps: Iterable[StepShape], max_rows: int) -> Json:
    """The body of a definition without a template."""
    members: dict[str, Json] = {}
    for step in steps:
        if step.output:
            members |= members_of(step, max_rows)
    return object_schema(members)


def default_body_schema(event: Event) -> Json:
    """The body of an event without a definition: the catalogue's arguments as strings, then the secret."""
    members: dict[str, Json] = {
        argument.name: {"type": "string", "description": argument.description}
        | ({} if argument.example is None else {"examples": [argument.example]})
        for argument in event.arguments
    }
    members["secret"] = {"type": "string", "description": "The registration's secret; left out where it has none."}
    return object_schema(members, [argument.name for argument in event.arguments if argument.required])
