"""The name that an outermost column without one surely should have: that of the only column that it shows."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Edit
from engine.sql.query import Query, first_branch
from engine.sql.tokens import Tokens

_SHOWING: Final = (exp.Paren, exp.Cast, exp.TryCast, exp.Trim, exp.Upper, exp.Lower, exp.Round, exp.Coalesce)
"""What still shows its first operand, in another form."""
_ENDS: Final = frozenset({",", "from", "where", "group", "having", "order", "union", "except", "intersect", "for", ")"})


def missing_alias(query: Query, number: int) -> Edit | None:
    """The edit that names the outermost column at `number`, from 0; None where its name is not certain."""
    expressions = first_branch(query.tree).expressions
    if len(expressions) != len(query.outputs):
        return None
    name = _shown(expressions[number])
    if name is None or name.casefold() in {(output.name or "").casefold() for output in query.outputs}:
        return None
    tokens = Tokens(query.text, query.tokens, query.words)
    last = _last_token(tokens, query.outputs[number].offset)
    return None if last is None else tokens.addition(last, f" as {tokens.delimited(name)}")


def _shown(node: exp.Expr) -> str | None:
    """The one column in an expression that shows it."""
    if len(list(node.find_all(exp.Column))) != 1 or node.find(exp.Query, exp.Placeholder) is not None:
        return None
    while not isinstance(node, exp.Column):
        if isinstance(node, exp.Convert):
            node = node.expression
        elif isinstance(node, _SHOWING) and isinstance(node.this, exp.Expr):
            node = node.this
        else:
            return None
    return node.name


def _last_token(tokens: Tokens, start: int) -> int | None:
    """The index of the last token of the column that begins at `start`."""
    first = tokens.index(start)
    depth = 0
    for index in range(first, len(tokens.all)):
        word = tokens.word(index)
        if depth == 0 and word in _ENDS:
            return index - 1 if index > first else None
        depth += (word == "(") - (word == ")")
    return len(tokens.all) - 1
