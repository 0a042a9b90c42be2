"""A parsed file: what the validator needs beside the definition itself."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from engine.model.definition import AuthorsComment, Definition, LocatedText
from engine.model.diagnostic import Diagnostic, Position

XML_BLANKS = " \t\r\n"
"""What XML calls white space; str.strip would also take a no-break space."""

XSI = "http://www.w3.org/2001/XMLSchema-instance}"
"""How the names of XML Schema's own attributes begin, such as `noNamespaceSchemaLocation`."""


class Element(Struct, frozen=True, gc=False):
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

    def text_position(self, start: int = 0) -> Position | None:
        """The first character of `text` from offset `start` that is not XML white space; None where there is none."""
        text = self.text.value
        rest = text[start:].lstrip(XML_BLANKS)
        return self.text.position(len(text) - len(rest)) if rest else None


class ParsedFile(Struct, frozen=True, eq=False, gc=False):
    """What parsing made of one file; each part is None where the file did not get that far.

    `document` is lxml's root element and `root` the same document with positions, element for element.
    `definition` may come from a file with violations of the XSD, read as what its author most likely meant.
    `text` is the decoded source, without a byte order mark; of bytes that cannot be read, what can be shown.
    `comments` are those to this program, in the order in which their elements end.
    """

    file: str
    document: object | None
    definition: Definition | None
    diagnostics: tuple[Diagnostic, ...]
    text: str | None
    root: Element | None = None
    comments: tuple[AuthorsComment, ...] = ()
