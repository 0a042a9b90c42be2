"""The event catalogue: one JSON Schema a file, in the order of the default body (definition language, section 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import ConfigurationError
from engine.model import Event, EventArgument
from engine.resources import schema_folder

SUFFIX = ".schema.json"
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)


class _Property(msgspec.Struct, frozen=True):
    type: Literal["string"]
    description: str = ""
    examples: list[str] = []


class _EventSchema(msgspec.Struct, frozen=True):
    title: str
    type: Literal["object"]
    properties: dict[str, _Property]
    description: str = ""
    required: list[str] = []


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known events by their code."""

    events: Mapping[str, Event] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Catalogue:
        """The shipped events, and those of the site's own folder, which win where both have a code.

        Raises ConfigurationError for a folder or file that cannot be read as a catalogue.
        """
        events = _read_folder(schema_folder() / "events")
        if folder is not None:
            events |= _read_folder(Path(folder))
        return cls(events)


def _read_folder(folder: Traversable) -> dict[str, Event]:
    try:
        files = [path for path in folder.iterdir() if path.name.endswith(SUFFIX) and path.name[0] != "."]
        return {event.code: event for event in map(_read_event, sorted(files, key=lambda path: path.name))}
    except OSError as error:
        raise ConfigurationError(
            f"The event catalogue {folder} cannot be read: {error.strerror}. "
            f"Name a folder of <event code>{SUFFIX} files.",
            file=str(error.filename or folder),
        ) from error


def _read_event(path: Traversable) -> Event:
    code = path.name.removesuffix(SUFFIX)
    try:
        schema = msgspec.json.decode(path.read_bytes(), type=_EventSchema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _faulty(path, f"is not a JSON Schema of an event: {error}") from None
    if not _CODE.fullmatch(code):
        raise _faulty(path, "is not named after an event code: at most 128 letters, digits, `_`, `.` and `-`")
    if schema.title != code:
        raise _faulty(path, f"must have the title {code!r}, the event code that the file is named after")
    undeclared = [name for name in schema.required if name not in schema.properties]
    if undeclared:
        raise _faulty(path, f"requires arguments that `properties` does not declare: {', '.join(undeclared)}")
    if "secret" in map(str.casefold, schema.properties):
        raise _faulty(path, "declares an argument `secret`, the member that holds the registration's secret")
    arguments = tuple(
        EventArgument(name, name in schema.required, found.description, found.examples[0] if found.examples else None)
        for name, found in schema.properties.items()
    )
    return Event(code, schema.description, arguments)


def _faulty(path: Traversable, what: str) -> ConfigurationError:
    return ConfigurationError(f"The event catalogue's file {path} {what}.", file=str(path))
