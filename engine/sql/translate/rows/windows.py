"""Window functions (Microsoft Learn, "SELECT - OVER clause (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlglot import exp

from engine.model.families import STRINGS
from engine.sql.translate.casts.casts import converted
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import BIGINT
from engine.sql.translate.rows.aggregates import average, count, least, most, settled, total
from engine.sql.translate.rows.ordering import sort_key
from engine.sql.translate.text.strings import equality_key
from engine.sql.translate.typed import Typed
from engine.sql.translate.wording import ANYWHERE

_ORDER: Final = frozenset({"expressions"})
_FRAME: Final = frozenset({"kind", "start", "start_side", "end", "end_side"})


_NUMBERING: Final[dict[type[exp.Expr], str]] = {
    exp.RowNumber: "row_number()",
    exp.Rank: "rank()",
    exp.DenseRank: "dense_rank()",
}
_TOTALS: Final[dict[type[exp.Expr], Callable[[Emitter, Any], Typed]]] = {exp.Sum: total, exp.Count: count}
_EXTREMES: Final[dict[type[exp.Expr], Callable[[Emitter, Any], Typed]]] = {exp.Min: least, exp.Max: most}
_ENDS: Final[dict[type[exp.Expr], str]] = {exp.FirstValue: "first_value", exp.LastValue: "last_value"}
_ARGUMENTS: Final[dict[type[exp.Expr], frozenset[str]]] = {
    exp.RowNumber: frozenset(),
    exp.Rank: frozenset(),
    exp.DenseRank: frozenset(),
    exp.Ntile: frozenset({"this"}),
    exp.Sum: frozenset({"this"}),
    exp.Count: frozenset({"this", "big_int"}),
    exp.Min: frozenset({"this"}),
    exp.Max: frozenset({"this"}),
    exp.Avg: frozenset({"this"}),
    exp.FirstValue: frozenset({"this"}),
    exp.LastValue: frozenset({"this"}),
    exp.Lag: frozenset({"this", "offset", "default"}),
    exp.Lead: frozenset({"this", "offset", "default"}),
}
_FRAMELESS: Final = frozenset({*_NUMBERING, exp.Ntile, exp.Lag, exp.Lead})
_BOUNDS: Final = {
    ("UNBOUNDED", "PRECEDING"): "UNBOUNDED PRECEDING",
    ("UNBOUNDED", "FOLLOWING"): "UNBOUNDED FOLLOWING",
    ("CURRENT ROW", ""): "CURRENT ROW",
}


def window(emitter: Emitter, node: exp.Window) -> Typed:
    """A function with OVER."""
    function = node.this
    allowed = _ARGUMENTS.get(type(function))
    if allowed is None or node.args.get("over") != "OVER":
        raise not_carried(node, f"{emitter.name_of(function)} with OVER", ANYWHERE)
    emitter.check_arguments(function, allowed)
    if emitter.scope.in_aggregate:
        raise refused(node, "a window function inside an aggregate is not T-SQL", "compute it in a derived table")
    if not emitter.scope.allows_windows:
        raise refused(node, "a window function may stand in SELECT and ORDER BY only", "use a derived table")
    ordered = node.args.get("order") is not None
    over = f" OVER ({_over(emitter, node, function)})"
    if isinstance(function, exp.Avg):
        made = average(emitter, function, over)
        return Typed(made.sql, made.type)
    made = _function(emitter, function, is_ordered=ordered)
    value = Typed(made.sql + over, made.type, is_loose=made.is_loose, rank=made.rank)
    return settled(emitter, value) if type(function) in _TOTALS else value


def _function(emitter: Emitter, node: exp.Expr, *, is_ordered: bool) -> Typed:
    if type(node) in _TOTALS:
        return _TOTALS[type(node)](emitter, node)
    if type(node) in _EXTREMES:
        return _EXTREMES[type(node)](emitter, node)
    if not is_ordered:
        raise refused(node, f"{emitter.name_of(node)} needs ORDER BY in its OVER", "add ORDER BY to its OVER")
    if type(node) in _NUMBERING:
        return Typed(_NUMBERING[type(node)], BIGINT)
    if isinstance(node, exp.Ntile):
        return Typed(f"ntile({_buckets(node)})", BIGINT)
    value = emitter.scalar(node.this)
    if type(node) in _ENDS:
        return Typed(f"{_ENDS[type(node)]}({value.sql})", value.type, is_loose=value.is_loose, rank=value.rank)
    return _neighbour(emitter, node, value)


def _buckets(node: exp.Ntile) -> int:
    """How many groups NTILE makes."""
    number = node.this
    if isinstance(number, exp.Literal) and str(number.this).isdecimal() and int(number.this) > 0:
        return int(number.this)
    raise refused(node, "NTILE is carried with a plain number of groups", "write the number: NTILE(4)")


def _neighbour(emitter: Emitter, node: exp.Expr, value: Typed) -> Typed:
    """LAG and LEAD; the value for where there is no row is converted to the type of the first."""
    name = "lag" if isinstance(node, exp.Lag) else "lead"
    offset = node.args.get("offset")
    if offset is not None and not (isinstance(offset, exp.Literal) and str(offset.this).isdecimal()):
        raise refused(
            node, f"{name.upper()} is carried with a plain number as its offset", "write the number: LAG(x, 1)"
        )
    sql = f"{name}({value.sql}, {offset.this if offset is not None else 1}"
    default = node.args.get("default")
    if default is not None:
        other = emitter.scalar(default)
        if (other.type.kind in STRINGS) != (value.type.kind in STRINGS) and not other.is_null:
            raise refused(node, f"the default of {name.upper()} is of another kind than its value", "CAST it")
        sql += f", {converted(emitter, node, other, value.type, None).sql}"
    return Typed(f"{sql})", value.type, is_loose=value.is_loose, rank=value.rank)


def _over(emitter: Emitter, node: exp.Window, function: exp.Expr) -> str:
    parts = []
    partition = node.args.get("partition_by")
    if partition:
        parts.append("PARTITION BY " + ", ".join(_partition_key(emitter, item) for item in partition))
    order = node.args.get("order")
    if order is not None:
        emitter.check_arguments(order, _ORDER)
        parts.append("ORDER BY " + ", ".join(sort_key(emitter, item) for item in order.expressions))
    spec = node.args.get("spec")
    if spec is not None:
        _check_frame(emitter, node, function)
        parts.append(_frame(emitter, spec))
    return " ".join(parts)


def _check_frame(emitter: Emitter, node: exp.Window, function: exp.Expr) -> None:
    """Refuse a frame where SQL Server has an error for it (10752)."""
    if type(function) in _FRAMELESS:
        what = f"{emitter.name_of(function)} may not have a frame"
        raise refused(node, what, f"leave {str(node.args['spec'].args['kind']).upper()} and what follows it out")
    if node.args.get("order") is None:
        raise refused(node, "a frame needs ORDER BY", "add ORDER BY before ROWS, or leave the frame out")


def _partition_key(emitter: Emitter, item: exp.Expr) -> str:
    return equality_key(emitter, item, emitter.scalar(item))


def _frame(emitter: Emitter, spec: exp.WindowSpec) -> str:
    """ROWS with any bounds, RANGE with the bounds that T-SQL has."""
    emitter.check_arguments(spec, _FRAME)
    kind = str(spec.args["kind"]).upper()
    start = _bound(spec, spec.args.get("start"), spec.args.get("start_side"), kind)
    end = spec.args.get("end")
    if end is None:
        return f"{kind} {start}"
    return f"{kind} BETWEEN {start} AND {_bound(spec, end, spec.args.get('end_side'), kind)}"


def _bound(spec: exp.Expr, value: object, side: object, kind: str) -> str:
    words = (str(value).upper() if isinstance(value, str) else "", str(side or "").upper())
    if words in _BOUNDS:
        return _BOUNDS[words]
    if kind == "ROWS" and isinstance(value, exp.Literal) and str(value.this).isdecimal():
        return f"{value.this} {words[1]}"
    raise not_carried(spec, "this frame", "use ROWS with plain numbers")


WINDOWS: Final[Entries] = {
    exp.Window: entry(window, "this", "partition_by", "order", "spec", "over"),
}
