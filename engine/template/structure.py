"""Finds text around the expressions that can never be JSON (rule `template-syntax`).

A template with `if` and `for` is tried in every way that there may be through it, while these are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product, starmap
from typing import Final

from jinja2 import nodes
from msgspec import Struct

from engine.encoding import InvalidJSONError, encode_canonical, read_json
from engine.errors import EncodingError
from engine.model import Edit, Remark
from engine.template.fault import SYNTAX, TemplateFault
from engine.template.json_faults import JSONFault, repeated_member, unreadable
from engine.template.rendering import Rendering
from engine.template.syntax import start_of

_MOST_PIECES: Final = 20_000
_MOST_CHARACTERS: Final = 200_000
_MOST_ROUNDS: Final = 3
"""So many rows tell all: a first, a middle and a last one may each be written in another way."""
_ROOT: Final = 0


class _Way(Struct, frozen=True, gc=False):
    """A way through statements: what it writes, and the bodies of `if` and `for` that it enters, by identity."""

    pieces: tuple[nodes.Node, ...] = ()
    branches: frozenset[int] = frozenset()
    is_skipped: bool = False


class _Row(Struct, frozen=True, gc=False):
    """Which row of a loop it is."""

    first: bool
    last: bool


class _UndecidedError(Exception):
    """There are too many ways to try them all."""


def find_malformed(tree: nodes.Template) -> list[TemplateFault]:
    """The faults of what can be no JSON whatever the data: the template, or a branch in every way through it.

    A text stands in place of each expression, each of them another. None for a template of blanks: who knows the
    `<body>` element has more to say about that. None either where there are too many ways to try them all.
    """
    try:
        ways = [way for way in _ways(tree.body, None) if not way.is_skipped]
        failed = _failed(ways)
    except _UndecidedError:
        return []
    found = {_ROOT: failed[_ROOT]} if _ROOT in failed else failed
    faults = {fault.offset: fault if len(ways) == 1 else _in_a_branch(fault) for fault in found.values()}
    return [faults[offset] for offset in sorted(faults)]


def _ways(statements: Iterable[nodes.Node], row: _Row | None) -> list[_Way]:
    """Every way through statements, in the loop's `row` where they are in one."""
    return _joined([_alternatives(statement, row) for statement in statements])


def _joined(parts: Sequence[Sequence[_Way]]) -> list[_Way]:
    count = size = 1
    for part in parts:
        count *= len(part)
        size += max((len(way.pieces) for way in part), default=0)
        if count * size > _MOST_PIECES and count > 1:
            raise _UndecidedError
    return [_after_one_another(ways) for ways in product(*parts)]


def _after_one_another(ways: Sequence[_Way]) -> _Way:
    return _Way(
        tuple([piece for way in ways for piece in way.pieces]),
        frozenset[int]().union(*(way.branches for way in ways)),
        any(way.is_skipped for way in ways),
    )


def _alternatives(statement: nodes.Node, row: _Row | None) -> list[_Way]:
    match statement:
        case nodes.Output():
            return [_Way(tuple(statement.nodes))]
        case nodes.If():
            return list(_choices(statement, row))
        case nodes.For():
            return [*_rounds(statement), *_entered(statement.else_, row)]
        case _:  # skip: the check lets no other pass
            return [_Way(is_skipped=True)]


def _choices(statement: nodes.If, row: _Row | None) -> Iterator[_Way]:
    for branch in (statement, *statement.elif_):
        holds = _holds(branch.test, row)
        if holds is not False:
            yield from _entered(branch.body, row)
        if holds:
            return
    yield from _entered(statement.else_, row)


def _holds(test: nodes.Node, row: _Row | None) -> bool | None:
    """Whether `loop.first`, `loop.last` or their contrary holds; None of another test."""
    if isinstance(test, nodes.Not):
        holds = _holds(test.node, row)
        return None if holds is None else not holds
    if row is None or not isinstance(test, nodes.Getattr) or not isinstance(test.node, nodes.Name):
        return None
    return {"first": row.first, "last": row.last}.get(test.attr) if test.node.name == "loop" else None


def _rounds(loop: nodes.For) -> Iterator[_Way]:
    ways = {row: _entered(loop.body, row) for row in starmap(_Row, product((False, True), repeat=2))}
    for count in range(1, _MOST_ROUNDS + 1):
        yield from _joined([ways[_Row(first=n == 0, last=n == count - 1)] for n in range(count)])


def _entered(body: list[nodes.Node], row: _Row | None) -> list[_Way]:
    """The ways through a branch; one that does nothing where the author wrote none."""
    mark = frozenset({id(body)} if body else ())
    return [_Way(way.pieces, way.branches | mark, way.is_skipped) for way in _ways(body, row)]


def _failed(ways: Sequence[_Way]) -> dict[int, TemplateFault]:
    """By branch, or _ROOT, what keeps each of its ways from being JSON: of the way with the fewest other branches."""
    left = {_ROOT}.union(*(way.branches for way in ways)) if ways else set()
    found: dict[int, TemplateFault] = {}
    budget = _MOST_CHARACTERS
    for way in sorted(ways, key=lambda way: len(way.branches)):
        if not left.isdisjoint(entered := {_ROOT, *way.branches}):
            rendering = _rendered(way)
            text = rendering.text()
            budget -= len(text)
            if budget < 0 and len(ways) > 1:
                raise _UndecidedError
            fault = _fault(text, rendering)
            if fault is None:
                left -= entered
            else:
                found = dict.fromkeys(entered, fault) | found
    return {branch: fault for branch, fault in found.items() if branch in left}


def _rendered(way: _Way) -> Rendering:
    rendering = Rendering({})
    try:
        for number, node in enumerate(way.pieces):
            if isinstance(node, nodes.TemplateData):
                rendering.write(node.data, start_of(node), is_data=True)
            else:
                rendering.write(f'"\\u0000{number}"', start_of(node))
    except EncodingError:  # it is too much
        raise _UndecidedError from None
    return rendering


def _fault(text: str, rendering: Rendering) -> TemplateFault | None:
    """Why a text is no JSON, if it is none; nothing is said of blanks."""
    if not text.strip():
        return None
    try:
        encode_canonical(read_json(text))
    except (InvalidJSONError, EncodingError) as error:
        position = error.position if isinstance(error, InvalidJSONError) else None
        if position is not None:
            return _placed(unreadable(text, position), rendering)
        if (repeated := repeated_member(text)) is not None:
            return _placed(repeated, rendering)
        message = f"With a value for each expression, the template's text cannot be sent: {error}."
        return TemplateFault(SYNTAX, 0, message, "It must be one JSON value.")
    return None


def _placed(found: JSONFault, rendering: Rendering) -> TemplateFault:
    """The fault of the rendered text as one of the template's, where each piece of text has kept its length."""
    edit, related = found.edit, found.related
    if edit is not None:
        edit = Edit(rendering.place_of(edit.offset), edit.old, edit.new)
    remarks = () if related is None else (Remark(rendering.place_of(related[0]), related[1]),)
    return TemplateFault(SYNTAX, rendering.place_of(found.position), found.message, found.hint, edit, remarks)


def _in_a_branch(fault: TemplateFault) -> TemplateFault:
    """A comma more or less may be wanted in the other branches, so that only the author can say where it belongs."""
    if fault.edit is None or "," not in (fault.edit.old, fault.edit.new[:1]):
        return fault
    hint = "Write it with what needs it: between rows as {% if not loop.last %},{% endif %}, else in the branch."
    return replace(fault, hint=hint, edit=None)
