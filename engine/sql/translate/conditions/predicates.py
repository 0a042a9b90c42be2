"""Conditions. A condition is never a value in T-SQL, nor a value a condition."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from engine.sql.translate.conditions.membership import existence, membership
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import Refused, refused
from engine.sql.translate.text.comparison import comparable
from engine.sql.translate.text.likes import escaped, like

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
    pair = comparable(emitter, emitter.scalar(node.left), emitter.scalar(node.right), node, sign)
    return f"{pair.left} {sign} {pair.right}"


def conjunction(emitter: Emitter, node: exp.And) -> str:
    """AND."""
    return _chain(emitter, node, exp.And, " AND ")


def disjunction(emitter: Emitter, node: exp.Or) -> str:
    """OR, in parentheses."""
    return f"({_chain(emitter, node, exp.Or, ' OR ')})"


def _chain(emitter: Emitter, node: exp.Connector, kind: type[exp.Connector], word: str) -> str:
    """The links of a chain that may be long; each is looked at, so that the faults of all are found."""
    links: list[exp.Expr] = []
    first: exp.Expr = node
    while isinstance(first, kind):
        emitter.check_arguments(first, frozenset({"this", "expression"}))
        links.append(first.right)
        first = first.left
    parts = [emitter.attempt(partial(emitter.predicate, link)) for link in (first, *reversed(links))]
    if None in parts:
        raise Refused(None)
    return word.join(part for part in parts if part is not None)


def negation(emitter: Emitter, node: exp.Not) -> str:
    """NOT."""
    return f"NOT ({emitter.predicate(node.this)})"


def paren(emitter: Emitter, node: exp.Paren) -> str:
    """A condition in parentheses."""
    return f"({emitter.predicate(node.this)})"


def is_null(emitter: Emitter, node: exp.Is) -> str:
    """IS NULL."""
    if not isinstance(node.expression, exp.Null):
        raise refused(node, "IS is carried with NULL alone", "use =")
    return f"{emitter.scalar(node.this).sql} IS NULL"


def between(emitter: Emitter, node: exp.Between) -> str:
    """BETWEEN: both ends belong to it."""
    value = emitter.scalar(node.this)
    low = comparable(emitter, value, emitter.scalar(node.args["low"]), node, ">=")
    high = comparable(emitter, value, emitter.scalar(node.args["high"]), node, "<=")
    return f"({low.left} >= {low.right} AND {high.left} <= {high.right})"


PREDICATES: Final[Entries] = {
    exp.And: entry(conjunction, "this", "expression"),
    exp.Or: entry(disjunction, "this", "expression"),
    exp.Not: entry(negation, "this"),
    exp.Paren: entry(paren, "this"),
    exp.Is: entry(is_null, "this", "expression"),
    exp.Between: entry(between, "this", "low", "high"),
    exp.In: entry(membership, "this", "expressions", "query"),
    exp.Exists: entry(existence, "this"),
    exp.Like: entry(like, "this", "expression", "negate"),
    exp.Escape: entry(escaped, "this", "expression"),
    **{sign: entry(comparison, "this", "expression") for sign in _SIGNS},
}
