"""Events as the back end publishes them, checked against the catalogue (service specification, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.json import schema_components

from engine.catalogue import Catalogue
from engine.model import Event, EventArgument
from webhooks.errors import Fault, RefusedError
from webhooks.json_text import NO_NUL, Number, convert, pointer
from webhooks.model import PublishedEvent

MAX_EVENTS = 1000
"""How many events one array may hold."""

_MAX_NAME_LENGTH = 128
_MAX_VALUE_LENGTH = 10_000
_ID = r"^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,200}$(?!\n)"  # these characters need no escapes in the path of a URL
_ID_IN_WORDS = "An id is 1 to 200 of A-Z, a-z, 0-9 and . _ : ~ -, but neither . nor .. itself."
_SCALAR = {"type": ["string", "number", "boolean"], "maxLength": _MAX_VALUE_LENGTH, "pattern": NO_NUL}
_FAULTY = "The event cannot be taken as it is."


class EventRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """An event to publish. An `id` of the publisher's own makes a repetition harmless."""

    event: Annotated[str, Meta(min_length=1, max_length=128)]
    data: dict[str, Any]
    id: Annotated[str, Meta(pattern=_ID, description=_ID_IN_WORDS)] | None = None


def read_event(value: object, catalogue: Catalogue) -> PublishedEvent:
    """The event that a value from `json_text.read` describes.

    Numbers and booleans become text, just as they are written. Raises RefusedError for an unknown event, for a missing
    required argument, and for values that are null or nested.
    """
    request = convert(value, EventRequest)
    known = catalogue.events.get(request.event)
    if known is None:
        fault = Fault("/event", f"There is no event {request.event!r}. GET /v1/events lists them.")
        raise RefusedError(_FAULTY, (fault,))
    return PublishedEvent(code=known.code, arguments=_arguments(request.data, known), id=request.id)


def _arguments(data: Mapping[str, object], known: Event) -> dict[str, str]:
    faults: list[Fault] = []
    arguments: dict[str, str] = {}
    for name, value in data.items():
        text = _text(value)
        if len(name) > _MAX_NAME_LENGTH:
            faults.append(Fault(pointer("data"), f"An argument's name has at most {_MAX_NAME_LENGTH} characters."))
        elif text is None:
            faults.append(Fault(pointer("data", name), "An argument is text, a number, true or false."))
        elif len(text) > _MAX_VALUE_LENGTH:
            faults.append(Fault(pointer("data", name), f"An argument has at most {_MAX_VALUE_LENGTH} characters."))
        else:
            arguments[name] = text
    for argument in known.arguments:
        if argument.required and argument.name not in data:
            faults.append(Fault(pointer("data", argument.name), f"It is missing, and {known.code} needs it."))
    if faults:
        raise RefusedError(_FAULTY, tuple(faults))
    return arguments


def _text(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Number(text):
            return text
        case _:
            return None


def event_schemas(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    """One JSON Schema for each event that `read_event` takes, by the schema's name."""
    _, components = schema_components([EventRequest], ref_template="#/{name}")
    shared = components["EventRequest"]
    return {
        f"Event_{event.code}": {
            **shared,
            "title": f"Event_{event.code}",
            "description": event.description,
            "properties": {
                "event": {"const": event.code},
                "data": {
                    "type": "object",
                    "properties": {argument.name: _SCALAR | _described(argument) for argument in event.arguments},
                    "required": [argument.name for argument in event.arguments if argument.required],
                    "propertyNames": {"pattern": NO_NUL, "maxLength": _MAX_NAME_LENGTH},
                    "additionalProperties": _SCALAR,
                },
                "id": shared["properties"]["id"],
            },
        }
        for event in sorted(catalogue.events.values(), key=lambda event: event.code)
    }


def _described(argument: EventArgument) -> dict[str, object]:
    examples = {} if argument.example is None else {"examples": [argument.example]}
    return {"description": argument.description, **examples}
