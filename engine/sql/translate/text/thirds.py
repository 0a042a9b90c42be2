"""A datetime beside a datetime2: its thirds of a hundredth count to seven digits (.003 stands for .0033333).

Source: Microsoft Learn, "Breaking changes to Database Engine features in SQL Server 2016" (implicit conversions from
datetime to datetime2), which holds from compatibility level 130 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.model import Kind
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer

# Microseconds from the milliseconds that a datetime shows to the two neighbours of what it stands for.
_BELOW: Final = (333, -334)
_ABOVE: Final = (334, -333)

# By the sign with the datetime on the left: which neighbour compares with whole microseconds as the datetime does.
_NEIGHBOUR: Final = {"<": _BELOW, "<=": _ABOVE, ">": _ABOVE, ">=": _BELOW}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Moments:
    """The two sides, ready for the sign."""

    left: str
    right: str


def beside(writer: Writer, left: Typed, right: Typed, sign: str) -> Moments | None:
    """Both sides of a range between a datetime and a datetime2; None where it is not carried."""
    if sign not in _NEIGHBOUR or not (_is_in_microseconds(left) and _is_in_microseconds(right)):
        return None
    if left.type.kind is Kind.DATETIME:
        return Moments(_moved(writer, left.sql, _NEIGHBOUR[sign]), right.sql)
    return Moments(left.sql, _moved(writer, right.sql, _NEIGHBOUR[_MIRRORED[sign]]))


def _is_in_microseconds(value: Typed) -> bool:
    """Whether the ledger's value has all the digits: an argument has, a datetime2(7) has not."""
    return value.type.kind is Kind.DATETIME or value.placeholder is not None or (value.type.scale or 0) <= 6


def _moved(writer: Writer, sql: str, by: tuple[int, int]) -> str:
    micros = f"CAST(extract(microseconds FROM {sql}) AS bigint)"
    last_digit = f"{writer.whole_division(micros, '1000')} % 10"
    return f"({sql} + CASE {last_digit} WHEN 3 THEN {by[0]} WHEN 7 THEN {by[1]} ELSE 0 END * INTERVAL '1 microsecond')"
