"""SELECT, put together from its clauses."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Final

from sqlglot import exp

from engine.spelling import did_you_mean
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.relations import Output, Relation, SelectRelation, Tail, TiedRelation
from engine.sql.translate.rows.aggregates import has_aggregate
from engine.sql.translate.rows.columns import found_column, used
from engine.sql.translate.rows.common_tables import check_position
from engine.sql.translate.rows.identity import classes_of, identity_of
from engine.sql.translate.rows.merging import merged
from engine.sql.translate.rows.ordering import note_faults, order_items
from engine.sql.translate.rows.row_counts import has_ties, tail_counts
from engine.sql.translate.rows.sources import from_clause
from engine.sql.translate.scope import Found, Grouping
from engine.sql.translate.text.strings import equality_key, merges, representative
from engine.sql.translate.typed import Typed

_NONE: Final[frozenset[str]] = frozenset()
_CLAUSE: Final = frozenset({"this"})
_GROUPS: Final = frozenset({"expressions"})
_ALIASED: Final = frozenset({"this", "alias"})
_QUALIFIED_STAR: Final = frozenset({"this", "table"})


def select(emitter: Emitter, node: exp.Select) -> Relation:
    """One SELECT in a scope of its own."""
    check_position(node)
    noted = len(emitter.faults)
    with emitter.inner_scope(emitter.scope, node):
        source, condition = from_clause(emitter, node), _where(emitter, node)
        source += "".join(f" CROSS JOIN {table}" for table in emitter.scope.joined)
        body = source + (f" WHERE {condition}" if condition else "") + _group(emitter, node)
        emitter.scope.allows_windows = True
        outputs = tuple(_outputs(emitter, node))
        if len(emitter.faults) > noted:
            _look_at_the_rest(emitter, node)
            raise Refused(None)
        body += _having(emitter, node)
        tail = _tail(emitter, node, outputs)
    if len(emitter.faults) > noted:
        raise Refused(None)
    if has_ties(node):
        return _tied(node, SelectRelation(outputs, body), tail)
    distinct = node.args.get("distinct")
    if distinct is None:
        return SelectRelation(outputs, body, source.removeprefix(" FROM "), condition, tail=tail)
    emitter.check_arguments(distinct, _NONE)
    return merged(emitter, node, SelectRelation(outputs, body, is_distinct=True), tail)


def _tied(node: exp.Select, relation: SelectRelation, tail: Tail) -> Relation:
    """The rows of TOP … WITH TIES."""
    order = node.args.get("order")
    if node.args.get("distinct") is not None or tail.limit is None or order is None or order.find(exp.Window):
        hint = "compute what it is ordered by, and DISTINCT, in a derived table"
        raise not_carried(node, "TOP … WITH TIES of DISTINCT rows, or by what a window computes,", hint)
    # A number in ORDER BY is an output column that is the same in all rows.
    return TiedRelation(relation, tuple(key for key in tail.keys if not key.split(" ", 1)[0].isdecimal()), tail.limit)


def _where(emitter: Emitter, node: exp.Select) -> str:
    where = node.args.get("where")
    if where is None:
        return ""
    emitter.check_arguments(where, _CLAUSE)
    return str(emitter.attempt(lambda: emitter.predicate(where.this)))


def _group(emitter: Emitter, node: exp.Select) -> str:
    """GROUP BY, and what the clauses after it may use."""
    group = node.args.get("group")
    if group is None:
        if node.args.get("having") is not None or any(has_aggregate(item) for item in _after_grouping(node)):
            emitter.scope.grouping = Grouping({}, partial(identity_of, emitter))
        return ""
    emitter.check_arguments(group, _GROUPS)
    if not group.expressions:
        raise refused(group, "GROUP BY names no column", "name what to group by")
    keys: list[str] = []
    representatives: dict[Hashable, Typed] = {}
    values = [emitter.attempt(partial(_grouped, emitter, item)) for item in group.expressions]
    for item, value in zip(group.expressions, values, strict=True):
        if value is None:
            raise Refused(None)
        keys.append(equality_key(emitter, item, value))
        representatives[identity_of(emitter, item)] = _standing_for(emitter, value)
    classes = classes_of(group.expressions)
    emitter.scope.grouping = Grouping(representatives, partial(identity_of, emitter), classes)
    return " GROUP BY " + ", ".join(keys)


def _after_grouping(node: exp.Select) -> Iterator[exp.Expr]:
    """What may hold an aggregate."""
    yield from node.expressions
    order = node.args.get("order")
    if order is not None:
        yield order


def _grouped(emitter: Emitter, item: exp.Expr) -> Typed:
    if item.find(exp.Query) is not None:
        raise refused(
            item, "a subquery in GROUP BY is not T-SQL", "compute it in a derived table, and group by its column"
        )
    value = emitter.scalar(item)
    if value.constant is not None or value.is_null or value.placeholder is not None:
        raise refused(item, "GROUP BY a constant is not T-SQL", "name the column")
    if not any(found_column(emitter, part)[0] is emitter.scope for part in item.find_all(exp.Column)):
        what = "GROUP BY an expression without a column of its own FROM is not T-SQL"
        raise refused(item, what, "leave it out: it is the same in all rows")
    return value


def _standing_for(emitter: Emitter, value: Typed) -> Typed:
    if merges(value.type):
        return Typed(representative(emitter, value.sql), value.type, rank=value.rank)
    return value


def _outputs(emitter: Emitter, node: exp.Select) -> Iterator[Output]:
    for item in node.expressions:
        if _is_star(item):
            yield from emitter.attempt(partial(_star, emitter, item)) or ()
        else:
            output = emitter.attempt(partial(_output, emitter, item))
            if output is not None:
                yield output


def _output(emitter: Emitter, item: exp.Expr) -> Output:
    if isinstance(item, exp.Alias):
        emitter.check_arguments(item, _ALIASED)
        if not item.alias:
            raise refused(item, "a column's name is empty", "write a name after AS")
        return Output(item.alias, emitter.scalar(item.this))
    return Output(item.name if isinstance(item, exp.Column) else None, emitter.scalar(item))


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))


def _star(emitter: Emitter, item: exp.Expr) -> Sequence[Output]:
    """`*` and `t.*`."""
    return [Output(found.column.name, used(emitter, item, emitter.scope, found)) for found in _starred(emitter, item)]


def _starred(emitter: Emitter, item: exp.Expr) -> Sequence[Found]:
    """The columns that `*` or `t.*` stands for, in the order of the tables."""
    if isinstance(item, exp.Column):
        emitter.check_arguments(item, _QUALIFIED_STAR)
    emitter.check_arguments(item.this if isinstance(item, exp.Column) else item, _NONE)
    qualifier = item.args.get("table")
    key = qualifier.this.casefold() if qualifier is not None else None
    sources = [source for source in emitter.scope.sources if key in (None, source.key)]
    if not sources:
        if key is None:
            raise refused(item, "* stands for no column without FROM", "add FROM", rule="unknown-column")
        hint = did_you_mean(key, [source.key for source in emitter.scope.sources])
        raise refused(item, f"no table or alias here is called `{key}`", hint, rule="unknown-column")
    if any(source.is_open for source in sources):
        raise Refused(None)
    return [Found(source, column) for source in sources for column in source.columns.all()]


def _having(emitter: Emitter, node: exp.Select) -> str:
    having = node.args.get("having")
    if having is None:
        return ""
    emitter.check_arguments(having, _CLAUSE)
    emitter.scope.allows_windows = False
    condition = emitter.attempt(lambda: emitter.predicate(having.this))
    emitter.scope.allows_windows = True
    return f" HAVING {condition}"


def _look_at_the_rest(emitter: Emitter, node: exp.Select) -> None:
    """Note the faults of HAVING, ORDER BY and TOP too, where other parts have some."""
    _having(emitter, node)
    order = node.args.get("order")
    emitter.attempt(lambda: tail_counts(emitter, node, is_ordered=order is not None))
    if order is not None and node.args.get("distinct") is None:
        note_faults(emitter, order, {item.alias_or_name.casefold() for item in node.expressions})


def _tail(emitter: Emitter, node: exp.Select, outputs: Sequence[Output]) -> Tail:
    order = node.args.get("order")
    listed = _identities(emitter, node) if order is not None and node.args.get("distinct") is not None else None
    keys = order_items(emitter, order, outputs, listed)
    counts = emitter.attempt(lambda: tail_counts(emitter, node, is_ordered=order is not None))
    limit, offset = counts if counts is not None else (None, None)
    return Tail(keys.items, limit, offset, keys.is_outer)


def _identities(emitter: Emitter, node: exp.Select) -> list[Hashable | None]:
    """Which expression each output column is."""
    identities: list[Hashable | None] = []
    for item in node.expressions:
        if _is_star(item):
            identities += [found.identity for found in _starred(emitter, item)]
        else:
            identities.append(identity_of(emitter, item.unalias()))
    return identities
