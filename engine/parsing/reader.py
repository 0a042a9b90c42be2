"""One pass of expat over a file's text: the elements with the place of everything in them, or the first fault.

expat names every place exactly, which lxml does not: with `buffer_text` off it reports each line, entity and CDATA
section as a piece of its own. Nothing is ever expanded or fetched: a DOCTYPE ends the reading before its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat  # refuses every DOCTYPE, so no entity exists that could expand

from engine.model import Element, LocatedText, Mark, Position
from engine.parsing import syntax
from engine.parsing.fault import START, XmlFault, advance, place

MAX_DEPTH = 32
MAX_ELEMENTS = 5_000
MAX_ATTRIBUTES = 10_000
MAX_ATTRIBUTE_LENGTH = 16_384
MAX_PIECES = 50_000
"""Limits of one file; pieces are lines of text, CDATA sections and character references."""

_TAG_NAME = re.compile(rb"<[^ \t\r\n/>]+")
_ATTRIBUTE = re.compile(rb"[ \t\r\n]+([^ \t\r\n=]+)[ \t\r\n]*=[ \t\r\n]*(\"[^\"]*\"|'[^']*')")


@dataclass(slots=True)
class _Open:
    """An element whose end tag is still to come."""

    tag: str
    attributes: Mapping[str, str]
    position: Position
    attribute_positions: Mapping[str, Position]
    pieces: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    length: int = 0
    head: int | None = None
    children: list[Element] = field(default_factory=list)

    def close(self) -> Element:
        marks = tuple(self.marks) or (Mark(0, self.position.line, self.position.column),)
        head = self.length if self.head is None else self.head
        text = LocatedText("".join(self.pieces), marks)
        return Element(
            self.tag, self.attributes, self.position, self.attribute_positions, text, head, tuple(self.children)
        )


class _RefusedError(Exception):
    """Carries a fault out of an expat handler."""

    def __init__(self, fault: XmlFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read(utf8: bytes, declared: str | None) -> Element | XmlFault:
    """The root element of a text in UTF-8, or why there is none. `declared` is the encoding that the decoder found."""
    reader = _Reader(utf8, declared)
    try:
        return reader.read()
    except _RefusedError as refused:
        return refused.fault
    except expat.ExpatError as error:
        return reader.explain(error)


class _Reader:
    def __init__(self, utf8: bytes, declared: str | None) -> None:
        self._open: list[_Open] = []
        self._utf8 = utf8
        self._declared = declared
        self._root: Element | None = None
        self._elements = 0
        self._attributes = 0
        self._pieces = 0
        self._parser = parser = expat.ParserCreate("UTF-8", "}")
        parser.ordered_attributes = True
        parser.buffer_text = False
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def read(self) -> Element:
        self._parser.Parse(self._utf8, True)
        assert self._root is not None  # noqa: S101  # expat refuses a document without a root element
        return self._root

    def explain(self, error: expat.ExpatError) -> XmlFault:
        """What expat stopped at, in the author's words."""
        opened = tuple(syntax.OpenElement(element.tag, element.position) for element in self._open)
        return syntax.explain(error.code, self._parser.ErrorByteIndex, self._utf8, opened)

    def _here(self) -> Position:
        return Position(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise _RefusedError(
                XmlFault("xml-syntax", START, f"XML {version} is not supported.", 'Declare version="1.0".')
            )
        if encoding != self._declared:
            raise _RefusedError(
                XmlFault("xml-syntax", START, "The XML declaration is longer than 1,024 characters.", "Shorten it.")
            )

    def _doctype(self, *_: object) -> None:
        index = self._utf8.rfind(b"<!DOCTYPE", 0, self._parser.CurrentByteIndex + len(b"<!DOCTYPE"))
        raise _RefusedError(
            XmlFault(
                "doctype-forbidden",
                place(self._utf8, max(index, 0)),
                "A service definition must not have a DOCTYPE, nor declare entities.",
                "Remove it, and write characters themselves or as &#…; references.",
            )
        )

    def _start(self, tag: str, attributes: list[str]) -> None:
        position = self._here()
        values = dict(zip(attributes[::2], attributes[1::2], strict=True))
        self._elements += 1
        self._attributes += len(values)
        self._check_limits(values, position)
        positions: Mapping[str, Position] = {}
        if attributes:
            positions = dict(_attribute_positions(self._utf8, self._parser.CurrentByteIndex, position))
        if self._open and self._open[-1].head is None:
            self._open[-1].head = self._open[-1].length
        self._open.append(_Open(tag, values, position, positions))

    def _check_limits(self, attributes: Mapping[str, str], position: Position) -> None:
        reason = None
        if len(self._open) >= MAX_DEPTH:
            reason = f"elements nested deeper than {MAX_DEPTH}"
        elif self._elements > MAX_ELEMENTS:
            reason = f"more than {MAX_ELEMENTS} elements"
        elif self._attributes > MAX_ATTRIBUTES:
            reason = f"more than {MAX_ATTRIBUTES} attributes"
        elif any(len(value) > MAX_ATTRIBUTE_LENGTH for value in attributes.values()):
            reason = f"an attribute longer than {MAX_ATTRIBUTE_LENGTH} characters"
        if reason:
            raise _too_much(reason, position)

    def _end(self, _tag: str) -> None:
        element = self._open.pop().close()
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element

    def _text(self, text: str) -> None:
        element = self._open[-1]
        element.marks.append(Mark(element.length, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1))
        element.pieces.append(text)
        element.length += len(text)
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise _too_much(f"more than {MAX_PIECES} lines or pieces of text", self._here())


def _too_much(reason: str, position: Position) -> _RefusedError:
    return _RefusedError(XmlFault("xml-syntax", position, f"The file has {reason}.", "Split it into several files."))


def _attribute_positions(utf8: bytes, start: int, position: Position) -> Iterator[tuple[str, Position]]:
    """Each attribute's name, as written, and the place of the first character of its value."""
    name = _TAG_NAME.match(utf8, start)
    index = name.end() if name else start
    while found := _ATTRIBUTE.match(utf8, index):
        position = advance(position, utf8[start : found.start(2) + 1].decode())
        start, index = found.start(2) + 1, found.end()
        yield found[1].decode(), position
