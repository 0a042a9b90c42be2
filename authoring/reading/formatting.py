"""Formatting of a definition's XML: where its elements stand. What they say stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from engine.parsing import encode, parse

_INDENT: Final = "  "
_PART: Final = re.compile(
    r"""
      (?P<comment> <!--.*?--> )
    | (?P<cdata> <!\[CDATA\[.*?\]\]> )
    | (?P<instruction> <\?.*?\?> )
    | (?P<close> </[^<>]*> )
    | (?P<open> <(?:[^<>"']|"[^"]*"|'[^']*')*+> )
    | (?P<text> [^<]++ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"""\s++([^\s=<>/"']++)\s*+=\s*+("[^"]*"|'[^']*')""")
_TAG: Final = re.compile(r"""<([^\s<>/"'=]++)((?:\s++[^\s=<>/"']++\s*+=\s*+(?:"[^"]*"|'[^']*'))*+)\s*+(/?)>""")
_BREAK: Final = re.compile(r"\r\n|\n|\r")


class Part(Struct, frozen=True, gc=False):
    """A part of the file: what it is, and where it begins and ends."""

    kind: str
    start: int
    end: int


class Change(Struct, frozen=True, gc=False):
    """What shall stand from `start` to `end` instead of what stands there."""

    start: int
    end: int
    text: str


def formatting(text: str) -> list[Change]:
    """The changes that format a file; none where it is not well-formed, or would come to mean anything else."""
    before = parse(encode(text), "")
    if before.document is None:
        return []
    changes = [change for change in _changes(text) if text[change.start : change.end] != change.text]
    after = parse(encode(applied(text, changes)), "")
    return changes if after.document is not None and _said(before.document) == _said(after.document) else []


def applied(text: str, changes: list[Change]) -> str:
    """The text with the changes, which rise and do not meet."""
    pieces: list[str] = []
    done = 0
    for change in changes:
        pieces += text[done : change.start], change.text
        done = change.end
    return "".join((*pieces, text[done:]))


def _said(root: object) -> list[tuple[str, tuple[tuple[str, str], ...], str, str]]:
    """What a document says: of each element its name, its attributes, and its text without blanks around it."""
    return [
        (
            str(each.tag),
            tuple(each.attrib.items()),
            (each.text or "") if not len(each) and (each.text or "").strip() else (each.text or "").strip(),
            (each.tail or "").strip(),
        )
        for each in root.iter()  # type: ignore[attr-defined]  # lxml ships no type hints
    ]


def _changes(text: str) -> Iterator[Change]:
    """Between two parts that are tags or comments, the line breaks and the indentation; inside of a tag, the blanks."""
    parts = [Part(found.lastgroup or "", *found.span()) for found in _PART.finditer(text)]
    line_end = found[0] if (found := _BREAK.search(text)) else "\n"
    depth = 0
    for index, part in enumerate(parts):
        last = parts[index - 1] if index else None
        if part.kind == "close":
            depth -= 1
        if part.kind == "open":
            if last is not None and last.kind not in {"text", "cdata"}:
                yield Change(part.start, part.start, line_end + _INDENT * depth)
            yield from _tag(text, part)
        elif part.kind == "close" and last is not None and last.kind in {"close", "empty"}:
            yield Change(part.start, part.start, line_end + _INDENT * depth)
        elif part.kind == "text" and not text[part.start : part.end].strip(" \t\r\n") and 0 < index < len(parts) - 1:
            yield from _between(text, parts, index, depth, line_end)
        if part.kind == "open":
            if text[part.end - 2] == "/":
                parts[index] = Part("empty", part.start, part.end)
            else:
                depth += 1


def _between(text: str, parts: Sequence[Part], index: int, depth: int, line_end: str) -> Iterator[Change]:
    """Blanks between two parts; those of an element that has nothing else, and those beside its text, stay."""
    last, part, following = parts[index - 1 : index + 2]
    if last.kind == "open" and following.kind == "close":
        return
    if following.kind == "cdata" or (last.kind == "cdata" and following.kind != "open"):
        return
    breaks = len(_BREAK.findall(text, part.start, part.end))
    if not breaks and following.kind in {"comment", "instruction"}:
        return  # it belongs to what is before it on its line
    level = depth - (following.kind == "close")
    yield Change(part.start, part.end, line_end * max(breaks, 1) + _INDENT * level)


def _tag(text: str, part: Part) -> Iterator[Change]:
    """A tag on one line has one blank before each attribute, and none elsewhere; one on several lines stays."""
    source = text[part.start : part.end]
    found = _TAG.fullmatch(source)
    if found is None or _BREAK.search(source):
        return
    attributes = "".join(f" {name}={value}" for name, value in _ATTRIBUTE.findall(found[2]))
    yield Change(part.start, part.end, f"<{found[1]}{attributes}{found[3]}>")
