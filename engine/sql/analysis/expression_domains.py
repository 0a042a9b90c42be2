"""The domain of each kind of expression, from those of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import DECIMALS, EXACT, FLOATS, MONEYS, NUMBERS, STRINGS, UNICODE, WHOLE, WHOLE_BY_WIDTH
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
    listed_values,
    moved,
    rounded,
    text_length,
    united,
    units,
)
from engine.sql.analysis.presence import has_rows

_INT: Final = SqlType(Kind.INT)
_BIGINT: Final = SqlType(Kind.BIGINT)
_FLOAT: Final = SqlType(Kind.FLOAT)
_DATETIME: Final = SqlType(Kind.DATETIME)
_NVARCHAR: Final = SqlType(Kind.NVARCHAR)
_MAX_TINYINT: Final = 255
_JSON_VALUE_LENGTH: Final = 4000

_CLOCKS: Final[Mapping[str, SqlType]] = {
    "GETDATE": _DATETIME,
    "GETUTCDATE": _DATETIME,
    "CURRENT_TIMESTAMP": _DATETIME,
    "SYSDATETIME": SqlType(Kind.DATETIME2, scale=7),
    "SYSUTCDATETIME": SqlType(Kind.DATETIME2, scale=7),
}


class Evaluator(Protocol):
    """What knows the domains of a query's expressions."""

    def domain(self, node: exp.Expr) -> Domain:
        """The domain of an expression."""


def _inner(evaluation: Evaluator, node: exp.Expr) -> Domain:
    return evaluation.domain(node.this)


def _given(node: exp.Expr) -> exp.Expr:
    """What the author wrote: the parser puts nodes around the arguments of some functions."""
    while (isinstance(node, exp.Cast) and not is_authors(node.to)) or isinstance(
        node, (exp.TsOrDsToDate, exp.TimeStrToTime)
    ):
        node = node.this
    return node


def _argument(evaluation: Evaluator, node: exp.Expr | None) -> Domain:
    return evaluation.domain(_given(node)) if isinstance(node, exp.Expr) else UNKNOWN_DOMAIN


def _national(_evaluation: Evaluator, node: exp.National) -> Domain:
    text = str(node.this)
    values = None if "\\\n" in text else (text,)
    return Domain(SqlType(Kind.NVARCHAR, length=units(text)), nullable=False, values=values)


def _cast(evaluation: Evaluator, node: exp.Cast) -> Domain:
    if not is_authors(node.to):
        return evaluation.domain(node.this) if node.to.this is exp.DType.TEXT else UNKNOWN_DOMAIN
    return cast(evaluation.domain(node.this), declared_type(node.to))


def _try_cast(evaluation: Evaluator, node: exp.TryCast) -> Domain:
    return cast(evaluation.domain(node.this), declared_type(node.to)).or_null(nullable=True)


def _convert(evaluation: Evaluator, node: exp.Convert) -> Domain:
    found = cast(evaluation.domain(node.expression), declared_type(node.this))
    values = found.values if node.args.get("style") is None else None
    return Domain(found.type, found.nullable or bool(node.args.get("safe")), values)


def _case(evaluation: Evaluator, node: exp.Case) -> Domain:
    return _chosen(evaluation, [*(item.args.get("true") for item in node.args["ifs"]), node.args.get("default")])


def _iif(evaluation: Evaluator, node: exp.If) -> Domain:
    return _chosen(evaluation, [node.args.get("true"), node.args.get("false")])


def _chosen(evaluation: Evaluator, nodes: Sequence[exp.Expr | None]) -> Domain:
    return either([NULL if node is None else evaluation.domain(node) for node in nodes])


def _coalesce(evaluation: Evaluator, node: exp.Coalesce) -> Domain:
    domains = [evaluation.domain(value) for value in (node.this, *node.expressions)]
    nullable = all(domain.nullable for domain in domains)
    if node.args.get("is_null"):
        return _is_null(*domains) if len(domains) == 2 else UNKNOWN_DOMAIN
    return either(domains).or_null(nullable=nullable)


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


def _nullif(evaluation: Evaluator, node: exp.Nullif) -> Domain:
    found = evaluation.domain(node.this)
    return found.or_null(nullable=True)


def _add(evaluation: Evaluator, node: exp.Add) -> Domain:
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


def _reckoned(evaluation: Evaluator, node: exp.Binary) -> Domain:
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


def _neg(evaluation: Evaluator, node: exp.Neg) -> Domain:
    found = evaluation.domain(node.this)
    if found.type is None or found.type.kind not in NUMBERS:
        return Domain(None, found.nullable)
    type_ = SqlType(Kind.SMALLINT) if found.type.kind is Kind.TINYINT else found.type
    values = None if found.values is None else tuple([-value for value in found.values if not isinstance(value, str)])
    return Domain(type_, found.nullable, values)


def _bits(evaluation: Evaluator, node: exp.Binary) -> Domain:
    found = _reckoned(evaluation, node)
    return found if found.type is not None and found.type.kind in WHOLE else Domain(None, found.nullable)


def _rounded(evaluation: Evaluator, node: exp.Expr) -> Domain:
    """ROUND, ABS, CEILING and FLOOR."""
    found = evaluation.domain(node.this)
    nullable = _nullable_of_arguments(evaluation, node)
    if found.type is None or found.type.kind not in NUMBERS:
        return Domain(None, nullable)
    return Domain(rounded(found.type, is_whole=isinstance(node, (exp.Ceil, exp.Floor))), nullable)


def _counted(_evaluation: Evaluator, node: exp.Count) -> Domain:
    return Domain(_BIGINT if node.args.get("big_int") else _INT, nullable=False)


def _aggregated(evaluation: Evaluator, node: exp.Expr) -> Domain:
    inner = node.this
    if isinstance(inner, exp.Distinct):
        inner = inner.expressions[0] if inner.expressions else None
    found = evaluation.domain(inner) if isinstance(inner, exp.Expr) else UNKNOWN_DOMAIN
    return found.or_null(nullable=found.nullable or not has_rows(node))


def _total(evaluation: Evaluator, node: exp.Expr) -> Domain:
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


def _text(evaluation: Evaluator, node: exp.Expr) -> Domain:
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


def _joined(evaluation: Evaluator, node: exp.Expr) -> Domain:
    """CONCAT and CONCAT_WS: NULL is an empty string."""
    domains = [evaluation.domain(_given(item)) for item in node.expressions]
    lengths = [0 if domain.is_null else text_length(domain.type) for domain in domains]
    length = _sum(lengths)
    if length is not None and isinstance(node, exp.ConcatWs):
        length += (lengths[0] or 0) * len(lengths)
    return Domain(SqlType(Kind.NVARCHAR, length=length), nullable=False)


def _nullable_of_arguments(evaluation: Evaluator, node: exp.Expr) -> bool:
    """Whether an argument of a function may be NULL."""
    arguments = [part for part in node.iter_expressions() if not isinstance(part, (exp.Var, exp.DataType))]
    return any(_argument(evaluation, part).nullable for part in arguments)


def _always(type_: SqlType) -> Callable[[Evaluator, Any], Domain]:
    """The type of a function, whatever its arguments are; it is NULL where one of them is."""
    return lambda evaluation, node: Domain(type_, _nullable_of_arguments(evaluation, node))


def _length(evaluation: Evaluator, node: exp.Length) -> Domain:
    found = _argument(evaluation, node.this)
    is_bounded = found.type is not None and found.type.length is not None
    return Domain(_INT if is_bounded else _BIGINT, found.nullable)


def _moved(evaluation: Evaluator, node: exp.DateAdd) -> Domain:
    found = _argument(evaluation, node.this)
    return Domain(moved(found.type), found.nullable or _argument(evaluation, node.expression).nullable)


def _difference(evaluation: Evaluator, node: exp.DateDiff) -> Domain:
    nullable = any(_argument(evaluation, part).nullable for part in (node.this, node.expression))
    return Domain(_BIGINT if node.args.get("big_int") else _INT, nullable)


def _window(evaluation: Evaluator, node: exp.Window) -> Domain:
    inner = node.this
    if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    if isinstance(inner, (exp.Lag, exp.Lead)):
        found = evaluation.domain(inner.this)
        has_default = inner.args.get("default") is not None
        return UNKNOWN_DOMAIN if has_default else found.or_null(nullable=True)
    if isinstance(inner, (exp.FirstValue, exp.LastValue)):
        return evaluation.domain(inner.this).or_null(nullable=True)
    return evaluation.domain(inner)


def _collected(evaluation: Evaluator, node: exp.GroupConcat) -> Domain:
    """STRING_AGG."""
    inner = node.this
    if isinstance(inner, exp.Order):
        inner = inner.this
    found = evaluation.domain(inner) if isinstance(inner, exp.Expr) else UNKNOWN_DOMAIN
    return Domain(_NVARCHAR, found.nullable or not has_rows(node))


def _named(evaluation: Evaluator, node: exp.Anonymous) -> Domain:
    """A function that the parser has no class for."""
    name = node.name.upper()
    if name in _CLOCKS:
        return Domain(_CLOCKS[name], nullable=False)
    if name == "CHOOSE":
        found = _chosen(evaluation, node.expressions[1:])
        return found.or_null(nullable=True)
    return UNKNOWN_DOMAIN


def _clock(_evaluation: Evaluator, _node: exp.Expr) -> Domain:
    """GETDATE and SYSDATETIME are one to the parser."""
    return Domain(SqlType(Kind.DATETIME2, scale=7), nullable=False)


_INTEGER: Final = _always(_INT)
_RANK: Final = _always(_BIGINT)
EXPRESSIONS: Final[Mapping[type[exp.Expr], Callable[[Evaluator, Any], Domain]]] = {
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
    exp.Extract: _always(_INT),
    exp.Floor: _rounded,
    exp.GroupConcat: _collected,
    exp.If: _iif,
    exp.JSONExtract: lambda _evaluation, _node: Domain(_NVARCHAR),
    exp.JSONExtractScalar: lambda _evaluation, _node: Domain(SqlType(Kind.NVARCHAR, length=_JSON_VALUE_LENGTH)),
    exp.LastDay: _always(SqlType(Kind.DATE)),
    exp.Left: _text,
    exp.Length: _length,
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
    exp.Rank: _RANK,
    exp.Reverse: _text,
    exp.Right: _text,
    exp.Round: _rounded,
    exp.RowNumber: _RANK,
    exp.StrPosition: _always(_BIGINT),
    exp.Sub: _reckoned,
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
"""How each kind of expression has its domain, but for those that name something outside of it."""
