"""Finds what each name of a query means: reads its SELECTs from the outside in, and FROM before everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlglot import exp

from engine.sql.analysis.expression_types import Typing
from engine.sql.analysis.lookup import Ctes, Reading, reference, usual
from engine.sql.analysis.pivots import names_in, pivot_key, turned
from engine.sql.analysis.relations import (
    OPEN,
    Analysis,
    Column,
    Columns,
    Meaning,
    Reference,
    Scope,
    Source,
    declared,
)
from engine.sql.analysis.row_functions import function_columns
from engine.sql.query import Query, grouped
from engine.sql.schema import LedgerSchema, Table
from engine.sql.wordlist import words

_SKIPPED: Final[Mapping[type[exp.Expr], frozenset[str]]] = {
    exp.Collate: frozenset({"expression"}),
    exp.Convert: frozenset({"this"}),
    exp.DateAdd: frozenset({"unit"}),
    exp.DateDiff: frozenset({"unit"}),
    exp.Extract: frozenset({"this"}),
    exp.TimestampTrunc: frozenset({"unit"}),
}
"""By a node's class, the parts where a name is no column."""
_NOT_WALKED: Final = frozenset(
    {exp.DataType, exp.Identifier, exp.Literal, exp.Placeholder, exp.TableAlias, exp.Var, exp.JSONPath, exp.ForClause}
)
_QUERIES: Final = frozenset({exp.Select, exp.Subquery, exp.Union, exp.Except, exp.Intersect})
_NOT_PLAIN: Final = frozenset(
    {exp.Anonymous, exp.CTE, exp.Dot, exp.Exists, exp.JSONObject, exp.Lateral, exp.OpenJSON, exp.Pivot, exp.Subquery}
    | {exp.Except, exp.Intersect, exp.Union, exp.Values, exp.Window}
) | frozenset(_SKIPPED)
_STARS: Final = frozenset({exp.Star, exp.Column})
_WITH_DATE_PART: Final = words("function_arguments.txt", "with a date part")
_DEFAULT_SCHEMA: Final = "dbo"


class Resolution:
    """Reads one query. `typing` tells the types of its expressions, `plain` all of its names if it is a plain one."""

    def __init__(
        self, tree: exp.Expr, schema: LedgerSchema | None, typing: Typing, plain: Sequence[exp.Expr] | None = None
    ) -> None:
        self._tree = tree
        self._plain = plain
        self._schema = schema
        self._typing = typing
        self._references = typing.references
        self._scopes: dict[int, Scope] = {}
        self._queries = typing.queries
        self._ctes: list[str] = []
        self._unclear: list[Reference] = []

    def analysis(self) -> Analysis:
        """The meaning of the whole query."""
        columns = self._query(self._tree, None, {})
        return Analysis(
            columns,
            self._scopes,
            self._references,
            self._queries,
            self._typing.fact,
            tuple(self._ctes),
            tuple(self._unclear),
        )

    def _query(self, node: exp.Expr, around: Reading | None, ctes: Ctes) -> Columns:
        """The outputs of a SELECT, a set operation, or either in parentheses."""
        with_ = node.args.get("with_")
        if with_ is not None:
            ctes = self._common_tables(with_.expressions, around, ctes)
        if isinstance(node, exp.Select):
            columns = self._select(node, around, ctes)
        elif isinstance(node, exp.SetOperation):
            columns = self._set_operation(node, around, ctes)
        elif isinstance(node, exp.Subquery):
            columns = self._query(node.this, around, ctes)
        else:
            columns = OPEN
        self._queries[id(node)] = columns
        return columns

    def _common_tables(self, nodes: Iterable[exp.Expr], around: Reading | None, ctes: Ctes) -> Ctes:
        known = dict(ctes)
        for node in nodes:
            alias = node.args.get("alias")
            key = node.alias.casefold()
            self._ctes.append(node.alias)
            first, others = _branches(node.this)
            outputs = self._query(first, around, known)
            if others:
                outputs = self._united(outputs, others, around, known, node)
                self._note_operations(node.this, outputs)
            known[key] = _renamed(outputs, alias)
        return known

    def _united(
        self, first: Columns, others: Sequence[exp.Expr], around: Reading | None, known: Ctes, node: exp.Expr
    ) -> Columns:
        """The outputs of a common table's set operation, of which a branch behind the first may name the table."""
        key, every, anchor = node.alias.casefold(), [first], None
        for branch in others:
            if anchor is None and self_references(branch, key):
                anchor = _recursive(self._merged(every))
                known = {**known, key: _renamed(anchor, node.args.get("alias"))}
            every.append(self._query(branch, around, known))
        return self._merged(every) if anchor is None else anchor

    def _note_operations(self, node: exp.Expr, columns: Columns) -> None:
        while isinstance(node, (exp.SetOperation, exp.Subquery)):
            self._queries.setdefault(id(node), columns)
            node = node.this

    def _set_operation(self, node: exp.SetOperation, around: Reading | None, ctes: Ctes) -> Columns:
        first, others = _branches(node)
        columns = self._merged([self._query(branch, around, ctes) for branch in (first, *others)])
        self._note_operations(node, columns)
        return columns

    def _merged(self, branches: Sequence[Columns]) -> Columns:
        """The outputs of a set operation: the names of its first branch, and the facts that hold in all."""
        first = branches[0]
        if any(branch.is_open or len(branch.listed) != len(first.listed) for branch in branches):
            return Columns(_without_facts(first).listed, is_open=True)
        listed = []
        for column, *others in zip(*(branch.listed for branch in branches), strict=True):
            type_ = column.type if all(other.type == column.type for other in others) else None
            nullable = column.nullable if all(other.nullable == column.nullable for other in others) else None
            listed.append(Column(column.key, column.name, type_, nullable, branches=(column, *others)))
        return Columns(tuple(listed))

    def _select(self, node: exp.Select, around: Reading | None, ctes: Ctes) -> Columns:
        reading = Reading(node, around, ctes, [])
        arguments = node.args
        from_ = arguments.get("from_")
        if from_ is not None:
            self._item(from_.this, reading)
        self._joins(node, reading, 0)
        for lateral in arguments.get("laterals") or ():
            self._item(lateral, reading)
        order = arguments.get("order")
        if self._plain is not None and order is None:
            for name in self._plain:
                if id(name) not in self._references:
                    self._name(name, reading, is_on=False)
        else:
            self._clauses(node, reading)
        columns = self._outputs(node, reading)
        if order is not None:
            self._order(order, columns, reading)
        parent = around.select if around is not None else None
        self._scopes[id(node)] = Scope(node, parent, tuple(reading.sources), columns)
        return _for_columns(node) or columns

    def _clauses(self, node: exp.Select, reading: Reading) -> None:
        """Everything but FROM and ORDER BY."""
        for clause in ("where", "group", "having", "limit", "offset"):
            part = node.args.get(clause)
            if part is not None:
                self._expression(part, reading)
        for item in (*node.expressions, *(node.args.get("windows") or ())):
            self._expression(item, reading)

    # ------------------------------------------------------------------------------------------------------- FROM

    def _joins(self, node: exp.Expr, reading: Reading, start: int) -> None:
        """Adds what is joined to the sources from `start` on."""
        for join in node.args.get("joins") or ():
            side, on, before = join.side, join.args.get("on"), len(reading.sources)
            is_apply = isinstance(join.this, exp.Lateral)
            if on is None and not join.kind and not is_apply:
                start = reading.visible = before  # a comma: a condition behind it sees nothing of what stands before it
            self._item(join.this, reading)
            if side in {"LEFT", "FULL"} or (is_apply and join.this.args.get("cross_apply") is False):
                _may_miss(reading, before, len(reading.sources))
            if side in {"RIGHT", "FULL"}:
                _may_miss(reading, start, before)
            if on is not None:
                self._expression(on, reading, is_on=True)

    def _item(self, node: exp.Expr, reading: Reading) -> None:
        """Adds what one item of FROM gives; what is joined inside of it stands in the same SELECT."""
        start = len(reading.sources)
        inner = grouped(node)
        if inner is not None:
            visible = reading.visible
            self._item(inner, reading)
            reading.visible = visible
            self._turn(node, reading, start)
        elif isinstance(node, exp.Table):
            reading.sources.append(self._table(node, reading))
        elif isinstance(node, exp.Lateral):
            reading.sources.append(self._lateral(node, reading))
        else:
            reading.sources.append(self._derived(node, node, reading))
        self._joins(node, reading, start)

    def _table(self, node: exp.Table, reading: Reading) -> Source:
        alias = node.args.get("alias")
        pivots = node.args.get("pivots")
        if not isinstance(node.this, exp.Identifier):
            self._expression(node.this, reading)
            columns = _renamed(function_columns(node.this, node.db, self._schema), alias)
            source = Source(_key(alias) or node.this.name.casefold(), node, columns)
        else:
            source = self._named(node, alias, reading)
        if pivots:
            return self._pivoted(source, pivots, reading)
        if alias is not None and alias.args.get("columns") and isinstance(node.this, exp.Identifier):
            return Source(source.key, node)
        return source

    def _named(self, node: exp.Table, alias: exp.Expr | None, reading: Reading) -> Source:
        name, schema = node.this.this.casefold(), node.args.get("db")
        key = _key(alias) or name
        if schema is None and name in reading.ctes:
            return Source(key, node, reading.ctes[name])
        if self._schema is None or node.args.get("catalog") is not None:
            return Source(key, node)
        table = find_table(self._schema, node.this.this, schema.this if schema is not None else None)
        if table is None:
            return Source(key, node, is_missing=not _is_unread(self._schema, name, schema))
        if table.is_open:
            return Source(key, node, Columns(tuple(map(declared, table.columns)), is_open=True))
        return Source(key, node, table=table, schema_key=table.schema.casefold() if alias is None else None)

    def _lateral(self, node: exp.Lateral, reading: Reading) -> Source:
        inner = node.this
        if isinstance(inner, exp.Subquery):
            return self._derived(node, inner, reading, is_lateral=True)
        self._expression(inner, reading)
        owner, call = "", inner
        if isinstance(inner, exp.Dot) and isinstance(inner.this, exp.Identifier):
            owner, call = inner.this.this, inner.expression
        alias = node.args.get("alias")
        columns = _renamed(function_columns(call, owner, self._schema), alias)
        return Source(_key(alias) or call.name.casefold(), node, columns)

    def _derived(self, node: exp.Expr, query: exp.Expr, reading: Reading, *, is_lateral: bool = False) -> Source:
        """A query or VALUES under an alias; only what is applied sees the sources before it."""
        around = reading if is_lateral else reading.parent
        values = query.unnest() if isinstance(query, exp.Subquery) else query
        if isinstance(values, exp.Values):
            columns = self._values(values, reading)
        else:
            columns = self._query(query, around, reading.ctes)
        alias = node.args.get("alias")
        source = Source(_key(alias), node, _renamed(columns, alias))
        pivots = query.args.get("pivots") or node.args.get("pivots")
        return self._pivoted(source, pivots, reading) if pivots else source

    def _turn(self, node: exp.Expr, reading: Reading, start: int) -> None:
        """PIVOT and UNPIVOT behind a join in parentheses take the place of all that is joined."""
        pivots = node.args.get("pivots")
        if pivots:
            sources, joins = reading.sources[start:], node.this.args.get("joins")
            if joins and isinstance(joins[-1].this, exp.Lateral):
                # nobody knows whether all is turned, or only what is applied
                reading.sources.append(Source(pivot_key(pivots), node))
                return
            columns = Columns(
                tuple([column for source in sources for column in source.all()]),
                is_open=any(source.is_open or source.is_missing for source in sources),
            )
            reading.sources[start:] = [self._pivoted(Source("", node, columns), pivots, reading)]

    def _pivoted(self, source: Source, pivots: Sequence[exp.Expr], reading: Reading) -> Source:
        """What PIVOT and UNPIVOT make of a source, under the name of the last of them."""
        node, columns = source.node, Columns(source.all(), source.is_open)
        if isinstance(node.parent, exp.Join) and node.parent.kind == "CROSS":
            columns = OPEN  # nobody knows whether all that is joined is turned
        for pivot in pivots:
            inner = Reading(reading.select, None, reading.ctes, [Source("", node, columns)])
            for part in names_in(pivot):
                self._turned(part, inner)
            columns = turned(pivot, columns, self._typing)
        return Source(pivot_key(pivots) or source.key, node, columns, is_missing=source.is_missing)

    def _turned(self, node: exp.Expr, inner: Reading) -> None:
        """Resolves what a PIVOT names: what is not there is missing in what it turns, whatever else the SELECT has."""
        start = len(self._unclear)
        self._expression(node, inner)
        for index, found in enumerate(self._unclear[start:], start):
            if found.meaning is Meaning.NO_COLUMN and found.source is None:
                missing = Reference(found.node, Meaning.NO_COLUMN, found.select, inner.sources[0])
                self._references[id(found.node)] = self._unclear[index] = missing

    def _values(self, node: exp.Values, reading: Reading) -> Columns:
        for row in node.expressions:
            self._expression(row, reading)
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            return OPEN
        every = [Columns(tuple([self._typing.column("", item) for item in row])) for row in rows]
        return self._merged(every)

    # -------------------------------------------------------------------------------------------------- expressions

    def _expression(self, node: exp.Expr, reading: Reading, *, is_on: bool = False) -> None:
        """Resolves the names in an expression, and reads the queries in it."""
        pending = [node]
        while pending:
            part = pending.pop()
            kind = type(part)
            if kind is exp.Alias:
                part = part.this
                kind = type(part)
            if kind is exp.Column:
                self._name(part, reading, is_on=is_on)
            elif kind in _QUERIES:
                self._query(part, reading, reading.ctes)
            elif kind not in _NOT_WALKED:
                skipped = _SKIPPED.get(kind)
                for name, value in part.args.items():
                    if type(value) is list:
                        pending += [item for item in value if isinstance(item, exp.Expr)]
                    elif isinstance(value, exp.Expr) and (skipped is None or name not in skipped):
                        pending.append(value)
                if kind is exp.Anonymous and part.name.lower() in _WITH_DATE_PART and part.expressions:
                    pending.remove(part.expressions[0])

    def _name(self, node: exp.Expr, reading: Reading, *, is_on: bool) -> None:
        found = None if is_on and reading.visible else usual(node, reading)
        if found is None:
            found = reference(node, reading, is_on=is_on)
        self._references[id(node)] = found
        if found.meaning is not Meaning.FOUND:
            self._unclear.append(found)

    def _order(self, order: exp.Expr, columns: Columns, reading: Reading) -> None:
        """ORDER BY: an item that is a bare name means the output of that name first."""
        for item in order.expressions:
            name = bare_name(item)
            if name is None or columns.find(name) is None:
                self._expression(item.this, reading)

    def _outputs(self, node: exp.Select, reading: Reading) -> Columns:
        listed: list[Column] = []
        is_open = not node.expressions  # refused: nobody knows what was meant
        for item in node.expressions:
            kind = type(item)
            if kind is exp.Alias:
                listed.append(self._typing.column(item.args["alias"].name, item))
                continue
            starred = _starred(item, reading) if kind in _STARS else None
            if starred is None:
                listed.append(self._typing.column(_name_of(item), item))
                continue
            is_open = is_open or not starred or any(source.is_open for source in starred)
            for source in starred:
                listed += source.all()
        return Columns(tuple(listed), is_open)


def plain_names(query: Query) -> Sequence[exp.Expr] | None:
    """All names, of a query that is one SELECT without anything special: nobody has to look for them."""
    if len(query.nodes.get(exp.Select, ())) > 1 or not _NOT_PLAIN.isdisjoint(query.nodes):
        return None
    return query.nodes.get(exp.Column, ())


def _name_of(item: exp.Expr) -> str:
    """The name of an output, '' where it has none."""
    if item.args.get("alias") is not None:
        return item.alias
    return item.name if isinstance(item, exp.Column) else ""


def is_column_name(node: exp.Expr) -> bool:
    """Whether a name stands where a column may: a part of a date, a collation and a type are none."""
    parent = node.parent
    if isinstance(parent, exp.Anonymous) and parent.name.lower() in _WITH_DATE_PART:
        return parent.expressions[0] is not node
    return parent is None or node.arg_key not in _SKIPPED.get(type(parent), ())


def bare_name(item: exp.Expr) -> str | None:
    """The case-folded name that an item of ORDER BY is, but for COLLATE; None where it is an expression."""
    key = item.this
    while isinstance(key, (exp.Collate, exp.Paren)):
        key = key.this
    if not isinstance(key, exp.Column) or key.args.get("table") is not None:
        return None
    return key.name.casefold()


def find_table(schema: LedgerSchema, name: str, owner: str | None) -> Table | None:
    """The table as SQL Server looks for it: without an owner in the default schema, then in dbo."""
    found = schema.table(name, owner)
    return schema.table(name, _DEFAULT_SCHEMA) if found is None and owner is None else found


def _is_unread(schema: LedgerSchema, name: str, owner: exp.Expr | None) -> bool:
    """Whether it is there, and nothing is known of it: a synonym of a table elsewhere, a view that cannot be read."""
    owners = (owner.this.casefold(),) if owner is not None else (schema.default_schema.casefold(), _DEFAULT_SCHEMA)
    return any((key, name) in schema.synonyms or (key, name) in schema.unread for key in owners)


def _branches(node: exp.Expr) -> tuple[exp.Expr, list[exp.Expr]]:
    """The branches of a set operation, from the left; those to its right in parentheses stay whole."""
    others: list[exp.Expr] = []
    while isinstance(node, exp.SetOperation):
        others.insert(0, node.expression)
        node = node.this
    return node, others


def self_references(node: exp.Expr, key: str) -> list[exp.Table]:
    """Where a common table of that case-folded name is named in `node`, a part of its own query."""
    return [
        table
        for table in node.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and table.args.get("db") is None and table.name.casefold() == key
    ]


def _starred(item: exp.Expr, reading: Reading) -> list[Source] | None:
    """The sources that `*` or `t.*` stands for; None where the item is neither."""
    if isinstance(item, exp.Star):
        return reading.sources
    if not isinstance(item, exp.Column) or not isinstance(item.this, exp.Star):
        return None
    qualifier = item.args.get("table")
    key = qualifier.this.casefold() if qualifier is not None else ""
    return [source for source in reading.sources if source.key in {key, ""}][:1]


def _key(alias: exp.Expr | None) -> str:
    name = alias.this if alias is not None else None
    return name.this.casefold() if isinstance(name, exp.Identifier) else ""


def _renamed(columns: Columns, alias: exp.Expr | None) -> Columns:
    """The columns under the names that an alias lists. Where the numbers differ, the names are all that is known."""
    given = alias.args.get("columns") if alias is not None else None
    if not given:
        is_open = columns.is_open or any(not column.key for column in columns.listed)  # refused, whatever it is called
        return Columns(columns.listed, is_open)
    names = [name.this if isinstance(name, exp.Identifier) else name.name for name in given]
    if columns.is_open or len(names) != len(columns.listed):
        return Columns(tuple([Column(name.casefold(), name) for name in names]))
    renamed = [
        Column(name.casefold(), name, old.type, old.nullable, old.expression, old.ledger, old.branches)
        for name, old in zip(names, columns.listed, strict=True)
    ]
    return Columns(tuple(renamed))


def _recursive(columns: Columns) -> Columns:
    """A common table that names itself: its types are those of what does not name it, and all may be null."""
    listed = [Column(column.key, column.name, column.type, nullable=True) for column in columns.listed]
    return Columns(tuple(listed), columns.is_open)


def _without_facts(columns: Columns) -> Columns:
    """The names alone."""
    return Columns(tuple([Column(column.key, column.name) for column in columns.listed]), columns.is_open)


def _for_columns(node: exp.Expr) -> Columns | None:
    """FOR JSON and FOR XML make one column of all."""
    return Columns((Column("", ""),)) if node.args.get("for_") is not None else None


def _may_miss(reading: Reading, start: int, end: int) -> None:
    for index in range(start, end):
        old = reading.sources[index]
        columns = Columns(
            tuple(
                [Column(c.key, c.name, c.type, True, c.expression, c.ledger, c.branches) for c in old.columns.listed]
            ),
            old.columns.is_open,
        )
        reading.sources[index] = Source(
            old.key, old.node, columns, old.table, old.schema_key, old.is_missing, may_miss=True
        )
