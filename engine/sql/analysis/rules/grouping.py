"""What GROUP BY allows beside it (errors 164, 8120, 8121, 8127), and in it (144, 164)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.relations import Meaning, Scope
from engine.sql.analysis.resolution import bare_name
from engine.sql.analysis.rules.aggregates import is_aggregate, is_windowed
from engine.sql.analysis.rules.identity import identity_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

_PASSED: Final = (
    exp.DataType,
    exp.Grouping,
    exp.GroupingId,
    exp.Identifier,
    exp.Literal,
    exp.Placeholder,
    exp.Var,
)
"""What holds no column that would have to be grouped."""


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `group-by` for every SELECT whose rows are groups."""
    grouping = {id(aggregate.place.select) for aggregate in subject.aggregates if aggregate.place.clause in _OF_GROUPS}
    for scope in subject.analysis.scopes.values():
        group = scope.select.args.get("group")
        if group is not None or scope.select.args.get("having") is not None or id(scope.select) in grouping:
            yield from _scope(subject, scope, group)


_OF_GROUPS: Final = frozenset({"expressions", "order", "having"})


def _scope(subject: Subject, scope: Scope, group: exp.Group | None) -> Iterator[SqlFault]:
    found = [
        fault for item in (group.expressions if group is not None else ()) for fault in _item(subject, scope, item)
    ]
    yield from found
    identities = [identity_of(subject.analysis, item) for item in (_grouped(group) if group is not None else ())]
    keys = {key for key in identities if key is not None}
    if found or None in identities:
        return  # nobody knows what was meant to be grouped
    listed = () if isinstance(scope.select.parent, exp.Exists) else scope.select.expressions  # nobody reads it there
    for item in listed:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            yield from _star(scope, item, keys)
        else:
            yield from _ungrouped(subject, scope, item, keys)
    having, order = scope.select.args.get("having"), scope.select.args.get("order")
    if having is not None:
        yield from _ungrouped(subject, scope, having.this, keys)
    for item in order.expressions if order is not None else ():
        name = bare_name(item)
        if name is None or scope.columns.find(name) is None:
            yield from _ungrouped(subject, scope, item.this, keys)


def _grouped(group: exp.Group) -> Iterator[exp.Expr]:
    """Each expression that is grouped by, also in ROLLUP, CUBE and GROUPING SETS."""
    pending = [*group.expressions]
    for name in ("rollup", "cube", "grouping_sets"):
        pending += group.args.get(name) or ()
    while pending:
        item = pending.pop()
        if isinstance(item, (exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple)):
            pending += item.expressions
        elif isinstance(item, exp.Expr):
            yield item.unnest()


def _item(subject: Subject, scope: Scope, item: exp.Expr) -> Iterator[SqlFault]:
    """A grouped expression needs a column of its own FROM, and holds no subquery."""
    if isinstance(item, (exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple)):
        return
    if (query := item.find(exp.Query)) is not None:
        hint = "Compute it in a derived table, and group by its column."
        yield subject.word_fault("group-by", "select", query, "A subquery cannot stand in GROUP BY.", hint)
        return
    for column in item.find_all(exp.Column):
        found = subject.analysis.references.get(id(column))
        if found is None or found.meaning is not Meaning.FOUND or found.select is scope.select:
            return
    if item.find(exp.Dot) is None and not any(is_aggregate(part) for part in item.walk()):
        hint = "Name the column: GROUP BY knows neither numbers nor aliases."
        yield fault("group-by", item, "GROUP BY has an expression without a column of this FROM.", hint)


def _ungrouped(subject: Subject, scope: Scope, node: exp.Expr, keys: set[Hashable]) -> Iterator[SqlFault]:
    """The columns of this SELECT's sources that stand in `node` outside of aggregates, and in nothing grouped."""
    pending = [node]
    has_expressions = any(not isinstance(key, tuple) or key[0] is not exp.Column for key in keys)
    while pending:
        part = pending.pop()
        if isinstance(part, _PASSED):
            continue
        if isinstance(part, exp.Column):
            found = subject.analysis.references.get(id(part))
            if found is None or found.select is not scope.select or isinstance(part.this, exp.Star):
                continue
            key = identity_of(subject.analysis, part)
            if key is not None and key not in keys:
                yield _fault(part, found.column.name if found.column is not None else part.name)
            continue
        if (is_aggregate(part) or isinstance(part, exp.WithinGroup)) and not is_windowed(part):
            continue
        if has_expressions and not isinstance(part, exp.Alias) and identity_of(subject.analysis, part) in keys:
            continue
        pending += part.iter_expressions()


def _fault(node: exp.Expr, name: str) -> SqlFault:
    message = f"The column `{name}` is neither aggregated nor in GROUP BY."
    return fault("group-by", node, message, f"Add {name} to GROUP BY, or aggregate it.")


def _star(scope: Scope, item: exp.Expr, keys: set[Hashable]) -> Iterator[SqlFault]:
    """`*` and `t.*` among groups: each of their columns must be grouped."""
    qualifier = item.args.get("table")
    wanted = qualifier.this.casefold() if qualifier is not None else None
    for source in scope.sources:
        if wanted not in {None, source.key}:
            continue
        for column in source.all():
            if (exp.Column, id(source.node), column.key) not in keys and (exp.Column, 0, column.key) not in keys:
                yield _fault(item, column.name)
                return
