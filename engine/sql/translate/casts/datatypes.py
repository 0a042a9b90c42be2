"""The type that CAST and CONVERT name (Microsoft Learn, "Data types (Transact-SQL)")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Collation, Kind, SqlType
from engine.model.families import BINARIES, FLOATS, MAX_LENGTHS, STRINGS, UNLIMITED, WITH_FRACTION
from engine.sql.analysis.declared_types import CAST_LENGTH, KINDS
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.wording import ANYWHERE

_NOT_CARRIED: Final = FLOATS | BINARIES | {Kind.DATETIMEOFFSET, Kind.XML}
_KINDS: Final = {type_: kind for type_, kind in KINDS.items() if kind not in _NOT_CARRIED}
_NAMES: Final = {
    exp.DType.FLOAT: "float or real",
    exp.DType.DOUBLE: "float",
    exp.DType.TEXT: "text or ntext",
    exp.DType.TIMESTAMPTZ: "datetimeoffset",
    exp.DType.VARIANT: "sql_variant",
}


def data_type(emitter: Emitter, owner: exp.Expr, node: object) -> SqlType:
    """The type that `owner` names, with its facets and their defaults."""
    if not isinstance(node, exp.DataType):
        raise refused(owner, f"{emitter.name_of(owner)} lacks a type", "write the type: CAST(x AS int)")
    emitter.check_arguments(node, frozenset({"this", "expressions"}))
    kind = _KINDS.get(node.this)
    if kind is None:
        name = _NAMES.get(node.this) or str(node.args.get("kind") or getattr(node.this, "value", node.this)).lower()
        hint = "use decimal(p, s) for numbers, varchar(n) or nvarchar(n) for strings"
        raise not_carried(node, f"a conversion to {name}", hint)
    facets = [_facet(node, item) for item in node.expressions]
    if kind is Kind.DECIMAL:
        return _decimal(node, facets)
    if kind in WITH_FRACTION:
        return SqlType(kind, scale=_within(node, facets, 0, default=7, low=0, high=7))
    if kind in STRINGS:
        return _string(node, kind, facets, emitter.collation)
    if facets:
        raise refused(node, f"{kind} has neither a length nor a precision", "leave out what is in its parentheses")
    return SqlType(kind)


def _decimal(node: exp.DataType, facets: list[int | None]) -> SqlType:
    precision = _within(node, facets, 0, default=18, low=1, high=38)
    scale = _within(node, facets, 1, default=0, low=0, high=precision)
    return SqlType(Kind.DECIMAL, precision=precision, scale=scale)


def _string(node: exp.DataType, kind: Kind, facets: list[int | None], collation: Collation) -> SqlType:
    if facets == [None] and kind in UNLIMITED:
        return SqlType(kind, collation=collation)
    length = _within(node, facets, 0, default=CAST_LENGTH, low=1, high=MAX_LENGTHS[kind])
    return SqlType(kind, length=length, collation=collation)


def _facet(node: exp.DataType, item: exp.Expr) -> int | None:
    """A number in the type's parentheses; None is `max`."""
    value = item.this if isinstance(item, exp.DataTypeParam) else None
    if isinstance(value, exp.Var) and str(value.this).upper() == "MAX":
        return None
    if isinstance(value, exp.Literal) and str(value.this).isdecimal():
        return int(value.this)
    raise refused(node, "a type's length, precision or scale is a whole number or max", "write a whole number")


def _within(node: exp.DataType, facets: list[int | None], index: int, *, default: int, low: int, high: int) -> int:
    value = facets[index] if len(facets) > index else default
    if value is None or not low <= value <= high:
        raise refused(node, f"SQL Server allows {low} to {high} here", "write a number in that range")
    return value


def no_conversion(node: exp.Expr, from_: SqlType, to: SqlType, hint: str = ANYWHERE) -> Refused:
    """The fault of a conversion that no ledger but SQL Server is known to make so."""
    return not_carried(node, f"a conversion of {from_.kind} to {to.kind}", hint)
