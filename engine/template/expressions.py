"""Expressions of a checked tree as functions of a rendering.

Nothing that Jinja compiles or evaluates ever runs: only its parser is used, so no attribute of a Python object, no call
and no constant of a template is within reach of anything but the operations here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from jinja2 import nodes

from engine.template import operations
from engine.template.fault import RenderingError
from engine.template.filters import FILTERS
from engine.template.operations import OperationError
from engine.template.rendering import Rendering
from engine.template.syntax import named, root_of, start_of

Expression = Callable[[Rendering], object]
_Binary = Callable[[object, object], object]


_LONG: Final = frozenset({str, int, Decimal})
"""What a filter takes time for by its length; of rows it gives one, or their number."""


class MissingError(RenderingError):
    """The expression takes what the event message does not hold."""


def build_expression(node: nodes.Node) -> Expression:
    """The function that evaluates a checked expression; it raises RenderingError."""
    return _BUILDERS[type(node)](node)


def _constant(node: nodes.Const) -> Expression:
    value = node.value
    return lambda _rendering: value


def _array(node: nodes.List | nodes.Tuple) -> Expression:
    parts = _build_all(node.items)
    return lambda rendering: [part(rendering) for part in parts]


def _build_all(expressions: Sequence[nodes.Node]) -> tuple[Expression, ...]:
    return tuple(build_expression(node) for node in expressions)


def _name(node: nodes.Name) -> Expression:
    name, offset = node.name, node.lineno

    def read(rendering: Rendering) -> object:
        """What the expression stands for. Raises MissingError if it is not there."""
        try:
            return rendering.names[name]
        except KeyError:
            raise MissingError(f"`{name}` is not there", offset) from None

    return read


def _attribute(node: nodes.Getattr) -> Expression:
    return _member(node, node.attr)


def _item(node: nodes.Getitem) -> Expression:
    if not isinstance(node.arg, nodes.Const):
        raise AssertionError("the check let a computed index pass")
    return _member(node, node.arg.value)


def _member(node: nodes.Getattr | nodes.Getitem, key: str | int) -> Expression:
    inner, words, offset = build_expression(node.node), named(node), start_of(node)
    # A column of a row that an optional step did not find is null; the event message has no such rows.
    null_has_members = root_of(node) != "data"
    containers = (Mapping, list, tuple) if isinstance(key, int) else Mapping

    def read(rendering: Rendering) -> object:
        """What the expression stands for. Raises MissingError if it is not there."""
        value = inner(rendering)
        try:
            if type(value) is dict or isinstance(value, containers):
                return operations.settled(value[key])  # type: ignore[index]  # a mapping, or a list and an index
        except LookupError:
            raise MissingError(f"{words} is not there", offset) from None
        except OperationError as error:
            raise RenderingError(f"{words}: {error}", offset) from None
        if value is None and null_has_members:
            return None
        raise MissingError(f"{words} is not there", offset)

    return read


def _filter(node: nodes.Filter) -> Expression:
    if node.node is None:
        raise AssertionError("the check let a filter block pass")
    value, arguments = build_expression(node.node), _build_all(node.args)
    words, offset, apply = named(node), start_of(node), FILTERS[node.name].apply
    if apply is None:
        return _default(value, *arguments)

    def filtered(rendering: Rendering) -> object:
        """The value after the filter."""
        given = value(rendering)
        if type(given) in _LONG:
            rendering.handle(given, offset)
        try:
            found = apply(given, *[argument(rendering) for argument in arguments])
        except OperationError as error:
            raise RenderingError(f"{words}: {error}", offset) from None
        if type(found) is str:
            rendering.handle(found, offset)
        return found

    return filtered


def _default(
    value: Expression, replacement: Expression = lambda _: "", also_if_false: Expression = lambda _: False
) -> Expression:
    def filled(rendering: Rendering) -> object:
        """The value, or the replacement if it is missing."""
        try:
            found = value(rendering)
        except MissingError:
            return replacement(rendering)
        return found if found or not also_if_false(rendering) else replacement(rendering)

    return filled


def _test(node: nodes.Test) -> Expression:
    value, name = build_expression(node.node), node.name

    def tested(rendering: Rendering) -> object:
        """Whether the value passes the test."""
        try:
            found = value(rendering)
        except MissingError:
            if name == "none":
                raise
            return name == "undefined"
        return found is None if name == "none" else name == "defined"

    return tested


def _concat(node: nodes.Concat) -> Expression:
    parts, offset = _build_all(node.nodes), start_of(node)

    def joined(rendering: Rendering) -> object:
        """The texts of the parts, joined."""
        texts = []
        try:
            for part in parts:
                value = part(rendering)
                if type(value) is not str:
                    rendering.handle(value, offset)
                text = operations.text_of(value)
                rendering.handle(text, offset)
                texts.append(text)
        except OperationError as error:
            raise RenderingError(f"`~`: {error}", offset) from None
        return "".join(texts)

    return joined


_OPERATIONS: Final[dict[str, _Binary]] = {
    "+": operations.add,
    "-": operations.subtract,
    "/": operations.divide,
    "//": operations.divide_down,
}


def _and(node: nodes.And) -> Expression:
    left, right = build_expression(node.left), build_expression(node.right)
    return lambda rendering: left(rendering) and right(rendering)


def _or(node: nodes.Or) -> Expression:
    left, right = build_expression(node.left), build_expression(node.right)
    return lambda rendering: left(rendering) or right(rendering)


def _not(node: nodes.Not) -> Expression:
    value = build_expression(node.node)
    return lambda rendering: not value(rendering)


def _binary(node: nodes.BinExpr) -> Expression:
    left, right = build_expression(node.left), build_expression(node.right)
    operator, operation, offset = node.operator, _OPERATIONS[node.operator], start_of(node)

    def reckoned(rendering: Rendering) -> object:
        """The result of the operation."""
        try:
            operands = left(rendering), right(rendering)
            for operand in operands:
                rendering.handle(operand, offset)
            return operation(*operands)
        except OperationError as error:
            raise RenderingError(f"`{operator}`: {error}", offset) from None

    return reckoned


def _unary(node: nodes.UnaryExpr) -> Expression:
    value, operator, offset = build_expression(node.node), node.operator, start_of(node)
    operation = operations.negate if operator == "-" else lambda found: operations.add(0, found)

    def reckoned(rendering: Rendering) -> object:
        """The result of the operation."""
        operand = value(rendering)
        rendering.handle(operand, offset)
        try:
            return operation(operand)
        except OperationError as error:
            raise RenderingError(f"`{operator}`: {error}", offset) from None

    return reckoned


_COMPARISONS: Final[dict[str, _Binary]] = {
    "eq": operations.equal,
    "ne": lambda left, right: not operations.equal(left, right),
    "lt": operations.less,
    "gt": lambda left, right: operations.less(right, left),
    "lteq": operations.less_or_equal,
    "gteq": lambda left, right: operations.less_or_equal(right, left),
    "in": operations.contains,
    "notin": lambda left, right: not operations.contains(left, right),
}


def _compare(node: nodes.Compare) -> Expression:
    first, offset = build_expression(node.expr), start_of(node)
    others = [
        (_COMPARISONS[operand.op], build_expression(operand.expr), operand.op in ("in", "notin"))
        for operand in node.ops
    ]

    def compared(rendering: Rendering) -> object:
        """Whether all comparisons of the chain hold."""
        left = first(rendering)
        try:
            for comparison, expression, searches in others:
                right = expression(rendering)
                for handled in _searched(left, right) if searches else _compared(left, right):
                    rendering.handle(handled, offset)
                if not comparison(left, right):
                    return False
                left = right
        except OperationError as error:
            raise RenderingError(f"a comparison: {error}", offset) from None
        return True

    return compared


def _compared(left: object, right: object) -> tuple[object, ...]:
    """What a comparison goes through: the shorter of two texts, or numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return (min(left, right, key=len),)
    return tuple(value for value in (left, right) if isinstance(value, int | Decimal))


def _searched(item: object, container: object) -> Iterator[object]:
    """What a search goes through: the container, and each of its items as it is compared."""
    yield container
    if isinstance(container, list):
        for other in container:
            yield from _compared(item, other)


def _conditional(node: nodes.CondExpr) -> Expression:
    if node.expr2 is None:
        raise AssertionError("the check let an inline `if` without `else` pass")
    test, when, otherwise = build_expression(node.test), build_expression(node.expr1), build_expression(node.expr2)
    return lambda rendering: when(rendering) if test(rendering) else otherwise(rendering)


_BUILDERS: Final[Mapping[type[nodes.Node], Callable[[Any], Expression]]] = {
    nodes.Add: _binary,
    nodes.And: _and,
    nodes.Compare: _compare,
    nodes.Concat: _concat,
    nodes.CondExpr: _conditional,
    nodes.Const: _constant,
    nodes.Div: _binary,
    nodes.Filter: _filter,
    nodes.FloorDiv: _binary,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.List: _array,
    nodes.Name: _name,
    nodes.Neg: _unary,
    nodes.Not: _not,
    nodes.Or: _or,
    nodes.Pos: _unary,
    nodes.Sub: _binary,
    nodes.Test: _test,
    nodes.Tuple: _array,
}

EXPRESSIONS: Final = frozenset(_BUILDERS)
"""The node types that an expression may consist of: what is not among them is refused."""
