"""UNION, EXCEPT, INTERSECT and VALUES."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlglot import exp

from engine.model import SqlType
from engine.sql.translate.casts.conversion import adapted, common_type
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.relations import CompoundRelation, Output, Relation, SelectRelation, Tail
from engine.sql.translate.rows.common_tables import check_position
from engine.sql.translate.rows.merging import check_comparable, folds_any, merged
from engine.sql.translate.rows.ordering import order_items
from engine.sql.translate.rows.row_counts import tail_counts
from engine.sql.translate.typed import Typed

_MOST_VALUES = 200


_ROW: Final = frozenset({"expressions"})


def set_operation(emitter: Emitter, node: exp.SetOperation) -> Relation:
    """Two queries whose columns have common types."""
    check_position(node)
    left = emitter.attempt(partial(emitter.relation, node.this))
    right = emitter.attempt(partial(emitter.relation, node.expression))
    if left is None or right is None:
        raise Refused(None)
    word = str(node.key).upper()
    is_distinct = bool(node.args.get("distinct"))
    if not is_distinct and word != "UNION":
        raise refused(node, f"{word} ALL is not T-SQL", "leave ALL out")
    relation = together(emitter, node, left, right, word if is_distinct else "UNION ALL")
    order = node.args.get("order")
    noted = len(emitter.faults)
    with emitter.inner_scope(None):
        keys = order_items(emitter, order, relation.outputs, [None] * len(relation.outputs))
    if len(emitter.faults) > noted:
        raise Refused(None)
    tail = Tail(keys.items, *tail_counts(emitter, node, is_ordered=order is not None), keys.is_outer)
    if not is_distinct:
        return CompoundRelation(relation.outputs, relation.operator, relation.left, relation.right, tail)
    if word != "UNION" and folds_any(relation):
        hint = "compare keys that are numbers, or use EXISTS"
        raise refused(node, f"{word} over strings is not carried under this collation", hint)
    if word != "UNION":
        check_comparable(node, relation)
        return CompoundRelation(relation.outputs, relation.operator, relation.left, relation.right, tail)
    return merged(emitter, node, relation, tail)


def together(emitter: Emitter, node: exp.Expr, left: Relation, right: Relation, operator: str) -> CompoundRelation:
    """Both with their columns in common types; the left one's names."""
    if len(left.outputs) != len(right.outputs):
        raise refused(
            node,
            f"{operator} of {len(left.outputs)} and {len(right.outputs)} columns",
            "select as many columns in each",
        )
    pairs = zip(left.outputs, right.outputs, strict=True)
    types = [common_type([one.value, other.value], node) for one, other in pairs]

    def change(values: Sequence[Typed]) -> list[Typed]:
        """A branch's columns in the common types."""
        return [adapted(emitter, node, value, type_) for value, type_ in zip(values, types, strict=True)]

    left, right = left.changed(change), right.changed(change)
    return CompoundRelation(_joined(left, right, types), operator, left, right)


def _joined(left: Relation, right: Relation, types: Sequence[SqlType]) -> tuple[Output, ...]:
    """The columns of both: what is known of one side's expression alone is not kept."""
    outputs = []
    for one, other, type_ in zip(left.outputs, right.outputs, types, strict=True):
        rank = max(one.value.rank, other.value.rank)
        is_null = one.value.is_typed_null and other.value.is_typed_null
        value = Typed(one.value.sql, type_, is_typed_null=is_null, is_loose=True, rank=rank)
        outputs.append(Output(one.name, value))
    return tuple(outputs)


def values_table(emitter: Emitter, node: exp.Values) -> Relation:
    """VALUES as a table: one SELECT a row, in common types."""
    if len(node.expressions) > _MOST_VALUES:
        raise not_carried(node, f"VALUES of more than {_MOST_VALUES} rows", "keep the rows in a table of the ledger")
    relation: Relation | None = None
    for row in node.expressions:
        items = [row]
        if isinstance(row, exp.Tuple):
            emitter.check_arguments(row, _ROW)
            items = row.expressions
        outputs = tuple(Output(None, emitter.scalar(item)) for item in items)
        next_row = SelectRelation(outputs, "")
        relation = next_row if relation is None else together(emitter, node, relation, next_row, "UNION ALL")
    if relation is None:
        raise refused(node, "VALUES without rows is not T-SQL", "write at least one row: VALUES (1)")
    return relation


def parenthesised(emitter: Emitter, node: exp.Subquery) -> Relation:
    """A query in parentheses, as a branch of a set operation or inside a condition."""
    return emitter.relation(node.this)


def scalar_subquery(emitter: Emitter, node: exp.Subquery) -> Typed:
    """A subquery as a value: NULL where it has no row, an error where it has more than one."""
    emitter.forbid_subquery(node)
    relation = emitter.relation(node.this)
    if len(relation.outputs) != 1:
        raise refused(node, "a subquery as a value has one column", "select one column in it, or use APPLY")
    value = relation.outputs[0].value
    return Typed(f"({relation.render([None])})", value.type, is_loose=value.is_loose, rank=value.rank)
