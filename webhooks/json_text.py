"""JSON text from outside, read so that nothing in it can be taken in two ways."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct

from webhooks.errors import Fault, RefusedError

_UNREADABLE = "The body is not JSON in UTF-8: {} Send one JSON value."


class Number(Struct, frozen=True):
    """A number with the digits that it is written with."""

    text: str


class _Object(dict[str, object]):
    """An object of the text, with the names that it has more than once."""

    __slots__ = ("repeated",)

    def __init__(self, members: list[tuple[str, object]]) -> None:
        super().__init__(members)
        self.repeated: tuple[str, ...] = ()
        if len(self) != len(members):
            names = [name for name, _ in members]
            self.repeated = tuple(name for name in self if names.count(name) > 1)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number.")


S = TypeVar("S", bound=Struct)
_UNKNOWN = re.compile(r"contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"missing required field `(.*)`")
_PART = re.compile(r"[^.\[\]`]+")
_decoder = json.JSONDecoder(
    object_pairs_hook=_Object, parse_float=Number, parse_int=Number, parse_constant=_no_constant
)


def read(content: bytes) -> object:
    """The value that the text stands for: dict, list, str, Number, bool or None.

    Raises RefusedError for what is no JSON or is nested too deep, and one with a fault for each repeated member and
    each text that UTF-8 or the store cannot hold (NUL, unpaired surrogates).
    """
    try:
        value: object = _decoder.decode(content.decode())
    except RecursionError:
        reason = "it is nested too deep."
    except json.JSONDecodeError as error:
        reason = f"{error.msg} in line {error.lineno}, column {error.colno}."
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8."
    except ValueError as error:
        reason = str(error)
    else:
        if faults := tuple(_faults(value, "")):
            raise RefusedError("The body has members that cannot be taken as they are.", faults)
        return value
    raise RefusedError(_UNREADABLE.format(reason))


def convert(value: object, type_: type[S]) -> S:
    """The value as a struct. Raises RefusedError that names the first member which does not fit."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
    if unknown := _UNKNOWN.search(message):
        fault = Fault(_as_pointer(path) + pointer(unknown[1]), "There is no such member here.")
    elif missing := _MISSING.search(message):
        fault = Fault(_as_pointer(path) + pointer(missing[1]), "This member is missing.")
    else:
        fault = Fault(_as_pointer(path), f"{message.replace('`', '')}.")
    raise RefusedError("The body has a member that cannot be taken as it is.", (fault,))


def _as_pointer(path: str) -> str:
    """msgspec's `.events[0]` as a JSON Pointer."""
    return pointer(*_PART.findall(path))


def pointer(*parts: str | int) -> str:
    """The RFC 6901 JSON Pointer to a member or item."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _faults(value: object, place: str) -> Iterator[Fault]:
    if isinstance(value, _Object):
        for name in value.repeated:
            yield Fault(place + pointer(name), "The member is there more than once.")
        for name, item in value.items():
            if not _can_be_kept(name):
                yield Fault(place, "A member's name holds NUL or an unpaired surrogate.")
            yield from _faults(item, place + pointer(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, place + pointer(index))
    elif isinstance(value, str) and not _can_be_kept(value):
        yield Fault(place, "The text holds NUL or an unpaired surrogate.")


def _can_be_kept(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
