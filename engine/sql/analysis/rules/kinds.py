"""The kinds of the values that the rules on types look at, and how they are called."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind
from engine.sql.analysis.rules.subject import Subject

COMPARISONS: Final[tuple[type[exp.Binary], ...]] = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def a(kind: Kind) -> str:
    """The type with its article."""
    return f"an {kind}" if kind[0] == "i" else f"a {kind}"


def kind_of(subject: Subject, node: exp.Expr) -> Kind | None:
    """The kind of an expression's type; None where it is not certain, or none of T-SQL's own."""
    if type(node) is exp.Column:
        found = subject.analysis.references.get(id(node))
        type_ = found.column.type if found is not None and found.column is not None else None
    else:
        type_ = subject.analysis.fact(node).type
    return None if type_ is None or type_.kind is Kind.OTHER else type_.kind


def has_placeholder(*nodes: exp.Expr) -> bool:
    """Whether a `?` is among the nodes."""
    return any(isinstance(node, exp.Placeholder) for node in nodes)
