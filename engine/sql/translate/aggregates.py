"""Aggregates, with the result types that SQL Server gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.kinds import BIGINT, INT, MAX_PRECISION, MONEYS, WHOLE, decimal
from engine.sql.translate.typed import Typed


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate of this SELECT stands in `node` (those of subqueries and windows are not its own)."""
    if isinstance(node, exp.Query):
        return False
    if isinstance(node, exp.AggFunc):
        return not isinstance(node.parent, exp.Window) or any(has_aggregate(part) for part in _children(node))
    return any(has_aggregate(part) for part in _children(node))


def _children(node: exp.Expr) -> Iterator[exp.Expr]:
    return node.iter_expressions()


@contextmanager
def argument_scope(emitter: Emitter, node: exp.Expr) -> Iterator[None]:
    """Inside, columns are those of the single rows; an aggregate in it, or a column from outside, is refused."""
    scope = emitter.scope
    if scope.in_aggregate:
        raise refused(node, "an aggregate inside an aggregate is not T-SQL")
    uses = scope.outer_uses
    scope.in_aggregate = True
    try:
        yield
    finally:
        scope.in_aggregate = False
    if scope.outer_uses > uses:
        raise refused(node, "an aggregate over a column of the query around it is not carried to this ledger")


def total(emitter: Emitter, node: exp.Sum) -> Typed:
    """SUM: int stays int (an overflow is an error), a decimal gets 38 digits."""
    with argument_scope(emitter, node):
        value = emitter.scalar(node.this)
    type_ = sum_type(value.type)
    if type_ is None:
        raise refused(node, f"SUM over {value.type.kind} is not carried to this ledger", "CAST it to int or decimal")
    return Typed(emitter.target.cast(f"sum({value.sql})", type_), type_, is_loose=value.is_loose)


def sum_type(type_: SqlType) -> SqlType | None:
    """The type of SUM (Microsoft Learn, "SUM (Transact-SQL)", return types), None where it is not carried."""
    if type_.kind is Kind.BIGINT:
        return BIGINT
    if type_.kind in WHOLE:
        return INT
    if type_.kind is Kind.DECIMAL and type_.scale is not None:
        return decimal(MAX_PRECISION, type_.scale)
    return SqlType(Kind.MONEY) if type_.kind in MONEYS else None
