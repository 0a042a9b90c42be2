"""Which members a template writes, and of what: walks the template's tree, and reads the JSON between its expressions.

Behind an `if` or `for` there may be several places at which the text can be: what follows is at each of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from jinja2 import nodes
from msgspec import Struct

from engine.lineage.members import EACH, Use, default_members, step_members
from engine.lineage.origins import NONE, Trace, asked, deciding, merged
from engine.lineage.steps import TracedStep
from engine.model import LocatedText
from engine.template.syntax import children, start_of

_MOST_PLACES: Final = 200
"""How many places are followed at once; of more, the members are not told apart any more."""
_MOST_ROUNDS: Final = 20
_LONGEST_NAME: Final = 500
_ARRAY: Final = 0
_TOKEN: Final = re.compile(r'"|[{}\[\],]|[^\s"{}\[\],:]+')
_STRING: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)

_Frame = str | int | None
"""Of an array 0; of an object the name whose value comes next, None where a name comes next."""


class _Place(Struct, frozen=True):
    """Where in the JSON the text is. `string` is the beginning of a string that is not closed yet."""

    frames: tuple[_Frame, ...] = ()
    string: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The path of the value that stands here."""
        return tuple([frame if isinstance(frame, str) else EACH for frame in self.frames])


_LOST: Final = _Place((EACH,))


class _Row(Struct, frozen=True, eq=False):
    """What a name stands for in a template: the rows of a step, or one of them."""

    step: TracedStep
    is_one: bool


class TemplateReading:
    """Walks a template. `members` are the uses by path, `body` is what decides about the body as a whole."""

    def __init__(self, body: LocatedText, steps: Sequence[TracedStep], tree: nodes.Template) -> None:
        self.members: dict[tuple[str, ...], list[Use]] = {}
        self.body: Trace = NONE
        self._text = body
        self._steps = steps
        self._named = {step.step.name: step for step in steps if step.step.name is not None}
        self._columns = {
            output.name: output.trace for step in steps if step.step.name is None for output in step.outputs
        }
        self._scope: dict[str, _Row] = {}
        self._loop: Trace = NONE
        self._under: list[Use] = []
        self._statements(tree.body, frozenset({_Place()}))

    # --------------------------------------------------------------------------------------------------- statements

    def _statements(self, statements: Sequence[nodes.Node], places: frozenset[_Place]) -> frozenset[_Place]:
        for statement in statements:
            if isinstance(statement, nodes.Output):
                for node in statement.nodes:
                    if isinstance(node, nodes.TemplateData):
                        places = frozenset(place for before in places for place in self._data(node.data, before, node))
                    else:
                        places = self._write(node, places)
            elif isinstance(statement, nodes.If):
                places = self._if(statement, places)
            elif isinstance(statement, nodes.For):
                places = self._for(statement, places)
            else:  # skip
                self.body = merged([self.body, *(deciding(use.trace) for use in self._under)])
            if len(places) > _MOST_PLACES:
                places = frozenset({_LOST})
        return places

    def _if(self, statement: nodes.If, places: frozenset[_Place]) -> frozenset[_Place]:
        branches = [(branch.test, branch.body) for branch in (statement, *statement.elif_)]
        after: set[_Place] = set()
        before = len(self._under)
        for test, body in branches:
            condition = asked(self._value(test, is_condition=True))
            self._under.append(Use(condition, self._text.position(start_of(test))))
            after |= self._statements(body, places)
        after |= self._statements(statement.else_, places)
        if len(after) == len(places) == 1:  # else it decides about all that follows, too
            del self._under[before:]
        return frozenset(after)

    def _for(self, loop: nodes.For, places: frozenset[_Place]) -> frozenset[_Place]:
        rows = self._row(loop.iter)
        name = loop.target.name if isinstance(loop.target, nodes.Name) else ""
        before = len(self._under)
        decided = rows.step.rows if rows is not None else NONE
        with self._inside(name, _Row(rows.step, is_one=True) if rows is not None else None, decided):
            if loop.test is not None:
                decided = merged([decided, deciding(self._value(loop.test))])
            self._under.append(Use(decided, self._text.position(start_of(loop.iter))))
            after = places
            for _ in range(_MOST_ROUNDS):
                following = after | self._statements(loop.body, after)
                if following == after:
                    break
                after = following
        after |= self._statements(loop.else_, places)
        if len(after) == len(places) == 1:
            del self._under[before:]
        return after

    @contextmanager
    def _inside(self, name: str, row: _Row | None, decided: Trace) -> Iterator[None]:
        scope, loop = self._scope, self._loop
        self._scope = {**scope, name: row} if row is not None else scope
        self._loop = decided
        try:
            yield
        finally:
            self._scope, self._loop = scope, loop

    # ------------------------------------------------------------------------------------------------------ writing

    def _note(self, path: tuple[str, ...], use: Use) -> None:
        uses = self.members.setdefault(path, [])
        uses += [one for one in (use, *self._under) if one not in uses]

    def _write(self, node: nodes.Node, places: frozenset[_Place]) -> frozenset[_Place]:
        position = self._text.position(start_of(node))
        row, is_default = self._row(node), isinstance(node, nodes.Name) and node.name == "default"
        for place in places:
            if row is not None:
                for path, use in _written(row, place.path):
                    self._note(path, Use(use.trace, position))
            elif is_default:
                for path, use in default_members(self._steps, place.path):
                    self._note(path, Use(use.trace, position))
            else:
                self._note(place.path, Use(self._value(node), position))
        return frozenset(_after_value(place) for place in places)

    def _data(self, text: str, place: _Place, node: nodes.TemplateData) -> Iterator[_Place]:
        """The place behind a piece of the template's own text; its values are members made of nothing."""
        frames, index = list(place.frames), 0
        if place.string is not None:
            index, whole = _string_end(text, 0)
            value = (place.string + text[:index])[:_LONGEST_NAME]
            if not whole:
                yield _Place(place.frames, value)
                return
            self._close(frames, value, node)
            index += 1
        while (token := _TOKEN.search(text, index)) is not None:
            index = token.end()
            if token[0] == '"':
                end, whole = _string_end(text, index)
                if not whole:
                    yield _Place(tuple(frames), text[index:end][:_LONGEST_NAME])
                    return
                self._close(frames, text[index:end], node)
                index = end + 1
            elif token[0] in "{}[],":
                _punctuate(frames, token[0])
            else:
                self._constant(frames, node)
        yield _Place(tuple(frames))

    def _close(self, frames: list[_Frame], text: str, node: nodes.TemplateData) -> None:
        if frames and frames[-1] is None:
            frames[-1] = _unescaped(text)
        else:
            self._constant(frames, node)

    def _constant(self, frames: list[_Frame], node: nodes.TemplateData) -> None:
        self._note(_Place(tuple(frames)).path, Use(NONE, self._text.position(node.lineno or 0)))

    # -------------------------------------------------------------------------------------------------- expressions

    def _row(self, node: nodes.Node) -> _Row | None:
        """The rows that an expression stands for; None for any other one."""
        match node:
            case nodes.Name(name=name) if name in self._scope:
                return self._scope[name]
            case nodes.Name(name=name) if name in self._named:
                step = self._named[name]
                return _Row(step, is_one=not step.is_many)
            case (
                nodes.Getattr(node=nodes.Name(name="default"), attr=str(name))
                | nodes.Getitem(node=nodes.Name(name="default"), arg=nodes.Const(value=str(name)))
            ) if name in self._named:
                return self._row(nodes.Name(name, "load"))
            case nodes.Getitem(arg=nodes.Const(value=int())) | nodes.Filter(name="first" | "last"):
                inner = self._row(node.node) if node.node is not None else None
                return None if inner is None else _Row(inner.step, is_one=True)
        return None

    def _value(self, node: nodes.Node, *, is_condition: bool = False) -> Trace:
        """The origins of an expression. Rows as a condition only say whether there are any."""
        row = self._row(node)
        if row is not None:
            return row.step.rows if is_condition else row.step.everything()
        match node:
            case nodes.Name(name="default"):
                return merged([use.trace for _, use in default_members(self._steps)])
            case nodes.Name(name=name):
                return self._columns.get(name, NONE)
            case nodes.Getattr(node=nodes.Name(name="loop")):
                return self._loop
            case nodes.Getattr(attr=str(key)) | nodes.Getitem(arg=nodes.Const(value=str(key))):
                return self._member(node.node, key)
            case nodes.Filter(name="length") if node.node is not None:
                return self._value(node.node, is_condition=True)
        is_asking = isinstance(node, nodes.Test | nodes.Not | nodes.And | nodes.Or)
        parts = [child.expr if isinstance(child, nodes.Operand) else child for child in children(node)]
        return merged([self._value(part, is_condition=is_asking) for part in parts])

    def _member(self, node: nodes.Node, key: str) -> Trace:
        row = self._row(node)
        if row is not None:
            output = row.step.output(key)
            return row.step.everything() if output is None else output.trace
        if isinstance(node, nodes.Name) and node.name == "default":
            return self._columns.get(key, NONE)
        return self._value(node)


def _written(row: _Row, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Use]]:
    """The members that rows make below a path; one row of many is an object."""
    for path, use in step_members(row.step):
        inner = path[1:] if row.step.is_many and row.is_one else path
        yield (*above, *inner), use


def _punctuate(frames: list[_Frame], mark: str) -> None:
    """What a bracket or comma of JSON does to the place."""
    if mark in "{[":
        frames.append(None if mark == "{" else _ARRAY)
    elif not frames:
        return
    elif mark in "}]":
        frames.pop()
    elif frames[-1] != _ARRAY:
        frames[-1] = None


def _after_value(place: _Place) -> _Place:
    """An expression in a name's place is a name that the data give."""
    if place.frames and place.frames[-1] is None:
        return _Place((*place.frames[:-1], EACH), place.string)
    return place


def _string_end(text: str, index: int) -> tuple[int, bool]:
    found = _STRING.match(text, index)
    end = found.end() if found else index
    return (end, True) if text[end : end + 1] == '"' else (len(text), False)


def _unescaped(text: str) -> str:
    try:
        found = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text
    return str(found)
