"""DuckDB, as it writes what ledger kinds write differently."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from engine.model import Dialect, SqlType
from engine.sql.analysis.domains import MAX_PRECISION
from engine.sql.translate.kinds import precision_of, scale_of
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers.writer import Writer, as_exact


class DuckDBWriter(Writer):
    """See Writer."""

    dialect = Dialect.DUCKDB
    text = "varchar"
    why_one = "the ledger is embedded, so there are no round trips to save"

    def int_literal(self, sql: str, type_: SqlType) -> str:
        """DuckDB takes a literal for as small a type as holds it, so it is cast."""
        return self.cast(sql, type_)

    def decimal_argument(self, sql: str) -> str:
        """DuckDB types a bare placeholder by its value, and has no decimal without a scale to cast to."""
        return sql

    def first_not_null(self, values: Sequence[Typed]) -> str:
        """DuckDB takes what repeats inside a coalesce out of it, and so raises errors of values not asked for."""
        if all(_cannot_fail(value) for value in values[1:]):
            return super().first_not_null(values)
        tried = " ".join(f"WHEN {value.sql} IS NOT NULL THEN {value.sql}" for value in values[:-1])
        return f"CASE {tried} ELSE {values[-1].sql} END"

    def lower(self, sql: str) -> str:
        """DuckDB knows no locale."""
        return f"lower({sql})"

    def by_bytes(self, sql: str) -> str:
        """As DuckDB compares anyway."""
        return sql

    def by_locale(self, sql: str, locale: str) -> str | None:
        """By ICU's sort key, which is built into DuckDB."""
        return f"icu_sort_key({sql}, '{locale}')"

    def trim(self, sql: str) -> str:
        """See Writer."""
        return f"trim({sql}, ' ')"

    def reverse(self, sql: str) -> str:
        """DuckDB's own function keeps a letter and its accents together, which SQL Server does not."""
        return f"array_to_string(list_reverse(string_split({sql}, '')), '')"

    def decimal_text(self, sql: str, precision: int, scale: int) -> str | None:
        """DuckDB leaves the zero before the point out where the type has no room for it."""
        if precision != scale:
            return super().decimal_text(sql, precision, scale)
        if precision == MAX_PRECISION:
            return None
        return super().decimal_text(f"CAST({sql} AS numeric({precision + 1},{scale}))", precision + 1, scale)

    def whole_division(self, left: str, right: str) -> str:
        """See Writer."""
        return f"{left} // {right}"

    def decimal_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:
        """DuckDB keeps the width of its operands, where a result may overflow that SQL Server has room for."""
        scale = scale_of(left.type) if sign == "*" else type_.scale
        return f"(CAST({left.sql} AS numeric({type_.precision},{scale})) {sign} {as_exact(right)})"

    def long_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:
        """See Writer."""
        if sign == "*":
            return self._rounded_product(left, right, type_.scale or 0)
        common = f"numeric({MAX_PRECISION},{max(scale_of(left.type), scale_of(right.type))})"
        return f"(CAST({left.sql} AS {common}) {sign} CAST({right.sql} AS {common}))"

    def _rounded_product(self, left: Typed, right: Typed, scale: int) -> str:
        """The product of the digits as whole numbers, its last ones rounded off, half away from zero."""
        product = f"({_unscaled(left)} * {_unscaled(right)})"
        unit = 10 ** (scale_of(left.type) + scale_of(right.type) - scale)
        whole = f"(({product} + CASE WHEN {product} < 0 THEN -{unit // 2} ELSE {unit // 2} END) // {unit})"
        return f"CAST({whole} AS numeric(38,0)) * {Decimal(1).scaleb(-scale):f}"

    def quotient(self, left: Typed, right: Typed, scale: int) -> str:
        """DuckDB has no division of decimals: their digits are divided as whole numbers."""
        shift = scale + scale_of(right.type) - scale_of(left.type)
        whole = f"{_unscaled(left)} * CAST({10**shift} AS hugeint) // {_unscaled(right)}"
        return f"CAST({whole} AS numeric(38,0)) * {Decimal(1).scaleb(-scale):f}"


def _cannot_fail(value: Typed) -> bool:
    """Whether the value is a literal, NULL, or a bare column."""
    return value.constant is not None or value.is_null or value.is_column


def _unscaled(value: Typed) -> str:
    """The digits of a decimal as one whole number."""
    scale = scale_of(value.type)
    if scale == 0:
        return f"CAST({value.sql} AS hugeint)"
    exact = f"CAST({value.sql} AS numeric({MAX_PRECISION},{scale}))"
    if precision_of(value.type) + scale > MAX_PRECISION:
        # The product of two decimals has 38 digits at most, the point's place counted twice.
        return f"CAST(replace(CAST({exact} AS varchar), '.', '') AS hugeint)"
    return f"CAST({exact} * CAST({10**scale} AS numeric(38,0)) AS hugeint)"


DUCKDB: Final = DuckDBWriter()
