"""Calls with too few or too many arguments (errors 174, 189, 313, 8144)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.rules.aggregates import is_aggregate
from engine.sql.analysis.rules.subject import Subject
from engine.sql.calls import RULE, argument_count, miscounted, wanted
from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind
from engine.sql.schema import SchemaOrigin

_NAMES: Final = frozenset({TokenKind.WORD, TokenKind.QUOTED, TokenKind.BRACKETED})


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error` for the number of arguments, of built-in functions and of the ledger's own."""
    yield from miscounted(subject.tokens)
    for distinct in subject.nodes(exp.Distinct):
        if distinct.parent is not None and is_aggregate(distinct.parent) and len(distinct.expressions) != 1:
            message = f"{subject.name_at(distinct.parent)}(DISTINCT …) takes 1 argument."
            hint = "Count the rows of a derived table with DISTINCT." if distinct.expressions else "Name the column."
            yield subject.call_fault(RULE, distinct.parent, message, hint)
    if exp.Dot in subject.query.nodes or any(isinstance(call, exp.Func) for call in _in_from(subject)):
        for index, word in enumerate(subject.query.words):
            if word == "." and subject.tokens.word(index + 2) == "(":
                yield from _own(subject, index)


def _in_from(subject: Subject) -> Iterator[exp.Expr]:
    return (table.this for table in subject.nodes(exp.Table))


def _own(subject: Subject, dot: int) -> Iterator[SqlFault]:
    """A function of the ledger's own: what T-SQL declares has to be given, or DEFAULT in its place."""
    schema, tokens = subject.schema, subject.tokens
    if schema is None or schema.origin is not SchemaOrigin.DDL or tokens.word(dot - 2) == ".":
        return
    if tokens.kind(dot - 1) not in _NAMES or tokens.kind(dot + 1) not in _NAMES:
        return
    function = schema.function(tokens.name(dot + 1), tokens.name(dot - 1))
    if function is None:
        return
    expected, count = len(function.parameters), argument_count(tokens, dot + 2)
    if expected != count:
        shown = f"{function.schema}.{function.name}"
        message = f"{shown}(…) takes {wanted(expected, expected)}, and has {count} here."
        hint = "DEFAULT stands for one that has a default." if count < expected else None
        yield SqlFault(RULE, tokens.all[dot - 1].start, message, hint)
