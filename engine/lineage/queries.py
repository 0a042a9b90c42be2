"""The origins of a query's columns and rows: reads FROM, then what chooses among its rows, then its outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from sqlglot import exp

from engine.lineage.expressions import NO_ROWS, Expressions, Rows, is_summing
from engine.lineage.origins import NONE, Trace, deciding, merged, summed
from engine.lineage.relations import Relation, TracedColumn, unknown
from engine.lineage.single_rows import SingleRows
from engine.sql.analysis import Analysis, bare_name
from engine.sql.query import grouped
from engine.sql.schema import LedgerSchema

MAX_OUTPUTS: Final = 50_000
"""How many outputs of SELECTs are read for one query, as often as a recursion needs it; then the rest is not traced."""
_Ctes = Mapping[str, Relation]
_Sources = list[tuple[exp.Expr, Relation]]


class Objects(Protocol):
    """The ledger's objects, as FROM names them."""

    def table(self, name: str, owner: str | None) -> Relation:
        """A table or view."""
        ...

    def function(self, name: str, owner: str, arguments: Sequence[Trace]) -> Relation:
        """A function with its schema; one without is built in."""
        ...


class QueryReading:
    """Reads one query once. `arguments` are the origins of the values of its `?`."""

    def __init__(self, analysis: Analysis, schema: LedgerSchema, objects: Objects, arguments: Sequence[Trace]) -> None:
        self._schema = schema
        self._objects = objects
        self._ctes: _Ctes = {}
        self._left = MAX_OUTPUTS
        self._values = Expressions(analysis, schema, arguments, self._subquery)

    def read(self, tree: exp.Expr) -> Relation:
        """The whole query."""
        return self._query(tree, {})

    def _subquery(self, node: exp.Expr) -> Relation:
        return self._query(node, self._ctes)

    def _query(self, node: exp.Expr, ctes: _Ctes) -> Relation:
        before = self._ctes
        with_ = node.args.get("with_")
        self._ctes = ctes if with_ is None else self._common_tables(with_.expressions, ctes)
        try:
            if isinstance(node, exp.Select):
                return self._select(node)
            if isinstance(node, exp.SetOperation):
                return self._set_operation(node)
            if isinstance(node, exp.Subquery):
                return self._limited(node, self._query(node.this, self._ctes))
            return unknown("a query")
        finally:
            self._ctes = before

    def _common_tables(self, nodes: Iterable[exp.Expr], ctes: _Ctes) -> _Ctes:
        known = dict(ctes)
        for node in nodes:
            key, names = node.alias.casefold(), _listed_names(node.args.get("alias"))
            if isinstance(node.this.unnest(), exp.SetOperation) and _names_table(node.this, key):
                known[key] = self._recursive(node.this, key, names, known)
            else:
                known[key] = _renamed(self._query(node.this, known), names)
        return known

    def _recursive(self, query: exp.Expr, key: str, names: Sequence[str], known: _Ctes) -> Relation:
        """A table that names itself: read again and again, until nothing is added to what it is made of."""
        first = query
        while isinstance(first, (exp.SetOperation, exp.Subquery)):
            first = first.this
        found = _renamed(self._query(first, known), names)
        while self._left > 0:
            following = _renamed(self._query(query, {**known, key: found}), names)
            if _is_same(following, found):
                return found
            found = following
        return unknown(f"the common table {key}, which is too complex")

    def _set_operation(self, node: exp.SetOperation) -> Relation:
        left, right = self._query(node.this, self._ctes), self._query(node.expression, self._ctes)
        rows = [left.rows, right.rows]
        if not isinstance(node, exp.Union) or node.args.get("distinct"):  # which rows are equal decides
            rows += [deciding(left.everything()), deciding(right.everything())]
        if not isinstance(node, exp.Union):
            return self._limited(node, Relation(left.columns, merged(rows), left.rest))
        if left.rest is not None or right.rest is not None or len(left.columns) != len(right.columns):
            every = merged([left.everything(), right.everything()])
            columns = tuple([TracedColumn(column.key, every) for column in left.columns])
            return self._limited(node, Relation(columns, merged(rows), every))
        columns = tuple(
            [
                TracedColumn(one.key, merged([one.trace, other.trace]))
                for one, other in zip(left.columns, right.columns, strict=True)
            ]
        )
        return self._limited(node, Relation(columns, merged(rows)))

    def _limited(self, node: exp.Expr, found: Relation) -> Relation:
        """With the ORDER BY and OFFSET of a set operation or of a query in parentheses."""
        parts = [part for name in ("order", "limit", "offset") if (part := node.args.get(name)) is not None]
        if not parts:
            return found
        order = node.args.get("order")
        chosen = [self._values.all([part for part in parts if part is not order], NO_ROWS)]
        if order is not None:
            chosen.append(self._order(order, found, NO_ROWS))
        return Relation(found.columns, merged([found.rows, deciding(merged(chosen))]), found.rest)

    # ------------------------------------------------------------------------------------------------------- SELECT

    def _select(self, node: exp.Select) -> Relation:
        self._left -= 1 + len(node.expressions)
        if self._left < 0:
            return unknown("a part of the query, which is too complex")
        sources: _Sources = []
        conditions: list[exp.Expr] = []
        from_ = node.args.get("from_")
        if from_ is not None:
            self._item(from_.this, sources, conditions)
        self._joins(node, sources, conditions)
        for lateral in node.args.get("laterals") or ():
            self._item(lateral, sources, conditions)
        where, group = node.args.get("where"), node.args.get("group")
        if where is not None:
            conditions.append(where.this)
        rows = Rows(node, self._single(sources, conditions, group))
        clauses = [part for name in ("group", "having", "limit", "offset") if (part := node.args.get(name)) is not None]
        chosen = [*(relation.rows for _, relation in sources), deciding(self._values.all(conditions, rows))]
        chosen.append(deciding(self._values.all(clauses, rows)))
        found = self._outputs(node, sources, rows)
        if node.args.get("distinct") is not None:
            chosen.append(deciding(found.everything()))
        if (order := node.args.get("order")) is not None:
            chosen.append(deciding(self._order(order, found, rows)))
        made = Relation(found.columns, merged(chosen), found.rest)
        return _one_column(made) if node.args.get("for_") is not None else made

    def _single(self, sources: _Sources, conditions: Sequence[exp.Expr], group: exp.Expr | None) -> SingleRows:
        nodes = frozenset([id(node) for node, _ in sources])
        return SingleRows(self._values, nodes, conditions, group, self._schema)

    def _outputs(self, node: exp.Select, sources: _Sources, rows: Rows) -> Relation:
        listed: list[TracedColumn] = []
        rest: list[Trace] = []
        for item in node.expressions:
            inner = item.this if isinstance(item, exp.Alias) else item
            if isinstance(inner, exp.Star) or (isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star)):
                for relation in self._starred(inner, sources):
                    listed += relation.columns
                    rest += [] if relation.rest is None else [relation.rest]
                continue
            column = inner.unnest()
            name = item.alias if isinstance(item, exp.Alias) else column.name if isinstance(column, exp.Column) else ""
            if isinstance(column, exp.Column):
                found = self._values.column(column)
                listed.append(TracedColumn(name.casefold(), found.trace, found.base))
            else:
                listed.append(TracedColumn(name.casefold(), self._values.trace(inner, rows)))
        return Relation(tuple(listed), NONE, merged(rest) if rest else None)

    def _starred(self, node: exp.Expr, sources: _Sources) -> list[Relation]:
        """The sources that `*` or `t.*` stands for."""
        if isinstance(node, exp.Star) or not node.args.get("table"):
            return [relation for _, relation in sources]
        source = self._values.source(node) if isinstance(node, exp.Column) else None
        found = self._values.relations.get(id(source.node)) if source is not None else None
        return [found] if found is not None else [unknown(f"the columns of {node.args['table'].name}")]

    def _order(self, order: exp.Expr, found: Relation, rows: Rows) -> Trace:
        """ORDER BY: a name means the output of that name first, and a number the output at that place."""
        traces = []
        for item in order.expressions:
            name, key = bare_name(item), item.this.unnest()
            named = [column for column in found.columns if column.key == name and name]
            if named:
                traces += [column.trace for column in named]
            elif isinstance(key, exp.Literal) and key.is_int and 0 < int(key.this) <= len(found.columns):
                traces.append(found.columns[int(key.this) - 1].trace)
            else:
                traces.append(self._values.trace(item.this, rows))
        return merged(traces)

    # --------------------------------------------------------------------------------------------------------- FROM

    def _joins(self, node: exp.Expr, sources: _Sources, conditions: list[exp.Expr]) -> None:
        for join in node.args.get("joins") or ():
            self._item(join.this, sources, conditions)
            if (on := join.args.get("on")) is not None:
                conditions.append(on)

    def _item(self, node: exp.Expr, sources: _Sources, conditions: list[exp.Expr]) -> None:
        inner = grouped(node)
        if inner is not None:
            start = len(sources)
            self._item(inner, sources, conditions)
            if node.args.get("pivots"):
                found = self._pivoted(node, _joined([relation for _, relation in sources[start:]]))
                self._values.relations[id(node)] = found
                sources[start:] = [(node, found)]
        else:
            found = self._pivoted(node, _renamed(self._source(node), _listed_names(node.args.get("alias"))))
            self._values.relations[id(node)] = found
            sources.append((node, found))
        self._joins(node, sources, conditions)

    def _source(self, node: exp.Expr) -> Relation:
        inner = node.this if isinstance(node, exp.Lateral) else node
        if isinstance(inner, exp.Table):
            name, owner = inner.this, inner.args.get("db")
            if not isinstance(name, exp.Identifier):
                return self._function(name, inner.db)
            if owner is None and name.this.casefold() in self._ctes:
                return self._ctes[name.this.casefold()]
            if inner.args.get("catalog") is not None:
                return unknown(f"{inner.args['catalog'].name}.{inner.db}.{name.this}, which is in another database")
            return self._objects.table(name.this, owner.this if owner is not None else None)
        values = inner.unnest() if isinstance(inner, exp.Subquery) else inner
        if isinstance(values, exp.Values):
            return self._listed(values)
        if isinstance(inner, exp.Query):
            return self._query(inner, self._ctes)
        return self._function(inner, "")

    def _function(self, call: exp.Expr, owner: str) -> Relation:
        """A function in FROM: what is built in gives rows made of its arguments alone."""
        if isinstance(call, exp.Dot) and isinstance(call.this, exp.Identifier):
            is_method = call.expression.name.lower() == "nodes"
            owner, call = ("", call) if is_method else (call.this.this, call.expression)
        if owner:
            return self._objects.function(
                call.name, owner, [self._values.trace(node, NO_ROWS) for node in call.expressions]
            )
        made_of = self._values.trace(call, NO_ROWS)
        return Relation((), deciding(made_of), made_of)

    def _listed(self, node: exp.Values) -> Relation:
        lists = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        columns = tuple([TracedColumn("", self._values.all(column, NO_ROWS)) for column in zip(*lists, strict=False)])
        return Relation(columns)

    def _pivoted(self, node: exp.Expr, found: Relation) -> Relation:
        inner = node.this if isinstance(node, (exp.Lateral, exp.Subquery)) else None
        for pivot in node.args.get("pivots") or (inner.args.get("pivots") if inner is not None else None) or ():
            found = _unpivoted(pivot, found) if pivot.args.get("unpivot") else _pivoted(pivot, found)
        return found


def _listed_names(alias: exp.Expr | None) -> list[str]:
    """The columns that an alias names: `AS x (a, b)`."""
    return [name.name for name in (alias.args.get("columns") if alias is not None else None) or ()]


def _renamed(found: Relation, names: Sequence[str]) -> Relation:
    return found.renamed(names) if names else found


def _joined(relations: Sequence[Relation]) -> Relation:
    """All the columns of what is joined."""
    rest = [relation.rest for relation in relations if relation.rest is not None]
    columns = tuple([column for relation in relations for column in relation.columns])
    return Relation(columns, merged([relation.rows for relation in relations]), merged(rest) if rest else None)


def _names_table(query: exp.Expr, key: str) -> bool:
    return any(table.name.casefold() == key and not table.db for table in query.find_all(exp.Table))


def _is_same(one: Relation, other: Relation) -> bool:
    return (
        one.rows == other.rows
        and one.rest == other.rest
        and [column.trace for column in one.columns] == [column.trace for column in other.columns]
    )


def _one_column(found: Relation) -> Relation:
    """FOR JSON and FOR XML make one value of all rows."""
    return Relation((TracedColumn("", merged([found.everything(), found.rows])),), found.rows)


def _pivoted(pivot: exp.Expr, found: Relation) -> Relation:
    """PIVOT groups by all columns that it does not name, and makes a column of an aggregate for each value listed."""
    named = {column.name.casefold() for column in pivot.find_all(exp.Column)}
    fields = [field.this.name.casefold() for field in pivot.args.get("fields") or ()]
    inside = [column.name.casefold() for node in pivot.expressions for column in node.find_all(exp.Column)]
    made_of = merged([found.column(key).trace for key in inside])
    if all(is_summing(node) for node in pivot.expressions):
        made_of = summed(made_of)
    made_of = merged([made_of, deciding(merged([found.column(key).trace for key in fields]))])
    kept = tuple([column for column in found.columns if column.key not in {*inside, *fields}])
    values = [item.name.casefold() for item in pivot.args.get("columns") or ()] or sorted(named - {*inside, *fields})
    rows = merged([found.rows, *(deciding(column.trace) for column in kept), deciding(found.rest or NONE)])
    rest = None if found.rest is None else merged([found.rest, made_of])
    return Relation((*kept, *(TracedColumn(value, made_of) for value in values)), rows, rest)


def _unpivoted(pivot: exp.Expr, found: Relation) -> Relation:
    """UNPIVOT makes a row of each listed column that is not null."""
    listed = [column.name.casefold() for field in pivot.args.get("fields") or () for column in field.expressions]
    made_of = merged([found.column(key).trace for key in listed])
    kept = tuple([column for column in found.columns if column.key not in listed])
    values = [TracedColumn(item.name.casefold(), made_of) for item in pivot.expressions]
    names = [TracedColumn(field.this.name.casefold(), deciding(made_of)) for field in pivot.args.get("fields") or ()]
    return Relation((*kept, *values, *names), merged([found.rows, deciding(made_of)]), found.rest)
