"""Names in sight: the sources of a SELECT, their columns, and the scopes around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

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


@dataclass(frozen=True, slots=True)
class ListedColumns:
    """The columns of a query in FROM."""

    listed: tuple[ScopeColumn, ...] = ()

    def find(self, key: str) -> ScopeColumn | None:
        """See Columns."""
        return next((column for column in self.listed if column.key == key), None)

    def all(self) -> tuple[ScopeColumn, ...]:
        """See Columns."""
        return self.listed


@dataclass(frozen=True, slots=True)
class Source:
    """One item of FROM. `key` is the case-folded alias; `schema_key` is set for a table without an alias.

    `is_open`: its table is unknown (and reported), so any column may be in it; without a key, of any alias.
    """

    key: str
    columns: Columns
    schema_key: str | None = None
    is_open: bool = False


def unknown_source(key: str) -> Source:
    """A source that is refused, so that nothing is known of its columns."""
    return Source(key, ListedColumns(), is_open=True)


@dataclass(frozen=True, slots=True)
class Grouping:
    """What an aggregated SELECT may use outside aggregates: target SQL of a grouped expression → what stands for it.

    `classes` are those of the grouped expressions that are no columns.
    """

    representatives: dict[str, Typed]
    classes: frozenset[type] = frozenset()


@dataclass(slots=True)
class Scope:
    """The sources of one SELECT, and the SELECT around it.

    `grouping` is set while the parts that follow GROUP BY are made; `in_aggregate` while an aggregate's argument is,
    and `allows_windows` while the SELECT list or ORDER BY is.
    `outer_uses` counts the columns of outer scopes that were used.
    """

    parent: Scope | None
    sources: list[Source] = field(default_factory=list)
    grouping: Grouping | None = None
    in_aggregate: bool = False
    allows_windows: bool = False
    outer_uses: int = 0

    def chain(self) -> Iterator[Scope]:
        """This scope and the ones around it, inner first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def matching(self, key: str, qualifier: str | None, schema_key: str | None) -> list[ScopeColumn]:
        """The columns called `key` in this scope, of the source called `qualifier` where one is given."""
        found = [
            source.columns.find(key)
            for source in self.sources
            if qualifier in (None, source.key) and schema_key in (None, source.schema_key)
        ]
        return [column for column in found if column is not None]
