"""One pass of expat over a file's text: the elements with the place of everything in them, or the first fault.

expat names every place exactly, which lxml does not: with `buffer_text` off it reports each line, entity and CDATA
section as a piece of its own. Nothing is ever expanded or fetched: a DOCTYPE ends the reading before its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.parsers import expat  # refuses every DOCTYPE, so no entity exists that could expand

from msgspec import Struct, field

from engine.model import XML_BLANKS, AuthorsComment, Element, LocatedText, Mark, Position
from engine.parsing import syntax
from engine.parsing.fault import START, XmlFault, advance, place

MAX_DEPTH = 32
MAX_ELEMENTS = 1_000
MAX_ATTRIBUTES = 4_000
MAX_ATTRIBUTE_LENGTH = 16_384
MAX_PIECES = 50_000
MAX_COMMENTS = 100
"""Limits of one file; pieces are lines of text, CDATA sections and character references, comments those to us."""

_TO_US = "aptic:"
_COMMENT_START = "<!--"
_END_TAG = b"</"
_PIECE = re.compile(r"\n|[^\n]+")
_TAG_NAME = re.compile(rb"<[^ \t\r\n/>]+")
_ATTRIBUTE = re.compile(rb"[ \t\r\n]+([^ \t\r\n=]+)[ \t\r\n]*=[ \t\r\n]*(\"[^\"]*\"|'[^']*')")


class _Comment(Struct, frozen=True, gc=False):
    """A comment whose element is still to come. So many pieces of text came before it in the element that it is in."""

    text: LocatedText
    pieces: int


class _Open(Struct):
    """An element whose end tag is still to come. Its text goes on at `line` and `column` of the file, if it does."""

    tag: str
    attributes: Mapping[str, str]
    position: Position
    attribute_positions: Mapping[str, Position]
    pieces: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)
    comments: list[LocatedText] = field(default_factory=list)
    length: int = 0
    head: int | None = None
    line: int = 0
    column: int = 0

    def close(self) -> Element:
        """The element, all of which was read."""
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


class Read(Struct, frozen=True, gc=False):
    """What was read: the root element, and the comments to this program."""

    root: Element
    comments: tuple[AuthorsComment, ...]


def read(utf8: bytes, declared: str | None) -> Read | XmlFault:
    """What a text in UTF-8 holds, or why it cannot be read. `declared` is the encoding that the decoder found."""
    reader = _Reader(utf8, declared)
    try:
        return reader.read()
    except _RefusedError as refused:
        return refused.fault
    except expat.ExpatError as error:
        return reader.explain(error)
    finally:
        reader.release()


class _Reader:
    def __init__(self, utf8: bytes, declared: str | None) -> None:
        self._open: list[_Open] = []
        self._utf8 = utf8
        self._declared = declared
        self._root: Element | None = None
        self._comments: list[AuthorsComment] = []
        self._waiting: list[_Comment] = []
        self._elements = 0
        self._attributes = 0
        self._pieces = 0
        self._comments_to_us = 0
        self._begins_cdata = False
        self._parser = parser = expat.ParserCreate("UTF-8", "}")
        parser.ordered_attributes = True
        parser.buffer_text = False
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.CommentHandler = self._comment

    def read(self) -> Read:
        """Parses the whole file."""
        self._parser.Parse(self._utf8, True)
        self._lose(self._waiting)
        assert self._root is not None  # noqa: S101  # expat refuses a document without a root element
        return Read(self._root, tuple(self._comments))

    def explain(self, error: expat.ExpatError) -> XmlFault:
        """What expat stopped at, in the author's words."""
        opened = tuple(syntax.OpenElement(element.tag, element.position) for element in self._open)
        return syntax.explain(error.code, self._parser.ErrorByteIndex, self._utf8, opened)

    def release(self) -> None:
        """Lets go of the parser: it and the reader know each other, and would wait for the garbage collector."""
        del self._parser

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
        values = dict(zip(attributes[::2], attributes[1::2], strict=True)) if attributes else {}
        self._elements += 1
        self._attributes += len(values)
        self._check_limits(values, position)
        positions: Mapping[str, Position] = {}
        if attributes:
            positions = _attribute_positions(self._utf8, self._parser.CurrentByteIndex, position)
        if self._open and self._open[-1].head is None:
            self._open[-1].head = self._open[-1].length
        opened = _Open(tag, values, position, positions)
        if self._waiting:
            opened.comments = self._before()
        self._open.append(opened)

    def _check_limits(self, attributes: Mapping[str, str], position: Position) -> None:
        reason = None
        if len(self._open) >= MAX_DEPTH:
            reason = f"elements nested deeper than {MAX_DEPTH}"
        elif self._elements > MAX_ELEMENTS:
            reason = f"more than {MAX_ELEMENTS} elements"
        elif self._attributes > MAX_ATTRIBUTES:
            reason = f"more than {MAX_ATTRIBUTES} attributes"
        elif attributes and max(map(len, attributes.values())) > MAX_ATTRIBUTE_LENGTH:
            reason = f"an attribute longer than {MAX_ATTRIBUTE_LENGTH} characters"
        if reason:
            raise _too_much(reason, position)

    def _end(self, _tag: str) -> None:
        opened = self._open.pop()
        if opened.comments or self._waiting:
            self._place_comments(opened)
        element = opened.close()
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element

    def _comment(self, text: str) -> None:
        if not text.lstrip(XML_BLANKS).startswith(_TO_US):
            return
        position = self._here()
        self._comments_to_us += 1
        if self._comments_to_us > MAX_COMMENTS:
            raise _too_much(f"more than {MAX_COMMENTS} comments that begin with {_TO_US}", position)
        mark = Mark(0, position.line, position.column + len(_COMMENT_START))
        self._waiting.append(_Comment(LocatedText(text, (mark,)), len(self._open[-1].pieces) if self._open else 0))

    def _before(self) -> list[LocatedText]:
        """The waiting comments between which and this place is nothing but blanks."""
        waiting, self._waiting = self._waiting, []
        pieces = self._open[-1].pieces if self._open else []
        first, text_end = waiting[0].pieces, len(pieces)
        while text_end > first and not pieces[text_end - 1].strip(XML_BLANKS):
            text_end -= 1
        self._lose(comment for comment in waiting if comment.pieces < text_end)
        return [comment.text for comment in waiting if comment.pieces >= text_end]

    def _lose(self, comments: Iterable[_Comment]) -> None:
        self._comments += (AuthorsComment(comment.text) for comment in comments)

    def _place_comments(self, closed: _Open) -> None:
        waiting, self._waiting = self._waiting, []
        self._lose(waiting)
        here, index = self._here(), self._parser.CurrentByteIndex
        is_tag = self._utf8.startswith(_END_TAG, index)  # that of an element without content is passed already
        end = Position(here.line, here.column + len(_END_TAG)) if is_tag else here
        self._comments += (AuthorsComment(text, closed.position, end) for text in closed.comments)

    def _text(self, text: str) -> None:
        """A line, a line break or a reference; a mark, unless it follows the text before it directly."""
        element, parser = self._open[-1], self._parser
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        if line != element.line or column != element.column:
            element.marks.append(Mark(element.length, line, column))
        element.pieces.append(text)
        element.length += len(text)
        element.line, element.column = (line + 1, 1) if text == "\n" else (line, column + len(text))
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise self._too_many_pieces(text, line, column)

    def _start_cdata(self) -> None:
        """In a CDATA section is nothing but text, and each line break of it is one of the file: no need to see each."""
        element, parser = self._open[-1], self._parser
        element.line, element.column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1 + len("<![CDATA[")
        self._begins_cdata = True
        parser.CharacterDataHandler = self._cdata_text
        parser.buffer_text = True

    def _end_cdata(self) -> None:
        self._parser.buffer_text = False
        self._parser.CharacterDataHandler = self._text

    def _cdata_text(self, text: str) -> None:
        """As much of a CDATA section as fits into expat's buffer."""
        element = self._open[-1]
        line, column = element.line, element.column
        if self._begins_cdata:
            element.marks.append(Mark(element.length, line, column, is_cdata=True))
            self._begins_cdata = False
        element.pieces.append(text)
        element.length += len(text)
        lines = text.split("\n")
        element.line = line + len(lines) - 1
        element.column = len(lines[-1]) + (column if len(lines) == 1 else 1)
        self._pieces += 2 * len(lines) - 1 - lines.count("")
        if self._pieces > MAX_PIECES:
            raise self._too_many_pieces(text, line, column)

    def _too_many_pieces(self, text: str, line: int, column: int) -> _RefusedError:
        """The fault at the first piece of `text`, which begins there, that is one too many."""
        pieces = _PIECE.findall(text)
        allowed = "".join(pieces[: len(pieces) + MAX_PIECES - self._pieces])
        position = LocatedText(text, (Mark(0, line, column),)).position(len(allowed))
        return _too_much(f"more than {MAX_PIECES} lines or pieces of text", position)


def _too_much(reason: str, position: Position) -> _RefusedError:
    return _RefusedError(XmlFault("xml-syntax", position, f"The file has {reason}.", "Split it into several files."))


def _attribute_positions(utf8: bytes, start: int, position: Position) -> dict[str, Position]:
    """By each attribute's name, as written, the place of the first character of its value."""
    positions: dict[str, Position] = {}
    name = _TAG_NAME.match(utf8, start)
    index = name.end() if name else start
    while found := _ATTRIBUTE.match(utf8, index):
        place, index = found.start(2) + 1, found.end()
        between = utf8[start:place]
        if between.isascii() and b"\n" not in between and b"\r" not in between:
            position = Position(position.line, position.column + place - start)  # as nearly always, and quicker
        else:
            position = advance(position, between.decode())
        positions[found[1].decode()] = position
        start = place
    return positions
