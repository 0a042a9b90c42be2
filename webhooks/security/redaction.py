"""Cuts a receiver's answer to the beginning that is kept, and replaces the secrets in it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

KEPT_BYTES: Final = 1024
"""How many bytes of an answer are kept, counted after its secrets were replaced."""

REPLACEMENT: Final = "[secret]"

_SEARCHED_BYTES: Final = 8 * KEPT_BYTES
_LEVELS: Final = 4  # of escapes: JSON may be a string in JSON, which may be a string again
_CACHED_SECRETS: Final = 1024
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = r"u(?P<high>d[89ab][0-9a-f]{2})\\++u(?P<low>d[c-f][0-9a-f]{2})"
_ESCAPE: Final = re.compile(rf'\\++(?:{_SURROGATES}|u(?P<unit>[0-9a-f]{{4}})|(?P<short>["/bfnrt])|)', re.IGNORECASE)
# An escape that may be cut off at the end of a text. It matches the reversed text: a forward search would try each
# backslash as the beginning of one, which takes quadratic time.
_UNFINISHED: Final = re.compile(
    r"[\ud800-\udfff]++|(?:(?:[0-9a-f]{0,3}u)?\\++)?(?:[0-9a-f]{2}[89ab]du\\++)?", re.IGNORECASE
)


def redact(answer: bytes, *secrets: str | None, is_whole: bool = False) -> bytes:
    """The first KEPT_BYTES bytes of an answer, in which each secret is replaced, in plain or escaped as in JSON.

    Give it all that was read of the answer. Unless `is_whole`, the text may end inside a secret, so the beginning of a
    secret at the end is replaced as well.
    """
    known = [secret for secret in secrets if secret]
    text = answer[:_SEARCHED_BYTES].decode(errors="surrogateescape")
    if known:
        is_cut = not is_whole or len(answer) > _SEARCHED_BYTES
        text = _redacted(_without_unfinished(text) if is_cut else text, known, is_cut=is_cut)
    return text.encode(errors="surrogateescape")[:KEPT_BYTES]


def _without_unfinished(text: str) -> str:
    """The text without a character or an escape at its end that may be incomplete."""
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
    """Start and end of each place where a secret is. Places may overlap."""
    plain = _Plain(text)
    at_end = plain.text.rstrip("\\")  # backslashes at the end may belong to an escape whose rest is missing
    for secret in secrets:
        yield from ((at, at + len(secret)) for at in _all(secret, text))
        for sought in _sought(secret):
            yield from (plain.span(at, at + len(sought)) for at in _all(sought, plain.text))
            if is_cut and (length := _length_of_beginning(at_end, sought)):
                yield plain.span(len(at_end) - length, len(plain.text))


@lru_cache(_CACHED_SECRETS)
def _sought(secret: str) -> set[str]:
    """The forms in which _Plain may show the secret: alone, and after a backslash that is not part of it.

    Backslashes at both ends of the secret are left out, as they cannot be told from escapes of the text beside it.
    """
    return {_Plain(form).text.strip("\\") or "\\" for form in (secret, f"\\{secret}")}


def _all(sought: str, text: str) -> Iterator[int]:
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + len(sought))


def _length_of_beginning(text: str, sought: str) -> int:
    """The length of the longest beginning of `sought` that the text ends with."""
    borders = _borders(sought)
    length = 0
    for character in text[-len(sought) :]:
        while length and (length == len(sought) or sought[length] != character):
            length = borders[length - 1]
        if sought[length] == character:
            length += 1
    return length


def _borders(sought: str) -> Sequence[int]:
    """The table of Knuth, Morris and Pratt, which lets a search look at each character of a text once.

    For each beginning of `sought`, it has the length of the longest shorter beginning that the beginning ends with.
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
    """A text without its escapes, which knows where in the original each character was.

    Any number of backslashes before a character that can be escaped counts as one escape. Before any other character
    they count as one backslash. So a text has one plain form, whether it was escaped once, more often or not at all.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = list(range(len(text) + 1))
        for _ in range(_LEVELS):
            if "\\" in self.text:
                self._unescape()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original text of a place in the plain text."""
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
