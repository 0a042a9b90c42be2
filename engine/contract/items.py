"""A template as a sequence of items: the JSON tokens of its text, the values of its expressions, choices and loops."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from jinja2 import nodes

from engine.contract.expressions import Names, constant_schema, expression_schema, loop_names
from engine.contract.schemas import Json

_MAX_DIGITS: Final = 100
_TOKEN: Final = re.compile(
    r'(?P<blank>\s+)|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")|(?P<mark>[{}\[\],:])'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null)"
)
_WORDS: Final = {"true": True, "false": False, "null": None}


class UnderivableError(Exception):
    """The template's text is not put together of whole values and members."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value. `text` is there where it is a string of the template's text, and so may be a member's name."""

    schema: Json
    text: str | None = None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A bracket, comma or colon."""

    sign: str


@dataclass(frozen=True, slots=True)
class Blank:
    """Blanks between two tokens."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An `if`, or a `for`, whose body may come again. Of its branches one is taken."""

    branches: tuple[tuple[Item, ...], ...]
    most: int = 1
    """How often a branch is written at most: the rows of a loop."""


Item = Value | Mark | Blank | Choice


class Builder:
    """Makes items of a template's statements."""

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows

    def items(self, statements: Iterable[nodes.Node], names: Names) -> tuple[Item, ...] | None:
        """The items of some statements; None where they end in a `skip`, so that nothing is sent."""
        found: list[Item] = []
        text = ""
        for node in _flat(statements):
            if isinstance(node, nodes.TemplateData):
                text += node.data
                continue
            found += _tokens(text)
            text = ""
            if isinstance(node, nodes.ExprStmt):
                return None
            made = self._item(node, names)
            if made is None:
                return None
            found.append(made)
        return (*found, *_tokens(text))

    def _item(self, node: nodes.Node, names: Names) -> Item | None:
        if isinstance(node, nodes.If):
            return self._choice(node, names)
        if isinstance(node, nodes.For):
            return self._loop(node, names)
        return Value(expression_schema(node, names))

    def _choice(self, node: nodes.If, names: Names) -> Choice | None:
        bodies = [node.body, *(branch.body for branch in node.elif_), node.else_]
        branches = [items for body in bodies if (items := self.items(body, names)) is not None]
        return Choice(tuple(branches)) if branches else None

    def _loop(self, node: nodes.For, names: Names) -> Choice | None:
        if not isinstance(node.target, nodes.Name):
            raise UnderivableError
        rows = expression_schema(node.iter, names)
        body = self.items(node.body, loop_names(names, node.target.name, rows))
        otherwise = self.items(node.else_, names)
        branches = [items for items in (body, otherwise) if items is not None]
        most = rows.get("maxItems", self._max_rows)
        return Choice(tuple(branches), max(most, 1) if isinstance(most, int) else self._max_rows) if branches else None


def _flat(statements: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    for statement in statements:
        if isinstance(statement, nodes.Output):
            yield from statement.nodes
        else:
            yield statement


def _tokens(text: str) -> Iterator[Item]:
    """The JSON tokens of a piece of text."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise UnderivableError
        place = found.end()
        yield _token(found)


def _token(found: re.Match[str]) -> Item:
    word = found[0]
    match found.lastgroup:
        case "blank":
            return Blank()
        case "mark":
            return Mark(word)
        case "word":
            return Value(constant_schema(_WORDS[word]))
        case "number":
            number = Decimal(word)
            is_short = abs(number.adjusted()) <= _MAX_DIGITS
            return Value(constant_schema(number) if is_short else {"type": "number"}, is_number=True)
    try:
        value = json.loads(word)
    except ValueError:
        raise UnderivableError from None
    return Value(constant_schema(value), value)
