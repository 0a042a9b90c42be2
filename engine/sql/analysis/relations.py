"""What an analysis is made of: sources with their columns, the scopes that they stand in, and what each name means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import UNKNOWN, SqlType
from engine.sql.schema import Column as LedgerColumn
from engine.sql.schema import Table


class Column(Struct, frozen=True, gc=False):
    """A column that may be named. `key` is its case-folded name; both are '' where it has none.

    `type` and `nullable` are None where they are not certain. `expression` is what a query makes it of, and `ledger`
    the ledger's own column where it is one of a table or view. Of a set operation and of VALUES, `branches` are the
    columns that it takes its values from.
    """

    key: str
    name: str
    type: SqlType | None = None
    nullable: bool | None = None
    expression: exp.Expr | None = None
    ledger: LedgerColumn | None = None
    branches: tuple[Column, ...] = ()


class Columns(Struct, frozen=True, gc=False):
    """The columns of what gives rows, in order. `is_open`: there may be others, of any name and number."""

    listed: tuple[Column, ...] = ()
    is_open: bool = False

    def find(self, key: str) -> Column | None:
        """The column of that case-folded name."""
        for column in self.listed:
            if column.key == key:
                return column
        return None


OPEN: Final = Columns(is_open=True)
"""Of what nothing is known."""


class Source(Struct, frozen=True, eq=False, gc=False):
    """One item of FROM. `key` is the case-folded alias, or the name where there is none; '' where any may be meant.

    `table` is the ledger's table or view that it is. `schema_key` is set where the columns may be named with the
    schema too. `is_missing`: the ledger's schema has no such table. `may_miss`: an outer join makes its columns null
    where it has no row.
    """

    key: str
    node: exp.Expr
    columns: Columns = OPEN
    table: Table | None = None
    schema_key: str | None = None
    is_missing: bool = False
    may_miss: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may have any other column."""
        return self.columns.is_open and self.table is None

    def find(self, key: str) -> Column | None:
        """The column of that case-folded name."""
        if self.table is None:
            return self.columns.find(key)
        column = self.table.by_key.get(key)
        return None if column is None else declared(column, may_miss=self.may_miss)

    def all(self) -> tuple[Column, ...]:
        """Every column that is known, in order."""
        if self.table is None:
            return self.columns.listed
        return tuple([declared(column, may_miss=self.may_miss) for column in self.table.columns])


_MOST_KEPT: Final = 50_000
_declared: dict[tuple[int, bool], tuple[LedgerColumn, Column]] = {}
"""By the `id` of the ledger's column, which is kept beside so that no other gets it."""


def declared(column: LedgerColumn, *, may_miss: bool = False) -> Column:
    """A column of the ledger's."""
    known = _declared.get((id(column), may_miss))
    if known is not None:
        return known[1]
    if len(_declared) >= _MOST_KEPT:  # of schemas that are gone
        _declared.clear()
    type_ = None if column.type == UNKNOWN else column.type
    nullable = True if may_miss or column.nullable else None if column.computed else False
    made = Column(column.name.casefold(), column.name, type_, nullable, None, column)
    _declared[id(column), may_miss] = column, made
    return made


class Meaning(Enum):
    """What became of a column's name. Of what is UNKNOWN no rule speaks: it may be in a source that nobody knows."""

    FOUND = "found"
    UNKNOWN = "unknown"
    NO_COLUMN = "no column"
    NO_SOURCE = "no source"
    AMBIGUOUS = "ambiguous"


class Reference(Struct, frozen=True, gc=False):
    """What a column's name means, and the SELECT whose source has it, or that it stands in where none has.

    `select` is None where an UNKNOWN name may mean a source of any SELECT around it.
    """

    node: exp.Expr
    meaning: Meaning
    select: exp.Select | None
    source: Source | None = None
    column: Column | None = None


class Fact(Struct, frozen=True, gc=False):
    """What is certain of an expression; None is what is not."""

    type: SqlType | None = None
    nullable: bool | None = None


class Scope(Struct, frozen=True, eq=False, gc=False):
    """One SELECT, the one around it whose names it sees, its sources, and its outputs."""

    select: exp.Select
    parent: exp.Select | None
    sources: tuple[Source, ...]
    columns: Columns


class Analysis(Struct, frozen=True, eq=False, gc=False):
    """A query's meaning; it holds as long as the query's tree.

    By the `id` of the node: `scopes` of each SELECT, `references` of each column's name, `queries` the outputs of each
    query. `fact` tells the type of any expression. `ctes` are the names of the common tables, as they are spelled;
    `unclear` are the references to what was not found.
    """

    columns: Columns
    scopes: Mapping[int, Scope]
    references: Mapping[int, Reference]
    queries: Mapping[int, Columns]
    fact: Callable[[exp.Expr], Fact]
    ctes: tuple[str, ...] = ()
    unclear: tuple[Reference, ...] = ()
