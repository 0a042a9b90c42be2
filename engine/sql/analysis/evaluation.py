"""The domain of each output of a query: names are followed to what they stand for, through views of the schema too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlglot import exp

from engine.model import UNKNOWN, Kind, SqlType
from engine.sql.analysis.analysing import analyse
from engine.sql.analysis.checks import Condition, checked, conditions_of
from engine.sql.analysis.domains import (
    UNKNOWN_DOMAIN,
    Domain,
    Value,
    decimal,
    either,
    units,
)
from engine.sql.analysis.expression_domains import EXPRESSIONS
from engine.sql.analysis.presence import conditions, gives_a_row, has_subtotals, operands
from engine.sql.analysis.relations import Analysis, Column, Meaning, Reference, Source
from engine.sql.collations import code_page
from engine.sql.query import parse_query, release
from engine.sql.schema import LedgerSchema, Table

_INT: Final = SqlType(Kind.INT)
_FLOAT: Final = SqlType(Kind.FLOAT)
_NVARCHAR: Final = SqlType(Kind.NVARCHAR)
_MAX_INT: Final = 2**31 - 1
_OTHER_ROWS: Final = ("hints", "version", "when")
"""What lets a query see other rows than those that are in a table: NOLOCK, and the table's history."""


class Evaluation:
    """The domains of one query. `views` may be shared by the queries on one schema, whose views are read once."""

    def __init__(self, analysis: Analysis, schema: LedgerSchema | None, views: Views | None = None) -> None:
        self._analysis = analysis
        self._schema = schema
        self._views = views if views is not None else Views(schema)
        self._known: dict[int, Domain] = {}
        self._required: dict[int, frozenset[tuple[int, str]]] = {}

    def outputs(self, query: exp.Expr) -> tuple[Domain, ...] | None:
        """The domains of a query's outputs, in order; None where there may be others."""
        if isinstance(query, exp.Subquery):
            return self.outputs(query.this)
        if isinstance(query, exp.SetOperation):
            left, right = self.outputs(query.this), self.outputs(query.expression)
            if left is None or right is None or len(left) != len(right):
                return None
            return tuple(either(pair) for pair in zip(left, right, strict=True))
        if not isinstance(query, exp.Select):
            return None
        if query.args.get("for_") is not None:
            return (Domain(_NVARCHAR),)
        return self._of_items(query)

    def _of_items(self, query: exp.Select) -> tuple[Domain, ...] | None:
        columns = self._analysis.scopes[id(query)].columns
        if columns.is_open:
            return None
        if len(columns.listed) == len(query.expressions) and not any(item.is_star for item in query.expressions):
            found = [self.domain(item) for item in query.expressions]
        else:
            found = [self._of_column(column) for column in columns.listed]
        if has_subtotals(query):
            found = [domain.or_null(nullable=True) for domain in found]
        return tuple(found)

    def domain(self, node: exp.Expr) -> Domain:
        """The domain of an expression."""
        known = self._known.get(id(node))
        if known is None:
            handler = _HANDLERS.get(type(node))
            known = self._known[id(node)] = handler(self, node) if handler is not None else UNKNOWN_DOMAIN
        return known

    # ----------------------------------------------------------------------------------------------------- columns

    def column(self, node: exp.Column) -> Domain:
        """A column's name."""
        found = self._analysis.references.get(id(node))
        if found is None or found.meaning is not Meaning.FOUND or found.column is None or found.source is None:
            return UNKNOWN_DOMAIN
        domain = checked(self._of_column(found.column, found.source.table), _conditions_on(found.source, found.column))
        nullable = (domain.nullable or found.source.may_miss) and not self._is_required(found)
        if found.select is None or has_subtotals(found.select):
            nullable = True
        return domain.or_null(nullable=nullable)

    def _of_column(self, column: Column, table: Table | None = None) -> Domain:
        if column.expression is not None:
            found = self.domain(column.expression)
        elif column.branches:
            found = either([self._of_column(branch) for branch in column.branches])
        elif column.ledger is not None and table is not None and table.is_view:
            return self._views.column(table, column.key, column)
        else:
            return _declared(column)
        return found.or_null(nullable=found.nullable or column.nullable is True)

    def _is_required(self, reference: Reference) -> bool:
        """Whether a condition of the SELECT lets no row pass where the column is NULL."""
        select = reference.select
        if select is None or reference.source is None or reference.column is None:
            return False
        required = self._required.get(id(select))
        if required is None:
            required = self._required[id(select)] = frozenset(self._required_in(select))
        return (id(reference.source.node), reference.column.key) in required

    def _required_in(self, select: exp.Select) -> Iterator[tuple[int, str]]:
        for condition in conditions(select):
            for operand in operands(condition):
                found = self._analysis.references.get(id(operand))
                if found is not None and found.select is select and found.source is not None and found.column:
                    yield id(found.source.node), found.column.key

    # ------------------------------------------------------------------------------------------------- expressions

    def argument(self, node: exp.Placeholder) -> Domain:
        """A `?`: what its argument may be."""
        fact = self._analysis.fact(node)
        return Domain(fact.type, fact.nullable is not False)

    def literal(self, node: exp.Literal) -> Domain:
        """A number or a string."""
        text = str(node.this)
        if node.args.get("is_string"):
            return Domain(SqlType(Kind.VARCHAR, length=units(text)), nullable=False, values=self._in_code_page(text))
        if text[:1] == "$":
            return Domain(SqlType(Kind.MONEY), nullable=False)
        if "e" in text or "E" in text:
            return Domain(_FLOAT, nullable=False)
        if text.isdecimal() and int(text) <= _MAX_INT:
            return Domain(_INT, nullable=False, values=(int(text),))
        whole, _, fraction = text.partition(".")
        if not (whole + fraction).isdecimal():
            return UNKNOWN_DOMAIN
        return Domain(decimal(len(whole.lstrip("0")), len(fraction)), nullable=False, values=(Decimal(text),))

    def _in_code_page(self, text: str) -> tuple[Value, ...] | None:
        """The string as a varchar holds it: what its code page lacks becomes another character."""
        if "\\\n" in text:  # SQL Server goes on in the next line, without either
            return None
        collation = self._schema.collation.name if self._schema is not None else None
        page = code_page(collation) if collation is not None else None
        try:
            text.encode(page or "ascii")
        except UnicodeEncodeError:
            return None
        return (text,)

    def subquery(self, node: exp.Subquery) -> Domain:
        """A query that is one value: NULL where it finds no row."""
        found = self.outputs(node.this)
        if found is None or len(found) != 1:
            return UNKNOWN_DOMAIN
        return found[0].or_null(nullable=found[0].nullable or not gives_a_row(node.this))

    def call(self, node: exp.Dot) -> Domain:
        """A call of a function with its schema."""
        return Domain(self._analysis.fact(node).type)


class Views:
    """The domains of the columns of a schema's views."""

    def __init__(self, schema: LedgerSchema | None) -> None:
        self._schema = schema
        self._known: dict[tuple[str, str], tuple[Domain, ...] | None] = {}

    def column(self, view: Table, key: str, column: Column) -> Domain:
        """The domain of the view's column of that case-folded name."""
        declared = _declared(column)
        domains = self._of(view)
        index = next((n for n, each in enumerate(view.columns) if each.name.casefold() == key), None)
        if domains is None or index is None or len(domains) != len(view.columns):
            return declared
        found = domains[index]
        return found if found.type is not None else Domain(declared.type, found.nullable)

    def _of(self, view: Table) -> tuple[Domain, ...] | None:
        name = (view.schema.casefold(), view.name.casefold())
        if name not in self._known:
            self._known[name] = None  # a view that names itself is not known
            query = parse_query(view.definition).query if view.definition is not None else None
            if query is not None:
                analysis = analyse(query, self._schema)
                self._known[name] = Evaluation(analysis, self._schema, self).outputs(query.tree)
                release(query)
        return self._known[name]


def output_domains(
    analysis: Analysis, tree: exp.Expr, schema: LedgerSchema | None, views: Views
) -> tuple[Domain, ...] | None:
    """The domains of a query's outputs, in order; None where nothing is certain of them. Never raises."""
    try:
        return Evaluation(analysis, schema, views).outputs(tree)
    except RecursionError:
        return None


def _declared(column: Column) -> Domain:
    """A column of which there is no more than its declaration."""
    type_ = None if column.type is None or column.type == UNKNOWN else column.type
    if type_ is not None and type_.kind is Kind.DECIMAL and column.ledger is None:
        type_ = SqlType(Kind.DECIMAL, scale=type_.scale)
    return Domain(type_, nullable=column.nullable is not False)


def _conditions_on(source: Source, column: Column) -> Sequence[Condition]:
    """What the CHECK constraints of a table say of its column.

    Not of rows that were there before the constraint, or that are not committed: a hint may let them be seen.
    """
    table = source.table
    if table is None or not table.checks or any(source.node.args.get(name) for name in _OTHER_ROWS):
        return ()
    return conditions_of(table.checks).get(column.key, ())


_HANDLERS: Final[Mapping[type[exp.Expr], Callable[[Evaluation, Any], Domain]]] = {
    **EXPRESSIONS,
    exp.Column: Evaluation.column,
    exp.Dot: Evaluation.call,
    exp.Literal: Evaluation.literal,
    exp.Placeholder: Evaluation.argument,
    exp.Subquery: Evaluation.subquery,
}
