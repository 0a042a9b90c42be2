"""A document as an editor has it: its text, and places in it as the engine and as the protocol count them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Final

from lsprotocol import types

from engine.model.diagnostic import split_lines

_BEYOND_16_BITS: Final = "\uffff"


class Document:
    """One version of a document. Lines end with CR LF, LF or CR, as in the protocol and in XML, and with nothing else.

    The engine counts lines and characters from 1; the protocol counts from 0, characters in units of `encoding`.
    """

    def __init__(self, uri: str, version: int | None, text: str, encoding: str) -> None:
        self.uri, self.version, self.text, self.encoding = uri, version, text, encoding
        self._mark = len(text) - len(text.removeprefix("\ufeff"))  # which the engine does not count

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return split_lines(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        starts, start, text = [0], 0, self.text
        for line in self.lines[:-1]:
            start += len(line)
            start += 2 if text.startswith("\r\n", start) else 1
            starts.append(start)
        return starts

    def offset(self, position: types.Position) -> int:
        """The offset of a place of the editor's; what lies behind a line's end is its end."""
        if position.line >= len(self.lines):
            return len(self.text)
        return self._starts[position.line] + self._characters(self.lines[position.line], position.character)

    def position(self, offset: int) -> types.Position:
        """The place of an offset, for the editor."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return types.Position(line, self._units(self.lines[line][: offset - self._starts[line]]))

    def range(self, start: int, end: int) -> types.Range:
        """What lies between two offsets."""
        return types.Range(self.position(start), self.position(end))

    def offset_of(self, line: int, column: int) -> int:
        """The offset of a place of the engine's; what lies outside of the text is its nearest end."""
        if line > len(self.lines):
            return len(self.text)
        column = max(column - 1, 0) + (self._mark if line <= 1 else 0)
        row = max(line - 1, 0)
        return self._starts[row] + min(column, len(self.lines[row]))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, as the engine counts."""
        line = bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line] + 1 - (self._mark if line == 0 else 0)

    def span(self, line: int, column: int, end_line: int, end_column: int) -> types.Range:
        """What lies between two places of the engine's."""
        return self.range(self.offset_of(line, column), self.offset_of(end_line, end_column))

    def _units(self, text: str) -> int:
        if self.encoding == "utf-32" or text.isascii():
            return len(text)
        if self.encoding == "utf-8":
            return len(text.encode(errors="surrogatepass"))
        return len(text) + sum(character > _BEYOND_16_BITS for character in text)

    def _characters(self, line: str, units: int) -> int:
        """How many characters of `line` lie before that many units; a place inside of a character is its start."""
        if self.encoding == "utf-32" or line.isascii():
            return min(units, len(line))
        for index, character in enumerate(line):
            units -= self._units(character)
            if units < 0:
                return index
        return len(line)
