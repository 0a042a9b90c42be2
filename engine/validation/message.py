"""What a path into the event message may name: the message's members, and the event's arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.model import Event
from engine.spelling import surely
from engine.validation.finding import name_hint

MEMBERS: Final = ("data", "event", "id", "time", "sequence")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a part of a definition spells the message and the secret."""

    data: str
    secret: str


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """The part of a path that no message has: its index, and why."""

    index: int
    message: str
    hint: str | None
    meant: tuple[str, ...] = ()
    """What can only be meant by the part, as the parts of a path; nothing where that is not certain."""


def unknown_part(path: tuple[str | int, ...], event: Event | None, spelling: Spelling) -> UnknownPart | None:
    """The first part of a path below `$data` that cannot be there; None where there is none.

    Without an event nobody knows the arguments. What is below an argument is not looked at.
    """
    if not path:
        return None
    names = [argument.name for argument in event.arguments] if event else []
    if path[0] not in MEMBERS:
        return _no_member(str(path[0]), names, spelling)
    if event is None or path[0] != "data" or len(path) == 1 or isinstance(path[1], int) or path[1] in names:
        return None
    message = f"The event `{event.code}` has no argument `{path[1]}`."
    return UnknownPart(1, message, name_hint(path[1], names), _parts(surely(path[1], names)))


def _no_member(name: str, names: list[str], spelling: Spelling) -> UnknownPart:
    message = f"The message of an event has no member `{name}`."
    if name == "secret":
        return UnknownPart(0, message, f"The secret of the registration is {spelling.secret}.")
    if name in names:
        hint = f"It is an argument of the event: {spelling.data}.data.{name}."
        return UnknownPart(0, message, hint, ("data", name))
    return UnknownPart(0, message, name_hint(name, MEMBERS), _parts(surely(name, MEMBERS)))


def _parts(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)
