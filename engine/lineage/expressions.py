"""The origins of an expression's value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from msgspec import Struct
from sqlglot import exp

from engine.lineage.origins import NONE, VALUE, Trace, Untraced, deciding, merged, summed, telling
from engine.lineage.relations import Relation, TracedColumn
from engine.sql.analysis import Analysis, Meaning, Reference, Source, is_column_name
from engine.sql.schema import LedgerSchema

_SUMMING: Final = frozenset({exp.ApproxDistinct, exp.Avg, exp.Count, exp.Stddev, exp.Sum, exp.Variance})
"""Aggregates over many rows that do not tell what stands in one: all but MIN, MAX, STRING_AGG and CHECKSUM_AGG."""
_SUMMING_NAMES: Final = frozenset({"stdev", "stdevp", "var", "varp"})


class Single(Protocol):
    """Tells whether an aggregate goes over one row of a table only, and so tells what stands in it."""

    def __call__(self, aggregate: exp.Expr, partition: Sequence[exp.Expr] | None, /) -> bool:
        """`partition` are the keys of its window; None where it has none."""
        ...


class Rows(Struct, eq=False, gc=False):
    """What the expressions of one SELECT stand on; `select` is None for those that stand in none."""

    select: exp.Expr | None
    single: Single


NO_ROWS: Final = Rows(None, lambda _aggregate, _partition: False)


class Expressions:
    """The expressions of one query. `relations` are the traced items of FROM, by the `id` of their nodes."""

    def __init__(
        self,
        analysis: Analysis,
        schema: LedgerSchema,
        arguments: Sequence[Trace],
        query: Callable[[exp.Expr], Relation],
    ) -> None:
        self.relations: dict[int, Relation] = {}
        self._analysis = analysis
        self._schema = schema
        self._arguments = arguments
        self._query = query
        self._handlers = self._special()

    def all(self, nodes: Sequence[exp.Expr], rows: Rows) -> Trace:
        """The origins of several expressions together."""
        return merged([self.trace(node, rows) for node in nodes])

    def trace(self, node: exp.Expr, rows: Rows) -> Trace:
        """The origins of one expression's value."""
        handler = self._handlers.get(type(node))
        if handler is not None:
            return handler(node, rows)
        found = self.all(_parts(node), rows)
        return summed(found) if is_summing(node) and not rows.single(node, None) else found

    def _special(self) -> Mapping[type[exp.Expr], Callable[[Any, Rows], Trace]]:
        """The nodes that are not just made of what their parts are made of."""
        return {
            exp.All: self._quantified,
            exp.Any: self._quantified,
            exp.Column: self._column,
            exp.DataType: self._nothing,
            exp.Dot: self._dot,
            exp.Except: self._scalar,
            exp.Exists: self._exists,
            exp.In: self._in,
            exp.Intersect: self._scalar,
            exp.Order: self._ordered,
            exp.Placeholder: self._argument,
            exp.Select: self._scalar,
            exp.Subquery: self._scalar,
            exp.Union: self._scalar,
            exp.Window: self._window,
            exp.WithinGroup: self._within_group,
        }

    def _column(self, node: exp.Column, _rows: Rows) -> Trace:
        return self.column(node).trace

    def _argument(self, node: exp.Placeholder, _rows: Rows) -> Trace:
        number = int(node.name)
        return self._arguments[number] if number < len(self._arguments) else NONE

    def _nothing(self, _node: exp.Expr, _rows: Rows) -> Trace:
        return NONE

    def _scalar(self, node: exp.Expr, _rows: Rows) -> Trace:
        """A query that stands for one value: what decides its rows decides the value."""
        found = self._query(node)
        return merged([found.everything(), deciding(found.rows)])

    def _exists(self, node: exp.Exists, _rows: Rows) -> Trace:
        return telling(self._query(node.this).rows)

    def _quantified(self, node: exp.Expr, rows: Rows) -> Trace:
        """ANY and ALL."""
        return self._searched(node.this) if isinstance(node.this, exp.Query) else self.all(_parts(node), rows)

    def _in(self, node: exp.In, rows: Rows) -> Trace:
        query = node.args.get("query")
        if query is None:
            return self.all(_parts(node), rows)
        return merged([self.trace(node.this, rows), self._searched(query)])

    def _ordered(self, node: exp.Order, rows: Rows) -> Trace:
        """The value of STRING_AGG, with the order of its pieces."""
        return merged([self.trace(node.this, rows), deciding(self.all(_keys(node), rows))])

    def _within_group(self, node: exp.WithinGroup, rows: Rows) -> Trace:
        """PERCENTILE_CONT and its like: the value is made of what the group is ordered by."""
        return merged([self.trace(node.this, rows), self.all(_keys(node.expression), rows)])

    def column(self, node: exp.Column) -> TracedColumn:
        """What a column's name means."""
        found = self._analysis.references.get(id(node))
        if found is None:
            return _not_traced(node) if is_column_name(node) else TracedColumn("", NONE)
        key = node.name.casefold()
        if found.source is not None and not isinstance(node.this, exp.Star):
            return self.relations[id(found.source.node)].column(key)
        return self._unclear(node, found, key)

    def source(self, node: exp.Column) -> Source | None:
        """The item of FROM that a column's name means a column of."""
        found = self._analysis.references.get(id(node))
        return None if found is None else found.source

    def _unclear(self, node: exp.Column, found: Reference, key: str) -> TracedColumn:
        """A name that may be of any source that is open: it has the origins of all of them."""
        if found.meaning is not Meaning.UNKNOWN or found.select is None:
            return _not_traced(node)
        scope = self._analysis.scopes.get(id(found.select))
        sources = scope.sources if scope is not None else ()
        qualifier = node.table.casefold()
        relations = [
            self.relations[id(source.node)]
            for source in sources
            if source.is_open and (not qualifier or source.key in {qualifier, ""})
        ]
        if not relations:
            return _not_traced(node)
        return TracedColumn(key, merged([relation.column(key).trace for relation in relations]))

    def _searched(self, query: exp.Expr) -> Trace:
        """The values that IN, ANY or ALL look in: what decides which there are tells in the answer."""
        found = self._query(query)
        return merged([found.everything(), telling(found.rows)])

    def _window(self, node: exp.Window, rows: Rows) -> Trace:
        windows = _windows(node, rows.select)
        partition = [key for window in windows for key in window.args.get("partition_by") or ()]
        order = [key for window in windows if window.args.get("order") for key in _keys(window.args["order"])]
        inner = node.this
        if is_summing(inner) and not order and not rows.single(inner, partition):
            made_of = summed(self.all(_parts(inner), rows))
        elif is_summing(inner):  # running totals tell what each row adds
            made_of = self.all(_parts(inner), rows)
        else:
            made_of = self.trace(inner, rows)
        return merged([made_of, deciding(self.all([*partition, *order], rows))])

    def _dot(self, node: exp.Dot, rows: Rows) -> Trace:
        """A call of a function with its schema, or of a method; a column's name behind which a method is called."""
        call = node.expression
        if isinstance(call, exp.Identifier):
            return self._named(_chain(node), node)
        arguments = self.all(_parts(call), rows)
        names = _chain(node.this)
        if len(names) == 1 and self._schema.function(call.name, names[0].this) is not None:
            what = f"the function {names[0].this}.{call.name}, whose body is not read"
            return merged([arguments, {Untraced(what): VALUE}])
        return merged([arguments, self._named(names, node) if names else self.trace(node.this, rows)])

    def _named(self, names: Sequence[exp.Identifier], node: exp.Expr) -> Trace:
        """A column, by names that the parser does not take for one since a method is called on it."""
        keys = [name.this.casefold() for name in names]
        qualifier = keys[-2] if len(keys) > 1 else ""
        found = [
            relation.column(keys[-1]).trace
            for source, relation in self._all_sources(node)
            if not qualifier or source.key in {qualifier, ""}
            if relation.rest is not None or any(column.key == keys[-1] for column in relation.columns)
        ]
        return merged(found) or {Untraced(f"the name {'.'.join(name.this for name in names)}"): VALUE}

    def _all_sources(self, node: exp.Expr) -> Iterator[tuple[Source, Relation]]:
        """The sources of the SELECT that the node stands in, and of those around it."""
        select = node.find_ancestor(exp.Select)
        while select is not None:
            scope = self._analysis.scopes.get(id(select))
            for source in scope.sources if scope is not None else ():
                if id(source.node) in self.relations:
                    yield source, self.relations[id(source.node)]
            select = select.find_ancestor(exp.Select)


def _chain(node: exp.Expr) -> list[exp.Identifier]:
    """The names of `a.b.c`; none for any other expression."""
    names: list[exp.Identifier] = []
    while isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        names.insert(0, node.expression)
        node = node.this
    return [node, *names] if isinstance(node, exp.Identifier) else []


def is_summing(node: exp.Expr) -> bool:
    """Whether the node is an aggregate that does not tell what stands in one of many rows."""
    return type(node) in _SUMMING or (isinstance(node, exp.Anonymous) and node.name.lower() in _SUMMING_NAMES)


def _not_traced(node: exp.Column) -> TracedColumn:
    name = ".".join(part.name for part in node.parts)
    return TracedColumn(node.name.casefold(), {Untraced(f"the column {name}"): VALUE})


def _parts(node: exp.Expr) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    values: Mapping[str, Any] = node.args
    for name, value in values.items():
        if isinstance(value, exp.Expr):
            if name != "alias":
                found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, exp.Expr)]
    return found


def _keys(order: exp.Expr) -> list[exp.Expr]:
    return [item.this if isinstance(item, exp.Ordered) else item for item in order.expressions]


def _windows(node: exp.Window, select: exp.Expr | None) -> list[exp.Expr]:
    """The window itself, and those of the WINDOW clause that it is built on."""
    named = {window.this.name.casefold(): window for window in (select and select.args.get("windows")) or ()}
    found: list[exp.Expr] = [node]
    while (alias := found[-1].args.get("alias")) is not None:
        window = named.pop(alias.name.casefold(), None)
        if window is None:
            break
        found.append(window)
    return found
