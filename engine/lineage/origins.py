"""What a value comes from: columns of the ledger, each with the parts that it plays, and what could not be traced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

DECIDES: Final = 1
"""A column that decides which rows there are, or their order: the value itself does not tell it."""
SUMMED: Final = 2
"""The value is made of it by an aggregate over many rows, which does not tell what stands in one of them."""
ASKED: Final = 4
"""An `if` of a template asks for it: what the body then says tells the answer."""
VALUE: Final = 8
"""The value is made of it."""


class LedgerColumn(Struct, frozen=True, order=True, gc=False):
    """A column of a table or view, as the ledger spells it; without a `name`, that the object has rows at all."""

    schema: str
    table: str
    name: str = ""
    is_view: bool = False


class Untraced(Struct, frozen=True, order=True, gc=False):
    """Something whose own origins nobody knows, in words."""

    what: str


Origin = LedgerColumn | Untraced
Trace = Mapping[Origin, int]
"""The origins of one value, each with its parts, some of the four above. It is never changed, and so may be shared."""

NONE: Final[Trace] = {}


def merged(traces: Iterable[Trace]) -> Trace:
    """All their origins, with all their parts."""
    different = {id(trace): trace for trace in traces if trace}
    if len(different) < 2:
        return next(iter(different.values()), NONE)
    found: dict[Origin, int] = {}
    for trace in different.values():
        for origin, parts in trace.items():
            found[origin] = found.get(origin, 0) | parts
    return found


def deciding(trace: Trace) -> Trace:
    """The same origins, where they decide and make no value."""
    return dict.fromkeys(trace, DECIDES)


def summed(trace: Trace) -> Trace:
    """The same origins behind an aggregate over many rows."""
    return {origin: (parts & DECIDES) | (SUMMED if parts & ~DECIDES else 0) for origin, parts in trace.items()}


def telling(trace: Trace) -> Trace:
    """Of what decides whether there are rows: the origins of an answer that says whether there are any."""
    return {origin: DECIDES if isinstance(origin, LedgerColumn) and not origin.name else VALUE for origin in trace}


def asked(trace: Trace) -> Trace:
    """Of a condition in a template: the origins of what stands under it."""
    return {origin: DECIDES | (ASKED if parts & (ASKED | VALUE) else 0) for origin, parts in trace.items()}


def makes_value(parts: int) -> bool:
    """Whether the value is made of it, be it by an aggregate."""
    return bool(parts & (SUMMED | VALUE))


def is_shown(parts: int) -> bool:
    """Whether who sees the value learns something of what stands in one row."""
    return bool(parts & (ASKED | VALUE))
