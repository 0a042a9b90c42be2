"""What is kept of a receiver's answer: its beginning, in which no secret can be read."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

KEPT: Final = 1024
"""How many bytes of an answer are kept, after the secrets in them were replaced."""

REPLACEMENT: Final = "[secret]"

_LOOKED_AT: Final = 8 * KEPT
_DEPTH: Final = 4  # text in JSON that is text in JSON that is …
_REMEMBERED: Final = 1024
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = r"u(?P<high>d[89ab][0-9a-f]{2})\\++u(?P<low>d[c-f][0-9a-f]{2})"
_ESCAPE: Final = re.compile(rf'\\++(?:{_SURROGATES}|u(?P<unit>[0-9a-f]{{4}})|(?P<short>["/bfnrt])|)', re.IGNORECASE)
# What may go on behind the end, read backwards from there: a search forwards would try each backslash as a beginning.
_UNFINISHED: Final = re.compile(
    r"[\ud800-\udfff]++|(?:(?:[0-9a-f]{0,3}u)?\\++)?(?:[0-9a-f]{2}[89ab]du\\++)?", re.IGNORECASE
)


def redact(answer: bytes, *secrets: str | None, is_whole: bool = False) -> bytes:
    """The first KEPT bytes of an answer, with each secret in it replaced, as it is or as JSON escapes it.

    Give it all that was read. Unless that `is_whole`, it may end inside a secret, whose beginning is replaced as well.
    """
    known = [secret for secret in secrets if secret]
    text = answer[:_LOOKED_AT].decode(errors="surrogateescape")
    if known:
        is_cut = not is_whole or len(answer) > _LOOKED_AT
        text = _redacted(_without_unfinished(text) if is_cut else text, known, is_cut=is_cut)
    return text.encode(errors="surrogateescape")[:KEPT]


def _without_unfinished(text: str) -> str:
    """The text without a character or an escape of which the end may be missing."""
    unfinished = _UNFINISHED.match(text[::-1])
    return text[: len(text) - unfinished.end()] if unfinished else text


def _redacted(text: str, secrets: Sequence[str], *, is_cut: bool) -> str:
    shown: list[str] = []
    at = 0
    for start, end in sorted(_places(text, secrets, is_cut=is_cut)):
        if start >= at:
            shown += [text[at:start], REPLACEMENT]
        at = max(at, end)
    return "".join(shown) + text[at:]


def _places(text: str, secrets: Sequence[str], *, is_cut: bool) -> Iterator[tuple[int, int]]:
    """Where the secrets are, which may overlap."""
    plain = _Plain(text)
    at_end = plain.text.rstrip("\\")  # they may escape what is missing
    for secret in secrets:
        yield from ((at, at + len(secret)) for at in _all(secret, text))
        for sought in _sought(secret):
            yield from (plain.span(at, at + len(sought)) for at in _all(sought, plain.text))
            if is_cut and (length := _length_of_beginning(at_end, sought)):
                yield plain.span(len(at_end) - length, len(plain.text))


@lru_cache(_REMEMBERED)
def _sought(secret: str) -> set[str]:
    """The secret as _Plain shows it: by itself, and behind a backslash that is no part of it.

    Its own backslashes at both ends are left out: they look like those that escape what is beside it.
    """
    return {_Plain(form).text.strip("\\") or "\\" for form in (secret, f"\\{secret}")}


def _all(sought: str, text: str) -> Iterator[int]:
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + len(sought))


def _length_of_beginning(text: str, sought: str) -> int:
    """How much of `sought` the text ends with."""
    borders = _borders(sought)
    length = 0
    for character in text[-len(sought) :]:
        while length and (length == len(sought) or sought[length] != character):
            length = borders[length - 1]
        if sought[length] == character:
            length += 1
    return length


def _borders(sought: str) -> Sequence[int]:
    """For each of its beginnings, how long the longest end of it is that is a beginning as well.

    It is the table of Knuth, Morris and Pratt: it looks at each character of a text once.
    """
    borders = array("I", [0])
    length = 0
    for character in sought[1:]:
        while length and sought[length] != character:
            length = borders[length - 1]
        if sought[length] == character:
            length += 1
        borders.append(length)
    return borders


class _Plain:
    """A text without its escapes, and where in the text each character was.

    However many backslashes are before a character, they escape it; those before nothing that can be escaped are one.
    So every text has one plain form, whether it is escaped once, more often or not at all.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = list(range(len(text) + 1))
        for _ in range(_DEPTH):
            if "\\" in self.text:
                self._unescape()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text that was given."""
        return self._starts[start], self._starts[end]

    def _unescape(self) -> None:
        pieces, starts, at = [], [], 0
        for found in _ESCAPE.finditer(self.text):
            pieces += [self.text[at : found.start()], _character(found)]
            starts += self._starts[at : found.start() + 1]
            at = found.end()
        self.text = "".join(pieces) + self.text[at:]
        self._starts = starts + self._starts[at:]


def _character(escape: re.Match[str]) -> str:
    if high := escape["high"]:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(escape["low"], 16) & 0x3FF))
    if unit := escape["unit"]:
        return chr(int(unit, 16))
    short = escape["short"] or "\\"
    return _CONTROLS.get(short, short)
