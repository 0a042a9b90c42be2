"""The event catalogue: one JSON Schema a file, in the order of the default body (definition language, section 6)."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import ConfigurationError
from engine.json_members import repeated_names
from engine.model import Event, EventArgument
from engine.resources import schema_folder

SUFFIX = ".schema.json"
_AT_BYTE = re.compile(r" \(byte (\d+)\)$")
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

        Raises ConfigurationError for a folder or file that cannot be read as a catalogue, and for an empty folder.
        """
        events = _read_folder(schema_folder() / "events")
        if folder is not None:
            own = _read_folder(Path(folder))
            if not own:
                message = f"The event catalogue {folder} holds no event: no file whose name ends in {SUFFIX}."
                raise ConfigurationError(message, file=str(folder))
            events |= own
        return cls(events)

    def with_events(self, other: Catalogue, codes: Iterable[str]) -> Catalogue:
        """This catalogue with those of `codes` that only the other one knows."""
        added = {code: other.events[code] for code in codes if code in other.events and code not in self.events}
        return Catalogue({**self.events, **added}) if added else self


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
    content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        schema = _decode(path, content)
    except (ValueError, RecursionError):  # Python refuses to read numbers of thousands of digits
        raise _faulty(path, "is nested too deep, or holds a number of thousands of digits") from None
    if not _CODE.fullmatch(code):
        raise _faulty(path, "is not named after an event code: at most 128 letters, digits, `_`, `.` and `-`")
    if schema.title != code:
        raise _faulty(path, f"must have the title `{code}`, the event code that the file is named after")
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


def _decode(path: Traversable, content: bytes) -> _EventSchema:
    try:
        schema = msgspec.json.decode(content, type=_EventSchema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _undecodable(path, content, str(error)) from None
    _refuse_duplicates(path, content)
    return schema


def _undecodable(path: Traversable, content: bytes, reason: str) -> ConfigurationError:
    """Why the content is no event's schema: with the line where it is no JSON, else with the argument's name."""
    try:
        content.decode()
        schema = msgspec.json.decode(content)
    except UnicodeDecodeError as error:
        line = _line(content, error.start)
        return _faulty(path, f"is not UTF-8 in line {line}", line)
    except msgspec.DecodeError as error:
        message = str(error).removeprefix("JSON is malformed: ")
        found = _AT_BYTE.search(message)
        line = _line(content, int(found[1]) if found else len(content))
        return _faulty(path, f"is not JSON in line {line}: {message[: found.start()] if found else 'it ends'}", line)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, declared in properties.items() if isinstance(properties, dict) else ():
        if isinstance(declared, dict) and declared.get("type") != "string":
            type_ = f"the type {msgspec.json.encode(declared['type']).decode()}" if "type" in declared else "no type"
            return _faulty(path, f'gives the argument `{name}` {type_}, but arguments are strings: "type": "string"')
        try:
            msgspec.convert(declared, _Property)
        except msgspec.ValidationError as error:
            return _faulty(path, f"declares the argument `{name}` wrongly: {error}")
    return _faulty(path, f"is not a JSON Schema of an event: {reason}")


def _refuse_duplicates(path: Traversable, content: bytes) -> None:
    """The decoder keeps the last of two members of one name and says nothing."""

    def check(members: list[tuple[str, object]]) -> None:
        """Raises ConfigurationError if two members have the same name."""
        if repeated := repeated_names(members, dict(members)):
            raise _faulty(path, f"has two members `{repeated[0]}` in one object")

    json.loads(content, object_pairs_hook=check)


def _line(content: bytes, index: int) -> int:
    return content.count(b"\n", 0, index) + 1


def _faulty(path: Traversable, what: str, line: int | None = None) -> ConfigurationError:
    return ConfigurationError(f"The event catalogue's file {path} {what}.", file=str(path), line=line)
