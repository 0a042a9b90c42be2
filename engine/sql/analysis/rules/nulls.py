"""Calls of which nothing but NULL is given, so that they have no type (errors 4127, 4151 and 8133)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault

KINDS: Final = frozenset({exp.Null})
"""The nodes without which these rules find nothing."""
_RULE: Final = "compile-error"
_HINT: Final = "Give one of them a type: CAST(NULL AS int)."


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error`."""
    for case in subject.nodes(exp.Case):
        results = [branch.args.get("true") for branch in case.args.get("ifs") or ()]
        if _are_null([*results, case.args.get("default")]):
            yield subject.word_fault(_RULE, "case", case, "Every result of this CASE is NULL.", _HINT)
    for choice in subject.nodes(exp.If):
        if not isinstance(choice.parent, exp.Case) and _are_null([choice.args.get("true"), choice.args.get("false")]):
            yield subject.word_fault(_RULE, "iif", choice, "Both results of IIF are NULL.", _HINT)
    for call in subject.nodes(exp.Coalesce):
        if not call.args.get("is_null") and _are_null([call.this, *call.expressions]):  # ISNULL gives an int
            yield fault(_RULE, call, "Every argument of COALESCE is NULL.", _HINT)
    for compared in subject.nodes(exp.Nullif):
        if isinstance(compared.this, exp.Null):
            hint = "Write CAST(NULL AS …) with the type that is meant."
            yield fault(_RULE, compared, "The first argument of NULLIF is NULL, which has no type.", hint)


def _are_null(results: list[exp.Expr | None]) -> bool:
    """Whether all are the constant; what is left out is NULL, too."""
    return all(result is None or isinstance(result, exp.Null) for result in results)
