"""The state of one rendering, and its bounds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from secrets import token_hex
from typing import Final

from engine.encoding import HOLE
from engine.template.fault import RenderingError

MAX_ITERATIONS: Final = 100_000
"""Rows that all the loops of one rendering may go over together."""

MAX_WORK: Final = 1_000_000
"""Nodes of the template that its loops may evaluate, such as 1,000 for each of 1,000 rows: half a second."""

MAX_PIECES: Final = 300_000
"""Expressions and pieces of the template's own text that may be written, each of which takes about 200 bytes."""

MAX_BYTES: Final = 4 * 1024 * 1024
"""Bytes of UTF-8 that one rendering may write, blanks included."""

MAX_VALUES: Final = 250_000
"""Commas and opening brackets in the rendered text: each may be a value of its own, which takes 60 to 400 bytes."""

MAX_HANDLED: Final = 8 * 1024 * 1024
"""Characters that one rendering may join, compare, search or filter on the way."""

MARK: Final = token_hex(16)
"""Stands for the secret in rendered text; drawn for each process, so that no data can hold it."""

_ITEM: Final = 64
"""What an item of an array counts, in characters."""

_LONG_NUMBER: Final = 100
"""Digits up to which a number is free; of a longer one each pair of digits counts, as reckoning takes the square."""

_BITS: Final = 332
"""Of a whole number with that many digits."""

_QUOTED_MARK: Final = f'"{MARK}"'.encode()


class Rendering:
    """The names in sight, and the text written so far with the place in the template that each piece comes from."""

    __slots__ = (
        "_are_data",
        "_ends",
        "_handled",
        "_iterations",
        "_pieces",
        "_places",
        "_size",
        "_work",
        "_written",
        "names",
    )

    def __init__(self, context: Mapping[str, object]) -> None:
        self.names = {**context, "secret": HOLE}
        self._pieces: list[str] = []
        self._ends: list[int] = []
        self._places: list[int] = []
        self._are_data: list[bool] = []
        self._size = 0
        self._written = 0
        self._handled = 0
        self._iterations = 0
        self._work = 0

    def write(self, text: str, offset: int, *, is_data: bool = False, size: int | None = None) -> None:
        """Appends text, the template's own if `is_data`; RenderingError where it becomes too much.

        `size` is its length in UTF-8, where that is known.
        """
        self._size += len(text)
        self._written += (
            (len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))) if size is None else size
        )
        if self._written > MAX_BYTES:
            raise RenderingError(f"the rendered text is longer than {MAX_BYTES} bytes", offset)
        if len(self._pieces) == MAX_PIECES:
            raise RenderingError(f"the rendered text has more than {MAX_PIECES} pieces", offset)
        self._pieces.append(text)
        self._ends.append(self._size)
        self._places.append(offset)
        self._are_data.append(is_data)

    def text(self) -> str:
        """All that was written; RenderingError where it may hold too many values to read."""
        text = "".join(self._pieces)
        if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
            raise RenderingError(f"the rendered text has more than {MAX_VALUES} commas and opening brackets", 0)
        return text

    def write_json(self, parts: tuple[bytes, ...], offset: int) -> None:
        """Appends a value's JSON, each hole as the mark.

        The blanks keep it from becoming one number with its neighbours; canonical JSON has none of them.
        """
        found = _QUOTED_MARK.join(parts)
        if self._written + len(found) > MAX_BYTES:  # before a copy is made of it
            raise RenderingError(f"the rendered text is longer than {MAX_BYTES} bytes", offset)
        self.write(f" {found.decode()} ", offset, size=len(found) + 2)

    def handle(self, value: object, offset: int) -> None:
        """Counts a text, an array or a long number that an operation goes through; anything else is free."""
        kind = type(value)
        if kind is str:
            self._handled += len(value)  # type: ignore[arg-type]  # it is a text
        elif isinstance(value, list):
            self._handled += len(value) * _ITEM
        elif isinstance(value, int | Decimal):
            self._handled += _work_of(value)
        if self._handled > MAX_HANDLED:
            raise RenderingError(f"the template handles more than {MAX_HANDLED} characters of text", offset)

    @contextmanager
    def inner_names(self, *inner: str) -> Iterator[dict[str, object]]:
        """The names in sight, to be given inner meanings of these; the outer ones hold again afterwards."""
        outer = {name: self.names[name] for name in inner if name in self.names}
        yield self.names
        for name in inner:
            self.names.pop(name, None)
        self.names |= outer

    def iterate(self, rows: int, work: int, offset: int) -> None:
        """Counts rows that a loop goes over, and `work` nodes of the template that it evaluates for them."""
        self._iterations += rows
        self._work += work
        if self._iterations > MAX_ITERATIONS:
            raise RenderingError(f"the loops go over more than {MAX_ITERATIONS} rows in all", offset)
        if self._work > MAX_WORK:
            raise RenderingError("the loops evaluate too much in all: shorten them, or go over fewer rows", offset)

    def place_of(self, position: int) -> int:
        """The offset in the template's text of what made this position of the rendered text."""
        if not self._places:
            return 0
        piece = min(bisect_right(self._ends, position), len(self._ends) - 1)
        start = self._ends[piece - 1] if piece else 0
        return self._places[piece] + (position - start if self._are_data[piece] else 0)


def _work_of(number: int | Decimal) -> int:
    if isinstance(number, int):
        if number.bit_length() <= _BITS:
            return 0
        digits = number.bit_length() * 3 // 10
    elif not number.is_finite():
        return 0
    else:  # also the zeros that its exponent stands for
        _, stored, exponent = number.as_tuple()
        digits = len(stored) + abs(int(exponent))
    return 0 if digits <= _LONG_NUMBER else digits * digits // 256
