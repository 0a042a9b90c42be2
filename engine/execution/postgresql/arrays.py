"""Writes lists of values as PostgreSQL's arrays, and sorts the rows that are found by list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from engine.execution.interface import Rows


def arrays(batch: Sequence[Sequence[object]]) -> list[str]:
    """The values of all lists by position: for each position an array, in PostgreSQL's text form.

    The values are of the types to which arguments are converted. Raises ValueError for any other type, and TypeError if
    the values at one position are of several types.
    """
    return ["{" + ",".join(_elements(column)) + "}" for column in zip(*batch, strict=True)]


def _elements(column: Iterable[object]) -> Iterable[str]:
    values = list(column)
    types = set(map(type, values)) - {type(None)}
    if len(types) > 1:
        raise TypeError("an array has values of one type")
    write = _WRITERS.get(types.pop()) if types else str
    if write is None:
        raise ValueError("a value of this type is in no array")
    return ["NULL" if value is None else write(value) for value in values]


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("PostgreSQL's strings hold no NUL")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _moment(value: date) -> str:
    return f'"{value.isoformat()}"'


_WRITERS: Final[Mapping[type, Callable[..., str]]] = {
    str: _text,
    int: str,
    Decimal: str,
    float: repr,
    bool: str,
    date: _moment,
    datetime: _moment,
    UUID: str,
}


def by_list(rows: Rows, count: int) -> list[Rows]:
    """The rows of each of `count` lists. A row's last column is the number of its list, from 1."""
    found: list[Rows] = [[] for _ in range(count)]
    for row in rows:
        found[row[-1] - 1].append(row[:-1])  # type: ignore[operator]  # a bigint, by WITH ORDINALITY
    return found
