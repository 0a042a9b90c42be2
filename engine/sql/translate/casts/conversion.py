"""Implicit conversions: a value in the type that another one, or a set operation, asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from engine.model import Collation, Kind, SqlType
from engine.model.families import EXACT, MOMENTS, PADDED, STRINGS, WHOLE
from engine.sql.translate.casts.casts import from_literal
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.kinds import scale_of, unified
from engine.sql.translate.typed import Typed


def common_type(values: Sequence[Typed], node: exp.Expr) -> SqlType:
    """The type of CASE, COALESCE and set operations over `values`."""
    known = [value for value in values if not value.is_null] or list(values)
    if len(values) > 1 and any(value.type.kind is Kind.DECIMAL and value.type.scale is None for value in known):
        hint = "CAST(? AS decimal(p, s)) says which scale is meant"
        raise refused(node, "a decimal argument has the scale of its value, and beside others needs one", hint)
    if any(value.type.kind not in STRINGS for value in known):
        # A string literal beside other types is read as the type that they have.
        known = [value for value in known if not isinstance(value.constant, str)]
    type_ = known[0].type
    for value in known[1:]:
        joined = unified(type_, value.type)
        if joined is None:
            raise _no_common(node, type_, value.type)
        type_ = joined
    if type_.kind in STRINGS:
        return replace(type_, collation=_collation(known, node))
    for value in known:
        if not _converts(value.type.kind, type_.kind):
            raise _no_common(node, value.type, type_)
    return type_


def _collation(values: Sequence[Typed], node: exp.Expr) -> Collation | None:
    """The collation of the strongest of `values`."""
    strongest = max(values, key=lambda value: value.rank)
    if any(value.rank == strongest.rank and value.type.collation != strongest.type.collation for value in values):
        raise refused(node, "the strings have different collations", "name one of them with COLLATE")
    return strongest.type.collation


def _no_common(node: exp.Expr, left: SqlType, right: SqlType) -> Exception:
    return refused(
        node,
        f"{left.kind} and {right.kind} together are not carried to this ledger",
        "CAST one of them to the type of the other",
    )


def _converts(kind: Kind, wanted: Kind) -> bool:
    """Whether the conversion neither fails nor changes the value."""
    if kind is wanted or (kind in STRINGS and wanted in STRINGS):
        return True
    if wanted in EXACT:
        return kind is Kind.BIT or ((kind in WHOLE or wanted not in WHOLE) and kind in EXACT)
    if wanted in MOMENTS:
        return (
            kind is Kind.DATE
            or (kind is Kind.SMALLDATETIME)
            or (wanted is Kind.DATETIME2 and kind in MOMENTS - {Kind.DATETIME})
        )
    return False


def adapted(emitter: Emitter, node: exp.Expr, value: Typed, type_: SqlType) -> Typed:
    """`value` as a `type_` that `common_type` gave: the same value in the target's type for it."""
    if value.is_null:
        return Typed(emitter.writer.cast("NULL", type_), type_, is_typed_null=True, rank=value.rank)
    if value.type == type_:
        return value
    if isinstance(value.constant, str) and type_.kind not in STRINGS:
        return from_literal(emitter, node, value.constant, type_)
    if type_.kind in PADDED and value.type.length != type_.length:
        emitter.note_converted(value)
        return value.made(f"rpad({value.sql}, {type_.length}, ' ')", type_)
    if value.type.kind in STRINGS:
        return value.typed(type_)
    if value.type.kind is Kind.BIT and type_.kind is not Kind.BIT:
        emitter.note_converted(value)
        value = value.made(f"CAST({value.sql} AS integer)")
    if type_.kind in EXACT and value.type.kind is type_.kind and scale_of(value.type) == scale_of(type_):
        return value.typed(type_)
    emitter.note_converted(value)
    return value.made(emitter.writer.cast(value.sql, type_), type_)
