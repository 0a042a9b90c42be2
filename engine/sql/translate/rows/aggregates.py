"""Aggregates, with the result types that SQL Server gives them (Microsoft Learn, "Aggregate functions")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import EXACT, MONEYS, STRINGS, TEMPORAL, WHOLE
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import BIGINT, INT, decimal, way_to_exact
from engine.sql.translate.numbers.decimals import Exact
from engine.sql.translate.numbers.numbers import divided, money_quotient
from engine.sql.translate.text.strings import equality_key, known_collation, order_key
from engine.sql.translate.typed import Typed

_DISTINCT: Final = frozenset({"expressions"})
_NONE: Final[frozenset[str]] = frozenset()
_LEAVES: Final = (exp.Column, exp.Identifier, exp.Literal, exp.Placeholder, exp.Query)


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate of this SELECT stands in `node` (those of subqueries and windows are not its own)."""
    parts = [node]
    for part in parts:
        if isinstance(part, _LEAVES):
            continue
        if isinstance(part, exp.AggFunc) and not isinstance(part.parent, exp.Window):
            return True
        parts += part.iter_expressions()
    return False


@contextmanager
def argument_scope(emitter: Emitter, node: exp.Expr) -> Iterator[None]:
    """Inside, columns are those of the single rows; an aggregate in it, or a column from outside, is refused.

    The argument of a window over an aggregated SELECT is no such argument: it sees the groups.
    """
    if isinstance(node.parent, exp.Window):
        yield
        return
    scope = emitter.scope
    if scope.in_aggregate:
        raise refused(node, "an aggregate inside an aggregate is not T-SQL", "compute the inner one in a derived table")
    if scope.grouping is None:
        raise refused(node, f"{emitter.name_of(node)} may not stand here", "use HAVING, or a derived table")
    uses = scope.outer_uses
    scope.in_aggregate = True
    try:
        yield
    finally:
        scope.in_aggregate = False
    if scope.outer_uses > uses:
        hint = "join the tables, and group"
        raise not_carried(node, "an aggregate over a column of the query around it", hint)


class Argument(NamedTuple):
    """An aggregate's argument. `is_distinct`: equal values count once."""

    value: Typed
    is_distinct: bool

    def written(self, sql: str) -> str:
        """What stands in the aggregate's parentheses: `sql`, after the word DISTINCT where it is one."""
        return f"DISTINCT {sql}" if self.is_distinct else sql


def argument(emitter: Emitter, node: exp.Expr) -> Argument:
    """The argument of the aggregate `node`."""
    inner = node.this
    with argument_scope(emitter, node):
        if not isinstance(inner, exp.Distinct):
            return Argument(emitter.scalar(inner), is_distinct=False)
        if isinstance(node.parent, exp.Window):
            raise refused(node, "DISTINCT with OVER is not T-SQL", "count in a derived table with GROUP BY")
        emitter.check_arguments(inner, _DISTINCT)
        if len(inner.expressions) != 1:
            raise refused(
                node,
                "DISTINCT over several columns is not T-SQL here",
                "count the rows of a derived table with SELECT DISTINCT",
            )
        return Argument(emitter.scalar(inner.expressions[0]), is_distinct=True)


def total(emitter: Emitter, node: exp.Sum) -> Typed:
    """SUM: int stays int (an overflow is an error), a decimal gets 38 digits."""
    found = argument(emitter, node)
    value, type_ = found.value, sum_type(found.value.type)
    if type_ is None:
        raise not_carried(node, f"SUM over {value.type.kind}", way_to_exact(value.type.kind))
    return Typed(f"sum({found.written(value.sql)})", type_, is_loose=value.is_loose)


def sum_type(type_: SqlType) -> SqlType | None:
    """The type of SUM (Microsoft Learn, "SUM (Transact-SQL)", return types), None where it is not carried."""
    if type_.kind is Kind.BIGINT:
        return BIGINT
    if type_.kind in WHOLE:
        return INT
    if type_.kind is Kind.DECIMAL and type_.scale is not None:
        return decimal(MAX_PRECISION, type_.scale)
    return SqlType(Kind.MONEY) if type_.kind in MONEYS else None


def count(emitter: Emitter, node: exp.Count) -> Typed:
    """COUNT, an int, and COUNT_BIG, a bigint; DISTINCT strings count once where the collation holds them equal."""
    type_ = BIGINT if node.args.get("big_int") else INT
    if isinstance(node.this, exp.Star):
        emitter.check_arguments(node.this, _NONE)
        with argument_scope(emitter, node):
            return Typed("count(*)", type_)
    found = argument(emitter, node)
    sql = equality_key(emitter, node, found.value) if found.is_distinct else found.value.sql
    return Typed(f"count({found.written(sql)})", type_)


def least(emitter: Emitter, node: exp.Min) -> Typed:
    """MIN."""
    return _extreme(emitter, node, "min")


def most(emitter: Emitter, node: exp.Max) -> Typed:
    """MAX."""
    return _extreme(emitter, node, "max")


def _extreme(emitter: Emitter, node: exp.Min | exp.Max, name: str) -> Typed:
    if node.expressions:
        raise refused(node, f"{name.upper()} has one value", "give it one value")
    value = argument(emitter, node).value
    if value.type.kind in STRINGS:
        return Typed(_first_string(emitter, node, value, name), value.type, rank=value.rank)
    if value.type.kind not in EXACT | TEMPORAL or value.type.kind is Kind.DATETIMEOFFSET:
        raise not_carried(node, f"{name.upper()} over {value.type.kind}", way_to_exact(value.type.kind))
    return Typed(f"{name}({value.sql})", value.type, is_loose=value.is_loose)


def _first_string(emitter: Emitter, node: exp.Expr, value: Typed, name: str) -> str:
    """MIN or MAX of strings: by the ledger's own rules, or by bytes where blanks at the end count as none."""
    if known_collation(node, value).name is None:
        return f"{name}({value.sql})"
    key = order_key(emitter, node, value)
    if isinstance(node.parent, exp.Window):
        raise not_carried(node, f"{name.upper()} of strings with OVER", "compute it in a derived table with GROUP BY")
    way = "DESC" if name == "max" else "ASC"
    tie = emitter.writer.by_bytes(value.sql)
    return f"(array_agg({value.sql} ORDER BY {key} {way}, {tie}) FILTER (WHERE {value.sql} IS NOT NULL))[1]"


def average(emitter: Emitter, node: exp.Avg, over: str = "") -> Typed:
    """AVG: of whole numbers a whole one, of money money, of decimals one with at least six decimals; cut, not rounded.

    `over` is the OVER clause with a blank before it, which both aggregates that AVG is made of have.
    """
    found = argument(emitter, node)
    value, type_ = found.value, sum_type(found.value.type)
    if type_ is None:
        what = f"AVG over {value.type.kind}"
        raise not_carried(node, what, way_to_exact(value.type.kind))
    written = found.written(value.sql)
    sum_sql, number = f"sum({written}){over}", f"count({written}){over}"
    if type_.kind in WHOLE:
        divided_sums = (emitter.writer.cast(sum_sql, type_), emitter.writer.cast(number, type_))
        return Typed(f"({emitter.writer.whole_division(*divided_sums)})", type_)
    if type_.kind is Kind.MONEY:
        return money_quotient(emitter.writer, Typed(emitter.writer.cast(sum_sql, type_), type_), Typed(number, BIGINT))
    scale = max(type_.scale or 0, 6)
    whole = Typed(sum_sql, type_)
    result = Exact(MAX_PRECISION, scale, is_capped=True, is_reduced=False)
    return divided(emitter.writer, whole, Typed(number, BIGINT), result)


def settled(emitter: Emitter, value: Typed) -> Typed:
    """A SUM or COUNT in the type that SQL Server gives it: the ledgers' own are wider."""
    return Typed(emitter.writer.cast(value.sql, value.type), value.type, is_loose=value.is_loose)


def plain_total(emitter: Emitter, node: exp.Sum) -> Typed:
    """SUM without OVER."""
    return settled(emitter, total(emitter, node))


def plain_count(emitter: Emitter, node: exp.Count) -> Typed:
    """COUNT without OVER."""
    return settled(emitter, count(emitter, node))


AGGREGATES: Final[Entries] = {
    exp.Sum: entry(plain_total, "this"),
    exp.Count: entry(plain_count, "this", "big_int"),
    exp.Min: entry(least, "this"),
    exp.Max: entry(most, "this"),
    exp.Avg: entry(average, "this"),
}
