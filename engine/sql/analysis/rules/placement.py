"""Aggregates and windows where none may stand (errors 130, 144, 147, 1015, 4108, 4109, 4112, 8124, 10753, 10759)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.relations import Meaning
from engine.sql.analysis.rules.aggregates import CLASSES, Aggregate, is_aggregate, is_windowed, place_of
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

_NOT_HERE: Final = {"where": "WHERE", "on": "ON", "group": "GROUP BY"}
_WITHOUT_QUERIES: Final = (exp.Avg, exp.Count, exp.Max, exp.Min, exp.Sum)
_RANKING: Final = (
    exp.CumeDist,
    exp.DenseRank,
    exp.FirstValue,
    exp.Lag,
    exp.LastValue,
    exp.Lead,
    exp.Ntile,
    exp.PercentRank,
    exp.Rank,
    exp.RowNumber,
)
KINDS: Final = CLASSES.union(_RANKING) | {exp.Anonymous, exp.Window}
"""The nodes that these rules look at."""
_HAVING: Final = "Compare it in HAVING, or compute it in a derived table."
_OUTSIDE: Final = "Compute it in a derived table or WITH, and use its column here."


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `group-by` for what stands at a wrong place, `compile-error` for OVER that is missing or incomplete."""
    for aggregate in subject.aggregates:
        yield from _aggregate(subject, aggregate)
    for window in subject.nodes(exp.Window):
        if window.arg_key != "windows":
            yield from _window(subject, window)
    for kind in _RANKING:
        for call in subject.nodes(kind):
            if not is_windowed(call):
                message = f"{subject.name_at(call)}(…) lacks its OVER."
                yield fault("compile-error", call, message, "Write OVER (… ORDER BY …) behind it.")


def _aggregate(subject: Subject, aggregate: Aggregate) -> Iterator[SqlFault]:
    node, place = aggregate.node, aggregate.place
    clause = _NOT_HERE.get(place.clause)
    if clause is not None:
        hint = _HAVING if place.clause == "where" else _OUTSIDE
        yield subject.call_fault("group-by", node, f"{subject.name_at(node)}(…) cannot stand in {clause}.", hint)
    elif any(is_aggregate(outer) and not is_windowed(outer) for outer in place.around):
        message = f"{subject.name_at(node)}(…) stands inside of another aggregate."
        yield subject.call_fault("group-by", node, message, "Compute the inner one in a derived table.")
    elif aggregate.queries and isinstance(node, _WITHOUT_QUERIES):
        message = "A subquery cannot stand inside of an aggregate."
        hint = "Compute it in a derived table or with APPLY."
        yield subject.word_fault("group-by", "select", aggregate.queries[0], message, hint)
    elif _mixes_queries(subject, node):
        message = f"{subject.name_at(node)}(…) has a column of a query around it beside another column."
        hint = "Take the outer column out of the aggregate, or compute the product in a derived table."
        yield subject.call_fault("group-by", node, message, hint)


def _mixes_queries(subject: Subject, node: exp.Expr) -> bool:
    """Whether a column of an outer SELECT stands beside another; what is applied may name what it is applied to."""
    inner = node.find_ancestor(exp.Select)
    found = [subject.analysis.references.get(id(column)) for column in node.find_all(exp.Column)]
    known = [each for each in found if each is not None and each.meaning is Meaning.FOUND and each.column is not None]
    if len(known) < len(found) or node.find(exp.Query) is not None or node.find_ancestor(exp.Lateral) is not None:
        return False
    columns = {(id(each.select), id(each.source), each.column.key) for each in known if each.column is not None}
    return len(columns) > 1 and any(each.select is not inner for each in known)


def _window(subject: Subject, window: exp.Window) -> Iterator[SqlFault]:
    place, call = place_of(window), window.this
    while isinstance(call, (exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)):
        call = call.this
    clause = "HAVING" if place.clause == "having" else _NOT_HERE.get(place.clause)
    name = subject.name_at(call)
    if clause is not None:
        message = f"{name}(…) OVER cannot stand in {clause}, only in SELECT and ORDER BY."
        yield subject.call_fault("group-by", call, message, _OUTSIDE)
    elif place.around:
        message = f"{name}(…) OVER stands inside of another window or an aggregate."
        yield subject.call_fault("group-by", call, message, _OUTSIDE)
    elif isinstance(call, _RANKING) and not window.args.get("order") and not window.args.get("alias"):
        yield subject.call_fault(
            "compile-error", call, f"{name}(…) needs ORDER BY in its OVER.", "Write OVER (ORDER BY …)."
        )
    elif isinstance(call.this, exp.Distinct):
        message = f"{name}(DISTINCT …) cannot have OVER."
        yield subject.call_fault("compile-error", call, message, "Count in a derived table with GROUP BY.")
