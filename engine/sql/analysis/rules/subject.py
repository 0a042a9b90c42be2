"""What the rules look at, and how they say what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct
from sqlglot import exp

from engine.model import Severity
from engine.sql.analysis.relations import Analysis, Scope
from engine.sql.fault import SqlFault
from engine.sql.query import Query, node_offset
from engine.sql.schema import LedgerSchema
from engine.sql.tokens import Tokens

Node = TypeVar("Node", bound=exp.Expr)


class Subject(Struct, frozen=True, gc=False):
    """A query with its analysis."""

    query: Query
    tokens: Tokens
    analysis: Analysis
    schema: LedgerSchema | None

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """The nodes of exactly that class."""
        return self.query.nodes.get(kind, ())  # type: ignore[return-value]  # they are keyed by their class

    def scope(self, select: exp.Expr | None) -> Scope | None:
        """The scope of a SELECT."""
        return self.analysis.scopes.get(id(select))

    def written(self, node: exp.Expr) -> str:
        """What the author wrote at the place where `node` begins, a character."""
        start = node.meta.get("start")
        return self.query.text[start : start + 1] if start is not None else ""


def fault(
    rule: str, node: exp.Expr, message: str, hint: str | None = None, severity: Severity = Severity.ERROR
) -> SqlFault:
    """A fault at the place where `node` begins."""
    return SqlFault(rule, node_offset(node), message, hint, severity)
