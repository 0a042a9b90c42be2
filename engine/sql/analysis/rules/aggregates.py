"""Where the aggregates and windows of a query stand, and which SELECT each belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.sql.analysis.relations import Analysis
from engine.sql.query import Query
from engine.sql.wordlist import words

_NAMES: Final = words("functions.txt", "aggregates", "ordered aggregates")
CLASSES: Final[frozenset[type[exp.Expr]]] = frozenset(
    {exp.ApproxDistinct, exp.Avg, exp.Count, exp.GroupConcat, exp.Max, exp.Min, exp.Stddev, exp.Sum}
)
"""The parser's classes of aggregates; of others it has the name alone."""
_CANDIDATES: Final = CLASSES | {exp.Anonymous}
_WRAPPING: Final = (exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)


class Place(Struct, frozen=True, eq=False, gc=False):
    """Where a node stands: in which clause of which SELECT, and the aggregates and windows around it, inner first.

    `clause` is the SELECT's argument, or 'on'. `select` is None in ORDER BY of a set operation.
    """

    select: exp.Select | None
    clause: str
    around: tuple[exp.Expr, ...] = ()


class Aggregate(Struct, frozen=True, eq=False, gc=False):
    """An aggregate that is no window's, with the place that counts: it may belong to a SELECT around its own."""

    node: exp.Expr
    place: Place
    queries: tuple[exp.Expr, ...]
    """The subqueries in its arguments."""


def is_aggregate(node: exp.Expr) -> bool:
    """Whether it is a call of an aggregate, be it a window's or not."""
    kind = type(node)
    return kind in CLASSES or (kind is exp.Anonymous and str(node.this).lower() in _NAMES)


def is_windowed(node: exp.Expr) -> bool:
    """Whether OVER follows the call."""
    parent = node.parent
    while isinstance(parent, _WRAPPING):
        node, parent = parent, parent.parent
    return isinstance(parent, exp.Window) and node.arg_key == "this"


def place_of(node: exp.Expr) -> Place:
    """Where the node stands."""
    around: list[exp.Expr] = []
    clause = ""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.Select):
            return Place(parent, clause or str(child.arg_key), tuple(around))
        if isinstance(parent, exp.SetOperation):
            break
        if isinstance(parent, exp.Join) and child.arg_key == "on":
            clause = clause or "on"
        if isinstance(parent, exp.Window) or is_aggregate(parent):
            around.append(parent)
        child, parent = parent, parent.parent
    return Place(None, clause)


def aggregates_of(query: Query, analysis: Analysis) -> tuple[Aggregate, ...]:
    """Every aggregate of a query that is no window's."""
    return tuple(
        [
            _aggregate(node, analysis)
            for kind, nodes in _candidates(query.nodes)
            for node in nodes
            if is_aggregate(node) and not is_windowed(node) and not isinstance(node.parent, exp.Pivot)
        ]
    )


def _candidates(
    nodes: Mapping[type[exp.Expr], Sequence[exp.Expr]],
) -> Iterator[tuple[type[exp.Expr], Sequence[exp.Expr]]]:
    for kind in nodes.keys() & _CANDIDATES:
        yield kind, nodes[kind]


def _aggregate(node: exp.Expr, analysis: Analysis) -> Aggregate:
    place = place_of(node)
    selects: set[int] = set()
    owner: exp.Select | None = None
    queries: list[exp.Expr] = []
    pending = [*node.iter_expressions()]
    while pending:
        part = pending.pop()
        if isinstance(part, exp.Query):
            queries.append(part)
        elif isinstance(part, exp.Column):
            found = analysis.references.get(id(part))
            owner = found.select if found is not None else None
            selects.add(id(owner) if owner is not None else 0)
        else:
            pending += part.iter_expressions()
    if selects and place.select is not None and id(place.select) not in selects:
        place = _outer_place(place.select, owner) if len(selects) == 1 and owner is not None else Place(None, "")
    return Aggregate(node, place, tuple(queries))


def _outer_place(inner: exp.Expr, owner: exp.Select) -> Place:
    """Where the subquery stands in the SELECT that an aggregate of outer columns alone belongs to."""
    place = place_of(inner)
    while place.select is not None and place.select is not owner:
        place = place_of(place.select)
    return place
