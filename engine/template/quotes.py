"""Finds expressions that stand inside a JSON string of the template's own text (rule `template-quotes`).

The text between expressions is read as JSON is: outside a string, inside one, or just after a backslash in one. Behind
an `if` or `for` more than one of these may hold.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from jinja2 import nodes

from engine.model import Edit
from engine.template.fault import ALONE_HINT, QUOTES, TemplateFault
from engine.template.syntax import start_of


class _Lexical(Enum):
    OUTSIDE = auto()
    INSIDE = auto()
    ESCAPED = auto()


_States = frozenset[_Lexical]
_STRING: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""A string's text, up to its closing quote, a backslash that nothing follows, or the end."""

_OUTSIDE: Final = re.compile(r'[^"]*+(?:"(?:[^"\\]++|\\.)*+"[^"]*+)*+', re.DOTALL)
"""Text with whole strings in it, up to a string that is not closed, or the end."""


def find_quoted(tree: nodes.Template, text: str) -> list[TemplateFault]:
    """A fault for each expression that would, on some way through the template, stand between quotes."""
    walk = _Walk()
    walk.through(tree.body, frozenset({_Lexical.OUTSIDE}))
    return [
        _fault(offset, expression, _unquoting(text, offset) if offset in walk.surely else None)
        for offset, expression in sorted(walk.quoted.items())
    ]


_ALONE: Final = re.compile(r'"(\{\{[^{}"]*\}\})"')


def _unquoting(text: str, offset: int) -> Edit | None:
    """The edit that takes the quotes away from an expression that is alone between them."""
    start = text.rfind('"', 0, offset)
    found = _ALONE.match(text, start) if start >= 0 and text[start - 1 : start] != "\\" else None
    return Edit(start, found[0], found[1]) if found is not None and found.end(1) > offset else None


def _fault(offset: int, expression: nodes.Node, edit: Edit | None) -> TemplateFault:
    names = [expression, *expression.find_all(nodes.Name)]
    if any(isinstance(name, nodes.Name) and name.name == "secret" for name in names):
        return TemplateFault(
            QUOTES, offset, "The secret stands inside quotes, and would bring its own.", ALONE_HINT, edit
        )
    return TemplateFault(
        QUOTES,
        offset,
        "An expression stands inside quotes, and would bring its own.",
        'Write {{ x }} without quotes around it; join text with ~, as in {{ "INV-" ~ number }}.',
        edit,
    )


class _Walk:
    """Goes through a tree with sets of states; `quoted` gathers expressions inside a string by their offset.

    `surely` has the offsets of those that are inside on every way.
    """

    def __init__(self) -> None:
        self.quoted: dict[int, nodes.Node] = {}
        self.surely: set[int] = set()
        # Loops in loops go through their body again and again: with the same states there is nothing new to find.
        self._known: dict[tuple[int, _States], _States] = {}

    def through(self, statements: list[nodes.Node], states: _States) -> _States:
        """The states after the statements, from the states before them."""
        key = id(statements), states
        if key not in self._known:
            for statement in statements:
                states = self._statement(statement, states)
            self._known[key] = states
        return self._known[key]

    def _statement(self, statement: nodes.Node, states: _States) -> _States:
        match statement:
            case nodes.Output():
                return self._output(statement, states)
            case nodes.If():
                branches = [statement.body, *(branch.body for branch in statement.elif_), statement.else_]
                return frozenset().union(*(self.through(branch, states) for branch in branches))
            case nodes.For():
                for _ in _Lexical:  # each round but the last brings a new state
                    states = states | self.through(statement.body, states)
                return states | self.through(statement.else_, states)
        return states

    def _output(self, output: nodes.Output, states: _States) -> _States:
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                states = frozenset(_after(node.data, state) for state in states)
            elif states != {_Lexical.OUTSIDE}:
                start = start_of(node)
                if start not in self.quoted and states == {_Lexical.INSIDE}:
                    self.surely.add(start)
                elif states != {_Lexical.INSIDE}:
                    self.surely.discard(start)
                self.quoted[start] = node
        return states


def _after(text: str, state: _Lexical) -> _Lexical:
    position = 0
    if state is not _Lexical.OUTSIDE:
        position = _end(_STRING, text, 1 if state is _Lexical.ESCAPED else 0)
        if text[position:] in ("", "\\"):
            return _Lexical.ESCAPED if text[position:] else _Lexical.INSIDE
        position += 1
    position = _end(_OUTSIDE, text, position)
    if position == len(text):
        return _Lexical.OUTSIDE
    return _Lexical.INSIDE if _end(_STRING, text, position + 1) == len(text) else _Lexical.ESCAPED


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
