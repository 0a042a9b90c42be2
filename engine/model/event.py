"""An event of the catalogue (definition language, section 6)."""

from __future__ import annotations

from msgspec import Struct


class EventArgument(Struct, frozen=True, gc=False):
    """One argument of an event; `example` is the text that docs and examples show."""

    name: str
    required: bool
    description: str
    example: str | None


class Event(Struct, frozen=True, gc=False):
    """One event code with its arguments in the order of the default body."""

    code: str
    description: str
    arguments: tuple[EventArgument, ...]
