"""A fault of a file's bytes or XML, before it becomes a diagnostic, and how places in bytes are counted."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model import Diagnostic, Position, Severity

START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class XmlFault:
    """A fault that stands at `position` of a file; always an error."""

    rule: str
    position: Position
    message: str
    hint: str | None = None

    def diagnostic(self, file: str) -> Diagnostic:
        """The fault as a finding in `file`."""
        line, column = self.position.line, self.position.column
        return Diagnostic(self.rule, Severity.ERROR, file, line, column, self.message, self.hint)


def advance(position: Position, text: str) -> Position:
    """The place where `text`, which begins at `position`, ends. CRLF, LF and a lone CR each end a line."""
    if "\n" not in text and "\r" not in text:
        return Position(position.line, position.column + len(text))
    breaks = text.count("\n") + text.count("\r") - text.count("\r\n")
    last = max(text.rfind("\n"), text.rfind("\r"))
    return Position(position.line + breaks, len(text) - last)


def place(utf8: bytes, index: int) -> Position:
    """The place of the byte at `index`, which must begin a character."""
    return advance(START, utf8[:index].decode(errors="replace"))
