"""Rows that compare equal made one: DISTINCT and UNION under a collation by which strings of other bytes are equal."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlglot import exp

from engine.model import Kind
from engine.model.families import INCOMPARABLE, STRINGS
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.relations import CompoundRelation, MergedRelation, Relation, SelectRelation, Tail
from engine.sql.translate.text.strings import checked, folds, key_of, known_collation, representative
from engine.sql.translate.typed import Typed


def merged(emitter: Emitter, node: exp.Expr, relation: SelectRelation | CompoundRelation, tail: Tail) -> Relation:
    """`relation`, which merges rows by the target's own equality, by SQL Server's; `tail` follows the merged rows."""
    check_comparable(node, relation)
    values = [output.value for output in relation.outputs]
    if not any(value.type.kind in STRINGS and folds(value.type.collation) for value in values):
        return replace(relation, tail=tail)
    every = (
        replace(relation, is_distinct=False)
        if isinstance(relation, SelectRelation)
        else replace(relation, operator="UNION ALL")
    )
    keys, shown = [], []
    for number, value in enumerate(values, start=1):
        column = f'"merged"."c{number}"'
        keys.append(_key(emitter, node, value, column))
        shown.append(representative(emitter, column) if value.type.kind in STRINGS else column)
    return MergedRelation(every, tuple(keys), tuple(shown), tail)


def check_comparable(node: exp.Expr, relation: Relation) -> None:
    """Refuse rows of which a column does not compare."""
    for output in relation.outputs:
        if output.value.type.kind in INCOMPARABLE | {Kind.OTHER}:
            hint = "CAST it to varchar(max) or nvarchar(max), or leave the column out"
            named = output.value.type.other_name or output.value.type.kind
            raise refused(node, f"DISTINCT over {named} is not T-SQL", hint)


def _key(emitter: Emitter, node: exp.Expr, value: Typed, column: str) -> str:
    if value.type.kind not in STRINGS:
        return column
    return key_of(emitter, Typed(column, value.type), checked(node, known_collation(node, value)))


def folds_any(relation: Relation) -> bool:
    """Whether a column is a string that may equal one of other bytes; one that is NULL in each branch, as a hole is,
    equals only itself."""
    branches: list[Sequence[Typed]] = []

    def noted(values: Sequence[Typed]) -> Sequence[Typed]:
        """Leaves a branch's columns as they are; notes them."""
        branches.append(values)
        return values

    relation.changed(noted)
    return any(
        value.type.kind in STRINGS
        and folds(value.type.collation)
        and not all(values[number].is_typed_null for values in branches)
        for number, value in enumerate(output.value for output in relation.outputs)
    )
