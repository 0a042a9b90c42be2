"""Finds expressions that stand inside a JSON string of the template's own text (rule `template-quotes`).

The text between expressions is read as JSON is: outside a string, inside one, or just after a backslash in one. Behind
an `if` or `for` more than one of these may hold.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from jinja2 import nodes

from engine.template.fault import QUOTES, TemplateFault
from engine.template.syntax import start_of


class _Lexical(Enum):
    OUTSIDE = auto()
    INSIDE = auto()
    ESCAPED = auto()


_States = frozenset[_Lexical]
_END_OF_STRING: Final = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


def find_quoted(tree: nodes.Template) -> list[TemplateFault]:
    """A fault for each expression that would, on some way through the template, stand between quotes."""
    walk = _Walk()
    walk.through(tree.body, frozenset({_Lexical.OUTSIDE}))
    return [
        TemplateFault(
            QUOTES,
            offset,
            "An expression stands inside quotes, and would bring its own.",
            'Write {{ x }} without quotes around it; join text with `~`, as in {{ "INV-" ~ number }}.',
        )
        for offset in sorted(walk.quoted)
    ]


class _Walk:
    """Goes through a tree with sets of states; `quoted` gathers the offsets of expressions inside a string."""

    def __init__(self) -> None:
        self.quoted: set[int] = set()
        # Loops in loops go through their body again and again: with the same states there is nothing new to find.
        self._known: dict[tuple[int, _States], _States] = {}

    def through(self, statements: list[nodes.Node], states: _States) -> _States:
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
                self.quoted.add(start_of(node))
        return states


def _after(text: str, state: _Lexical) -> _Lexical:
    position = 1 if state is _Lexical.ESCAPED else 0
    inside = state is not _Lexical.OUTSIDE
    while position < len(text):
        if inside:
            position = _string_end(text, position)
            if position == len(text):
                return _Lexical.INSIDE
            if text[position] == "\\":
                return _Lexical.ESCAPED
            inside = False
        else:
            position = text.find('"', position)
            if position < 0:
                return _Lexical.OUTSIDE
            inside = True
        position += 1
    return _Lexical.INSIDE if inside else _Lexical.OUTSIDE


def _string_end(text: str, position: int) -> int:
    """Where a string's text ends: at the quote, at a backslash that nothing follows, or at the end of `text`."""
    found = _END_OF_STRING.match(text, position)
    return found.end() if found else position
