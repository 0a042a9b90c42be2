"""Whether a subquery has a row: IN, over a list too, and EXISTS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace
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
        equal = f"{pairs[0].right} = {pairs[0].left}"
        condition = f"{changed.condition} AND {equal}" if changed.condition else equal
        return _exists(emitter, node, inner, replace(changed, condition=condition))
    return f"{pairs[0].left} IN ({changed.render([None])})"


def existence(emitter: Emitter, node: exp.Exists) -> str:
    """EXISTS: what the subquery selects does not matter."""
    emitter.forbid_subquery(node)
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    relation: Relation = emitter.relation(inner)
    if isinstance(relation, SelectRelation) and _is_joined(emitter, node, inner):
        return _joined(emitter, relation)
    return f"EXISTS ({relation.render([None] * len(relation.outputs))})"


def _exists(emitter: Emitter, node: exp.Expr, inner: exp.Expr, relation: SelectRelation) -> str:
    """Whether a plain SELECT has a row."""
    if _is_joined(emitter, node, inner):
        return _joined(emitter, relation)
    return f"EXISTS (SELECT 1 FROM {relation.source} WHERE {relation.condition})"  # noqa: S608  # only what handlers made


def _joined(emitter: Emitter, relation: SelectRelation) -> str:
    """The condition of a subquery whose table is joined to those of the EXISTS around it."""
    emitter.scope.joined.append(relation.source)
    return relation.condition or "TRUE"


def _is_joined(emitter: Emitter, node: exp.Expr, inner: exp.Expr) -> bool:
    """Whether a subquery is what ties the EXISTS around it to the query around that, as nothing else in it does.

    PostgreSQL would look at each row of the one query beside each of the other; joined to the table inside, it has
    something to hash.
    """
    around = emitter.scope.select
    parent = node.parent
    while isinstance(parent, exp.And | exp.Paren):
        parent = parent.parent
    if not emitter.writer.runs_in_again or not isinstance(parent, exp.Where) or parent.parent is not around:
        return False
    if around is None or not isinstance(around.parent, exp.Exists) or emitter.scope.joined:
        return False
    keys = {source.key for scope in emitter.scope.chain() for source in scope.sources}
    return (
        _is_plain(around)
        and _is_plain(inner)
        and _is_of_one_table(inner)
        and keys.isdisjoint(_names(inner))
        and all(part is node for part in _parts(parent.this) if _uses_others(emitter, part, around))
        and _uses_others(emitter, node, around)
    )


def _is_plain(node: exp.Expr) -> bool:
    """Whether a query has the rows that meet its condition, and what it selects of them may be left out."""
    return (
        isinstance(node, exp.Select)
        and all(key in _PLAIN for key, argument in node.args.items() if argument)
        and node.args.get("from_") is not None
        and not any(item.find(exp.AggFunc, exp.Placeholder) for item in node.expressions)
    )


def _is_of_one_table(node: exp.Expr) -> bool:
    first = node.args["from_"].this
    return (
        isinstance(first, exp.Table)
        and isinstance(first.this, exp.Identifier)
        and not (node.args.get("joins") or first.args.get("joins"))
    )


def _parts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a chain of AND."""
    pending = [condition]
    while pending:
        part = pending.pop().unnest()
        if isinstance(part, exp.And):
            pending += part.this, part.expression
        else:
            yield part


_PLAIN: Final = frozenset({"expressions", "from_", "joins", "where"})
_TWO_VALUED: Final = (exp.Where, exp.Having, exp.Join)


def _is_semijoin(emitter: Emitter, node: exp.In, inner: exp.Expr, value: Typed, output: Typed) -> bool:
    """Whether IN is written as EXISTS with an equation: where the subquery uses columns of the query around it.

    The two differ where nothing equal is found and a value is NULL, which must not matter at the place, and in what is
    computed for which rows, so that neither side may fail.
    """
    return (
        emitter.writer.runs_in_again
        and _is_plain(inner)
        and _cannot_fail(value, output)
        and _takes_null_for_false(node)
        and _uses_others(emitter, inner, inner)
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


def _uses_others(emitter: Emitter, node: exp.Expr, select: exp.Expr) -> bool:
    """Whether a column in it is one of a query around `select`."""
    own = {id(inner) for inner in select.find_all(exp.Select)}
    references = (emitter.references.get(id(column)) for column in node.find_all(exp.Column))
    return any(reference is not None and id(reference.select) not in own for reference in references)


def _names(node: exp.Expr) -> set[str]:
    """By what the tables in it are called."""
    return {item.alias_or_name.casefold() for item in node.find_all(exp.Table, exp.Subquery, exp.Lateral, exp.Values)}


def _hides(emitter: Emitter, inner: exp.Expr, outer: exp.Expr) -> bool:
    """Whether a table of the subquery has the name by which the column of the query around it is written."""
    names = _names(inner)
    references = (emitter.references.get(id(column)) for column in outer.find_all(exp.Column))
    return any(
        reference is None or reference.source is None or reference.source.key in names for reference in references
    )
