"""SELECT, put together from its clauses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from sqlglot import exp

from engine.sql.translate.aggregates import has_aggregate
from engine.sql.translate.emitter import Emitter, Entry, entry
from engine.sql.translate.faults import Refused
from engine.sql.translate.kinds import STRINGS
from engine.sql.translate.plans import Output, SelectPlan
from engine.sql.translate.scope import Grouping
from engine.sql.translate.sources import from_clause
from engine.sql.translate.strings import folds, key_of, representative
from engine.sql.translate.typed import Typed


def select(emitter: Emitter, node: exp.Select) -> SelectPlan:
    """One SELECT in a scope of its own."""
    with emitter.inner_scope():
        body = from_clause(emitter, node) + _where(emitter, node) + _group(emitter, node)
        outputs = tuple(_outputs(emitter, node))
    if emitter.faults:
        raise Refused(None)
    return SelectPlan(outputs, body)


def _where(emitter: Emitter, node: exp.Select) -> str:
    where = node.args.get("where")
    if where is None:
        return ""
    return f" WHERE {emitter.attempt(lambda: emitter.predicate(where.this))}"


def _group(emitter: Emitter, node: exp.Select) -> str:
    """GROUP BY, and what the clauses after it may use."""
    group = node.args.get("group")
    if group is None:
        if any(has_aggregate(item) for item in node.expressions):
            emitter.scope.grouping = Grouping({})
        return ""
    emitter.check_arguments(group, frozenset({"expressions"}))
    keys, representatives = [], {}
    for item in group.expressions:
        value = emitter.attempt(partial(emitter.scalar, item))
        if value is not None:
            keys.append(_group_key(emitter, value))
            representatives[value.sql] = _standing_for(emitter, value)
    emitter.scope.grouping = Grouping(representatives)
    return " GROUP BY " + ", ".join(keys)


def _group_key(emitter: Emitter, value: Typed) -> str:
    collation = value.type.collation
    if value.type.kind in STRINGS and collation is not None:
        return key_of(emitter, value, collation)
    return value.sql


def _standing_for(emitter: Emitter, value: Typed) -> Typed:
    if value.type.kind in STRINGS and folds(value.type.collation):
        return Typed(representative(emitter, value.sql), value.type, rank=value.rank)
    return value


def _outputs(emitter: Emitter, node: exp.Select) -> Iterator[Output]:
    for item in node.expressions:
        output = emitter.attempt(partial(_output, emitter, item))
        if output is not None:
            yield output


def _output(emitter: Emitter, item: exp.Expr) -> Output:
    if isinstance(item, exp.Alias):
        emitter.check_arguments(item, frozenset({"this", "alias"}))
        return Output(item.alias, emitter.scalar(item.this))
    name = item.name if isinstance(item, exp.Column) else None
    return Output(name, emitter.scalar(item))


PLANS: Final[dict[type[exp.Expr], Entry]] = {
    exp.Select: entry(select, "expressions", "from_", "joins", "where", "group"),
}
