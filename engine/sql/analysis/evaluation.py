"""The domain of each expression of a query, and of each of its outputs.

It knows what is null besides what is declared so: outer joins, aggregates of no row, GROUP BY with subtotals; and what
is not, since a condition of WHERE or of an inner join lets no NULL pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlglot import exp

from engine.model import UNKNOWN, Kind, SqlType
from engine.model.families import DECIMALS, EXACT, FLOATS, MONEYS, NUMBERS, STRINGS, UNICODE, WHOLE, WHOLE_BY_WIDTH
from engine.sql.analysis.analysing import analyse
from engine.sql.analysis.declared_types import declared_type, is_authors
from engine.sql.analysis.domains import (
    NULL,
    UNKNOWN_DOMAIN,
    Domain,
    Value,
    cast,
    decimal,
    digits_of,
    either,
    is_moment,
    is_temporal,
    listed_values,
    text_length,
    united,
    units,
)
from engine.sql.analysis.relations import Analysis, Column, Meaning, Reference
from engine.sql.collations import code_page
from engine.sql.query import parse_query, release
from engine.sql.schema import LedgerSchema, Table

_INT: Final = SqlType(Kind.INT)
_BIGINT: Final = SqlType(Kind.BIGINT)
_FLOAT: Final = SqlType(Kind.FLOAT)
_DATETIME: Final = SqlType(Kind.DATETIME)
_NVARCHAR: Final = SqlType(Kind.NVARCHAR)
_MAX_INT: Final = 2**31 - 1
_MAX_TINYINT: Final = 255
_DATE_NAME_LENGTH: Final = 30
_JSON_VALUE_LENGTH: Final = 4000

_COMPARING: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In)
_STEPPED_THROUGH: Final = (exp.Alias, exp.Paren, exp.Collate)
_CLOCKS: Final[Mapping[str, SqlType]] = {
    "GETDATE": _DATETIME,
    "GETUTCDATE": _DATETIME,
    "CURRENT_TIMESTAMP": _DATETIME,
    "SYSDATETIME": SqlType(Kind.DATETIME2, scale=7),
    "SYSUTCDATETIME": SqlType(Kind.DATETIME2, scale=7),
}


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
        if _has_subtotals(query):
            found = [Domain(domain.type, nullable=True, values=domain.values) for domain in found]
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
        domain = self._of_column(found.column, found.source.table)
        nullable = (domain.nullable or found.source.may_miss) and not self._is_required(found)
        if found.select is None or _has_subtotals(found.select):
            nullable = True
        return Domain(domain.type, nullable, domain.values)

    def _of_column(self, column: Column, table: Table | None = None) -> Domain:
        if column.expression is not None:
            found = self.domain(column.expression)
        elif column.branches:
            found = either([self._of_column(branch) for branch in column.branches])
        elif column.ledger is not None and table is not None and table.is_view:
            return self._views.column(table, column.key, column)
        else:
            return _declared(column)
        return Domain(found.type, found.nullable or column.nullable is True, found.values)

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
        for condition in _conditions(select):
            for operand in _operands(condition):
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
        return Domain(found[0].type, found[0].nullable or not _gives_a_row(node.this), found[0].values)

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


# ---------------------------------------------------------------------------------------------------------- conditions


def _conditions(select: exp.Select) -> Iterator[exp.Expr]:
    """The conditions that every row of the SELECT meets, each of a part of AND."""
    joins = select.args.get("joins") or ()
    pending = [select.args["where"].this] if select.args.get("where") is not None else []
    if not any(join.side in {"RIGHT", "FULL"} for join in joins):
        pending += [join.args["on"] for join in joins if not join.side and join.args.get("on") is not None]
    while pending:
        condition = pending.pop()
        if isinstance(condition, exp.And):
            pending += condition.this, condition.expression
        elif isinstance(condition, exp.Paren):
            pending.append(condition.this)
        else:
            yield condition


def _operands(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The columns that make the condition unknown, or false, where one of them is NULL."""
    inner, is_negated = condition, False
    while isinstance(inner, (exp.Not, exp.Paren)):
        is_negated = is_negated or isinstance(inner, exp.Not)
        inner = inner.this
    if isinstance(inner, exp.Is):
        if is_negated and isinstance(inner.expression, exp.Null):
            yield from _columns_of(inner.this)
        return
    if not isinstance(inner, _COMPARING) or (is_negated and inner.args.get("query") is not None):
        return  # NOT IN of no row is true, also of NULL
    sides = [inner.this, inner.args.get("expression"), inner.args.get("low"), inner.args.get("high")]
    if any(isinstance(side, (exp.Any, exp.All)) for side in sides):
        return
    for side in sides:
        if side is not None:
            yield from _columns_of(side)


def _columns_of(node: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(node, _STEPPED_THROUGH):
        node = node.this
    if isinstance(node, exp.Column):
        yield node


def _has_subtotals(select: exp.Select) -> bool:
    """Whether GROUP BY has ROLLUP, CUBE or GROUPING SETS, which make NULL of what they leave out."""
    group = select.args.get("group")
    if group is None:
        return False
    others = any(value for name, value in group.args.items() if name != "expressions")
    return others or any(isinstance(item, (exp.Rollup, exp.Cube, exp.GroupingSets)) for item in group.expressions)


def _select_of(node: exp.Expr) -> exp.Select | None:
    found = node.parent
    while found is not None and not isinstance(found, exp.Select):
        found = found.parent
    return found


def _has_rows(aggregate: exp.Expr) -> bool:
    """Whether there is a row in all that an aggregate is made of."""
    window = aggregate.parent
    if isinstance(window, exp.Window):
        return window.args.get("spec") is None
    if isinstance(window, exp.WithinGroup) and isinstance(window.parent, exp.Window):
        return window.parent.args.get("spec") is None
    select = _select_of(aggregate)
    group = select.args.get("group") if select is not None else None
    return select is not None and group is not None and bool(group.expressions) and not _has_subtotals(select)


def _gives_a_row(query: exp.Expr) -> bool:
    """Whether a query always has a row: one of aggregates without GROUP BY, or one without FROM and WHERE."""
    while isinstance(query, exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return False
    if any(query.args.get(clause) is not None for clause in ("group", "having", "limit", "offset", "for_")):
        return False
    if query.args.get("from_") is None:
        return query.args.get("where") is None
    return any(_aggregates(item) for item in query.expressions)


def _aggregates(item: exp.Expr) -> bool:
    """Whether an aggregate stands in it, outside of subqueries and windows."""
    pending = [item]
    while pending:
        node = pending.pop()
        if isinstance(node, (exp.Window, exp.Query, exp.Subquery)):
            continue
        if isinstance(node, exp.AggFunc):
            return True
        pending += node.iter_expressions()
    return False


# ----------------------------------------------------------------------------------------------------------- handlers


def _inner(evaluation: Evaluation, node: exp.Expr) -> Domain:
    return evaluation.domain(node.this)


def _given(node: exp.Expr) -> exp.Expr:
    """What the author wrote: the parser puts nodes around the arguments of some functions."""
    while (isinstance(node, exp.Cast) and not is_authors(node.to)) or isinstance(
        node, (exp.TsOrDsToDate, exp.TimeStrToTime)
    ):
        node = node.this
    return node


def _argument(evaluation: Evaluation, node: exp.Expr | None) -> Domain:
    return evaluation.domain(_given(node)) if isinstance(node, exp.Expr) else UNKNOWN_DOMAIN


def _national(_evaluation: Evaluation, node: exp.National) -> Domain:
    text = str(node.this)
    values = None if "\\\n" in text else (text,)
    return Domain(SqlType(Kind.NVARCHAR, length=units(text)), nullable=False, values=values)


def _cast(evaluation: Evaluation, node: exp.Cast) -> Domain:
    if not is_authors(node.to):
        return evaluation.domain(node.this) if node.to.this is exp.DType.TEXT else UNKNOWN_DOMAIN
    return cast(evaluation.domain(node.this), declared_type(node.to))


def _try_cast(evaluation: Evaluation, node: exp.TryCast) -> Domain:
    found = cast(evaluation.domain(node.this), declared_type(node.to))
    return Domain(found.type, nullable=True, values=found.values)


def _convert(evaluation: Evaluation, node: exp.Convert) -> Domain:
    found = cast(evaluation.domain(node.expression), declared_type(node.this))
    values = found.values if node.args.get("style") is None else None
    return Domain(found.type, found.nullable or bool(node.args.get("safe")), values)


def _case(evaluation: Evaluation, node: exp.Case) -> Domain:
    return _chosen(evaluation, [*(item.args.get("true") for item in node.args["ifs"]), node.args.get("default")])


def _iif(evaluation: Evaluation, node: exp.If) -> Domain:
    return _chosen(evaluation, [node.args.get("true"), node.args.get("false")])


def _chosen(evaluation: Evaluation, nodes: Sequence[exp.Expr | None]) -> Domain:
    return either([NULL if node is None else evaluation.domain(node) for node in nodes])


def _coalesce(evaluation: Evaluation, node: exp.Coalesce) -> Domain:
    domains = [evaluation.domain(value) for value in (node.this, *node.expressions)]
    nullable = all(domain.nullable for domain in domains)
    if node.args.get("is_null"):
        return _is_null(*domains) if len(domains) == 2 else UNKNOWN_DOMAIN
    found = either(domains)
    return Domain(found.type, nullable, found.values)


def _is_null(first: Domain, second: Domain) -> Domain:
    """ISNULL: the second one is converted to the type of the first, and cut to its declared length.

    That may be greater than the length known here, which is that of the longest value.
    """
    nullable = first.nullable and second.nullable
    if first.is_null or second.is_null:
        found = second if first.is_null else first
        return Domain(found.type, nullable, found.values)
    type_ = first.type
    if type_ is None:
        return Domain(None, nullable)
    if type_.kind not in STRINGS:
        return Domain(_with_room(type_, second), nullable, _with_values(first, cast(second, type_)))
    lengths = [type_.length, text_length(second.type)]
    length = None if None in lengths else max(length for length in lengths if length is not None)
    return Domain(SqlType(type_.kind, length=length), nullable, _uncut(first, second))


def _with_values(first: Domain, second: Domain) -> tuple[Value, ...] | None:
    if first.values is None or second.values is None:
        return None
    return listed_values((*first.values, *second.values))


def _with_room(type_: SqlType, second: Domain) -> SqlType | None:
    """The first one's type. SQL Server refuses a second value that is too great for it; another ledger may take it."""
    if type_.kind in WHOLE:
        least = 0 if type_.kind is Kind.TINYINT else -(2**15)
        values = second.values or ()
        if values and all(isinstance(value, int) and least <= value <= _MAX_TINYINT for value in values):
            return type_
        return united([type_, second.type]) if second.type is not None and second.type.kind in WHOLE else _BIGINT
    if type_.kind is Kind.DECIMAL:
        one, other = digits_of(type_), digits_of(second.type) if second.type is not None else None
        if one is None or other is None:
            return SqlType(Kind.DECIMAL, scale=type_.scale)
        return decimal(max(one[0] - one[1], other[0] - other[1]), one[1])
    return type_


def _uncut(first: Domain, second: Domain) -> tuple[Value, ...] | None:
    """The values of ISNULL on strings, where those of the second one are no longer than one of the first."""
    found = either([first, second]).values
    if found is None or first.values is None or second.values is None or not first.values:
        return None
    longest = max(units(str(value)) for value in first.values)
    return found if all(units(str(value)) <= longest for value in second.values) else None


def _nullif(evaluation: Evaluation, node: exp.Nullif) -> Domain:
    found = evaluation.domain(node.this)
    return Domain(found.type, nullable=True, values=found.values)


def _add(evaluation: Evaluation, node: exp.Add) -> Domain:
    left, right = evaluation.domain(node.this), evaluation.domain(node.expression)
    if left.type is None or right.type is None or not {left.type.kind, right.type.kind} <= STRINGS:
        return _reckoned(evaluation, node)
    kinds = {left.type.kind, right.type.kind}
    length = _sum([left.type.length, right.type.length])
    values = None
    if left.values is not None and right.values is not None and kinds <= {Kind.VARCHAR, Kind.NVARCHAR}:
        values = listed_values(str(one) + str(other) for one in left.values for other in right.values)
    kind = Kind.NVARCHAR if kinds & UNICODE else Kind.VARCHAR
    return Domain(SqlType(kind, length=length), left.nullable or right.nullable, values)


def _sum(lengths: Sequence[int | None]) -> int | None:
    return None if None in lengths else sum(length for length in lengths if length is not None)


def _reckoned(evaluation: Evaluation, node: exp.Binary) -> Domain:
    """Arithmetic."""
    left, right = evaluation.domain(node.this), evaluation.domain(node.expression)
    nullable = left.nullable or right.nullable
    if left.type is None or right.type is None:
        return Domain(None, nullable)
    return Domain(_result(node, left.type, right.type), nullable)


def _result(node: exp.Binary, left: SqlType, right: SqlType) -> SqlType | None:
    kinds = {left.kind, right.kind}
    if is_moment(left) and (right.kind in NUMBERS or is_moment(right)):
        return SqlType(left.kind) if left.kind is right.kind or right.kind in NUMBERS else _DATETIME
    if kinds & FLOATS and kinds <= NUMBERS | {Kind.BIT}:
        return _FLOAT
    if kinds <= WHOLE | {Kind.BIT} and kinds & WHOLE:
        return SqlType(max(kinds & WHOLE, key=WHOLE_BY_WIDTH.index))
    if not kinds <= EXACT | {Kind.BIT}:
        return None
    if Kind.DECIMAL not in kinds:
        return SqlType(Kind.MONEY) if kinds & MONEYS else None
    one, other = digits_of(left), digits_of(right)
    if one is None or other is None:
        return SqlType(Kind.DECIMAL)
    return _decimal_result(node, one, other)


def _decimal_result(node: exp.Binary, left: tuple[int, int], right: tuple[int, int]) -> SqlType:
    """Microsoft Learn, "Precision, scale, and length"; before SQL Server cuts the scale of more than 38 digits."""
    (precision, scale), (other_precision, other_scale) = left, right
    integral, other_integral = precision - scale, other_precision - other_scale
    if isinstance(node, exp.Mul):
        return decimal(integral + other_integral + 1, scale + other_scale)
    if isinstance(node, exp.Div):
        return decimal(integral + other_scale, max(6, scale + other_precision + 1))
    return decimal(max(integral, other_integral) + 1, max(scale, other_scale))


def _neg(evaluation: Evaluation, node: exp.Neg) -> Domain:
    found = evaluation.domain(node.this)
    if found.type is None or found.type.kind not in NUMBERS:
        return Domain(None, found.nullable)
    type_ = SqlType(Kind.SMALLINT) if found.type.kind is Kind.TINYINT else found.type
    values = None if found.values is None else tuple([-value for value in found.values if not isinstance(value, str)])
    return Domain(type_, found.nullable, values)


def _bits(evaluation: Evaluation, node: exp.Binary) -> Domain:
    found = _reckoned(evaluation, node)
    return found if found.type is not None and found.type.kind in WHOLE else Domain(None, found.nullable)


def _rounded(evaluation: Evaluation, node: exp.Expr) -> Domain:
    """ROUND, ABS, CEILING and FLOOR: no digit after the point that was not there, and one more before it."""
    found = evaluation.domain(node.this)
    type_ = found.type
    nullable = _nullable_of_arguments(evaluation, node)
    if type_ is None or type_.kind not in NUMBERS:
        return Domain(None, nullable)
    if type_.kind in WHOLE:
        return Domain(_BIGINT if type_.kind is Kind.BIGINT else _INT, nullable)
    digits = digits_of(type_) if type_.kind is Kind.DECIMAL else None
    return Domain(type_ if digits is None else decimal(digits[0] - digits[1] + 1, digits[1]), nullable)


def _counted(_evaluation: Evaluation, node: exp.Count) -> Domain:
    return Domain(_BIGINT if node.args.get("big_int") else _INT, nullable=False)


def _aggregated(evaluation: Evaluation, node: exp.Expr) -> Domain:
    inner = node.this
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0] if inner.expressions else None
    found = evaluation.domain(inner) if isinstance(inner, exp.Expr) else UNKNOWN_DOMAIN
    return Domain(found.type, found.nullable or not _has_rows(node), found.values)


def _total(evaluation: Evaluation, node: exp.Expr) -> Domain:
    """SUM and AVG."""
    found = _aggregated(evaluation, node)
    return Domain(None if found.type is None else _total_type(node, found.type), found.nullable)


def _total_type(node: exp.Expr, type_: SqlType) -> SqlType | None:
    if type_.kind in WHOLE:
        return _BIGINT if type_.kind is Kind.BIGINT else _INT
    if type_.kind is Kind.DECIMAL and type_.scale is not None:
        return SqlType(Kind.DECIMAL, scale=type_.scale if isinstance(node, exp.Sum) else max(type_.scale, 6))
    if type_.kind in DECIMALS:
        return SqlType(Kind.DECIMAL if type_.kind is Kind.DECIMAL else Kind.MONEY)
    return _FLOAT if type_.kind in FLOATS else None


def _text(evaluation: Evaluation, node: exp.Expr) -> Domain:
    """A string that is made of another one, and is no longer."""
    found = _argument(evaluation, node.this)
    nullable = _nullable_of_arguments(evaluation, node)
    if found.type is None or found.type.kind not in STRINGS:
        return Domain(None, nullable)
    length = found.type.length
    if isinstance(node, (exp.Left, exp.Right, exp.Substring)):
        part = node.args.get("length", node.args.get("expression"))
        if isinstance(part, exp.Literal) and str(part.this).isdecimal():
            length = int(part.this) if length is None else min(length, int(part.this))
    kind = Kind.NVARCHAR if found.type.kind in UNICODE else Kind.VARCHAR
    return Domain(SqlType(kind, length=length), nullable)


def _joined(evaluation: Evaluation, node: exp.Expr) -> Domain:
    """CONCAT and CONCAT_WS: NULL is an empty string."""
    domains = [evaluation.domain(_given(item)) for item in node.expressions]
    lengths = [0 if domain.is_null else text_length(domain.type) for domain in domains]
    length = _sum(lengths)
    if length is not None and isinstance(node, exp.ConcatWs):
        length += (lengths[0] or 0) * len(lengths)
    return Domain(SqlType(Kind.NVARCHAR, length=length), nullable=False)


def _nullable_of_arguments(evaluation: Evaluation, node: exp.Expr) -> bool:
    """Whether an argument of a function may be NULL."""
    arguments = [part for part in node.iter_expressions() if not isinstance(part, (exp.Var, exp.DataType))]
    return any(_argument(evaluation, part).nullable for part in arguments)


def _always(type_: SqlType) -> Callable[[Evaluation, Any], Domain]:
    """The type of a function, whatever its arguments are; it is NULL where one of them is."""
    return lambda evaluation, node: Domain(type_, _nullable_of_arguments(evaluation, node))


def _length(evaluation: Evaluation, node: exp.Length) -> Domain:
    found = _argument(evaluation, node.this)
    is_bounded = found.type is not None and found.type.length is not None
    return Domain(_INT if is_bounded else _BIGINT, found.nullable)


def _moved(evaluation: Evaluation, node: exp.DateAdd) -> Domain:
    """DATEADD: the type of the date; a string or a number is taken for a datetime."""
    found = _argument(evaluation, node.this)
    nullable = found.nullable or _argument(evaluation, node.expression).nullable
    if found.type is None:
        return Domain(None, nullable)
    return Domain(found.type if is_temporal(found.type) else _DATETIME, nullable)


def _difference(evaluation: Evaluation, node: exp.DateDiff) -> Domain:
    nullable = any(_argument(evaluation, part).nullable for part in (node.this, node.expression))
    return Domain(_BIGINT if node.args.get("big_int") else _INT, nullable)


def _window(evaluation: Evaluation, node: exp.Window) -> Domain:
    inner = node.this
    if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    if isinstance(inner, (exp.Lag, exp.Lead)):
        found = evaluation.domain(inner.this)
        has_default = inner.args.get("default") is not None
        values = None if has_default else found.values
        return Domain(None if has_default else found.type, nullable=True, values=values)
    if isinstance(inner, (exp.FirstValue, exp.LastValue)):
        found = evaluation.domain(inner.this)
        return Domain(found.type, nullable=True, values=found.values)
    return evaluation.domain(inner)


def _collected(evaluation: Evaluation, node: exp.GroupConcat) -> Domain:
    """STRING_AGG."""
    inner = node.this
    if isinstance(inner, exp.Order):
        inner = inner.this
    found = evaluation.domain(inner) if isinstance(inner, exp.Expr) else UNKNOWN_DOMAIN
    return Domain(_NVARCHAR, found.nullable or not _has_rows(node))


def _named(evaluation: Evaluation, node: exp.Anonymous) -> Domain:
    """A function that the parser has no class for."""
    name = node.name.upper()
    if name in _CLOCKS:
        return Domain(_CLOCKS[name], nullable=False)
    if name == "CHOOSE":
        found = _chosen(evaluation, node.expressions[1:])
        return Domain(found.type, nullable=True, values=found.values)
    return UNKNOWN_DOMAIN


def _clock(_evaluation: Evaluation, _node: exp.Expr) -> Domain:
    """GETDATE and SYSDATETIME are one to the parser."""
    return Domain(SqlType(Kind.DATETIME2, scale=7), nullable=False)


_INTEGER: Final = _always(_INT)
_RANK: Final = _always(_BIGINT)
_HANDLERS: Final[Mapping[type[exp.Expr], Callable[[Evaluation, Any], Domain]]] = {
    exp.Abs: _rounded,
    exp.Add: _add,
    exp.Alias: _inner,
    exp.Anonymous: _named,
    exp.Ascii: _INTEGER,
    exp.Avg: _total,
    exp.BitwiseAnd: _bits,
    exp.BitwiseOr: _bits,
    exp.BitwiseXor: _bits,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Ceil: _rounded,
    exp.Coalesce: _coalesce,
    exp.Collate: _inner,
    exp.Column: Evaluation.column,
    exp.Concat: _joined,
    exp.ConcatWs: _joined,
    exp.Convert: _convert,
    exp.Count: _counted,
    exp.CumeDist: _always(_FLOAT),
    exp.CurrentTimestamp: _clock,
    exp.CurrentTimestampLTZ: _always(SqlType(Kind.DATETIMEOFFSET, scale=7)),
    exp.DateAdd: _moved,
    exp.DateDiff: _difference,
    exp.DateFromParts: _always(SqlType(Kind.DATE)),
    exp.Day: _INTEGER,
    exp.DenseRank: _RANK,
    exp.Div: _reckoned,
    exp.Dot: Evaluation.call,
    exp.Extract: _always(_INT),
    exp.Floor: _rounded,
    exp.GroupConcat: _collected,
    exp.If: _iif,
    exp.JSONExtract: lambda _evaluation, _node: Domain(_NVARCHAR),
    exp.JSONExtractScalar: lambda _evaluation, _node: Domain(SqlType(Kind.NVARCHAR, length=_JSON_VALUE_LENGTH)),
    exp.LastDay: _always(SqlType(Kind.DATE)),
    exp.Left: _text,
    exp.Length: _length,
    exp.Literal: Evaluation.literal,
    exp.Lower: _text,
    exp.Max: _aggregated,
    exp.Min: _aggregated,
    exp.Mod: _reckoned,
    exp.Month: _INTEGER,
    exp.Mul: _reckoned,
    exp.National: _national,
    exp.Neg: _neg,
    exp.Ntile: _RANK,
    exp.Null: lambda _evaluation, _node: NULL,
    exp.Nullif: _nullif,
    exp.NumberToStr: lambda _evaluation, _node: Domain(_NVARCHAR),
    exp.Paren: _inner,
    exp.PercentRank: _always(_FLOAT),
    exp.Placeholder: Evaluation.argument,
    exp.Rank: _RANK,
    exp.Reverse: _text,
    exp.Right: _text,
    exp.Round: _rounded,
    exp.RowNumber: _RANK,
    exp.StrPosition: _always(_BIGINT),
    exp.Sub: _reckoned,
    exp.Subquery: Evaluation.subquery,
    exp.Substring: _text,
    exp.Sum: _total,
    exp.TimeToStr: lambda _evaluation, _node: Domain(_NVARCHAR),
    exp.Trim: _text,
    exp.TryCast: _try_cast,
    exp.Unicode: _INTEGER,
    exp.Upper: _text,
    exp.Uuid: _always(SqlType(Kind.UNIQUEIDENTIFIER)),
    exp.Window: _window,
    exp.Year: _INTEGER,
}
