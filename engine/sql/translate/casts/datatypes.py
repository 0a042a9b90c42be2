"""The type that CAST and CONVERT name (Microsoft Learn, "Data types (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import BINARIES, FLOATS, MAX_LENGTHS, STRINGS, UNLIMITED, WITH_FRACTION
from engine.sql.analysis.declared_types import KINDS, MAX, declared_type, facets_of
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.wording import ANYWHERE

_NOT_CARRIED: Final = FLOATS | BINARIES | {Kind.DATETIMEOFFSET, Kind.XML}
_SIZED: Final = STRINGS | WITH_FRACTION | {Kind.DECIMAL}
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
    type_ = declared_type(node)
    if type_ is None:
        raise refused(node, "a type's length, precision or scale is a whole number or max", "write a whole number")
    _check(node, kind, facets_of(node) or [])
    return replace(type_, collation=emitter.collation) if kind in STRINGS else type_


def _check(node: exp.DataType, kind: Kind, facets: list[int]) -> None:
    """Refuse numbers in a type's parentheses that it does not take."""
    if facets and kind not in _SIZED:
        raise refused(node, f"{kind} has neither a length nor a precision", "leave out what is in its parentheses")
    if not facets or (facets == [MAX] and kind in UNLIMITED):
        return
    if kind is Kind.DECIMAL:
        limits = [(1, MAX_PRECISION), (0, facets[0])]
    else:
        limits = [(0, 7) if kind in WITH_FRACTION else (1, MAX_LENGTHS[kind])]
    for value, (low, high) in zip(facets, limits, strict=False):
        if not low <= value <= high:
            raise refused(node, f"SQL Server allows {low} to {high} here", "write a number in that range")


def no_conversion(node: exp.Expr, from_: SqlType, to: SqlType, hint: str = ANYWHERE) -> Refused:
    """The fault of a conversion that no ledger but SQL Server is known to make so."""
    return not_carried(node, f"a conversion of {from_.kind} to {to.kind}", hint)
