"""What keeps a text from being JSON, in an author's words: the character, what it should be, and what mends it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from engine.model import Edit
from engine.template.fault import FOREIGN_QUOTES

_WHOLE_HINT: Final = "The template must be one JSON value; separate members by commas."
_EXPRESSION: Final = '"\\u0000'
"""How the text begins that stands for an expression."""
_QUOTES: Final = FOREIGN_QUOTES + "'"
_QUOTED: Final = re.compile(rf"[{_QUOTES}]([^\"\\\n{_QUOTES}]*)[{_QUOTES}]")
_SINGLE_BRACES: Final = re.compile(r"\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}")
_BARE_NAME: Final = re.compile(r"([A-Za-z_]\w*)(?=\s*:)")
_PYTHON: Final = {"True": "true", "False": "false", "None": "null"}
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class JSONFault:
    """A fault at `position` of a text, which may be another than the reader's; `related` has what stands elsewhere."""

    position: int
    message: str
    hint: str | None = _WHOLE_HINT
    edit: Edit | None = None
    related: tuple[int, str] | None = None


def unreadable(text: str, position: int) -> JSONFault:
    """What is wrong where a reader of JSON gave up."""
    for kind in _KINDS:
        if (found := kind(text, position)) is not None:
            return found
    if not text[position:].strip():
        return JSONFault(position, "The text ends before its JSON does.", "Close what is open by ] or }.")
    if text.startswith(_EXPRESSION, position):
        message = "A value is not expected here."
        return JSONFault(position, message, "A comma or colon may be missing before it, or it stands too much.")
    shown = _shown(text[position])
    return JSONFault(position, f"{shown} is not expected here: this is no JSON, whatever the expressions give.")


def _shown(character: str) -> str:
    return f"`{character}`" if character.isascii() else f"`{character}` (U+{ord(character):04X})"


def _trailing_comma(text: str, position: int) -> JSONFault | None:
    """Before the closing bracket; Python's reader stops at either, by its version."""
    at = position if text[position : position + 1] == "," else len(text[:position].rstrip()) - 1
    closing = text[at + 1 :].lstrip()[:1]
    if at < 0 or text[at] != "," or closing not in {"}", "]"}:
        return None
    message = f"A comma stands before the closing `{closing}`."
    return JSONFault(at, message, "Remove it: nothing follows the last one.", Edit(at, ",", ""))


def _single_braces(text: str, position: int) -> JSONFault | None:
    at = len(text[:position].rstrip()) - 1
    found = _SINGLE_BRACES.match(text, at) if at >= 0 else None
    if found is None:
        return None
    right = f"{{{{ {found[1]} }}}}"
    message = f"`{found[0]}` has one brace where an expression has two."
    return JSONFault(at, message, f"Write {right}.", Edit(at, found[0], right))


def _foreign_quote(text: str, position: int) -> JSONFault | None:
    character = text[position : position + 1]
    if not character or character not in _QUOTES:
        return None
    found = _QUOTED.match(text, position)
    edit = None if found is None else Edit(position, found[0], f'"{found[1]}"')
    return JSONFault(position, f"{_shown(character)} is no quote of JSON.", 'Write a straight ".', edit)


def _bare_word(text: str, position: int) -> JSONFault | None:
    if (found := _BARE_NAME.match(text, position)) is not None:
        edit = Edit(position, found[1], f'"{found[1]}"')
        return JSONFault(position, f"The name `{found[1]}` stands without quotes.", f'Write "{found[1]}".', edit)
    word = _WORD.match(text, position)
    right = _PYTHON.get(word[0]) if word is not None else None
    if word is None:
        return None
    if right is None:
        hint = f'Write {{{{ {word[0]} }}}} for a value, or "{word[0]}" for a text.'
        return JSONFault(position, f"`{word[0]}` is no value of JSON.", hint)
    return JSONFault(position, f"`{word[0]}` is no value of JSON.", f"Write {right}.", Edit(position, word[0], right))


def _missing_comma(text: str, position: int) -> JSONFault | None:
    before, character = text[:position], text[position : position + 1]
    if not before.rstrip() or before.rstrip()[-1] not in '"}]0123456789el' or character not in {'"', "{", "["}:
        return None
    if not _is_behind_a_value(before):
        return None
    return JSONFault(position, "A comma is missing before this.", "Add it.", Edit(position, character, f",{character}"))


def _is_behind_a_value(before: str) -> bool:
    """Whether a reader that stopped here had a value, and something open around it."""
    open_, last, end = 0, "", 0
    for found in _TOKEN.finditer(before):
        last, end = found[0], found.end()
        open_ += (last in "{[") - (last in "}]")
    is_number_or_word = bool(before[end:].strip())
    return open_ > 0 and (is_number_or_word or (last not in {"{", "[", ",", ":"} and not _is_name(before)))


def _is_name(before: str) -> bool:
    """Whether the string at the end is the name of a member."""
    places = _Places()
    for found in _TOKEN.finditer(before):
        places.read(found[0], found.start())
    return bool(places.objects) and places.objects[-1] is not None and places.is_name_last


_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)


@dataclass(slots=True)
class _Places:
    """Where the members of the objects that are open stand, by name; None for an open array."""

    objects: list[dict[str, int] | None] = field(default_factory=list)
    is_name_next: bool = False
    is_name_last: bool = False

    def read(self, found: str, position: int) -> tuple[str, int] | None:
        """Takes the next token; the name and the first place of a member that is given twice."""
        self.is_name_last = False
        members = self.objects[-1] if self.objects else None
        if found in "{[":
            self.objects.append({} if found == "{" else None)
            self.is_name_next = found == "{"
        elif found in "}]":
            self.objects[-1:] = []
            self.is_name_next = False
        elif found == ",":
            self.is_name_next = members is not None
        elif found != ":" and self.is_name_next and members is not None:
            self.is_name_next, self.is_name_last = False, True
            name = json.loads(found, strict=False)
            first = members.setdefault(name, position)
            return None if first == position else (name, first)
        return None


def repeated_member(text: str) -> JSONFault | None:
    """The first member that its object has already; `text` is JSON but for that."""
    places = _Places()
    for found in _TOKEN.finditer(text):
        twice = places.read(found[0], found.start())
        if twice is not None:
            name, first = twice
            message = f"The member `{name}` is given twice in one object."
            return JSONFault(found.start(), message, "Remove one of them.", related=(first, "The first of them."))
    return None


_KINDS: Final[tuple[Callable[[str, int], JSONFault | None], ...]] = (
    _trailing_comma,
    _single_braces,
    _foreign_quote,
    _bare_word,
    _missing_comma,
)
