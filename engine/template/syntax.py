"""A template's text to Jinja's tree, in which every `lineno` is an offset into that text.

Jinja's parser evaluates nothing. Its nodes know only a line; by giving it tokens numbered by offset instead of by line,
every node, and every syntax error, knows its exact place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from engine.template.fault import SYNTAX, TemplateFault

MAX_LENGTH: Final = 100_000
"""How many characters a template may have, as a query."""

MAX_TOKENS: Final = 20_000
"""Reading takes about 10 µs a token."""

MAX_NUMBER_LENGTH: Final = 1_000
"""How many characters a number may have, as in a query: reading it takes time by the square of its digits."""

MAX_NESTING: Final = 100
"""Levels of the tree: blocks within blocks, and expressions within expressions (`a + b + c` has two)."""


_ESCAPES: Final = re.compile(r"""(?:[^\\]++|\\(?:[\\'"abfnrtvuUNx\n]|[0-3]))*+""")
"""A text whose escape sequences Python knows; others it keeps, with a warning that they will be errors."""


class _SkipTag(Extension):
    """`{% skip "reason" %}`, in the tree an ExprStmt: nothing else that we load makes one."""

    tags: ClassVar[set[str]] = {"skip"}  # type: ignore[misc]  # Jinja's own extensions do the same

    def parse(self, parser: Parser) -> nodes.Node:
        """Parses the tag `skip` with its reason."""
        offset = next(parser.stream).lineno
        reason = parser.stream.expect("string")
        return nodes.ExprStmt(nodes.Const(reason.value, lineno=reason.lineno), lineno=offset)


_environment: Final = Environment(  # noqa: S701  # it only parses: nothing is rendered, and escaping is JSON's
    extensions=[_SkipTag], keep_trailing_newline=True
)
_lexer: Final = _environment.lexer  # kept: the environment looks it up anew each time
_DECIMAL: Final = "decimal"  # no kind of Jinja's: its lexer passes such a token on as it is
_LEAVES: Final = frozenset({nodes.TemplateData, nodes.Name, nodes.Const})


def parse_tree(text: str) -> nodes.Template | TemplateFault:
    """The tree, or the first fault: Jinja's parser does not go on after one."""
    if len(text) > MAX_LENGTH:
        message = f"The template has {len(text):,} characters; {MAX_LENGTH:,} are allowed."
        return TemplateFault(SYNTAX, 0, message, "Let the queries give what is long.")
    try:
        parser = Parser(_environment, "")
        parser.stream = TokenStream(_tokens(text), None, None)
        tree = nodes.Template(parser.subparse(), lineno=1)  # parser.parse() would also tell each node its environment
    except TemplateSyntaxError as error:
        from engine.template.complaints import explain  # noqa: PLC0415  # few templates need its many patterns

        return explain(error.message or "", error.lineno, _lexemes(text))
    except RecursionError:
        return _too_deep()
    return tree if _depth_is_bounded(tree) else _too_deep()


def _too_deep() -> TemplateFault:
    return TemplateFault(SYNTAX, 0, "The template is nested too deeply.", f"Stay below {MAX_NESTING} levels.")


def _tokens(text: str) -> Iterator[Token]:
    """Jinja's tokens, numbered by offset. Decimal literals keep their digits."""
    for token in _lexer.wrap(_bounded(_lexemes(text))):
        if token.type == _DECIMAL:
            yield Token(token.lineno, "float", _decimal(token.value, token.lineno))  # type: ignore[arg-type]  # any value will do
        else:
            yield token


def _bounded(lexemes: Iterator[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
    """The lexemes as the lexer can make tokens of them; TemplateSyntaxError at the first of which it cannot."""
    for count, (offset, kind, value) in enumerate(lexemes):
        if count == MAX_TOKENS:
            raise TemplateSyntaxError(f"it has more than {MAX_TOKENS} parts", offset)
        if kind in ("float", "integer") and len(value) > MAX_NUMBER_LENGTH:
            message = f"a number has {len(value):,} characters; {MAX_NUMBER_LENGTH:,} are allowed"
            raise TemplateSyntaxError(message, offset)
        if kind == "float":
            yield offset, _DECIMAL, value
        elif kind == "string" and not _ESCAPES.fullmatch(value):
            raise TemplateSyntaxError("an unknown escape sequence in a text; a backslash is written `\\\\`", offset)
        else:
            yield offset, kind, value


def _lexemes(text: str) -> Iterator[tuple[int, str, str]]:
    end = 0
    # The lexer turns "\r\n" into "\n"; so that offsets hold, each carriage return becomes a line feed first.
    source = text.replace("\r", "\n")
    try:
        for _line, kind, value in _lexer.tokeniter(source, None):
            # Only blanks are dropped between two tokens, by whitespace control.
            start = source.find(value, end)
            end = start + len(value)
            yield start, kind, value
    except TemplateSyntaxError as error:
        message = error.message or ""
        if message.startswith("unexpected char"):
            message = message.rpartition(" at ")[0]  # it ends with an offset of its own
        raise TemplateSyntaxError(message, end) from None


def _decimal(text: str, offset: int) -> Decimal:
    try:
        return Decimal(text.replace("_", ""))
    except InvalidOperation:
        raise TemplateSyntaxError("a number is out of range", offset) from None


def _depth_is_bounded(tree: nodes.Node) -> bool:
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level if type(node) not in _LEAVES for child in children(node)]
        if not level:
            return True
    return False


def children(node: nodes.Node) -> list[nodes.Node]:
    """The nodes directly below, in order: what `iter_child_nodes` gives, in a third of its time."""
    found: list[nodes.Node] = []
    for field in node.fields:
        value = getattr(node, field, None)
        if isinstance(value, nodes.Node):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, nodes.Node)]
    return found


def start_of(node: nodes.Node) -> int:
    """The offset at which the node's text begins: Jinja places some nodes at their operator, and some nowhere."""
    places = []
    part: nodes.Node | None = node
    while part is not None:
        if part.lineno is not None:
            places.append(part.lineno)
        if type(part) in _LEAVES:
            break
        part = part.expr1 if isinstance(part, nodes.CondExpr) else next(iter(children(part)), None)
    return min(places, default=0)


def named(node: nodes.Node) -> str:
    """The expression in words that hold no value: a chain of names as the template spells it, in backticks."""
    chain = _chain(node)
    return "an expression" if chain is None else f"`{chain}`"


def root_of(node: nodes.Node) -> str | None:
    """The name that a chain of members begins with; None for any other expression."""
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else None


def _chain(node: nodes.Node) -> str | None:
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(attr=key) | nodes.Getitem(arg=nodes.Const(value=key)):
            chain = _chain(node.node)
            step = f".{key}" if isinstance(node, nodes.Getattr) else f"[{key!r}]"
            return chain and chain + step
        case nodes.Filter(node=inner, name=name) if inner is not None:
            chain = _chain(inner)
            return chain and f"{chain} | {name}"
    return None
