"""What names stand for: the sources of a SELECT as they are written, their columns, and the scopes around it.

Which source a name means, the analysis tells (`engine/sql/analysis`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct, field
from sqlglot import exp

from engine.sql.translate.typed import Typed


class ScopeColumn(Struct, frozen=True, gc=False):
    """A column that may be named: `key` is its case-folded name, `name` the spelling for messages."""

    key: str
    name: str
    value: Typed


class Columns(Protocol):
    """The columns of one source."""

    def find(self, key: str) -> ScopeColumn | None:
        """The column of that case-folded name."""

    def all(self) -> tuple[ScopeColumn, ...]:
        """Every column, in order."""


class ListedColumns(Struct, frozen=True, gc=False):
    """The columns of a query in FROM."""

    listed: tuple[ScopeColumn, ...] = ()

    def find(self, key: str) -> ScopeColumn | None:
        """See Columns."""
        return next((column for column in self.listed if column.key == key), None)

    def all(self) -> tuple[ScopeColumn, ...]:
        """See Columns."""
        return self.listed


class Source(Struct, frozen=True, eq=False, gc=False):
    """One item of FROM, equal to itself only: `node` in the tree. `key` is its case-folded alias or name.

    `is_open`: its table is unknown (and reported), so any column may be in it; without a key, of any alias.
    """

    key: str
    node: exp.Expr | None
    columns: Columns
    is_open: bool = False


def unknown_source(key: str, node: exp.Expr | None = None) -> Source:
    """A source that is refused, so that nothing is known of its columns."""
    return Source(key, node, ListedColumns(), is_open=True)


class ColumnIdentity(Struct, frozen=True, gc=False):
    """Which column it is, however it is written: of which source, by its case-folded name."""

    source: Source
    key: str


class Found(NamedTuple):
    """A column that a name stands for, with the source that has it."""

    source: Source
    column: ScopeColumn

    @property
    def identity(self) -> ColumnIdentity:
        """Which column it is."""
        return ColumnIdentity(self.source, self.column.key)


class Grouping(Struct, frozen=True, gc=False):
    """What an aggregated SELECT may use outside aggregates: the identity of a grouped expression → what stands for it.

    `identity_of` tells which expression a node is (see `rows/identity.py`), so that none is found by how it is written
    out. `classes` are those of the nodes, but for columns, that may be one.
    """

    representatives: Mapping[Hashable, Typed]
    identity_of: Callable[[exp.Expr], Hashable | None]
    classes: frozenset[type] = frozenset()


class Scope(Struct, gc=False):
    """The sources of one SELECT, `select` in the tree, and the SELECT around it.

    `grouping` is set while the parts that follow GROUP BY are made; `in_aggregate` while an aggregate's argument is,
    and `allows_windows` while the SELECT list or ORDER BY is.
    `outer_uses` counts the columns of outer scopes that were used. `joined` are the tables of subqueries in WHERE that
    are written as a part of its FROM.
    """

    parent: Scope | None
    sources: list[Source] = field(default_factory=list)
    select: exp.Select | None = None
    grouping: Grouping | None = None
    in_aggregate: bool = False
    allows_windows: bool = False
    outer_uses: int = 0
    joined: list[str] = field(default_factory=list)

    def chain(self) -> Iterator[Scope]:
        """This scope and the ones around it, inner first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def source(self, node: exp.Expr) -> Source | None:
        """The source that stands there in the tree, None where it is refused."""
        return next((source for source in self.sources if source.node is node), None)
