"""Types in a statement that runs as its author wrote it: of its columns, and of what is compared with its placeholders.

The translation's own rules tell them. What it would refuse elsewhere is no fault here: its type is just not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from engine.model import UNKNOWN, ArgumentType, Kind, SqlType
from engine.sql.analysis import Analysis
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema
from engine.sql.translate.allow_list import TABLES
from engine.sql.translate.emitter import Emitter, Request
from engine.sql.translate.relations import Relation
from engine.sql.translate.rows.common_tables import with_clause
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import POSTGRESQL

_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In)


@dataclass(frozen=True, slots=True)
class Inference:
    """`columns` are the outermost columns' types, None where one is not certain.

    `compared` has, by the ordinal of a placeholder, the type of the one column that it is compared with.
    """

    columns: tuple[SqlType | None, ...]
    compared: Mapping[int, SqlType]


def infer(
    query: Query,
    analysis: Analysis,
    schema: LedgerSchema,
    argument_types: tuple[ArgumentType, ...],
    *,
    nullable: tuple[bool, ...],
    holes: frozenset[int],
) -> Inference:
    """What is certain of the types in `query`, which `analysis` is of; never raises."""
    request = Request(
        query.text, schema, POSTGRESQL, argument_types, nullable, holes, "UTC", references=analysis.references
    )
    emitter = Emitter(request, TABLES, str)
    try:
        relation = _relation(emitter, query.tree)
    except RecursionError:
        relation = None
    placeholders = query.nodes.get(exp.Placeholder, ())
    compared = {int(node.name): type_ for node in placeholders if (type_ := _column_beside(emitter, node))}
    return Inference(_columns(emitter, query, relation), compared)


def _relation(emitter: Emitter, tree: exp.Query) -> Relation | None:
    """None where it is refused, and where a CTE is: a table might be taken for it."""
    if emitter.attempt(lambda: with_clause(emitter, tree)) is None:
        return None
    return emitter.attempt(lambda: emitter.relation(tree))


def _columns(emitter: Emitter, query: Query, relation: Relation | None) -> tuple[SqlType | None, ...]:
    """Of a SELECT that is refused, the columns that are not at fault still have their types."""
    found: Sequence[Typed | None] = ()
    if relation is not None:
        found = [output.value for output in relation.outputs]
    elif isinstance(query.tree, exp.Select):
        found = [emitter.made.get(id(item.unalias())) for item in query.tree.expressions]
    if len(found) != len(query.outputs):
        return (None,) * len(query.outputs)
    return tuple([None if value is None else _certain(value.type) for value in found])


def _certain(type_: SqlType) -> SqlType | None:
    """A decimal's scale is the driver's to tell: SQL Server's own varies where literals are among the operands."""
    if type_ == UNKNOWN:
        return None
    return SqlType(Kind.DECIMAL) if type_.kind is Kind.DECIMAL else type_


def _column_beside(emitter: Emitter, placeholder: exp.Expr) -> SqlType | None:
    """The type of the column on the other side of a comparison, where there is just one."""
    node = _whole_side(placeholder)
    comparison = node.parent
    if not isinstance(comparison, _COMPARISONS):
        return None
    sides = list(_sides(comparison))
    first = comparison.this
    others = [side for side in sides if side is not first] if node is first else [first]
    values = [emitter.made.get(id(side.unnest())) if isinstance(side.unnest(), exp.Column) else None for side in others]
    types = {None if value is None else value.type for value in values}
    return types.pop() if len(types) == 1 else None


def _whole_side(node: exp.Expr) -> exp.Expr:
    """The placeholder with its parentheses, and with the literals that are joined to it, as in LIKE ? + '%'."""
    parent = node.parent
    while isinstance(parent, exp.Paren) or (isinstance(parent, exp.Add) and _is_joined(parent, node)):
        node, parent = parent, parent.parent
    return node


def _is_joined(sum_: exp.Add, node: exp.Expr) -> bool:
    other = sum_.left if node is sum_.right else sum_.right
    return isinstance(other, exp.Literal) and bool(other.is_string)


def _sides(comparison: exp.Expr) -> Iterator[exp.Expr]:
    yield comparison.this
    for name in ("expression", "low", "high"):
        side = comparison.args.get(name)
        if side is not None:
            yield side
    yield from comparison.args.get("expressions") or ()
