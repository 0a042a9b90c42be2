"""Conditions. A condition is never a value in T-SQL, nor a value a condition."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.sql.translate.comparison import comparable
from engine.sql.translate.emitter import Emitter, Entry, entry

_SIGNS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}


def comparison(emitter: Emitter, node: exp.Binary) -> str:
    """`=`, `<>`, `<`, `<=`, `>`, `>=`."""
    sign = _SIGNS[type(node)]
    pair = comparable(
        emitter, emitter.scalar(node.left), emitter.scalar(node.right), node, is_equality=sign in ("=", "<>")
    )
    return f"{pair.left} {sign} {pair.right}"


def conjunction(emitter: Emitter, node: exp.And) -> str:
    """AND; each side is looked at, so that the faults of both are found."""
    return _joined(emitter, node, "AND")


def disjunction(emitter: Emitter, node: exp.Or) -> str:
    """OR, in parentheses."""
    return f"({_joined(emitter, node, 'OR')})"


def _joined(emitter: Emitter, node: exp.Connector, word: str) -> str:
    left = emitter.attempt(lambda: emitter.predicate(node.left))
    right = emitter.predicate(node.right)
    return f"{left} {word} {right}"


def negation(emitter: Emitter, node: exp.Not) -> str:
    """NOT."""
    return f"NOT ({emitter.predicate(node.this)})"


def paren(emitter: Emitter, node: exp.Paren) -> str:
    """A condition in parentheses."""
    return f"({emitter.predicate(node.this)})"


PREDICATES: Final[dict[type[exp.Expr], Entry]] = {
    exp.And: entry(conjunction, "this", "expression"),
    exp.Or: entry(disjunction, "this", "expression"),
    exp.Not: entry(negation, "this"),
    exp.Paren: entry(paren, "this"),
    **{sign: entry(comparison, "this", "expression") for sign in _SIGNS},
}
