"""Traces queries to the ledger's tables: through views, computed columns and inline functions of the schema file."""

from __future__ import annotations

from collections.abc import Sequence

from engine.lineage.origins import DECIDES, NONE, VALUE, LedgerColumn, Trace, Untraced, deciding, merged
from engine.lineage.queries import QueryReading
from engine.lineage.relations import Relation, TracedColumn, unknown
from engine.sql.analysis import Analysis, analyse, find_table
from engine.sql.query import Query, parse_query
from engine.sql.scanner import TokenKind, scan
from engine.sql.schema import Column, Function, LedgerSchema, Table

_MOST_NESTED = 32
"""How deep views of views are followed, as SQL Server itself does."""


class Tracer:
    """The ledger's objects, each traced once."""

    def __init__(self, schema: LedgerSchema) -> None:
        self.schema = schema
        self._tables: dict[tuple[str, str], Relation] = {}
        self._depth = 0

    def query(self, query: Query, arguments: Sequence[Trace] = (), analysis: Analysis | None = None) -> Relation:
        """The columns and rows of a query; `arguments` are the origins of the values of its `?`.

        `analysis` is the query's by the same schema, where it is made already.
        """
        analysis = analysis or analyse(query, self.schema)
        return QueryReading(analysis, self.schema, self, arguments).read(query.tree)

    def table(self, name: str, owner: str | None) -> Relation:
        """A table or view that FROM names."""
        table = find_table(self.schema, name, owner)
        if table is None:
            return unknown(f"{owner + '.' if owner else ''}{name}, which the schema does not describe")
        key = (table.schema.casefold(), table.name.casefold())
        if key not in self._tables:
            self._tables[key] = unknown(f"the view {table.schema}.{table.name}, which reads itself")
            self._tables[key] = self._view(table) if table.is_view else self._base(table)
        return self._tables[key]

    def function(self, name: str, owner: str, arguments: Sequence[Trace]) -> Relation:
        """A function with its schema, in FROM."""
        function = self.schema.function(name, owner)
        made_of = merged(arguments)
        if function is None or function.definition is None:
            return unknown(f"the function {owner}.{name}, whose body is not read", made_of)
        parsed = self._parsed(function, arguments)
        if parsed is None:
            return unknown(f"the function {owner}.{name}", made_of)
        found = self._nested(*parsed)
        names = [column.key or "" for column in found.columns]
        declared = [column.name for column in function.columns]
        return found.renamed(declared) if len(declared) == len(names) else found

    def _parsed(self, function: Function, arguments: Sequence[Trace]) -> tuple[Query, list[Trace]] | None:
        """The function's SELECT with a `?` for each use of a parameter, and the origins of each `?`."""
        text = function.definition or ""
        given = dict(zip(function.names, arguments, strict=False))
        pieces, values, end = [], [], 0
        for token in scan(text).tokens:
            if token.kind is TokenKind.VARIABLE:
                pieces += [text[end : token.start], "?"]
                values.append(given.get(text[token.start : token.end].casefold(), NONE))
                end = token.end
        query = parse_query("".join([*pieces, text[end:]])).query
        return None if query is None else (query, values)

    def _nested(self, query: Query, arguments: Sequence[Trace] = ()) -> Relation:
        if self._depth >= _MOST_NESTED:
            return unknown("views that are nested too deep")
        self._depth += 1
        try:
            return self.query(query, arguments)
        finally:
            self._depth -= 1

    def _view(self, table: Table) -> Relation:
        """A view's columns are also origins themselves, since a definition names them."""
        query = parse_query(table.definition).query if table.definition is not None else None
        own = [LedgerColumn(table.schema, table.name, column.name, is_view=True) for column in table.columns]
        there = LedgerColumn(table.schema, table.name, is_view=True)
        if query is None:
            what: Trace = {Untraced(f"the view {table.schema}.{table.name}, whose SELECT is not known"): VALUE}
            columns = [TracedColumn(one.name.casefold(), {one: VALUE, **what}) for one in own]
            return Relation(tuple(columns), deciding({there: VALUE, **what}), what if table.is_open else None)
        found = self._nested(query)
        if len(found.columns) == len(own):
            found = found.renamed([one.name for one in own])
        columns = []
        for one in own:
            column = found.column(one.name.casefold())
            columns.append(TracedColumn(column.key, {**column.trace, one: VALUE}, column.base))
        return Relation(tuple(columns), {**found.rows, there: DECIDES}, found.rest)

    def _base(self, table: Table) -> Relation:
        own = {column.name: LedgerColumn(table.schema, table.name, column.name) for column in table.columns}
        plain = tuple([TracedColumn(one.name.casefold(), {one: VALUE}, one) for one in own.values()])
        rows = deciding({LedgerColumn(table.schema, table.name): VALUE})
        computed = [column for column in table.columns if column.computed is not None]
        if not computed:
            return Relation(plain, rows)
        self._tables[table.schema.casefold(), table.name.casefold()] = Relation(plain, rows)
        made_of = {column.name.casefold(): self._computed(table, column) for column in computed}
        columns = tuple(
            [TracedColumn(one.key, merged([one.trace, made_of.get(one.key, NONE)]), one.base) for one in plain]
        )
        return Relation(columns, rows)

    def _computed(self, table: Table, column: Column) -> Trace:
        text = f"SELECT ({column.computed}) AS c FROM {_bracketed(table.schema)}.{_bracketed(table.name)}"  # noqa: S608
        query = parse_query(text).query
        if query is None:
            return {Untraced(f"the computed column {table.name}.{column.name}"): VALUE}
        return self._nested(query).columns[0].trace


def _bracketed(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"
