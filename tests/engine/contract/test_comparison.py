"""A change breaks where a receiver of the old contract may get a value that it was not promised."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from examples import examples
from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.contract.comparison import compare
from engine.contract.schemas import Json, null_schema, one_of, open_schema, or_null
from engine.contract.shape import object_schema

INT: Json = {"type": "integer", "minimum": -5, "maximum": 5}
TEXT: Json = {"type": "string", "maxLength": 10}
MONEY: Json = {"type": "number", "multipleOf": Decimal("0.01")}
CODE: Json = {"type": "string", "enum": ["a", "b"]}
DATE: Json = {"type": "string", "format": "date"}
TIME: Json = {"type": "string", "pattern": r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?$"}
ROWS: Json = {"type": "array", "items": object_schema({"x": INT}), "maxItems": 1000}

BREAKS: list[tuple[Json, Json, str]] = [
    (INT, or_null(INT), "may be null now"),
    (INT, {**INT, "maximum": 6}, "may be greater now"),
    (INT, {**INT, "minimum": -6}, "may be less now"),
    (INT, {"type": "integer"}, "may be greater now"),
    (INT, TEXT, "of another type now: it was whole number, from -5 to 5; it is string, at most 10 characters."),
    (INT, {**INT, "type": "number"}, "more digits after the point"),
    (INT, open_schema(), "is open now"),
    (INT, null_schema(), "is always null now"),
    (null_schema(), INT, "no longer null always"),
    (TEXT, {**TEXT, "maxLength": 11}, "may be longer now"),
    (TEXT, {"type": "string"}, "may be longer now"),
    (TEXT, DATE, "of another type now"),
    (TEXT, {**TEXT, "contentEncoding": "base64"}, "of another type now"),
    (TEXT, {"type": "string", "const": "x" * 11}, 'may be "xxxxxxxxxxx" now'),
    (MONEY, {"type": "number", "multipleOf": Decimal("0.0001")}, "more digits after the point"),
    (MONEY, {"type": "number"}, "more digits after the point"),
    (MONEY, {"type": "number", "enum": [Decimal("1.5"), Decimal("0.005")]}, "may be 0.005 now"),
    (TIME, {**TIME, "pattern": TIME["pattern"].replace("1,3", "1,6")}, "more digits after the point"),
    (CODE, {**CODE, "enum": ["a", "b", "c"]}, 'may be "c" now'),
    (CODE, TEXT, "other values than those that were listed"),
    ({"type": "boolean", "const": True}, {"type": "boolean"}, "may be false now"),
    (object_schema({"a": INT, "b": TEXT}), object_schema({"a": INT}), "/b is no longer there."),
    (object_schema({"a": INT, "b": TEXT}), object_schema({"a": INT, "c": TEXT}), "it seems to be /c now"),
    (object_schema({"a": INT, "b": TEXT}), object_schema({"B": INT, "a": INT}), "it seems to be /B now"),
    (object_schema({"a": INT}), object_schema({"a": INT}, []), "/a is not always there any more."),
    (object_schema({"a/~": INT}), object_schema({"a/~": or_null(INT)}), "/a~1~0 may be null now"),
    (ROWS, object_schema({"x": INT}), "of another type now"),
    (object_schema({"x": INT}), ROWS, "of another type now"),
    (ROWS, {**ROWS, "maxItems": 1001}, "may have more items now"),
    ({**ROWS, "minItems": 1}, ROWS, "may have fewer items now"),
    (ROWS, {**ROWS, "items": object_schema({"x": or_null(INT)})}, "/*/x may be null now"),
    ({"type": "array", "maxItems": 0}, ROWS, "may have more items now"),
    (
        {"type": "array", "prefixItems": [INT, TEXT], "items": False},
        {"type": "array", "prefixItems": [INT, INT], "items": False},
        "/1 is of another type now",
    ),
    (object_schema({"a": INT}), one_of([object_schema({"a": INT}), object_schema({"b": INT})]), "object of b"),
    (one_of([INT, TEXT]), one_of([INT, {**TEXT, "maxLength": 11}]), "may be longer now"),
    (object_schema({"a": INT}), {"not": {}}, "is never sent any more"),
]
BEARABLE: list[tuple[Json, Json, str]] = [
    (or_null(INT), INT, "is never null any more."),
    (or_null(INT), null_schema(), "is always null now"),
    (INT, {**INT, "maximum": 4}, "is less at most now"),
    ({**INT, "type": "number"}, INT, "fewer digits after the point"),
    (TEXT, {**TEXT, "maxLength": 9}, "is shorter at most now"),
    (TEXT, CODE, "has only some values now"),
    (CODE, {"type": "string", "const": "b"}, 'is never "a" any more.'),
    ({"type": "boolean"}, {"type": "boolean", "const": True}, "is never false any more."),
    (open_schema(), INT, "is promised now"),
    (object_schema({"a": INT}), object_schema({"a": INT, "b": TEXT}), "/b is new: string, at most 10 characters."),
    (object_schema({"a": INT}, []), object_schema({"a": INT}), "/a is always there now."),
    (object_schema({"a": INT, "b": TEXT}), object_schema({"b": TEXT, "a": INT}), "in another order"),
    (one_of([INT, TEXT]), TEXT, "has 1 alternative less."),
    (ROWS, {**ROWS, "maxItems": 999}, "fewer items at most"),
    ({"not": {}}, INT, "is sent now"),
]


@pytest.mark.parametrize(("old", "new", "words"), BREAKS)
def test_what_breaks(old: Json, new: Json, words: str) -> None:
    found = [difference.words for difference in compare(old, new) if difference.is_breaking]
    assert len([each for each in found if words in each]) == 1, found


@pytest.mark.parametrize(("old", "new", "words"), BEARABLE)
def test_what_receivers_can_bear(old: Json, new: Json, words: str) -> None:
    found = compare(old, new)
    assert [each.words for each in found if each.is_breaking] == []
    assert len([each for each in found if words in each.words]) == 1, found


@pytest.mark.parametrize("schema", [each for pair in (*BREAKS, *BEARABLE) for each in pair[:2]])
def test_nothing_changed_and_words_do_not_count(schema: Json) -> None:
    assert compare(schema, {**schema, "description": "In other words.", "examples": [1], "title": "x"}) == []


def test_a_member_may_be_called_as_a_keyword_is() -> None:
    (found,) = compare(object_schema({"description": INT}), object_schema({"description": TEXT}))
    assert (found.pointer, found.is_breaking) == ("/description", True)


def test_thousands_of_members_are_compared_in_one_walk() -> None:
    count = 20_000
    old = object_schema({f"a{number}": INT for number in range(count)})
    new = object_schema({f"b{number}": INT for number in range(count)})
    assert len(compare(old, new)) == 2 * count


LEAVES: list[Json] = [
    INT, {**INT, "maximum": 3}, {**INT, "minimum": -9}, {"type": "integer"}, TEXT, {**TEXT, "maxLength": 2},
    {"type": "string"}, MONEY, {"type": "number"}, CODE, {"type": "string", "const": "a"},
    {"type": "string", "enum": ["a", "b", "c"]}, {"type": "boolean"}, {"type": "boolean", "const": False},
    null_schema(), open_schema(), {"type": "integer", "enum": [1, 4]},
]  # fmt: skip


def schema_by_chance(chance: random.Random, depth: int) -> Json:
    kind = chance.randrange(9) if depth else 0
    if kind < 5:
        found = chance.choice(LEAVES)
        return or_null(found) if chance.random() < 0.2 else found
    if kind < 7:
        names = [name for name in "abc" if chance.random() < 0.8]
        required = [name for name in names if chance.random() < 0.8]
        return object_schema({name: schema_by_chance(chance, depth - 1) for name in names}, required)
    if kind == 7:
        limits = {"maxItems": chance.randrange(1, 4), "minItems": chance.randrange(2)}
        return {"type": "array", "items": schema_by_chance(chance, depth - 1), **limits}
    return one_of([schema_by_chance(chance, depth - 1) for _ in range(chance.randrange(1, 4))])


def changed_by_chance(chance: random.Random, schema: Json) -> Json:
    """The schema with a change somewhere, or none."""
    if chance.random() < 0.1:
        return schema_by_chance(chance, 1)
    found = dict(schema)
    if chance.random() < 0.3 and "maxLength" in found:
        return {**found, "maxLength": found["maxLength"] - 1}
    if chance.random() < 0.3 and "enum" in found and len(found["enum"]) > 2:
        return {**found, "enum": found["enum"][1:]}
    if "properties" in found:
        members = {name: changed_by_chance(chance, each) for name, each in found["properties"].items()}
        if chance.random() < 0.2:
            members["d"] = schema_by_chance(chance, 0)
        return object_schema(members, [name for name in found["required"] if chance.random() < 0.95])
    if isinstance(found.get("items"), dict):
        return {**found, "items": changed_by_chance(chance, found["items"])}
    if "anyOf" in found:
        return one_of([changed_by_chance(chance, each) for each in found["anyOf"]])
    return found


def value_by_chance(chance: random.Random, schema: Json) -> Any:
    """A value that fits the schema."""
    if "anyOf" in schema:
        return value_by_chance(chance, chance.choice(schema["anyOf"]))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    types = schema.get("type", ["string", "null", "integer"])
    match chance.choice([types] if isinstance(types, str) else types):
        case "null":
            return None
        case "boolean":
            return chance.random() < 0.5
        case "integer":
            return chance.randint(schema.get("minimum", -20), schema.get("maximum", 20))
        case "number":
            return chance.choice([1, Decimal("-0.25"), Decimal("0.125") if "multipleOf" not in schema else 7])
        case "string":
            return chance.choice("abcd") * chance.randint(0, schema.get("maxLength", 12))
        case "array":
            count = chance.randint(schema.get("minItems", 0), schema["maxItems"])
            return [value_by_chance(chance, schema["items"]) for _ in range(count)]
    members = schema["properties"]
    names = [name for name in members if name in schema["required"] or chance.random() < 0.5]
    return {name: value_by_chance(chance, members[name]) for name in names}


def bearing(schema: Any) -> Any:
    """The schema for a receiver that bears members that it does not know."""
    if isinstance(schema, list):
        return [bearing(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: bearing(each) for name, each in schema.items() if name != "additionalProperties"}


def test_what_is_called_bearable_never_gives_what_was_not_promised() -> None:
    counts = {"tried": 0, "bearable": 0}

    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=examples(1500))
    def bears(seed: int) -> None:
        """One schema, changed, and values of the new one."""
        chance = random.Random(seed)  # noqa: S311
        old = schema_by_chance(chance, 3)
        new = changed_by_chance(chance, old)
        note(f"{old}\n{new}")
        counts["tried"] += 1
        if any(difference.is_breaking for difference in compare(old, new)):
            return
        counts["bearable"] += old != new
        before = jsonschema_rs.Draft202012Validator(bearing(old))
        after = jsonschema_rs.Draft202012Validator(new)
        for _ in range(10):
            value = value_by_chance(chance, new)
            assert after.is_valid(value), "the test's own values fit"
            assert before.is_valid(value), value

    bears()
    assert counts["bearable"] * 50 >= counts["tried"], "enough of it was bearable"
