"""Numbers of a template's text that would join: `1` and `2` right behind one another are written as 12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.contract.items import Choice, Item, UnderivableError, Value


def check_numbers(items: Sequence[Item]) -> None:
    """Raises UnderivableError where two numbers of the text may be written right behind one another."""
    _edges(items)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Whether what is written may begin or end with a number, and whether it may be nothing at all."""

    begins: bool = False
    ends: bool = False
    may_be_empty: bool = True


def _edges(items: Sequence[Item]) -> _Edges:
    found = _Edges()
    for item in items:
        found = _joined(found, _edges_of(item))
    return found


def _edges_of(item: Item) -> _Edges:
    if not isinstance(item, Choice):
        is_number = isinstance(item, Value) and item.is_number
        return _Edges(is_number, is_number, may_be_empty=False)
    every = [_edges(branch) for branch in item.branches]
    found = _Edges(
        any(edges.begins for edges in every),
        any(edges.ends for edges in every),
        item.most > 1 or any(edges.may_be_empty for edges in every),
    )
    if item.most > 1:
        _joined(found, found)
    return found


def _joined(left: _Edges, right: _Edges) -> _Edges:
    if left.ends and right.begins:
        raise UnderivableError
    return _Edges(
        left.begins or (left.may_be_empty and right.begins),
        right.ends or (right.may_be_empty and left.ends),
        left.may_be_empty and right.may_be_empty,
    )
