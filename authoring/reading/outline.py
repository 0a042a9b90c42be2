"""A definition's outline: its queries with their SQL and arguments, and its body; the text may be cut anywhere."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from msgspec import Struct

# Each branch goes forward only, so that the time is linear. What is never closed ends where something else must begin.
_PART: Final = re.compile(
    r"""
      (?P<comment><!--) (?:.*?-->|.*)
    | <!\[CDATA\[ (?P<cdata>(?:(?!\]\]>|</query\s*>|<argument\s+source|<!\[CDATA\[).)*+) (?:\]\]>)?
    | <\? [^<>]*+ >?
    | < (?P<slash>/?) (?P<name>[A-Za-z_][\w.-]*+)
        (?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+) (?P<open>["'][^<>"'\r\n]*+)? >?
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"""(?<![\w:.-])([A-Za-z_][\w:.-]*+)\s*+=\s*+(["'])([^"'<>\r\n]*+)""")
_ENTITY: Final = re.compile(r"&(?:lt|gt|amp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_NOT_A_BREAK: Final = re.compile(r"[^\r\n]")


class Attribute(Struct, frozen=True, gc=False):
    """An attribute; its value stands from `start` to `end`, without the quotation marks."""

    name: str
    value: str
    start: int
    end: int


class Tag(Struct, frozen=True, gc=False):
    """An opening tag: where it begins and ends, and its attributes."""

    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...]

    def get(self, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((each for each in self.attributes if each.name == name), None)

    def value(self, name: str) -> str:
        """That attribute's value, or an empty text."""
        return "" if (found := self.get(name)) is None else found.value


class StepText(Struct, frozen=True, gc=False):
    """A `<query>`. `sql` has its text, each character at its place in the file less `start`; the rest is blank."""

    tag: Tag
    start: int
    end: int
    sql: str
    arguments: tuple[Tag, ...]
    pieces: tuple[tuple[int, int], ...]
    """Where in the file something of `sql` stands that is more than blanks."""

    @property
    def name(self) -> str:
        """The step's name, or an empty text."""
        return self.tag.value("name")

    def has_sql_at(self, offset: int) -> bool:
        """Whether that place of the file is in the SQL, or directly behind it."""
        return any(start <= offset <= end for start, end in self.pieces)


class Outline(Struct, frozen=True, gc=False):
    """What was found. `event` is the text of `<name>`; `body` is where the body's text stands."""

    text: str
    event: str
    steps: tuple[StepText, ...]
    body: tuple[int, int] | None
    comments: tuple[tuple[int, int], ...]

    def step_at(self, offset: int) -> StepText | None:
        """The query that a place of the file is in, its own tag included."""
        return next((step for step in self.steps if step.tag.start <= offset <= step.end), None)

    def tag_at(self, offset: int) -> Tag | None:
        """The query's or argument's tag that a place of the file is in."""
        step = self.step_at(offset)
        tags = () if step is None else (step.tag, *step.arguments)
        return next((tag for tag in tags if tag.start < offset <= tag.end), None)


def outline(text: str) -> Outline:
    """Never raises, and takes time in proportion to the text."""
    reading = _Reading(text)
    for found in _PART.finditer(text):
        reading.take(found)
    reading.close(len(text))
    return Outline(text, reading.event, tuple(reading.steps), reading.body, tuple(reading.comments))


class _Reading:
    """The parts of a file in order, become queries."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.event = ""
        self.steps: list[StepText] = []
        self.body: tuple[int, int] | None = None
        self.comments: list[tuple[int, int]] = []
        self._tag: Tag | None = None
        self._arguments: list[Tag] = []
        self._pieces: list[tuple[int, int, bool]] = []
        self._done = 0
        self._opened: dict[str, int] = {}

    def take(self, found: re.Match[str]) -> None:
        """The next part."""
        self._plain(found.start())
        self._done = found.end()
        if found["comment"]:
            self.comments.append(found.span())
        elif found["cdata"] is not None:
            self._pieces.append((*found.span("cdata"), True))
        elif (name := found["name"]) is not None:
            self._named(name, found)

    def _named(self, name: str, found: re.Match[str]) -> None:
        if found["slash"]:
            if name == "query":
                self.close(found.start())
            elif name in self._opened:
                self._texts(name, self._opened.pop(name), found.start())
        elif name == "query":
            self.close(found.start())
            self._tag, self._arguments, self._pieces = _tag(found), [], []
        elif name == "argument" and self._tag is not None:
            self._arguments.append(_tag(found))
        elif name in {"name", "body"}:
            self._opened[name] = found.end()
            if name == "body":
                self.close(found.start())

    def _texts(self, name: str, start: int, end: int) -> None:
        if name == "body":
            self.body = (start, end)
        elif not self.event:
            self.event = self._text[start:end].strip()

    def _plain(self, end: int) -> None:
        if self._tag is not None and self._text[self._done : end].strip():
            self._pieces.append((self._done, end, False))

    def close(self, end: int) -> None:
        """Ends the query that is open, if one is; at the end of the file, the body too."""
        if end == len(self._text):
            self._plain(end)
            if "body" in self._opened:
                self.body = (self._opened["body"], end)
        if self._tag is not None:
            start = self._tag.end
            pieces = tuple([(first, last) for first, last, _ in self._pieces])
            sql = self._sql(start, end)
            self.steps.append(StepText(self._tag, start, end, sql, tuple(self._arguments), pieces))
            self._tag = None

    def _sql(self, start: int, end: int) -> str:
        parts: list[str] = []
        for first, last, is_cdata in self._pieces:
            parts.append(_NOT_A_BREAK.sub(" ", self._text[start:first]))
            part = self._text[first:last]
            parts.append(part if is_cdata else _ENTITY.sub(_padded, part))
            start = last
        parts.append(_NOT_A_BREAK.sub(" ", self._text[start:end]))
        return "".join(parts)


def _padded(entity: re.Match[str]) -> str:
    return unescape(entity[0])[:1].ljust(len(entity[0]))


def _tag(found: re.Match[str]) -> Tag:
    offset = found.start("attributes")
    attributes = tuple(
        Attribute(each[1], unescape(each[3]), offset + each.start(3), offset + each.end(3))
        for each in _ATTRIBUTE.finditer(found["attributes"] + (found["open"] or ""))
    )
    return Tag(found["name"], found.start(), found.end(), attributes)
