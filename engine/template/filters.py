"""The filters that a template may use.

Jinja's names, but each is total on canonical values: null gives null (except to `default`), and what a filter cannot
take is an OperationError rather than a guess. None gives more than a few times the text that it got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.template.operations import OperationError, kind_of, number_of, round_half_up, text_of

_INT: Final = re.compile(r"[+-]?[0-9]{1,38}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filter:
    """`apply` takes the value, then the template's arguments; `summary` is for the reference.

    `default` has none: what is not there at all, only the renderer can see.
    """

    apply: Callable[..., object] | None
    most_arguments: int
    summary: str


def _first(value: object) -> object:
    items = _items(value)
    return items[0] if items else None


def _last(value: object) -> object:
    items = _items(value)
    return items[-1] if items else None


def _items(value: object) -> Sequence[object]:
    if isinstance(value, list | tuple):
        return value
    if value is None:
        return ()
    raise OperationError(f"{kind_of(value)} has no items")


def _length(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise OperationError(f"{kind_of(value)} has no length")


def _int(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        if not _INT.fullmatch(value):
            raise OperationError("the text is no whole number")
        return int(value)
    number = number_of(value)
    if number != (whole := int(number)):
        raise OperationError("the number is not whole")
    return whole


def _round(value: object, digits: object = 0) -> Decimal | None:
    return round_half_up(value, digits)


def _on_text(function: Callable[[str], str]) -> Callable[[object], object]:
    return lambda value: None if value is None else function(text_of(value))


FILTERS: Final[Mapping[str, Filter]] = {
    "default": Filter(
        None, 2, "`x | default(y)`: y where `data` has no x; with `default(y, true)` also where x is null or empty."
    ),
    "first": Filter(_first, 0, "The first row or item; null where there is none."),
    "int": Filter(_int, 0, 'The whole number that a text or number is: `"18142" | int` is 18142.'),
    "last": Filter(_last, 0, "The last row or item; null where there is none."),
    "length": Filter(_length, 0, "How many rows, items or characters."),
    "lower": Filter(_on_text(str.lower), 0, "The text in lower case."),
    "round": Filter(_round, 1, "`x | round(2)`: the number with two decimals, a half rounded away from zero."),
    "string": Filter(_on_text(str), 0, "The value as a text: 123.00 becomes `123.00` in quotes."),
    "trim": Filter(_on_text(str.strip), 0, "The text without blanks at its ends."),
    "upper": Filter(_on_text(str.upper), 0, "The text in upper case."),
}
"""By name, in order."""
