"""All the rules on one query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine.sql.analysis.relations import Analysis
from engine.sql.analysis.rules import calls, clashes, declarations, grouping, names, ordering, placement, widths
from engine.sql.analysis.rules.aggregates import aggregates_of
from engine.sql.analysis.rules.subject import Subject
from engine.sql.fault import SqlFault
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema
from engine.sql.tokens import Tokens

_CHECKS: Final[tuple[Callable[[Subject], Iterable[SqlFault]], ...]] = (
    names.check,
    placement.check,
    grouping.check,
    widths.check,
    ordering.check,
    calls.check,
    declarations.check,
    clashes.check,
)


def faults_of(query: Query, analysis: Analysis, schema: LedgerSchema | None) -> list[SqlFault]:
    """What SQL Server refuses, by place; one error at each."""
    tokens = Tokens(query.text, query.tokens, query.words)
    subject = Subject(query, tokens, analysis, schema, aggregates_of(query, analysis))
    found: dict[int, SqlFault] = {}
    for check in _CHECKS:
        for fault in check(subject):
            found.setdefault(fault.offset, fault)
    return [found[offset] for offset in sorted(found)]
