"""The contract of a template: the JSON that stands between its expressions, whatever way through it is taken.

It is read generously: text that is no JSON is never sent, so what is promised of it does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.contract.expressions import Names
from engine.contract.items import Blank, Builder, Choice, Item, Mark, UnderivableError, Value
from engine.contract.joining import check_numbers
from engine.contract.schemas import Json, one_of, open_schema
from engine.contract.shape import object_schema
from engine.template.fault import TemplateFault
from engine.template.syntax import parse_tree

_MOST_ALTERNATIVES: Final = 16
"""How many ways an object may be put together before the members of some ways become optional."""


def template_schema(text: str, names: Names, max_rows: int) -> Json:
    """The schema of the JSON that a template writes; open where its text has no structure that can be read.

    `names` are the schemas of the context. A template that never sends anything promises nothing that could be sent.
    """
    tree = parse_tree(text)
    if isinstance(tree, TemplateFault):
        return open_schema()
    try:
        items = Builder(max_rows).items(tree.body, names)
        if items is None:
            return {"not": {}, "description": "Nothing is ever sent."}
        check_numbers(items)
        reader = _Reader(items)
        found = _value(reader)
    except (UnderivableError, RecursionError):
        return open_schema()
    return one_of(found) if reader.is_done else open_schema()


@dataclass(slots=True)
class _Reader:
    """Items, and how far they are read. Blanks are left out."""

    items: Sequence[Item]
    index: int = field(default=0)

    def __post_init__(self) -> None:
        self.items = [item for item in self.items if not isinstance(item, Blank)]

    @property
    def is_done(self) -> bool:
        """Whether all items are read."""
        return self.index == len(self.items)

    def peek(self) -> Item | None:
        """The next item, None at the end."""
        return None if self.is_done else self.items[self.index]

    def take(self) -> Item:
        """The next item, which is read then."""
        if self.is_done:
            raise UnderivableError
        self.index += 1
        return self.items[self.index - 1]

    def accept(self, sign: str) -> bool:
        """Reads the mark if it is the next item."""
        if self.peek() != Mark(sign):
            return False
        self.index += 1
        return True

    def expect(self, sign: str) -> None:
        """Reads the mark, which has to be the next item."""
        if not self.accept(sign):
            raise UnderivableError


def _value(reader: _Reader) -> list[Json]:
    """The schemas of what may stand as one value: up to a comma, a closing bracket or the end."""
    found: list[Json] = []
    while (item := reader.peek()) is not None:
        if isinstance(item, Choice):
            if _begins_with_comma(item):
                break
            reader.take()
            for branch in item.branches:
                inner = _Reader(branch)
                found += _value(inner)
                if not inner.is_done:
                    raise UnderivableError
        elif isinstance(item, Mark) and item.sign in ",}]":
            break
        else:
            found.append(_plain(reader))
    return found


def _plain(reader: _Reader) -> Json:
    """One value that begins here."""
    item = reader.take()
    if isinstance(item, Value):
        return item.schema
    if item == Mark("{"):
        return _object(reader)
    if item == Mark("["):
        return _array(reader)
    raise UnderivableError


def _begins_with_comma(choice: Choice) -> bool:
    for branch in choice.branches:
        first = next((item for item in branch if not isinstance(item, Blank)), None)
        if first == Mark(",") or (isinstance(first, Choice) and _begins_with_comma(first)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Elements:
    """What may stand in an array, and how many of it there are; `most` is None without a limit."""

    schemas: tuple[Json, ...] = ()
    least: int = 0
    most: int | None = 0
    is_fixed: bool = True
    """Whether the schemas are those of the items, one by one."""

    def then(self, other: _Elements) -> _Elements:
        """These, and the others behind them."""
        most = None if self.most is None or other.most is None else self.most + other.most
        is_fixed = self.is_fixed and other.is_fixed
        return _Elements((*self.schemas, *other.schemas), self.least + other.least, most, is_fixed)


def _array(reader: _Reader) -> Json:
    found = _elements(reader)
    reader.expect("]")
    if not found.schemas:
        return {"type": "array", "maxItems": 0}
    limits = {"minItems": found.least, "maxItems": found.most}
    limits = {name: limit for name, limit in limits.items() if limit}
    joined = one_of(found.schemas)
    if found.is_fixed and any(schema != found.schemas[0] for schema in found.schemas):
        return {"type": "array", "prefixItems": list(found.schemas), "items": False, **limits}
    return {"type": "array", "items": joined, **limits}


def _elements(reader: _Reader) -> _Elements:
    """Up to a closing bracket or the end. Where commas stand does not matter: what is sent is JSON."""
    found = _Elements()
    while (item := reader.peek()) is not None and item != Mark("]"):
        if reader.accept(","):
            continue
        if isinstance(item, Choice):
            reader.take()
            found = found.then(_chosen_elements(item))
        else:
            found = found.then(_Elements((_plain(reader),), 1, 1))
    return found


def _chosen_elements(choice: Choice) -> _Elements:
    every = []
    for branch in choice.branches:
        inner = _Reader(branch)
        every.append(_elements(inner))
        if not inner.is_done:
            raise UnderivableError
    schemas = tuple([schema for elements in every for schema in elements.schemas])
    counts = [elements.most for elements in every]
    most = None if None in counts else max(count for count in counts if count is not None) * choice.most
    least = min(elements.least for elements in every) if choice.most == 1 else 0
    return _Elements(schemas, least, most, is_fixed=not schemas)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which an object may be put together: its members, and which of them it has for certain."""

    members: dict[str, Json] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def schema(self) -> Json:
        """The object's schema."""
        return object_schema(self.members, [name for name in self.members if name in self.required])

    def then(self, other: _Way) -> _Way | None:
        """This one with the other's members; None where one is there twice, since that is never sent."""
        if self.required & other.required:
            return None
        both = self.members.keys() & other.members.keys()
        joined = {name: one_of([self.members[name], other.members[name]]) for name in both}
        return _Way({**self.members, **other.members, **joined}, self.required | other.required)


def _object(reader: _Reader) -> Json:
    ways = _ways(reader)
    reader.expect("}")
    if ways is None:
        return open_schema()
    is_joined = any(len(way.required) < len(way.members) for way in ways)
    return one_of([way.schema() for way in ([_joined_way(ways)] if is_joined else ways)])


def _ways(reader: _Reader) -> list[_Way] | None:
    """The ways in which an object may be put together; None where a member's name is computed."""
    ways: list[_Way] | None = [_Way()]
    while (item := reader.peek()) is not None and item != Mark("}"):
        if reader.accept(","):
            continue
        reader.take()
        if isinstance(item, Choice):
            ways = _combined(ways, _chosen_ways(item))
        elif isinstance(item, Value):
            reader.expect(":")
            schema = one_of(_some(_value(reader)))
            name = item.text
            ways = _combined(ways, None if name is None else [_Way({name: schema}, frozenset({name}))])
        else:
            raise UnderivableError
    return ways


def _some(schemas: list[Json]) -> list[Json]:
    if not schemas:
        raise UnderivableError
    return schemas


def _chosen_ways(choice: Choice) -> list[_Way] | None:
    """A loop that writes a member twice writes nothing that is sent."""
    found: list[_Way] = [_Way()] if choice.most > 1 else []
    is_open = False
    for branch in choice.branches:
        inner = _Reader(branch)
        ways = _ways(inner)
        if not inner.is_done:
            raise UnderivableError
        is_open = is_open or ways is None
        found += [way for way in ways or () if way not in found]
    return None if is_open else _few(found)


def _combined(left: list[_Way] | None, right: list[_Way] | None) -> list[_Way] | None:
    """Each way of one beside each of the other."""
    if left is None or right is None:
        return None
    return _few([way for one in left for other in right if (way := one.then(other)) is not None])


def _few(ways: list[_Way]) -> list[_Way]:
    return ways if len(ways) <= _MOST_ALTERNATIVES else [_joined_way(ways)]


def _joined_way(ways: list[_Way]) -> _Way:
    """One way for several: what not all of them have is optional."""
    names = list(dict.fromkeys(name for way in ways for name in way.members))
    members = {name: one_of([way.members[name] for way in ways if name in way.members]) for name in names}
    return _Way(members, frozenset.intersection(*(way.required for way in ways)))
