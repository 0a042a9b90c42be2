"""What gives rows, with the origins of its columns and of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from msgspec import Struct

from engine.lineage.origins import NONE, VALUE, LedgerColumn, Trace, Untraced, deciding, merged


class TracedColumn(Struct, frozen=True, gc=False):
    """A column that may be named by its case-folded `key`. `base` is the table's column that it is, unchanged."""

    key: str
    trace: Trace
    base: LedgerColumn | None = None


class Relation(Struct, frozen=True, eq=False, gc=False):
    """A table, a view, a function in FROM, or a query.

    `rows` are the origins of which rows there are. `rest` are those of any column that is not listed; None where there
    are no others.
    """

    columns: tuple[TracedColumn, ...]
    rows: Trace = NONE
    rest: Trace | None = None

    def column(self, key: str) -> TracedColumn:
        """The column of that case-folded name; one that is not there is not traced, and says so."""
        for column in self.columns:
            if column.key == key:
                return column
        return TracedColumn(key, {Untraced(f"the column {key}"): VALUE} if self.rest is None else self.rest)

    def everything(self) -> Trace:
        """The origins of all columns together."""
        return merged([*(column.trace for column in self.columns), self.rest or NONE])

    def renamed(self, names: Iterable[str]) -> Self:
        """The relation with other names for its columns, in order; what has no name then is not listed."""
        columns = []
        for number, name in enumerate(names):
            found = self.columns[number] if number < len(self.columns) else self.column(name.casefold())
            columns.append(TracedColumn(name.casefold(), found.trace, found.base))
        return type(self)(tuple(columns), self.rows, self.rest)


def unknown(what: str, made_of: Trace = NONE) -> Relation:
    """Of which nothing is known, but for what it was called with."""
    trace = merged([made_of, {Untraced(what): VALUE}])
    return Relation((), deciding(trace), trace)
