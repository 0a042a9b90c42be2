"""T-SQL keeps conditions and values apart: `WHERE a` and `SELECT a > 1` are no T-SQL, though the parser takes both."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.sql.fault import SqlFault
from engine.sql.read_only.subject import Subject

_CONDITIONS = frozenset(
    {
        exp.And,
        exp.Between,
        exp.Contains,
        exp.EQ,
        exp.Escape,
        exp.Exists,
        exp.GT,
        exp.GTE,
        exp.In,
        exp.Is,
        exp.LT,
        exp.LTE,
        exp.Like,
        exp.NEQ,
        exp.Not,
        exp.NullSafeEQ,
        exp.NullSafeNEQ,
        exp.Or,
    }
)
_HOLDERS: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.And: ("this", "expression"),
    exp.Or: ("this", "expression"),
    exp.Not: ("this",),
    exp.Where: ("this",),
    exp.Having: ("this",),
    exp.Join: ("on",),
    exp.If: ("this",),
}


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `sql-syntax` for a value where a condition must stand, and a condition where a value must."""
    for kind, nodes in subject.query.nodes.items():
        for argument in _HOLDERS.get(kind, ()):
            for node in nodes:
                held = node.args.get(argument)
                if held is not None and type(held) not in _CONDITIONS and not _is_condition(node, held):
                    hint = "Compare it with something: … = 1."
                    yield subject.refuse(held, "A condition must stand here, not a value.", hint, "sql-syntax")
        if kind in _CONDITIONS:
            for node in nodes:
                if _is_column(node):
                    hint = "Write CASE WHEN … THEN 1 ELSE 0 END."
                    yield subject.refuse(node, "A condition is no column in T-SQL.", hint, "sql-syntax")


def _is_condition(holder: exp.Expr, node: exp.Expr) -> bool:
    if isinstance(holder, exp.If) and isinstance(holder.parent, exp.Case) and holder.parent.this is not None:
        return True  # CASE a WHEN 1: a value belongs here
    while isinstance(node, exp.Paren):
        node = node.this
    return type(node) in _CONDITIONS or (isinstance(node, exp.Anonymous) and node.name.lower() == "freetext")


def _is_column(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, (exp.Paren, exp.Alias)):
        parent = parent.parent
    return isinstance(parent, exp.Select)
