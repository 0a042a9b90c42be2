"""What mends a finding, as a change of the file: escaped as its place needs it, and left out where it is uncertain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

from msgspec import Struct

from engine.model import Edit, LocatedText, Position, Replacement

_CDATA_END: Final = "]]>"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTES: Final = {'"': "&quot;", "'": "&apos;"}


class Markup(Enum):
    """What a piece of a file is in XML, which says how text is written there."""

    TEXT = "text"
    CDATA = "CDATA"
    ATTRIBUTE = "attribute"
    TAG = "tag"

    def written(self, text: str) -> str:
        """The text as the file has it."""
        match self:
            case Markup.TEXT:
                return escape(text)
            case Markup.ATTRIBUTE:
                return escape(text, _QUOTES)
            case Markup.CDATA | Markup.TAG:
                return text


class Change(Struct, frozen=True, gc=False):
    """`new` instead of `old`, which begins at `position` and is on one line of one piece; both without escapes.

    To insert, `old` is what stands before or behind.
    """

    position: Position
    old: str
    new: str
    markup: Markup

    @classmethod
    def of(cls, edit: Edit | None, text: LocatedText) -> Change | None:
        """The change of the file that an edit of one of its texts needs; None where it is not of one piece."""
        if edit is None or text.mark(edit.offset) is not text.mark(edit.offset + len(edit.old) - 1):
            return None
        markup = Markup.CDATA if text.mark(edit.offset).is_cdata else Markup.TEXT
        return cls(text.position(edit.offset), edit.old, edit.new, markup)

    def replacement(self, lines: Sequence[str]) -> Replacement | None:
        """The change of a file with these lines; None where `old` is not there, or `new` cannot stand there."""
        at, line = self.position, lines[self.position.line - 1] if self.position.line <= len(lines) else ""
        start, new = at.column - 1, self.markup.written(self.new)
        written = {self.markup.written(self.old)}
        if "&" not in self.old:
            written.add(self.old)  # the other characters need no escape everywhere
        old = next((each for each in written if each and line.startswith(each, start)), None)
        if old is None or _NO_XML.search(new) or not self._keeps_section(line, start, start + len(old)):
            return None
        end, added = start + len(old), len(new) - len(old)
        if added > 0 and new.startswith(old):
            return Replacement(at.line, end + 1, at.line, end + 1, new[len(old) :])
        if added > 0 and new.endswith(old):
            return Replacement(at.line, start + 1, at.line, start + 1, new[:added])
        return Replacement(at.line, start + 1, at.line, end + 1, new)

    def _keeps_section(self, line: str, start: int, end: int) -> bool:
        """Whether a CDATA section ends where it did."""
        if self.markup is not Markup.CDATA:
            return True
        before = line[max(start - 2, 0) : start] + self.new
        found = (before + line[end : end + 3]).find(_CDATA_END)
        return found < 0 or found >= len(before)
