"""Two JSON texts side by side, for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from itertools import islice

import msgspec

_MOST_LINES = 200
_AROUND = 24
_DEEPEST = 20  # levels whose members are named one by one


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


def changed_members(expected: bytes, actual: bytes) -> list[str]:
    """What became of the members of a JSON text, in words: `a.b[0] differs`, `c is gone`, `d is new`.

    Empty where the texts differ in something else, such as the order of members.
    """
    return list(_changed(expected, actual, "", _DEEPEST))


def _changed(before: bytes, after: bytes, path: str, levels: int) -> Iterator[str]:
    old, new = _parts(before), _parts(after)
    if levels == 0 or old is None or new is None or before[:1] != after[:1]:
        if path:
            yield f"{path} differs"
        return
    is_object = before[:1] == b"{"
    for name, value in old.items():
        place = _place(path, name, is_object=is_object)
        if name not in new:
            yield f"{place} is gone"
        elif value != new[name]:
            yield from _changed(value, new[name], place, levels - 1)
    for name in new:
        if name not in old:
            yield f"{_place(path, name, is_object=is_object)} is new"


def _place(path: str, name: str, *, is_object: bool) -> str:
    if is_object:
        return f"{path}.{name}" if path else name
    return f"{path}[{name}]"


def _parts(content: bytes) -> dict[str, bytes] | None:
    """The members of an object, or the elements of an array by their indexes, as written; None of anything else."""
    with suppress(msgspec.DecodeError, msgspec.ValidationError):
        found = msgspec.json.decode(content, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
        pairs = found.items() if isinstance(found, dict) else ((str(index), each) for index, each in enumerate(found))
        return {name: bytes(each) for name, each in pairs}
    return None


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
