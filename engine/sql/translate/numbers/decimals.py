"""Precision and scale of arithmetic (Microsoft Learn, "Precision, scale, and length (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.model import SqlType
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.kinds import precision_of, scale_of

_LEAST_SCALE: Final = 6
_MOST_INTEGRAL: Final = 32


@dataclass(frozen=True, slots=True)
class Exact:
    """The decimal that an operator gives. `is_reduced`: its scale was cut, as more than 38 digits would be needed."""

    precision: int
    scale: int
    is_capped: bool
    is_reduced: bool


def sum_of(left: SqlType, right: SqlType) -> Exact:
    """The result of `+` and `-`."""
    scale = max(scale_of(left), scale_of(right))
    integral = max(precision_of(left) - scale_of(left), precision_of(right) - scale_of(right))
    return _fitted(integral + scale + 1, scale, min(scale, MAX_PRECISION - integral))


def product_of(left: SqlType, right: SqlType) -> Exact:
    """The result of `*`."""
    scale = scale_of(left) + scale_of(right)
    precision = precision_of(left) + precision_of(right) + 1
    return _fitted(precision, scale, _reduced(precision, scale))


def quotient_of(left: SqlType, right: SqlType) -> Exact:
    """The result of `/`."""
    scale = max(_LEAST_SCALE, scale_of(left) + precision_of(right) + 1)
    precision = precision_of(left) - scale_of(left) + scale_of(right) + scale
    return _fitted(precision, scale, _reduced(precision, scale))


def _reduced(precision: int, scale: int) -> int:
    """What is left of the scale of a product or quotient that needs more than 38 digits."""
    integral = precision - scale
    if integral < _MOST_INTEGRAL:
        return min(scale, MAX_PRECISION - integral)
    return min(scale, _LEAST_SCALE)


def _fitted(precision: int, scale: int, reduced: int) -> Exact:
    if precision <= MAX_PRECISION:
        return Exact(precision, scale, is_capped=False, is_reduced=False)
    return Exact(MAX_PRECISION, reduced, is_capped=True, is_reduced=reduced != scale)
