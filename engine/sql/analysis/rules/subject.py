"""What the rules look at, and how they say what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct
from sqlglot import exp

from engine.model import Edit, RelatedPlace, Remark, Severity
from engine.sql.analysis.relations import Analysis, Scope
from engine.sql.analysis.rules.aggregates import Aggregate
from engine.sql.fault import SqlFault
from engine.sql.query import Query, node_offset
from engine.sql.schema import LedgerSchema
from engine.sql.tokens import Tokens

Node = TypeVar("Node", bound=exp.Expr)


class Subject(Struct, frozen=True, gc=False):
    """A query with its analysis, and its aggregates."""

    query: Query
    tokens: Tokens
    analysis: Analysis
    schema: LedgerSchema | None
    aggregates: tuple[Aggregate, ...]
    _aliases: dict[int, frozenset[str]] = {}  # of each SELECT, by its `id`

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """The nodes of exactly that class."""
        return self.query.nodes.get(kind, ())  # type: ignore[return-value]  # they are keyed by their class

    def scope(self, select: exp.Expr | None) -> Scope | None:
        """The scope of a SELECT."""
        return self.analysis.scopes.get(id(select))

    def aliases(self, select: exp.Select) -> frozenset[str]:
        """The case-folded aliases of a SELECT list."""
        if id(select) not in self._aliases:
            named = (item for item in select.expressions if item.args.get("alias") is not None)
            self._aliases[id(select)] = frozenset(item.alias.casefold() for item in named)
        return self._aliases[id(select)]

    def written(self, node: exp.Expr) -> str:
        """What the author wrote at the place where `node` begins, a character."""
        start = node.meta.get("start")
        return self.query.text[start : start + 1] if start is not None else ""

    def renaming(self, node: exp.Expr, name: str | None, owner: str | None = None) -> Edit | None:
        """The edit that writes `name`, behind `owner.` where one is given, instead of the identifier `node`."""
        start = node.meta.get("start")
        return self.tokens.renaming(start, name, owner) if name is not None and start is not None else None

    def quoting(self, node: exp.Expr) -> Edit:
        """The edit that makes a string of a name in double quotes."""
        start = node_offset(node)
        return Edit(start, '"' + node.name.replace('"', '""') + '"', "'" + node.name.replace("'", "''") + "'")

    def name_at(self, call: exp.Expr) -> str:
        """The name of a function as people know it."""
        if isinstance(call, exp.GroupConcat):
            return "STRING_AGG"
        start = self._start(call)
        end = self.query.text.find("(", start)
        return self.query.text[start:end].strip().upper() if end > start else str(call.key).upper()

    def _start(self, call: exp.Expr) -> int:
        """Where a call begins; of STRING_AGG the parser remembers its argument only."""
        if isinstance(call, exp.GroupConcat):
            return self._word_before("string_agg", node_offset(call))
        return node_offset(call)

    def _word_before(self, wanted: str, place: int) -> int:
        """The offset of the nearest such word at or before `place`."""
        pairs = zip(self.query.tokens, self.query.words, strict=True)
        return max((token.start for token, word in pairs if word == wanted and token.start <= place), default=place)

    def call_fault(self, rule: str, call: exp.Expr, message: str, hint: str) -> SqlFault:
        """A fault at the place where a call begins."""
        return SqlFault(rule, self._start(call), message, hint)

    def word_fault(self, rule: str, word: str, node: exp.Expr, message: str, hint: str) -> SqlFault:
        """A fault at the nearest such word before `node`."""
        return SqlFault(rule, self._word_before(word, node_offset(node)), message, hint)


def fault(
    rule: str,
    node: exp.Expr,
    message: str,
    hint: str | None = None,
    severity: Severity = Severity.ERROR,
    *,
    edit: Edit | None = None,
    related: tuple[Remark | RelatedPlace, ...] = (),
) -> SqlFault:
    """A fault at the place where `node` begins."""
    return SqlFault(rule, node_offset(node), message, hint, severity, edit, related)
