"""CASE, IIF, COALESCE, ISNULL and NULLIF, with the type that SQL Server gives each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import EXACT, STRINGS, WHOLE
from engine.sql.translate.casts.casts import converted
from engine.sql.translate.casts.conversion import adapted, common_type
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.text.comparison import comparable
from engine.sql.translate.typed import Typed

_BRANCH: Final = frozenset({"this", "true"})


def case(emitter: Emitter, node: exp.Case) -> Typed:
    """CASE in both forms; the simple one compares by `=`."""
    for branch in node.args["ifs"]:
        emitter.check_arguments(branch, _BRANCH)
    subject = emitter.scalar(node.this) if node.this is not None else None
    conditions = [_condition(emitter, subject, branch) for branch in node.args["ifs"]]
    values = [emitter.scalar(branch.args["true"]) for branch in node.args["ifs"]]
    default = node.args.get("default")
    if default is not None:
        values.append(emitter.scalar(default))
    return _chosen(emitter, node, conditions, values)


def _condition(emitter: Emitter, subject: Typed | None, branch: exp.If) -> str:
    if subject is None:
        return emitter.predicate(branch.this)
    pair = comparable(emitter, subject, emitter.scalar(branch.this), branch, "=")
    return f"{pair.left} = {pair.right}"


def iif(emitter: Emitter, node: exp.If) -> Typed:
    """IIF(condition, value, value)."""
    values = [emitter.scalar(node.args["true"]), emitter.scalar(node.args["false"])]
    return _chosen(emitter, node, [emitter.predicate(node.this)], values)


def choose(emitter: Emitter, node: exp.Anonymous) -> Typed:
    """CHOOSE(number, value, …): NULL where there is no value of that number."""
    if len(node.expressions) < 2:
        raise refused(node, "CHOOSE has a number and at least one value", "write CHOOSE(number, value, …)")
    number, *items = node.expressions
    index = emitter.scalar(number)
    if index.type.kind not in WHOLE:
        raise not_carried(node, f"CHOOSE by a {index.type.kind}", "CAST the number to int")
    conditions = [f"{index.sql} = {place}" for place in range(1, len(items) + 1)]
    return _chosen(emitter, node, conditions, [emitter.scalar(item) for item in items])


def _chosen(emitter: Emitter, node: exp.Expr, conditions: Sequence[str], values: Sequence[Typed]) -> Typed:
    """The CASE of the target; one value more than conditions is the ELSE."""
    made = unified(emitter, node, values)
    branches = " ".join(
        f"WHEN {condition} THEN {value.sql}" for condition, value in zip(conditions, made, strict=False)
    )
    otherwise = f" ELSE {made[-1].sql}" if len(made) > len(conditions) else ""
    return joined(values, made[0].type, f"CASE {branches}{otherwise} END")


def unified(emitter: Emitter, node: exp.Expr, values: Sequence[Typed]) -> list[Typed]:
    """The values in their common type."""
    if all(value.is_null for value in values):
        raise refused(node, "at least one of the values must not be NULL", "CAST the NULL to the type that is meant")
    type_ = common_type(values, node)
    return [adapted(emitter, node, value, type_) for value in values]


def joined(values: Sequence[Typed], type_: SqlType, sql: str) -> Typed:
    """An expression that gives one of `values`, in the type that they have in common."""
    is_loose = type_.kind is Kind.DECIMAL and any(
        value.is_loose or (value.type.kind in WHOLE and value.constant is not None) for value in values
    )
    return Typed(sql, type_, is_loose=is_loose, rank=max(value.rank for value in values))


def coalesce(emitter: Emitter, node: exp.Coalesce) -> Typed:
    """COALESCE by the precedence of types; ISNULL has the type of its first value, to which the second is converted."""
    if node.args.get("is_null"):
        return _isnull(emitter, node)
    values = [emitter.scalar(item) for item in (node.this, *node.expressions)]
    made = unified(emitter, node, values)
    return joined(values, made[0].type, emitter.writer.first_not_null(made))


def _isnull(emitter: Emitter, node: exp.Coalesce) -> Typed:
    if len(node.expressions) != 1:
        raise refused(node, "ISNULL has two values", "use COALESCE for more")
    first, second = emitter.scalar(node.this), emitter.scalar(node.expressions[0])
    if first.is_null or (first.placeholder is not None and first.type.kind in STRINGS | {Kind.DECIMAL}):
        hint = "use COALESCE, or CAST(? AS a type)"
        raise refused(node, "ISNULL has the type of its first value, which is not known here", hint)
    is_literal = isinstance(second.constant, str)
    if not (_alike(first.type, second.type) or second.is_null or is_literal):
        hint = f"CAST the second value to {first.type.kind}, or use COALESCE"
        raise not_carried(node, f"ISNULL of {first.type.kind} and {second.type.kind}", hint)
    second = converted(emitter, node, second, first.type, None)
    sql = emitter.writer.first_not_null([first, second])
    return Typed(sql, first.type, is_loose=first.is_loose, rank=max(first.rank, second.rank))


def _alike(first: SqlType, second: SqlType) -> bool:
    """Whether ISNULL's conversion of the second value to the first's type is one that is carried as it is."""
    if first.kind in STRINGS:
        return second.kind in STRINGS
    if first.kind is Kind.BIT:
        return second.kind in WHOLE | {Kind.BIT}
    return first.kind is second.kind or {first.kind, second.kind} <= EXACT


def nullif(emitter: Emitter, node: exp.Nullif) -> Typed:
    """NULLIF: the first value, or NULL where both are equal."""
    first, second = emitter.scalar(node.this), emitter.scalar(node.expression)
    if first.is_null:
        raise refused(node, "NULLIF of NULL is not T-SQL", "CAST the NULL to the type that is meant")
    pair = comparable(emitter, first, second, node, "=")
    sql = f"CASE WHEN {pair.left} = {pair.right} THEN NULL ELSE {first.sql} END"
    return first.made(sql)


CONDITIONALS: Final[Entries] = {
    exp.Case: entry(case, "this", "ifs", "default"),
    exp.If: entry(iif, "this", "true", "false", needs=("false",)),
    exp.Coalesce: entry(coalesce, "this", "expressions", "is_null"),
    exp.Nullif: entry(nullif, "this", "expression"),
}
