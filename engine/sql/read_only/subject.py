"""What the read-only rules look at: a query from every side, and what is known of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from unicodedata import normalize

from msgspec import Struct
from sqlglot import exp

from engine.sql.fault import SqlFault
from engine.sql.query import Query, node_offset
from engine.sql.schema import LedgerSchema
from engine.sql.tokens import Tokens

Node = TypeVar("Node", bound=exp.Expr)

_BASES = str.maketrans("ıøØłŁđĐ", "ioolldd")  # letters that collations take for another, and Unicode does not


class Subject(Struct, frozen=True, gc=False):
    """One query under examination. `databases` are case-folded names."""

    query: Query
    tokens: Tokens
    schema: LedgerSchema | None
    databases: frozenset[str]
    is_sql_server: bool
    calls: tuple[exp.Expr, ...]
    """The nodes that the parser makes of function calls, and of what it takes for one."""

    @classmethod
    def of(
        cls, query: Query, *, schema: LedgerSchema | None, databases: tuple[str, ...], is_sql_server: bool
    ) -> Subject:
        """All that the rules need of `query`, worked out once."""
        tokens = Tokens(query.text, query.tokens, query.words)
        calls = tuple([node for kind, nodes in query.nodes.items() if issubclass(kind, exp.Func) for node in nodes])
        return cls(query, tokens, schema, frozenset(map(str.casefold, databases)), is_sql_server, calls)

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """The nodes of exactly that class."""
        return self.query.nodes.get(kind, ())  # type: ignore[return-value]  # they are keyed by their class

    def word_at(self, offset: int) -> str:
        """The lower case of the word at `offset`, '' where none begins there."""
        pairs = zip(self.query.tokens, self.query.words, strict=True)
        return next((word for token, word in pairs if token.start == offset), "")

    def refuse(self, node: exp.Expr, message: str, hint: str, rule: str = "read-only") -> SqlFault:
        """A fault at `node`."""
        return SqlFault(rule, node_offset(node), message, hint)


def start_of(node: exp.Expr | None) -> int:
    """Where the parser says that `node` begins, -1 where it does not say."""
    return int(node.meta.get("start", -1)) if node is not None else -1


def fold(name: str) -> str:
    """`name` as the most forgiving collation would compare it: without case, accents, width, marks or trailing blanks.

    SQL Server compares names by the database's collation, so that a schema spelt with fullwidth letters, with a
    character that has no weight or with a blank behind it may still be `sys`. Only for comparing with names that are
    refused.
    """
    if name.isascii():
        return name.lower().rstrip()
    letters = normalize("NFKD", name.translate(_BASES)).casefold()
    return "".join(letter for letter in letters if letter.isascii()).rstrip()
