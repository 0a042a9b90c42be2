"""The allow-list: which of Jinja's syntax a template may use (definition language, section 5).

Allowed is what is known to end and stay small; every node type that is not named here is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Final

from jinja2 import nodes

from engine.encoding import encode
from engine.errors import EncodingError
from engine.template.expressions import EXPRESSIONS
from engine.template.fault import ALONE_HINT, NAME, SYNTAX, TemplateFault
from engine.template.filters import FILTERS
from engine.template.reference import EACH, LoopVariable, Path, Reference, Use
from engine.template.syntax import children, start_of

LOOP_MEMBERS: Final = ("first", "last", "index")
TESTS: Final = ("defined", "none", "undefined")
CONTEXT_NAMES: Final = ("event", "data", "default", "loop", "secret")
"""Names that the context always has; no column, step or loop variable may take them."""

_UNKNOWN: Final[Path] = ()
"""The path of a variable whose loop is already a fault."""

_MAX_REASON: Final = 200
_IN_SQL: Final = "Compute it in the SQL."
_REFUSED: Final[dict[type[nodes.Node], tuple[str, str | None]]] = {
    nodes.Call: ("A template cannot call anything.", "Use a filter, or compute it in the SQL."),
    nodes.Mul: ("`*` is not allowed.", _IN_SQL),
    nodes.Pow: ("`**` is not allowed.", _IN_SQL),
    nodes.Mod: ("`%` is not allowed.", _IN_SQL),
    nodes.List: ("An array can be written only after `in`.", "Write it as JSON: [{{ x }}, {{ y }}]."),
    nodes.Tuple: ("An array can be written only after `in`.", "Write it as JSON: [{{ x }}, {{ y }}]."),
    nodes.Dict: ("An object cannot be written inside an expression.", 'Write it as JSON: {"name": {{ x }}}.'),
    nodes.Slice: ("Slices are not allowed.", _IN_SQL),
    nodes.Assign: ("`set` is not allowed.", _IN_SQL),
    nodes.AssignBlock: ("`set` is not allowed.", _IN_SQL),
    nodes.FilterBlock: ("There is no tag `filter` here.", "Write {{ x | upper }}."),
    nodes.Scope: ("There is no tag `autoescape` here.", "Remove it: each value is written as JSON."),
}


class Check:
    """Walks one parsed template; `faults`, `references` and `variables` are what it found, in the text's order."""

    def __init__(self, tree: nodes.Template) -> None:
        self.faults: list[TemplateFault] = []
        self.references: list[Reference] = []
        self.variables: list[LoopVariable] = []
        self._scope: dict[str, Path] = {}
        self._loops = 0
        self._statements(tree.body)

    def _fault(self, node: nodes.Node, message: str, hint: str | None = None, *, rule: str = SYNTAX) -> None:
        # Jinja does not place every node.
        offset = start_of(node) if node.lineno is None else node.lineno
        self.faults.append(TemplateFault(rule, offset, message, hint))

    def _refuse(self, node: nodes.Node) -> None:
        message, hint = _REFUSED.get(type(node), (f"`{type(node).__name__.lower()}` is not allowed here.", None))
        self._fault(node, message, hint)

    def _statements(self, statements: Iterable[nodes.Node]) -> None:
        for statement in statements:
            match statement:
                case nodes.Output():
                    self._output(statement)
                case nodes.If():
                    self._if(statement)
                case nodes.For():
                    self._for(statement)
                case nodes.ExprStmt(node=nodes.Const(value=str(reason))):
                    self._skip(statement, reason)
                case _:
                    self._refuse(statement)

    def _output(self, output: nodes.Output) -> None:
        for node, following in zip_longest(output.nodes, output.nodes[1:]):
            if isinstance(node, nodes.TemplateData):
                continue
            is_member_name = isinstance(following, nodes.TemplateData) and following.data.lstrip().startswith(":")
            if isinstance(node, nodes.Name) and node.name == "secret":
                if is_member_name:
                    self._fault(node, "The secret stands where a member's name belongs.", ALONE_HINT)
            elif (path := self._path(node)) is not None:
                self._refer(node, path, Use.READ if is_member_name else Use.WRITTEN)
            else:
                self._expression(node)

    def _if(self, statement: nodes.If) -> None:
        for branch in (statement, *statement.elif_):
            self._expression(branch.test)
            self._statements(branch.body)
        self._statements(statement.else_)

    def _for(self, loop: nodes.For) -> None:
        rows = self._path(loop.iter)
        if rows is None or rows[0] in ("data", "event", "secret", "loop"):
            self._fault(loop, "`for` goes over the rows of a query only.", 'Name a query with result="many".')
            rows = _UNKNOWN
        else:
            self._refer(loop.iter, rows, Use.ITERATED)
        if loop.recursive:
            self._fault(loop, "A recursive loop is not allowed.")
        if not isinstance(loop.target, nodes.Name):
            self._fault(loop, "`for` needs one name for the row.", "Write {% for row in rows %}.")
            return
        name = loop.target.name
        if name in CONTEXT_NAMES:
            self._fault(loop.target, f"`{name}` cannot name a row: it has a meaning of its own.", rule=NAME)
        self.variables.append(LoopVariable(name, loop.target.lineno))
        self._statements(loop.else_)
        outer, self._scope = self._scope, self._scope | {name: rows and (*rows, EACH)}
        if loop.test is not None:
            self._expression(loop.test)
        self._loops += 1
        self._statements(loop.body)
        self._loops -= 1
        self._scope = outer

    def _skip(self, statement: nodes.Node, reason: str) -> None:
        if not reason.strip() or len(reason) > _MAX_REASON or not reason.isprintable():
            self._fault(statement, f"`skip` needs a plain reason of 1 to {_MAX_REASON} characters in one line.")

    def _expression(self, node: nodes.Node) -> None:
        if (path := self._path(node)) is not None:
            self._refer(node, path, Use.READ)
            return
        if type(node) not in EXPRESSIONS or isinstance(node, nodes.List | nodes.Tuple):
            self._refuse(node)
            return
        found = len(self.faults)
        self._check(node)
        if len(self.faults) == found and not _is_loop_member(node):
            for child in children(node):
                self._operand(child) if isinstance(child, nodes.Operand) else self._expression(child)

    def _operand(self, operand: nodes.Operand) -> None:
        """An array may stand after `in` only: elsewhere it could hold one long value many times."""
        if operand.op in ("in", "notin") and isinstance(operand.expr, nodes.List | nodes.Tuple):
            for item in operand.expr.items:
                self._expression(item)
        else:
            self._expression(operand.expr)

    def _check(self, node: nodes.Node) -> None:
        match node:
            case nodes.Name():
                self._name(node)
            case nodes.Const():
                self._constant(node)
            case nodes.Getattr() | nodes.Getitem():
                self._member(node)
            case nodes.CondExpr():
                self._condition(node)
            case nodes.Filter():
                self._filter(node)
            case nodes.Test():
                self._test(node)

    def _refer(self, node: nodes.Node, path: Path, use: Use) -> None:
        if path is _UNKNOWN:
            return
        # Jinja places a member at its point or bracket.
        offset = node.lineno + isinstance(node, nodes.Getattr | nodes.Getitem)
        self.references.append(Reference(path, offset, use))

    def _path(self, node: nodes.Node) -> Path | None:
        """What a chain of names, members and constant indexes refers to; None for any other expression."""
        match node:
            case nodes.Name(name=name) if name in self._scope:
                return self._scope[name]
            case nodes.Name(name=name) if name not in ("loop", "secret"):
                return (name,)
            case nodes.Getattr(attr=part) | nodes.Getitem(arg=nodes.Const(value=str(part) | int(part))) if (
                not isinstance(part, bool)
            ):
                inner = self._path(node.node)
                return inner and (*inner, part)
            case nodes.Filter(name="first" | "last", args=[]) if node.node is not None:
                inner = self._path(node.node)
                return inner and (*inner, 0)
            case _:
                return None

    def _name(self, node: nodes.Name) -> None:
        if node.name == "secret":
            self._fault(node, "The secret stands only alone, as {{ secret }} where a value stands.", ALONE_HINT)
        elif node.name == "loop":
            self._loop(node, None)

    def _member(self, node: nodes.Getattr | nodes.Getitem) -> None:
        match node:
            case nodes.Getattr(node=nodes.Name(name="loop"), attr=member):
                self._loop(node, member)
            case nodes.Getitem(node=nodes.Name(name="loop")):
                self._loop(node, None)
            case _:
                self._fault(node, "Only columns, and members of `data`, can be taken from a value.")

    def _loop(self, node: nodes.Node, member: str | None) -> None:
        if not self._loops:
            self._fault(node, "`loop` is there only inside a `for`.", rule=NAME)
        elif member not in LOOP_MEMBERS:
            members = ", ".join(f"loop.{name}" for name in LOOP_MEMBERS)
            self._fault(node, f"There are only {members}.", rule=NAME)

    def _constant(self, node: nodes.Const) -> None:
        try:
            encode(node.value)
        except EncodingError as error:
            self._fault(node, f"This constant has no JSON form: {error.message}.")

    def _condition(self, node: nodes.CondExpr) -> None:
        if node.expr2 is None:
            self._fault(
                node, "An inline `if` needs an `else`, or nothing would stand there.", "Write {{ x if y else none }}."
            )

    def _filter(self, node: nodes.Filter) -> None:
        known = FILTERS.get(node.name)
        if known is None or node.node is None:
            self._fault(node, f"There is no filter `{node.name}` here.", f"There are {', '.join(FILTERS)}.")
        elif node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > known.most_arguments:
            self._fault(node, f"The filter `{node.name}` takes at most {known.most_arguments} plain arguments.")

    def _test(self, node: nodes.Test) -> None:
        if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self._fault(node, f"There is no test `is {node.name}` here.", f"There are {', '.join(TESTS)}.")


def _is_loop_member(node: nodes.Node) -> bool:
    match node:
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=member):
            return member in LOOP_MEMBERS
    return False
