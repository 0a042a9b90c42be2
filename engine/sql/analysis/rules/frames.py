"""Window frames, and what PERCENTILE_CONT and PERCENTILE_DISC need (errors 4193, 4194, 10752 to 10754, 10756)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from engine.sql.analysis.rules.aggregates import is_windowed
from engine.sql.analysis.rules.subject import Subject
from engine.sql.fault import SqlFault

_PERCENTILES: Final = (exp.PercentileCont, exp.PercentileDisc)
_WITHOUT_FRAME: Final = (
    exp.CumeDist,
    exp.DenseRank,
    exp.Lag,
    exp.Lead,
    exp.Ntile,
    exp.PercentRank,
    exp.Rank,
    exp.RowNumber,
    *_PERCENTILES,
)
KINDS: Final = frozenset({exp.WindowSpec, *_PERCENTILES})
"""The nodes that these rules look at."""
_RULE: Final = "compile-error"
_KEYWORDS: Final = frozenset({"UNBOUNDED", "CURRENT ROW"})


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error`."""
    for spec in subject.nodes(exp.WindowSpec):
        window = spec.parent
        if isinstance(window, exp.Window) and window.arg_key != "windows":
            yield from _frame(subject, window, spec)
    for kind in _PERCENTILES:
        for call in subject.nodes(kind):
            yield from _percentile(subject, call)


def _frame(subject: Subject, window: exp.Window, spec: exp.WindowSpec) -> Iterator[SqlFault]:
    call = window.this
    while isinstance(call, (exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)):
        call = call.this
    name = subject.name_at(call)
    if isinstance(call, _WITHOUT_FRAME):
        hint = "Remove ROWS or RANGE."
        yield subject.call_fault(_RULE, call, f"{name}(…) takes no ROWS or RANGE in its OVER.", hint)
    elif not window.args.get("order") and not window.args.get("alias"):
        message = f"The frame of {name}(…) needs ORDER BY in its OVER."
        yield subject.call_fault(_RULE, call, message, "Write OVER (… ORDER BY … ROWS …).")
    elif spec.args["kind"].upper() == "RANGE" and (_is_offset(spec, "start") or _is_offset(spec, "end")):
        message = f"RANGE of {name}(…) takes UNBOUNDED and CURRENT ROW only."
        yield subject.call_fault(_RULE, call, message, "Write ROWS, which counts rows.")
    elif _place(spec, "start") > _place(spec, "end"):
        message = f"The frame of {name}(…) ends before it starts."
        yield subject.call_fault(_RULE, call, message, "Write BETWEEN the earlier AND the later.")


def _is_offset(spec: exp.WindowSpec, side: str) -> bool:
    """Whether a number of rows is given there."""
    bound = spec.args.get(side)
    return bound is not None and str(bound).upper() not in _KEYWORDS


def _place(spec: exp.WindowSpec, side: str) -> int:
    """Where a bound is: 0 and 4 without bound, 1 and 3 so many rows before and after, 2 the row itself."""
    bound = spec.args.get(side)
    if bound is None or str(bound).upper() == "CURRENT ROW":
        return 2
    before = str(spec.args.get(f"{side}_side")).upper() == "PRECEDING"
    if _is_offset(spec, side):
        return 1 if before else 3
    return 0 if before else 4


def _percentile(subject: Subject, call: exp.Expr) -> Iterator[SqlFault]:
    name = subject.name_at(call)
    if not isinstance(call.parent, exp.WithinGroup):
        message = f"{name}(…) lacks its WITHIN GROUP."
        yield subject.call_fault(_RULE, call, message, "Write WITHIN GROUP (ORDER BY …) OVER (…) behind it.")
    elif not is_windowed(call.parent):
        hint = "Write OVER (PARTITION BY …) behind it, and SELECT DISTINCT where one row is wanted."
        yield subject.call_fault(_RULE, call, f"{name}(…) lacks its OVER.", hint)
