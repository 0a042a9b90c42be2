"""Text for a terminal: colour, the width of characters, and nothing that the terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self, TextIO

_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that steer a terminal or hide: controls, formats, surrogates, separators."""
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


class Style(Enum):
    """A look, by its ANSI parameters (ECMA-48, select graphic rendition)."""

    PLACE = "1"
    ERROR = "1;31"
    WARNING = "1;35"
    CARET = "1;32"
    HINT = "36"
    ADDED = "32"
    REMOVED = "31"


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where text will be shown: whether in colour, and in which encoding it must be expressible."""

    colour: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str]) -> Self:
        """What `stream` can show: colour on a terminal only, and never with NO_COLOR set (no-color.org)."""
        wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        return cls(wanted and stream.isatty(), stream.encoding or "utf-8")

    def paint(self, text: str, style: Style) -> str:
        """The text in that look, or as it is where colours are off."""
        return f"\x1b[{style.value}m{text}\x1b[0m" if self.colour else text

    def escape(self, text: str) -> str:
        """The text on one line, with backslash escapes for all that a terminal would obey, hide or not express."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(map(self.show, text))

    def show(self, character: str) -> str:
        """The character, or its backslash escape."""
        if unicodedata.category(character) in _ESCAPED or not self._can_express(character):
            return _SHORT.get(character) or _numbered(ord(character))
        return character

    def _can_express(self, character: str) -> bool:
        try:
            character.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


def width(text: str) -> int:
    """The columns that a terminal gives to text without controls: two to East Asian wide characters, none to marks."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _numbered(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
