"""Reads JSON from outside, and refuses what two readers could understand differently, such as repeated members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import EnumType
from typing import Any, Final, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct, structs

from engine.json_members import repeated_names
from webhooks.errors import Fault, RefusedError

MAX_DEPTH: Final = 32
"""How deep arrays and objects may be nested. Nothing that the service reads needs more than three levels."""

NO_NUL: Final = r"^[^\u0000]*$"
"""A pattern for JSON Schema that texts without NUL match. The store cannot hold NUL."""

_UNREADABLE = "The body is not JSON in UTF-8: {} Send one JSON value."
_DOUBTFUL = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # decoders let NUL and surrogates through only as escapes
_UNFIT = "The request has a member that cannot be taken as it is."


class Number(Struct, frozen=True):
    """A number, with its digits as they are written."""

    text: str


class _Object(dict[str, object]):
    """A JSON object, which knows the names that it has more than once."""

    __slots__ = ("repeated",)

    def __init__(self, members: list[tuple[str, object]]) -> None:
        super().__init__(members)
        self.repeated = repeated_names(members, self)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number.")


S = TypeVar("S", bound=Struct)
_decoder = json.JSONDecoder(
    object_pairs_hook=_Object, parse_float=Number, parse_int=Number, parse_constant=_no_constant
)


class Decoded(Struct, frozen=True):
    """A decoded value. If it is doubtful, `check` must look for members that cannot be accepted."""

    value: object
    is_doubtful: bool


def read(content: bytes) -> object:
    """The value that the text stands for: dict, list, str, Number, bool or None.

    Raises RefusedError as `decode` and `check` do.
    """
    decoded = decode(content)
    if decoded.is_doubtful:
        check(decoded.value)
    return decoded.value


def decode(content: bytes) -> Decoded:
    """The value as it is written. Raises RefusedError for what is no JSON in UTF-8 or is nested too deep."""
    try:
        text = content.decode()
        if text.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark.")
        value: object = _decoder.decode(text)
        return Decoded(value, _has_repeated(value) or _DOUBTFUL.search(text) is not None)
    except RecursionError:
        reason = f"it is nested deeper than {MAX_DEPTH} levels."
    except json.JSONDecodeError as error:
        reason = f"{error.msg} in line {error.lineno}, column {error.colno}."
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8."
    except ValueError as error:
        reason = str(error)
    raise RefusedError(_UNREADABLE.format(reason))


def check(value: object) -> None:
    """Raises RefusedError if a value from `decode` repeats a member, or has a text with NUL or an unpaired surrogate.

    Each of these is a fault of the error. NUL cannot be stored, and an unpaired surrogate has no UTF-8.
    """
    if faults := tuple(_faults(value, "")):
        raise RefusedError("The body has members that cannot be taken as they are.", faults)


def convert(value: object, type_: type[S]) -> S:
    """The value as a struct. Raises RefusedError that names each member which does not fit."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        faults = _unfit(value, type_) if isinstance(value, dict) else [_fault(error, type_)]
        raise RefusedError(_UNFIT, tuple(faults)) from None


def pointer(*parts: str | int) -> str:
    """The RFC 6901 JSON Pointer to a member or item."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


_PART = re.compile(r"[^.\[\]`]+")  # the parts of a path as msgspec writes it, such as `.events[0]`
_KINDS = {"str": "text", "array": "an array", "object": "an object", "bool": "true or false", "null": "null"}
_FOUND = _KINDS | {"Number": "a number", "int": "a number", "float": "a number"}
_TYPE = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_LENGTH = re.compile(r"Expected `(str|array)` of length (<=|>=) (\d+)")
_MOMENT = re.compile("RFC3339|timezone component")
_CHOICE = re.compile(r"Invalid enum value (.*)", re.DOTALL)


def _unfit(value: Mapping[str, object], type_: type[Struct]) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in structs.fields(type_)}
    for name in [name for name in value if name not in fields]:
        yield Fault(pointer(name), "There is no such member here: leave it out, or mend its name.")
    for name, field in fields.items():
        if name in value:
            try:
                msgspec.convert(value[name], field.type)
            except msgspec.ValidationError as error:
                yield _fault(error, field.type, name)
        elif field.required:
            yield Fault(pointer(name), "This member is missing; it is required.")


def _fault(error: msgspec.ValidationError, type_: object, *place: str) -> Fault:
    """msgspec's message as a fault in the words of JSON, which says what to do."""
    message, _, path = str(error).partition(" - at `$")
    return Fault(pointer(*place, *_PART.findall(path)), _detail(message, list(_parts(type_))))


def _detail(message: str, parts: Sequence[object]) -> str:
    if found := _TYPE.fullmatch(message):
        wanted = " or ".join(_KINDS.get(kind, kind) for kind in found[1].split(" | "))
        return f"This must be {wanted}, and is {_FOUND.get(found[2], found[2])}."
    if found := _LENGTH.fullmatch(message):
        unit = "characters" if found[1] == "str" else "items"
        return f"This must have at {'most' if found[2] == '<=' else 'least'} {found[3]} {unit}."
    if _MOMENT.search(message):
        return "This must be a time with its offset, such as 2026-11-24T10:00:00Z (RFC 3339); in a URL + is %2B."
    if found := _CHOICE.fullmatch(message):
        choices = [choice.value for part in parts if isinstance(part, EnumType) for choice in list[Any](part)]
        return f"{found[1]} is none of {', '.join(choices)}."
    forms = [part.description for part in parts if isinstance(part, Meta) and part.pattern and part.description]
    return forms[0] if forms else f"{message.replace('`', '')}."


def _parts(type_: object) -> Iterator[object]:
    """The type itself, the types inside it, and their annotations."""
    yield type_
    for part in get_args(type_):
        yield from _parts(part)


def _has_repeated(value: object) -> bool:
    """Whether an object in the value has a member twice. Raises RecursionError for what is nested too deep."""
    has_repeated = False
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, _Object):
                has_repeated = has_repeated or item.repeated != ()
                inner += [member for member in item.values() if isinstance(member, (dict, list))]
            elif isinstance(item, list):
                inner += [member for member in item if isinstance(member, (dict, list))]
        if not inner:
            return has_repeated
        level = inner
    raise RecursionError


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
