"""A comma forgotten between two columns: the second is then the alias of the first, and its values are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.model import Severity
from engine.sql.analysis.relations import Scope
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind

KINDS: Final = frozenset({exp.Alias})


def check(subject: Subject) -> Iterator[SqlFault]:
    """Warning `forgotten-comma`: a column without AS before its alias, which a source has as a column of its own."""
    for scope in subject.analysis.scopes.values():
        for item in scope.select.expressions:
            if isinstance(item, exp.Alias) and isinstance(item.this, exp.Column) and _is_bare(subject, item):
                yield from _alias(scope, item)


def _alias(scope: Scope, item: exp.Alias) -> Iterator[SqlFault]:
    key = item.alias.casefold()
    if key == item.this.name.casefold() or all(source.find(key) is None for source in scope.sources):
        return
    message = f"`{item.alias}` is a column of a table here, and stands as the alias of `{item.this.name}`."
    hint = "Write the comma before it; if it is meant to be the alias, write AS."
    yield fault("forgotten-comma", item.args["alias"], message, hint, Severity.WARNING)


def _is_bare(subject: Subject, item: exp.Alias) -> bool:
    """Whether the alias is a plain word that stands directly behind the column."""
    start = item.args["alias"].meta.get("start")
    if start is None:
        return False
    index = subject.tokens.index(start)
    return subject.tokens.kind(index) is TokenKind.WORD and subject.tokens.word(index - 1) != "as"
