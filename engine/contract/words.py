"""Contracts in words, for people: what one schema promises, and the members of a body as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from engine.contract.schemas import Json, is_open, may_be_null, null_schema, types_of, values_of, without_null
from engine.encoding import encode

_MOST_LISTED: Final = 20
EACH: Final = "*"
"""In a pointer, whichever item of an array."""


class Row(Struct, frozen=True, gc=False):
    """One member, item or alternative of a body. `depth` counts the objects, arrays and alternatives around it."""

    pointer: str
    name: str
    depth: int
    words: str
    note: str
    is_member: bool
    is_open: bool
    is_optional: bool = False


def pointer_to(pointer: str, name: str) -> str:
    """The JSON pointer of a member (RFC 6901)."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def words_of(schema: Json) -> str:
    """What a schema promises of one value, without what is inside of it."""
    if is_open(schema):
        return "open: nothing is promised"
    if schema == null_schema():
        return "always null"
    plain = without_null(schema)
    words = _words(plain)
    return f"{words}, or null" if may_be_null(schema) else words


def _words(schema: Json) -> str:
    values = values_of(schema)
    if values is not None:
        return _listed(values)
    if "anyOf" in schema:
        return f"one of {len(schema['anyOf'])} alternatives"
    types = types_of(schema)
    match types[0] if len(types) == 1 else "":
        case "string":
            return _string(schema)
        case "integer":
            return "whole number" + _range(schema)
        case "number":
            return _number(schema) + _range(schema)
        case "boolean":
            return "true or false"
        case "array":
            return "array" + _count(schema)
        case "object":
            return "object"
    return " or ".join(types) if types else "nothing"


def _listed(values: list[Any]) -> str:
    shown = [encode(value)[0].decode() for value in sorted(values, key=_order)[:_MOST_LISTED]]
    more = f", and {len(values) - _MOST_LISTED} more" if len(values) > _MOST_LISTED else ""
    return f"always {shown[0]}" if len(values) == 1 else f"one of {', '.join(shown)}{more}"


def _order(value: Any) -> tuple[int, Any]:
    """By kind, and then as people look for a value: numbers by size, text by its letters."""
    if isinstance(value, int | float | Decimal):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, encode(value)[0])


def _string(schema: Json) -> str:
    length = schema.get("maxLength")
    limit = f", at most {length} character{'' if length == 1 else 's'}" if length is not None else ""
    pattern = str(schema.get("pattern", ""))
    if schema.get("contentEncoding") == "base64":
        return f"base64 string{limit}"
    match schema.get("format"):
        case "uuid":
            return "GUID, in upper case with hyphens"
        case "date":
            return "date, such as 2026-11-24"
        case "date-time":
            return "date and time with an offset" + _fraction(pattern)
    if "T[0-9]" in pattern:
        return "date and time without an offset" + _fraction(pattern)
    return ("time of day" + _fraction(pattern) if pattern else "string") + limit


def _fraction(pattern: str) -> str:
    digits = fraction_digits(pattern)
    if digits is None:
        return ""
    return f", seconds with at most {digits} decimals" if digits > 1 else ", in whole seconds" if not digits else ""


def fraction_digits(pattern: str) -> int | None:
    """How many digits after the second a pattern of a contract allows; None where it is another pattern."""
    before, mark, behind = pattern.partition(r"(\.[0-9]{1,")
    if mark:
        return int(behind.partition("}")[0])
    return 0 if before.startswith("^[0-9]") else None


def _digits(count: int) -> str:
    return f"at most {count} digit{'' if count == 1 else 's'} after the point"


def _number(schema: Json) -> str:
    unit = schema.get("multipleOf")
    if unit is None:
        return "number"
    return f"decimal number, {_digits(scale_of(unit))}"


def scale_of(unit: object) -> int:
    """The digits after the point of the numbers that are multiples of a unit such as 0.01."""
    exponent = Decimal(str(unit)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _range(schema: Json) -> str:
    least, greatest = (None if end is None else _plain(end) for end in (schema.get("minimum"), schema.get("maximum")))
    if least is not None and greatest is not None:
        return f", from {least} to {greatest}"
    return f", at least {least}" if least is not None else f", at most {greatest}" if greatest is not None else ""


def _plain(number: int | float | Decimal) -> str:
    """Without an exponent."""
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


def _count(schema: Json) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if most is None:
        return "" if least is None else f" of at least {least}"
    if least == most:
        return f" of {most}"
    return f" of at most {most}" if not least else f" of {least} to {most}"


def rows_of(schema: Json) -> list[Row]:
    """The members of a body and of what is inside of it, from the outside in."""
    return list(_inside(schema, "", 0))


def _inside(schema: Json, pointer: str, depth: int) -> Iterator[Row]:
    plain = without_null(schema)
    if "anyOf" in plain:
        for number, choice in enumerate(plain["anyOf"], 1):
            yield _row(choice, pointer, f"alternative {number}", depth)
            yield from _inside(choice, pointer, depth + 1)
        return
    required = set(plain.get("required", ()))
    for name, member in plain.get("properties", {}).items():
        place = pointer_to(pointer, name)
        yield _row(member, place, name, depth, is_member=True, is_optional=name not in required)
        yield from _inside(member, place, depth + 1)
    items = plain.get("items")
    if isinstance(items, dict):
        place = f"{pointer}/{EACH}"
        yield _row(items, place, "each", depth)
        yield from _inside(items, place, depth + 1)
    for number, item in enumerate(plain.get("prefixItems", ())):
        place = f"{pointer}/{number}"
        yield _row(item, place, f"item {number}", depth)
        yield from _inside(item, place, depth + 1)


def _row(
    schema: Json, pointer: str, name: str, depth: int, *, is_member: bool = False, is_optional: bool = False
) -> Row:
    return Row(pointer, name, depth, words_of(schema), _note(schema), is_member, is_open(schema), is_optional)


_TOLD: Final = "A decimal number with"


def _note(schema: Json) -> str:
    """The schema's own words, where they say more than the words made here."""
    note = str(schema.get("description", ""))
    return "" if note.startswith(_TOLD) else note
