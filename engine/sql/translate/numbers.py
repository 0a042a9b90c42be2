"""Arithmetic on exact numbers (Microsoft Learn, "Precision, scale, and length (Transact-SQL)")."""

from __future__ import annotations

from sqlglot import exp

from engine.model import Kind
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.kinds import EXACT
from engine.sql.translate.typed import Typed


def negative(emitter: Emitter, node: exp.Neg) -> Typed:
    """Unary minus: the type stays."""
    value = emitter.scalar(node.this)
    if value.type.kind not in EXACT or value.type.kind is Kind.TINYINT:
        raise refused(node, f"minus before a {value.type.kind} is not carried to this ledger")
    constant = -value.constant if value.constant is not None and not isinstance(value.constant, str) else None
    return Typed(f"(-{value.sql})", value.type, constant=constant, is_loose=value.is_loose)
