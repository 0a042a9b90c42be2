"""Finds aggregates that go over one row of a table only: a sum over it tells what stands in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from sqlglot import exp

from engine.lineage.expressions import Expressions
from engine.lineage.origins import VALUE, LedgerColumn
from engine.sql.schema import LedgerSchema

_Place = tuple[int, str, str]
"""A table as one item of FROM has it: the `id` of the item's node, the table's schema and its name."""


class SingleRows:
    """The tables of which one SELECT, or each of its groups, has one row at most: their primary keys are fixed.

    `nodes` are the `id`s of its items of FROM, `conditions` are its WHERE and ONs.
    """

    def __init__(
        self,
        values: Expressions,
        nodes: Collection[int],
        conditions: Sequence[exp.Expr],
        group: exp.Expr | None,
        schema: LedgerSchema,
    ) -> None:
        self._values = values
        self._nodes = nodes
        self._conditions = conditions
        self._group = group
        self._schema = schema

    def __call__(self, aggregate: exp.Expr, partition: Sequence[exp.Expr] | None) -> bool:
        """Whether a column in the aggregate is of such a table; `partition` are the keys of its window."""
        single = self._of_a_group if partition is None else self._with_fixed(partition)
        return any(place in single for column in aggregate.find_all(exp.Column) for place in self._places(column))

    @cached_property
    def _of_a_group(self) -> Collection[_Place]:
        return self._with_fixed(() if self._group is None else self._group.find_all(exp.Column))

    def _with_fixed(self, fixed: Iterable[exp.Expr]) -> Collection[_Place]:
        """The tables of which there is one row for each value of the fixed expressions."""
        pinned: dict[_Place, set[str]] = {}
        for node in fixed:
            self._pin(node, pinned)
        equalities = [pair for condition in self._conditions for pair in _equalities(condition)]
        single: set[_Place] = set()
        while True:
            for column, other in equalities:
                if self._is_fixed(other, single):
                    self._pin(column, pinned)
            found = {place for place, names in pinned.items() if names.issuperset(self._key(place) or ("",))}
            if found <= single:
                return single
            single |= found

    def _pin(self, node: exp.Expr, pinned: dict[_Place, set[str]]) -> None:
        inner = node.unnest()
        if not isinstance(inner, exp.Column):
            return
        base, source = self._values.column(inner).base, self._values.source(inner)
        if base is not None and source is not None and id(source.node) in self._nodes:
            pinned.setdefault((id(source.node), base.schema, base.table), set()).add(base.name.casefold())

    def _is_fixed(self, node: exp.Expr, single: Collection[_Place]) -> bool:
        """Whether the expression has one value: made of what is given, or of columns of such tables."""
        if node.find(exp.Query) is not None:
            return False
        return all(
            place in single for column in node.find_all(exp.Column) for place in self._places(column, or_any=True)
        )

    def _places(self, column: exp.Column, *, or_any: bool = False) -> Iterator[_Place]:
        """The tables that the column's value is of. Of a query around there is one row; `or_any`: an unknown one."""
        source = self._values.source(column)
        if source is None or id(source.node) not in self._nodes:
            return
        trace, node = self._values.column(column).trace, id(source.node)
        origins = [one for one, parts in trace.items() if parts & VALUE and isinstance(one, LedgerColumn)]
        yield from ((node, one.schema, one.table) for one in origins if not one.is_view)
        if or_any and (len(origins) < len(trace) or not origins):
            yield node, "", ""

    def _key(self, place: _Place) -> tuple[str, ...]:
        table = self._schema.tables.get((place[1].casefold(), place[2].casefold()))
        return tuple(map(str.casefold, table.primary_key)) if table is not None else ()


def _equalities(condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Each side of each `=` that has to hold, with the other side."""
    pending = [condition]
    while pending:
        node = pending.pop().unnest()
        if isinstance(node, exp.And):
            pending += [node.this, node.expression]
        elif isinstance(node, exp.EQ):
            yield node.this, node.expression
            yield node.expression, node.this
