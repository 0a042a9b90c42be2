"""Rows before they are written out: a set operation may still cast their columns, and an alias may rename them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from engine.sql.translate.kinds import BIGINT
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import quoted

Change = Callable[[Sequence[Typed]], Sequence[Typed]]


class Output(Struct, frozen=True, gc=False):
    """An output column; `name` is spelled as the author did, None where it has none."""

    name: str | None
    value: Typed


class Relation(Protocol):
    """Rows with typed columns."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The columns, in order."""

    @property
    def limit(self) -> int | str | None:
        """How many rows at most: a number, or the target's SQL."""

    def changed(self, change: Change) -> Relation:
        """The same rows with each column's expression replaced, in every branch."""

    def limited(self, limit: int | str) -> Relation:
        """The same rows, but at most `limit`, which replaces what was there."""

    def render(self, names: Sequence[str | None]) -> str:
        """The query in the target's SQL, its columns called `names`."""


class Tail(Struct, frozen=True, gc=False):
    """What follows the rows: ORDER BY items, LIMIT and OFFSET.

    With `is_outer` it follows a SELECT around them, of which the items name the columns by `around`.
    """

    keys: tuple[str, ...] = ()
    limit: int | str | None = None
    offset: int | str | None = None
    is_outer: bool = False

    def after(self, rows: Callable[[Sequence[str | None]], str], names: Sequence[str | None]) -> str:
        """The whole query of what `rows` writes for the names of its columns."""
        if not self.is_outer:
            return rows(names) + self.sql()
        inner = rows([f"c{number}" for number in range(1, len(names) + 1)])
        shown = named([around(number) for number in range(len(names))], names)
        return f"SELECT {shown} FROM ({inner}) AS ordered{self.sql()}"  # noqa: S608  # only what handlers made

    def sql(self) -> str:
        """The clauses, each with a blank before it."""
        order = " ORDER BY " + ", ".join(self.keys) if self.keys else ""
        limit = f" LIMIT {self.limit}" if self.limit is not None else ""
        return order + limit + (f" OFFSET {self.offset}" if self.offset is not None else "")


class SelectRelation(Struct, frozen=True, gc=False):
    """One SELECT; `body` is all from FROM to HAVING, with a blank before it.

    `source` and `condition` are what stands in its FROM and WHERE, without these words.
    """

    outputs: tuple[Output, ...]
    body: str
    source: str = ""
    condition: str = ""
    is_distinct: bool = False
    tail: Tail = Tail()

    @property
    def limit(self) -> int | str | None:
        """See Relation."""
        return self.tail.limit

    def changed(self, change: Change) -> SelectRelation:
        """See Relation."""
        return replace(self, outputs=renewed(self.outputs, change))

    def limited(self, limit: int | str) -> SelectRelation:
        """See Relation."""
        return replace(self, tail=replace(self.tail, limit=limit))

    def render(self, names: Sequence[str | None]) -> str:
        """See Relation."""
        return self.tail.after(self._rows, names)

    def _rows(self, names: Sequence[str | None]) -> str:
        head = "SELECT DISTINCT " if self.is_distinct else "SELECT "
        values = [output.value.sql for output in self.outputs]
        return head + named(values, names) + self.body


class TiedRelation(Struct, frozen=True, gc=False):
    """The first `count` rows of `inner` by the keys, and those that sort with the last of them.

    `count` is a number, or the target's SQL; the keys are SQL over the tables of `inner`.
    """

    inner: SelectRelation
    keys: tuple[str, ...]
    count: int | str
    limit: int | str | None = None

    @property
    def outputs(self) -> tuple[Output, ...]:
        """See Relation."""
        return self.inner.outputs

    def changed(self, change: Change) -> TiedRelation:
        """See Relation."""
        return replace(self, inner=self.inner.changed(change))

    def limited(self, limit: int | str) -> TiedRelation:
        """See Relation."""
        return replace(self, limit=limit)

    def render(self, names: Sequence[str | None]) -> str:
        """See Relation."""
        order = f"ORDER BY {', '.join(self.keys)}" if self.keys else ""
        place = Output(None, Typed(f"rank() OVER ({order})", BIGINT))
        columns = [f"c{number}" for number in range(1, len(names) + 1)]
        inner = replace(self.inner, outputs=(*self.inner.outputs, place)).render([*columns, "place"])
        shown = named([f'"ranked"."{column}"' for column in columns], names)
        tail = Tail(('"ranked"."place"',), self.limit).sql()
        return f'SELECT {shown} FROM ({inner}) AS ranked WHERE "ranked"."place" <= {self.count}{tail}'  # noqa: S608  # only what handlers made


class CompoundRelation(Struct, frozen=True, gc=False):
    """Two sets of rows joined by `operator`: UNION ALL, UNION, EXCEPT or INTERSECT. The left one names the columns."""

    outputs: tuple[Output, ...]
    operator: str
    left: Relation
    right: Relation
    tail: Tail = Tail()

    @property
    def limit(self) -> int | str | None:
        """See Relation."""
        return self.tail.limit

    def changed(self, change: Change) -> CompoundRelation:
        """See Relation."""
        left, right = self.left.changed(change), self.right.changed(change)
        return replace(self, left=left, right=right, outputs=renewed(self.outputs, change))

    def limited(self, limit: int | str) -> CompoundRelation:
        """See Relation."""
        return replace(self, tail=replace(self.tail, limit=limit))

    def render(self, names: Sequence[str | None]) -> str:
        """See Relation."""
        return self.tail.after(self._rows, names)

    def _rows(self, names: Sequence[str | None]) -> str:
        return f"({self.left.render(names)}) {self.operator} ({self.right.render(names)})"


class MergedRelation(Struct, frozen=True, gc=False):
    """The rows of `inner`, those that compare equal made one. `keys` and `values` are SQL over its columns c1, c2, …"""

    inner: Relation
    keys: tuple[str, ...]
    values: tuple[str, ...]
    tail: Tail = Tail()

    @property
    def outputs(self) -> tuple[Output, ...]:
        """See Relation."""
        return self.inner.outputs

    @property
    def limit(self) -> int | str | None:
        """See Relation."""
        return self.tail.limit

    def changed(self, change: Change) -> MergedRelation:
        """See Relation."""
        return replace(self, inner=self.inner.changed(change))

    def limited(self, limit: int | str) -> MergedRelation:
        """See Relation."""
        return replace(self, tail=replace(self.tail, limit=limit))

    def render(self, names: Sequence[str | None]) -> str:
        """See Relation."""
        return self.tail.after(self._rows, names)

    def _rows(self, names: Sequence[str | None]) -> str:
        inner = self.inner.render([f"c{number}" for number in range(1, len(self.values) + 1)])
        group = ", ".join(self.keys)
        return f"SELECT {named(self.values, names)} FROM ({inner}) AS merged GROUP BY {group}"  # noqa: S608  # only what handlers made


def around(number: int) -> str:
    """What an outer tail calls the column of that number, from 0."""
    return f'"ordered"."c{number + 1}"'


def renewed(outputs: tuple[Output, ...], change: Change) -> tuple[Output, ...]:
    """The columns with the expressions that `change` gives for theirs."""
    values = change([output.value for output in outputs])
    return tuple(Output(output.name, value) for output, value in zip(outputs, values, strict=True))


def named(values: Sequence[str], names: Sequence[str | None]) -> str:
    """A select list."""
    return ", ".join(
        value if name is None else f"{value} AS {quoted(name)}" for value, name in zip(values, names, strict=True)
    )
