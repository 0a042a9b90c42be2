"""A parsed file: what the validator needs beside the definition itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.definition import Definition, LocatedText
from engine.model.diagnostic import Diagnostic, Position

_LINE_BREAK = re.compile(r"\r\n|\r|\n")  # what XML 1.0 calls a line end; str.splitlines knows others too


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element with the place of its start tag, of each attribute's value and of its text.

    Names in a namespace are `uri}name`; keys of `attribute_positions` are as written, with their prefix.
    `text` is all text directly in the element, joined; `head` is the length of the part before the first child.
    """

    tag: str
    attributes: Mapping[str, str]
    position: Position
    attribute_positions: Mapping[str, Position]
    text: LocatedText
    head: int
    children: tuple[Element, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ParsedFile:
    """What parsing made of one file; each part is None where the file did not get that far.

    `document` is lxml's root element and `root` the same document with positions, element for element.
    `definition` may come from a file with violations of the XSD, read as what its author most likely meant.
    `text` is the decoded source, without a byte order mark.
    """

    file: str
    document: object | None
    definition: Definition | None
    diagnostics: tuple[Diagnostic, ...]
    text: str | None
    root: Element | None = None

    def source_line(self, line: int) -> str:
        """Line `line` of the source, counted from 1, without its end; empty where there is none."""
        lines = _LINE_BREAK.split(self.text or "")
        return lines[line - 1] if 0 < line <= len(lines) else ""
