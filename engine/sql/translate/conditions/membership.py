"""IN over a list, and over the one column of a subquery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.model.families import STRINGS
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.relations import Relation, SelectRelation
from engine.sql.translate.text.comparison import Pair, comparable
from engine.sql.translate.typed import Typed


def membership(emitter: Emitter, node: exp.In) -> str:
    """IN over a list, or over the one column of a subquery."""
    value = emitter.scalar(node.this)
    query = node.args.get("query")
    if query is not None:
        return _in_query(emitter, node, value, query)
    pairs = [comparable(emitter, value, emitter.scalar(item), node, "=") for item in node.expressions]
    if not pairs:
        raise refused(node, "IN without a list is not T-SQL", "write the list: IN (1, 2)")
    if len({pair.form for pair in pairs}) == 1:
        return f"{pairs[0].left} IN ({', '.join(pair.right for pair in pairs)})"
    return f"({' OR '.join(f'{pair.left} = {pair.right}' for pair in pairs)})"


def _in_query(emitter: Emitter, node: exp.In, value: Typed, query: exp.Expr) -> str:
    emitter.forbid_subquery(query)
    inner = query.this if isinstance(query, exp.Subquery) else query
    relation: Relation = emitter.relation(inner)
    if len(relation.outputs) != 1:
        raise refused(node, "a subquery after IN has one column", "select one column in it, or use EXISTS")
    pairs: list[Pair] = []

    def compared(values: Sequence[Typed]) -> list[Typed]:
        """A branch's column as it is compared with the value; notes the pair."""
        pair = comparable(emitter, value, values[0], node, "=")
        pairs.append(pair)
        return [Typed(pair.right, values[0].type)]

    changed = relation.changed(compared)
    if len({pair.form for pair in pairs}) > 1:
        raise refused(node, "the branches of the subquery have types that compare differently", "CAST them alike")
    if isinstance(changed, SelectRelation) and _is_semijoin(emitter, node, inner, value, relation.outputs[0].value):
        word = "AND" if inner.args.get("where") is not None else "WHERE"
        return f"EXISTS (SELECT 1{changed.body} {word} {pairs[0].right} = {pairs[0].left})"
    return f"{pairs[0].left} IN ({changed.render([None])})"


_PLAIN: Final = frozenset({"expressions", "from_", "joins", "where"})
_TWO_VALUED: Final = (exp.Where, exp.Having, exp.Join)


def _is_semijoin(emitter: Emitter, node: exp.In, inner: exp.Expr, value: Typed, output: Typed) -> bool:
    """Whether IN is written as EXISTS with an equation: where the subquery uses columns of the query around it.

    The two differ where nothing equal is found and a value is NULL, which must not matter at the place, and in what is
    computed for which rows, so that neither side may fail.
    """
    return (
        emitter.writer.runs_in_again
        and isinstance(inner, exp.Select)
        and all(key in _PLAIN for key, argument in inner.args.items() if argument)
        and inner.args.get("from_") is not None
        and _cannot_fail(value, output)
        and _takes_null_for_false(node)
        and _uses_outer_columns(emitter, inner)
        and not _hides(emitter, inner, node.this)
    )


def _cannot_fail(value: Typed, output: Typed) -> bool:
    """Whether both are columns that compare without a conversion."""
    kinds = {value.type.kind, output.type.kind}
    are_columns = all(side.is_column or side.unpadded is not None for side in (value, output))
    return are_columns and (len(kinds) == 1 or kinds <= STRINGS)


def _takes_null_for_false(node: exp.Expr) -> bool:
    """Whether only AND and OR stand between the condition and a clause that takes unknown as it takes false."""
    place, parent = node, node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Paren):
        place, parent = parent, parent.parent
    return isinstance(parent, _TWO_VALUED) or (isinstance(parent, exp.If) and place.arg_key == "this")


def _uses_outer_columns(emitter: Emitter, inner: exp.Select) -> bool:
    own = {id(select) for select in inner.find_all(exp.Select)}
    references = (emitter.references.get(id(column)) for column in inner.find_all(exp.Column))
    return any(reference is not None and id(reference.select) not in own for reference in references)


def _hides(emitter: Emitter, inner: exp.Select, outer: exp.Expr) -> bool:
    """Whether a table of the subquery has the name by which the column of the query around it is written."""
    names = {item.alias_or_name.casefold() for item in inner.find_all(exp.Table, exp.Subquery, exp.Lateral, exp.Values)}
    references = (emitter.references.get(id(column)) for column in outer.find_all(exp.Column))
    return any(
        reference is None or reference.source is None or reference.source.key in names for reference in references
    )
