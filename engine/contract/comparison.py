"""What changed between two contracts of one body, and whether receivers can bear it (definition language, section 11).

A receiver bears what it was promised, and members that it does not know. So a change breaks where the new contract
allows a value that the old one did not, or no longer has a member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from engine.contract.schemas import Json, is_open, may_be_null, null_schema, types_of, values_of, without_null
from engine.contract.words import EACH, fraction_digits, pointer_to, scale_of, words_of
from engine.encoding import encode

_NOTES: Final = {"title", "description", "examples", "$schema"}
_FRACTION: Final = r"(\.[0-9]{1,"
_MOST_NAMED: Final = 10


class Difference(Struct, frozen=True, gc=False):
    """One change. `pointer` is the member's JSON pointer, `words` a sentence about it."""

    pointer: str
    is_breaking: bool
    words: str


def compare(old: Json, new: Json) -> list[Difference]:
    """The changes from one contract's schema to another's, from the outside in."""
    return list(_value("", _bare(old), _bare(new)))


def _bare(schema: Json) -> Json:
    """The schema without what is said for people only."""
    found = {keyword: value for keyword, value in schema.items() if keyword not in _NOTES}
    if "properties" in found:
        found["properties"] = {name: _bare(member) for name, member in found["properties"].items()}
    if isinstance(found.get("items"), dict):
        found["items"] = _bare(found["items"])
    for keyword in found.keys() & {"anyOf", "prefixItems"}:
        found[keyword] = [_bare(each) for each in found[keyword]]
    return found


def _breaks(pointer: str, words: str) -> Difference:
    return Difference(pointer, True, f"{pointer or 'The body'} {words}")


def _bearable(pointer: str, words: str) -> Difference:
    return Difference(pointer, False, f"{pointer or 'The body'} {words}")


def _changed(pointer: str, words: str, old: Json, new: Json) -> Difference:
    return _breaks(pointer, f"{words}: it was {words_of(old)}; it is {words_of(new)}.")


def _narrowed(pointer: str, words: str, new: Json) -> Difference:
    return _bearable(pointer, f"{words}: it is {words_of(new)}.")


def _value(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    if old == new:
        return
    if is_open(old):
        yield _bearable(pointer, f"is promised now: {words_of(new)}.")
    elif is_open(new):
        yield _breaks(pointer, f"is open now, and was promised to be {words_of(old)}.")
    elif new == null_schema():
        if may_be_null(old):
            yield _narrowed(pointer, "is always null now", new)
        else:
            yield _changed(pointer, "is always null now", old, new)
    elif old == null_schema():
        yield _changed(pointer, "is no longer null always", old, new)
    else:
        yield from _present(pointer, old, new)


def _present(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    """Of values that are not always null."""
    if may_be_null(new) and not may_be_null(old):
        yield _changed(pointer, "may be null now", old, new)
    elif may_be_null(old) and not may_be_null(new):
        yield _bearable(pointer, "is never null any more.")
    old, new = without_null(old), without_null(new)
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(pointer, old, new)
    else:
        yield from _plain(pointer, old, new)


def _alternatives(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    """Each alternative is compared with that which it resembles most."""
    before, after = old.get("anyOf", [old]), new.get("anyOf", [new])
    kept: list[Json] = [choice for choice in before if choice in after]
    for number, choice in enumerate(after, 1):
        if choice in before:
            continue
        nearest, found = min(
            ((each, list(_value(pointer, each, choice))) for each in before),
            key=lambda pair: (_kind(pair[0]) != _kind(choice), sum(each.is_breaking for each in pair[1])),
        )
        if len(after) > len(before) and any(difference.is_breaking for difference in found):
            yield _breaks(pointer, f"has another alternative now, the {number}. of {len(after)}: {_inside(choice)}.")
            continue
        kept.append(nearest)
        yield from found
    gone = sum(choice not in kept for choice in before)
    if gone:
        yield _bearable(pointer, f"has {gone} alternative{'' if gone == 1 else 's'} less.")


def _inside(schema: Json) -> str:
    """What an alternative is, in words that tell it from others."""
    names = list(schema.get("properties", {}))
    if not names:
        return words_of(schema)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"object of {', '.join(names[:_MOST_NAMED])}{more}"


def _plain(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    """Of values of one type each."""
    if "not" in new or "not" in old:
        if old != new:
            is_gone = "not" in new
            yield (_breaks if is_gone else _bearable)(
                pointer, f"is {'never sent any more' if is_gone else 'sent now'}."
            )
    elif _kind(old) != _kind(new):
        yield _changed(pointer, "is of another type now", old, new)
    elif _values(old) is not None or _values(new) is not None:
        yield from _listed(pointer, old, new)
    else:
        yield from _limits(pointer, old, new)
        if "properties" in old or "properties" in new:
            yield from _members(pointer, old, new)
        yield from _items(pointer, old, new)


def _kind(schema: Json) -> tuple[object, ...]:
    """What decides how a receiver reads a value; the digits of a second's fraction do not."""
    types = tuple(sorted({"number" if name == "integer" else name for name in types_of(schema)}))
    before, mark, behind = str(schema.get("pattern", "")).partition(_FRACTION)
    pattern = before + behind.partition(")?")[2] if mark else before
    return types, schema.get("format"), schema.get("contentEncoding"), pattern


def _values(schema: Json) -> list[Any] | None:
    found = values_of(schema)
    return [False, True] if found is None and types_of(schema) == ("boolean",) else found


def _listed(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    """Where one of the two lists its values."""
    before, after = _values(old), _values(new)
    if after is None:
        yield _changed(pointer, "may have other values than those that were listed", old, new)
        return
    further = [value for value in after if not (_fits(value, old) if before is None else value in before)]
    if further:
        yield _breaks(pointer, f"may be {_shown(further)} now; it was {words_of(old)}.")
    if before is None:
        if not further:
            yield _narrowed(pointer, "has only some values now", new)
        return
    gone = [value for value in before if value not in after]
    if gone:
        yield _bearable(pointer, f"is never {_shown(gone)} any more.")


def _shown(values: Sequence[Any]) -> str:
    more = f" or {len(values) - _MOST_NAMED} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(encode(value)[0].decode() for value in values[:_MOST_NAMED]) + more


def _fits(value: Any, schema: Json) -> bool:
    """Whether a value of the right type is within the schema's limits."""
    if isinstance(value, str):
        return bool(len(value) <= schema.get("maxLength", len(value)))
    least, greatest = schema.get("minimum", value), schema.get("maximum", value)
    digits = _digits(schema)
    is_exact = digits is None or scale_of(value) <= digits
    return is_exact and bool(least <= value <= greatest)


def _digits(schema: Json) -> int | None:
    """How many digits after the point, or the second, there are at most; None without a limit."""
    if types_of(schema) == ("integer",):
        return 0
    unit = schema.get("multipleOf")
    return scale_of(unit) if unit is not None else fraction_digits(str(schema.get("pattern", "")))


def _most_items(schema: Json) -> int | None:
    found: int | None = schema.get("maxItems")
    if schema.get("items") is False:
        fixed = len(schema.get("prefixItems", ()))
        return fixed if found is None else min(found, fixed)
    return found


def _negative(limit: int | Decimal | None) -> int | Decimal | None:
    return None if limit is None else -limit


def _limits(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    """Upper limits, None where there is none; a lower one is the upper one of the negative."""
    for wider, narrower, before, after in (
        ("may be longer", "is shorter at most", old.get("maxLength"), new.get("maxLength")),
        ("has more digits after the point", "has fewer digits after the point", _digits(old), _digits(new)),
        ("may be greater", "is less at most", old.get("maximum"), new.get("maximum")),
        ("may be less", "is greater at least", _negative(old.get("minimum")), _negative(new.get("minimum"))),
        ("may have more items", "has fewer items at most", _most_items(old), _most_items(new)),
        ("may have fewer items", "has more items at least", -old.get("minItems", 0), -new.get("minItems", 0)),
    ):
        if before is not None and (after is None or after > before):
            yield _changed(pointer, f"{wider} now", old, new)
        elif after is not None and (before is None or after < before):
            yield _narrowed(pointer, f"{narrower} now", new)


def _members(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    before: Mapping[str, Json] = old.get("properties", {})
    after: Mapping[str, Json] = new.get("properties", {})
    sure_before, sure_after = set(old.get("required", ())), set(new.get("required", ()))
    renamed = _renamed(before, after)
    for name, member in before.items():
        place = pointer_to(pointer, name)
        if name not in after:
            now = f": it seems to be {pointer_to(pointer, renamed[name])} now" if name in renamed else ""
            yield _breaks(place, f"is no longer there{now}.")
            continue
        if name in sure_before and name not in sure_after:
            yield _breaks(place, "is not always there any more.")
        elif name in sure_after and name not in sure_before:
            yield _bearable(place, "is always there now.")
        yield from _value(place, member, after[name])
    for name in after:
        if name not in before:
            yield _bearable(pointer_to(pointer, name), f"is new: {words_of(after[name])}.")
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield _bearable(pointer, "has its members in another order.")


def _renamed(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, str]:
    """What members are most likely called now: as new ones at their places and of their types, or but for case."""
    found = {
        old: new
        for old, new in zip(before, after, strict=False)
        if old not in after and new not in before and before[old] == after[new]
    }
    folded = {name.casefold(): name for name in after if name not in before}
    return found | {name: folded[name.casefold()] for name in before if name.casefold() in folded}


def _items(pointer: str, old: Json, new: Json) -> Iterator[Difference]:
    count = max(len(old.get("prefixItems", ())), len(new.get("prefixItems", ())))
    for number in range(count):
        yield from _item(f"{pointer}/{number}", _item_at(old, number), _item_at(new, number))
    yield from _item(f"{pointer}/{EACH}", _item_at(old, count), _item_at(new, count))


def _item_at(schema: Json, number: int) -> Json | None:
    fixed = schema.get("prefixItems", ())
    found = fixed[number] if number < len(fixed) else schema.get("items")
    return found if isinstance(found, dict) else None


def _item(pointer: str, old: Json | None, new: Json | None) -> Iterator[Difference]:
    """Where one of the two has no such item, their counts have told of it."""
    if old is not None and new is not None:
        yield from _value(pointer, old, new)
