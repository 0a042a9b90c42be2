"""Statements of a checked tree as functions that write to a rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jinja2 import nodes

from engine.encoding import encode, encode_canonical
from engine.errors import EncodingError
from engine.template.expressions import build_expression
from engine.template.fault import RenderingError
from engine.template.rendering import Rendering
from engine.template.syntax import children, named, root_of, start_of

Statement = Callable[[Rendering], None]


class SkippedError(Exception):
    """Ends a rendering at a `{% skip %}`; `reason` is the template's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def build_statements(statements: Iterable[nodes.Node]) -> Statement:
    """The function that runs checked statements in order; it raises RenderingError and SkippedError."""
    parts = [part for statement in statements for part in _build(statement)]
    if len(parts) == 1:
        return parts[0]

    def run(rendering: Rendering) -> None:
        """Runs all statements, in order."""
        for part in parts:
            part(rendering)

    return run


def _build(statement: nodes.Node) -> list[Statement]:
    match statement:
        case nodes.Output():
            return [_written(node) for node in statement.nodes]
        case nodes.If():
            return [_if(statement)]
        case nodes.For():
            return [_for(statement)]
        case nodes.ExprStmt(node=nodes.Const(value=str(reason))):
            return [_skip(reason)]
    raise AssertionError(f"the check let a {type(statement).__name__} pass")


def _written(node: nodes.Node) -> Statement:
    offset = start_of(node)
    if isinstance(node, nodes.TemplateData):
        data, size = node.data, len(node.data.encode(errors="surrogatepass"))
        return lambda rendering: rendering.write(data, offset, is_data=True, size=size)
    expression, words = build_expression(node), named(node)
    # What the steps gave is canonical already; only the message, and what was made of it, is not.
    to_json = encode if root_of(node) in ("data", None) else encode_canonical

    def write(rendering: Rendering) -> None:
        """Writes the expression's value as JSON."""
        value = expression(rendering)
        try:
            parts = to_json(value)
        except EncodingError as error:
            raise RenderingError(f"{words}: {error.message}", offset) from None
        rendering.write_json(parts, offset)

    return write


def _if(statement: nodes.If) -> Statement:
    branches = [
        (build_expression(branch.test), build_statements(branch.body)) for branch in (statement, *statement.elif_)
    ]
    otherwise = build_statements(statement.else_)

    def run(rendering: Rendering) -> None:
        """Runs the first branch whose test holds."""
        for test, body in branches:
            if test(rendering):
                body(rendering)
                return
        otherwise(rendering)

    return run


def _for(loop: nodes.For) -> Statement:
    rows = _rows(loop)
    body, otherwise = build_statements(loop.body), build_statements(loop.else_)
    name, work, offset = _target(loop), _work(loop.body), loop.lineno
    uncounted = 1 if loop.test is None else 0

    def run(rendering: Rendering) -> None:
        """Runs the loop's body once for each row."""
        found = rows(rendering)
        with rendering.inner_names(name, "loop") as names:
            for index, row in enumerate(found, 1):
                rendering.iterate(uncounted, work, offset)
                names[name] = row
                names["loop"] = {"first": index == 1, "last": index == len(found), "index": index}
                body(rendering)
        if not found:
            otherwise(rendering)

    return run


def _rows(loop: nodes.For) -> Callable[[Rendering], list[object]]:
    """The rows that the loop goes over: those that its `if` lets pass, where it has one."""
    source, words, offset, name = build_expression(loop.iter), named(loop.iter), start_of(loop.iter), _target(loop)
    test = None if loop.test is None else build_expression(loop.test)
    work = 0 if loop.test is None else _work([loop.test])

    def rows(rendering: Rendering) -> list[object]:
        """The rows that the loop goes through."""
        found = source(rendering)
        if found is None:
            return []
        if not isinstance(found, list):
            raise RenderingError(f"{words} holds no rows", offset)
        if test is None:
            return found
        passed = []
        with rendering.inner_names(name) as names:
            for row in found:
                rendering.iterate(1, work, offset)
                names[name] = row
                if test(rendering):
                    passed.append(row)
        return passed

    return rows


def _target(loop: nodes.For) -> str:
    if not isinstance(loop.target, nodes.Name):
        raise AssertionError("the check let a loop over several names pass")
    return loop.target.name


def _work(statements: Iterable[nodes.Node]) -> int:
    """How many nodes of the tree one pass evaluates at most; loops inside count their own rows."""
    count, left = 0, list(statements)
    while left:
        node = left.pop()
        count += 1
        left += [node.iter, *node.else_] if isinstance(node, nodes.For) else children(node)
    return count


def _skip(reason: str) -> Statement:
    def skip(_rendering: Rendering) -> None:
        """Raises SkippedError with the reason."""
        raise SkippedError(reason)

    return skip
