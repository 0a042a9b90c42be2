"""All the rules on one query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sqlglot import exp

from engine.sql.analysis.relations import Analysis
from engine.sql.analysis.rules import (
    aggregates,
    calls,
    clashes,
    commas,
    constants,
    declarations,
    frames,
    grouping,
    names,
    nulls,
    ordering,
    pivots,
    placement,
    recursion,
    vocabulary,
    widths,
)
from engine.sql.analysis.rules.aggregates import aggregates_of
from engine.sql.analysis.rules.subject import Subject
from engine.sql.fault import SqlFault
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema
from engine.sql.tokens import Tokens

_Check = Callable[[Subject], Iterable[SqlFault]]
_SETS: Final = frozenset({exp.Union, exp.Except, exp.Intersect})
_CHECKS: Final[tuple[tuple[_Check, frozenset[type[exp.Expr]] | None], ...]] = (
    (recursion.check, frozenset({exp.With})),
    (names.check, None),
    (placement.check, placement.KINDS),
    (frames.check, frames.KINDS),
    (grouping.check, aggregates.CLASSES | {exp.Group, exp.Having, exp.Anonymous}),
    (widths.check, _SETS | {exp.Subquery, exp.Join, exp.CTE, exp.Values, exp.All, exp.Any}),
    (ordering.check, frozenset({exp.Order, exp.Limit, exp.Offset})),
    (calls.check, None),
    (declarations.check, None),
    (vocabulary.check, None),
    (clashes.check, None),
    (commas.check, commas.KINDS),
    (pivots.check, pivots.KINDS),
    (nulls.check, nulls.KINDS),
    (constants.check, None),
)
"""Each rule with the nodes of which it needs one to find anything; None where it may find something in any query."""


def faults_of(query: Query, analysis: Analysis, schema: LedgerSchema | None) -> list[SqlFault]:
    """What SQL Server refuses, by place; one error at each."""
    tokens = Tokens(query.text, query.tokens, query.words)
    kinds = query.nodes.keys()
    subject = Subject(query, tokens, analysis, schema, aggregates_of(query, analysis))
    found: dict[int, SqlFault] = {}
    for check, needed in _CHECKS:
        if needed is None or not needed.isdisjoint(kinds):
            for fault in check(subject):
                found.setdefault(fault.offset, fault)
    return [found[offset] for offset in sorted(found)]
