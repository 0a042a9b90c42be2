"""JSON text to a tree, refusing what two readers might take differently."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgspec

from engine.encoding.writing import HOLE, MAX_DEPTH
from engine.json_members import repeated_names


class InvalidJSONError(ValueError):
    """The text is not one acceptable JSON value; `position` counts characters from 0.

    The message is a clause about the text as "it", and quotes nothing of it.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


def read_json(text: str, *, hole: str | None = None, depth: int = MAX_DEPTH) -> object:
    """The one JSON value in `text`, ready for `encode_canonical`: numbers keep the digits they are written with.

    A text value equal to `hole` becomes HOLE. Refused, with InvalidJSONError: two members of one name in an object,
    `NaN` and `Infinity`, nesting beyond `depth`, and whatever RFC 8259 does not allow.
    """
    try:
        tree = _decode(text)
        return _with_holes(tree, hole, depth)
    except json.JSONDecodeError as error:
        message, position = f"it is not one JSON value ({error.msg})", error.pos
    except InvalidJSONError:
        raise
    except RecursionError:
        message, position = f"it is nested deeper than {MAX_DEPTH} levels", None
    # Raised here, not in a handler: JSONDecodeError keeps the whole text.
    raise InvalidJSONError(message, position)


def _with_holes(value: object, hole: str | None, depth: int) -> object:
    if isinstance(value, str):
        return HOLE if value == hole else value
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise InvalidJSONError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [_with_holes(item, hole, depth - 1) for item in value]
    if hole in value:
        raise InvalidJSONError("it has the secret where a member's name belongs")
    return {name: _with_holes(item, hole, depth - 1) for name, item in value.items()}


def _number(digits: str) -> msgspec.Raw:
    return msgspec.Raw(digits.encode())


def _no_constant(_name: str) -> object:
    raise InvalidJSONError("it holds NaN or Infinity, which are no JSON numbers")


def _no_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(members)
    if repeated_names(members, unique):
        raise InvalidJSONError("it has an object with two members of one name")
    return unique


def strict_decoder(
    *, parse_float: Callable[[str], object], parse_int: Callable[[str], object] = int
) -> Callable[[str], object]:
    """The standard library's decoder, which here refuses two members of one name, `NaN` and `Infinity`.

    What it gives raises InvalidJSONError for these, json.JSONDecodeError (which keeps the whole text), RecursionError,
    and what the two functions raise for a number's text.
    """
    return json.JSONDecoder(
        object_pairs_hook=_no_duplicates, parse_float=parse_float, parse_int=parse_int, parse_constant=_no_constant
    ).decode


_decode: Final = strict_decoder(parse_float=_number, parse_int=_number)
