"""The Body: composed once for an event, filled for each registration with that registration's secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from secrets import token_hex
from typing import Final, Self

import msgspec

from engine.encoding import HOLE, MAX_DEPTH, InvalidJSONError, encode, encode_canonical, read_json
from engine.errors import BindingError, ConfigurationError, EncodingError, SkippedBodyError
from engine.model import Event, Skip

_MARK: Final = token_hex(16)
"""Stands for the secret while a body is read back; drawn for each process, so that no data can hold it."""

_MEMBERS: Final = {"event", "definition", "skip_reason", "holes", "body"}


@dataclass(frozen=True, slots=True)
class DefinitionReference:
    """Which definition made a body. `content_hash` is the SHA-256 of its file's bytes, in hex."""

    name: str
    file: str
    content_hash: str


class Body(msgspec.Struct, frozen=True):
    """A webhook body without any secret; immutable, comparable, hashable, and it may be pickled.

    `definition` is None for a default body. `parts` is the JSON cut at the holes of the secret, empty where
    `skip_reason` says that the event is not to be sent. `repr` shows no content.
    """

    event: str
    definition: DefinitionReference | None
    parts: tuple[bytes, ...]
    skip_reason: str | None = None

    @classmethod
    def custom(cls, event: str, definition: DefinitionReference, shaped: tuple[bytes, ...] | Skip) -> Self:
        """The body that a definition made, of what shaping gave."""
        if isinstance(shaped, Skip):
            return cls(event, definition, (), shaped.reason)
        return cls(event, definition, shaped)

    def fill(self, secret: str | None) -> bytes:
        """The bytes to send for a registration with that secret, or with none.

        With None a custom body holds `null` in the secret's place, and a default body has no member `secret`.
        Raises SkippedBodyError where nothing is to be sent, TypeError for a secret that is no text, and EncodingError
        for one with an unpaired surrogate; neither shows it.
        """
        if self.skip_reason is not None:
            raise SkippedBodyError(f"{self.event} is not to be sent: {self.skip_reason}", definition=self.event)
        if secret is None:
            return b"null".join(self.parts)
        if (text := _json_text(secret)) is None:
            is_text = isinstance(secret, str)
            del secret  # some tracebacks show the variables of each frame
            if not is_text:
                raise TypeError("A secret must be a str or None.")
            raise EncodingError("The secret holds an unpaired surrogate, which UTF-8 cannot write.")
        if self.definition is not None:
            return text.join(self.parts)
        members = self.parts[0][:-1]
        return b"".join((members, b"," if len(members) > 1 else b"", b'"secret":', text, b"}"))

    def dump(self) -> str:
        """The body without any secret as readable JSON, for keeping; `load` reads it back, reformatted or not.

        Members: `event`, `definition` (null, or name, file and content_hash), `skip_reason`, `holes` (JSON Pointers,
        RFC 6901, of the nulls in `body` that the secret replaces) and `body` (null where skipped).
        """
        reference = self.definition
        kept = {
            "event": self.event,
            "definition": reference
            and {"name": reference.name, "file": reference.file, "content_hash": reference.content_hash},
            "skip_reason": self.skip_reason,
            "holes": self._holes(),
            "body": msgspec.Raw(b"null".join(self.parts) or b"null"),
        }
        (text,) = encode_canonical(kept)
        return msgspec.json.format(text, indent=2).decode()

    @classmethod
    def load(cls, dumped: str | bytes) -> Self:
        """The body that `dump` wrote; it fills to the same bytes. Raises ConfigurationError for anything else."""
        if not isinstance(dumped, str | bytes):
            raise _no_body("it is neither str nor bytes")
        if (found := _as_dumped(dumped)) is not None:
            return cls(*found)
        try:
            text = dumped if isinstance(dumped, str) else dumped.decode("utf-8-sig")
            kept = read_json(text, depth=MAX_DEPTH + 1)  # the dump is an object around the body
        except (InvalidJSONError, UnicodeDecodeError):
            kept = None
        if not isinstance(kept, dict) or kept.keys() != _MEMBERS:
            raise _no_body(f"it is not one JSON object with the members {', '.join(sorted(_MEMBERS))}")
        event, reason = kept["event"], kept["skip_reason"]
        if _json_text(event) is None or (reason is not None and _json_text(reason) is None):
            raise _no_body("its event or skip_reason is no text")
        reference = _reference(kept["definition"])
        tree, holes = kept["body"], kept["holes"]
        if reason is not None:
            if tree is not None or holes or reference is None:
                raise _no_body("a skipped body comes of a definition, and has neither content nor holes")
            return cls(event, reference, (), reason)
        if reference is None and (holes or not isinstance(tree, dict) or "secret" in tree):
            raise _no_body("a default body is an object without a secret and without holes")
        try:
            return cls(event, reference, encode_canonical(_pierced(tree, holes)))
        except EncodingError as error:
            raise _no_body(error.message) from None

    def __repr__(self) -> str:
        name = self.definition and self.definition.name
        return f"Body(event={self.event!r}, definition={name!r}, skipped={self.skip_reason is not None})"

    def _holes(self) -> list[str]:
        if len(self.parts) < 2:
            return []
        marked = f'"{_MARK}"'.encode().join(self.parts).decode()
        return list(_pointers(read_json(marked, hole=_MARK), ""))


def default_body(event: Event, arguments: Mapping[str, object]) -> Body:
    """The body of an event without a definition: the catalogued arguments that it holds, in order, as strings.

    Raises BindingError that names every argument which is null, nested, no finite number or, though required, absent;
    EncodingError where one holds an unpaired surrogate.
    """
    members: dict[str, str] = {}
    faults: list[str] = []
    for argument in event.arguments:
        try:
            if argument.name in arguments:
                members[argument.name] = _text(arguments[argument.name])
            elif argument.required:
                raise ValueError("is absent from the message")
        except ValueError as error:
            faults.append(f"argument {argument.name} {error}")
    if faults:
        message = f"{event.code}: the message does not fit the event: {'; '.join(faults)}."
        raise BindingError(message, faults=tuple(faults))
    return Body(event.code, None, _default_parts(event.code, members))


def _default_parts(code: str, members: dict[str, str]) -> tuple[bytes, ...]:
    try:
        return encode_canonical(members)
    except EncodingError:
        name = next(name for name, value in members.items() if _json_text(value) is None)
    raise EncodingError(f"{code}: argument {name} holds an unpaired surrogate, which UTF-8 cannot write.")


def _text(value: object) -> str:
    """An argument's value as a default body shows it. A ValueError's message goes on after the argument's name."""
    if isinstance(value, str):
        return str.__str__(value)
    if value is None:
        raise ValueError("is null, which a default body cannot hold")
    if not isinstance(value, bool | int | float | Decimal):
        raise ValueError("is nested or of a type that JSON does not have")
    try:
        (text,) = encode(value)
    except EncodingError:
        text = b""
    if not text:
        raise ValueError("is no finite number of a reasonable length")
    return text.decode()


def _json_text(value: object) -> bytes | None:
    """The text as JSON; None for what is no text or has an unpaired surrogate."""
    if not isinstance(value, str):
        return None
    try:
        return encode_canonical(str.__str__(value))[0]
    except EncodingError:
        return None


class _DumpedReference(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    file: str
    content_hash: str


class _Dump(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What `dump` writes of a body that is to be sent."""

    event: str
    definition: _DumpedReference | None
    skip_reason: None
    holes: list[str]
    body: msgspec.Raw


_read_dump: Final = msgspec.json.Decoder(_Dump).decode
_read_tree: Final = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode())).decode


def _as_dumped(dumped: str | bytes) -> tuple[str, DefinitionReference | None, tuple[bytes, ...]] | None:
    """The quick way for a text that `dump` wrote, of which `load` would make the same.

    That is so where it reads back to itself; None where it does not, or is not to be sent.
    """
    try:
        kept = _read_dump(dumped)
        text = msgspec.json.format(bytes(kept.body), indent=-1)
        tree = _read_tree(text)
        if text.count(b"[") + text.count(b"{") > MAX_DEPTH or encode_canonical(tree) != (text,):
            return None
        if kept.definition is None:
            is_default = not kept.holes and isinstance(tree, dict) and "secret" not in tree
            return (kept.event, None, (text,)) if is_default else None
        reference = DefinitionReference(*msgspec.structs.astuple(kept.definition))
        return kept.event, reference, encode_canonical(_pierced(tree, kept.holes)) if kept.holes else (text,)
    except (msgspec.MsgspecError, UnicodeError, EncodingError, ConfigurationError, RecursionError):
        return None


def _pointers(value: object, path: str) -> Iterator[str]:
    if value is HOLE:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _pointers(item, f"{path}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pointers(item, f"{path}/{index}")


def _pierced(tree: object, holes: object) -> object:
    """The tree with HOLE in place of the null at each pointer."""
    if not isinstance(holes, list):
        raise _no_body("its holes are no list")
    root = [tree]
    for pointer in holes:
        if not isinstance(pointer, str) or (pointer and pointer[0] != "/"):
            raise _no_body("a hole is no JSON Pointer")
        parent: object = root
        step: str | int = 0
        for segment in pointer.split("/")[1:]:
            parent = _item(parent, step)
            step = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(parent, list):
                step = int(step) if step.isascii() and step.isdecimal() and len(step) < 10 else -1
        if _item(parent, step) is not None:
            raise _no_body("a hole does not point at a null")
        parent[step] = HOLE  # type: ignore[index]  # a list or dict that holds this item
    return root[0]


def _item(parent: object, step: str | int) -> object:
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    if isinstance(parent, list) and isinstance(step, int) and 0 <= step < len(parent):
        return parent[step]
    raise _no_body("a hole points at nothing")


def _reference(kept: object) -> DefinitionReference | None:
    if kept is None:
        return None
    match kept:
        case {"name": str(name), "file": str(file), "content_hash": str(content_hash), **others} if (
            not others and _json_text(name + file + content_hash)
        ):
            return DefinitionReference(name, file, content_hash)
    raise _no_body("its definition is neither null nor an object of name, file and content_hash")


def _no_body(why: str) -> ConfigurationError:
    return ConfigurationError(f"This is no dumped body: {why}.")
