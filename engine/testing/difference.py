"""Two JSON texts side by side, for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from itertools import islice

import msgspec

_MOST_LINES = 200
_AROUND = 24


def difference(expected: bytes, actual: bytes, secret: str | None = None) -> tuple[str, ...]:
    """Lines that show where `actual` departs from `expected`; none where they are equal.

    A unified diff of the indented JSON, members in their order and numbers as written; where that shows nothing, the
    offset of the first byte that differs. `secret`, where it is a whole string of the JSON, is masked by asterisks.
    """
    if expected == actual:
        return ()
    before, after = _masked(expected, secret), _masked(actual, secret)
    lines = unified_diff(_indented(before), _indented(after), "expected", "composed", lineterm="")
    shown = list(islice(lines, _MOST_LINES + 1))
    if len(shown) > _MOST_LINES:
        shown[_MOST_LINES:] = ["(more lines differ)"]
    return tuple(shown or _first_byte(expected, actual, before, after))


def _masked(content: bytes, secret: str | None) -> bytes:
    """The content with as many bytes, so that offsets stay true."""
    if not secret:
        return content
    text = msgspec.json.encode(secret)
    return content.replace(text, b'"' + b"*" * (len(text) - 2) + b'"')


def _indented(content: bytes) -> list[str]:
    with suppress(msgspec.DecodeError):  # what is no JSON is shown as it is
        content = msgspec.json.format(content, indent=2)
    return content.decode(errors="backslashreplace").split("\n")


def _first_byte(expected: bytes, actual: bytes, before: bytes, after: bytes) -> Iterator[str]:
    pairs = zip(expected, actual, strict=False)
    offset = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(actual)))
    yield f"The JSON is equal, the bytes are not; the first difference is at byte {offset}:"
    yield f"  expected {_around(before, offset)}"
    yield f"  composed {_around(after, offset)}"


def _around(content: bytes, offset: int) -> str:
    """The bytes before the offset, then a mark, then those from it on."""
    before = repr(content[max(offset - _AROUND, 0) : offset])[2:-1]
    after = repr(content[offset : offset + _AROUND])[2:-1]
    return f"{before} >>> {after or '(the end)'}"
