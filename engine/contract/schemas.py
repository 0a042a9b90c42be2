"""JSON Schemas as values: those of parts that are not known, of null, and of several alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
OPEN_MARK: Final = "x-open"
_NULL: Final[Json] = {"type": "null"}
_MOST_ALTERNATIVES: Final = 32


def open_schema() -> Json:
    """Of what nothing can be derived."""
    return {OPEN_MARK: True}


def null_schema() -> Json:
    """Of null alone."""
    return dict(_NULL)


def is_open(schema: Json) -> bool:
    """Whether nothing is promised by it."""
    return schema.get(OPEN_MARK) is True


def types_of(schema: Json) -> tuple[str, ...]:
    """The types that a schema without alternatives names; none where it names none."""
    found = schema.get("type", ())
    return (found,) if isinstance(found, str) else tuple(found)


def may_be_null(schema: Json) -> bool:
    """Whether null fits the schema."""
    if is_open(schema):
        return True
    if "anyOf" in schema:
        return any(map(may_be_null, schema["anyOf"]))
    return "null" in types_of(schema)


def or_null(schema: Json) -> Json:
    """The schema for the same values, and null."""
    if may_be_null(schema):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], null_schema()]}
    found = {**schema, "type": [*types_of(schema), "null"]}
    if "const" in found:
        found["enum"] = [found.pop("const"), None]
    elif "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found


def without_null(schema: Json) -> Json:
    """The schema for the same values but null; of null alone it stays as it is."""
    if is_open(schema) or schema == _NULL or not may_be_null(schema):
        return schema
    if "anyOf" in schema:
        return one_of([without_null(each) for each in schema["anyOf"] if each != _NULL])
    found = {**schema, "type": _one_or_all([name for name in types_of(schema) if name != "null"])}
    if "enum" in found:
        found["enum"] = [value for value in found["enum"] if value is not None]
    return found


def one_of(schemas: Iterable[Json]) -> Json:
    """The schema of a value that fits one of several; without any, of none at all that is known."""
    every = list(_flat(schemas))
    if not every or any(map(is_open, every)):
        return open_schema()
    has_null = any(map(may_be_null, every))
    found = _distinct([without_null(each) for each in every if each != _NULL])
    if not found:
        return null_schema()
    found = _with_values_together(found)
    if len(found) > _MOST_ALTERNATIVES:
        return open_schema()
    chosen: Json = found[0] if len(found) == 1 else {"anyOf": found}
    return or_null(chosen) if has_null else chosen


def _flat(schemas: Iterable[Json]) -> Iterator[Json]:
    for schema in schemas:
        if "anyOf" in schema:
            yield from schema["anyOf"]
        else:
            yield schema


def _distinct(schemas: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    for schema in schemas:
        if schema not in found:
            found.append(schema)
    return found


def _with_values_together(schemas: list[Json]) -> list[Json]:
    """Closed sets of values of one type become one set."""
    found: list[Json] = []
    sets: dict[str, Json] = {}
    for schema in schemas:
        values = values_of(schema)
        types = types_of(schema)
        if values is None or len(types) != 1:
            found.append(schema)
            continue
        known = sets.get(types[0])
        if known is None:
            sets[types[0]] = known = {"type": types[0], "enum": []}
            found.append(known)
        known["enum"] += [value for value in values if value not in known["enum"]]
    return [_as_const(schema) for schema in found]


def values_of(schema: Json) -> list[Any] | None:
    """The values that a schema lists; None where it lists none."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _as_const(schema: Json) -> Json:
    values = schema.get("enum")
    if not isinstance(values, list) or len(values) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "enum"}, "const": values[0]}


def _one_or_all(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names
