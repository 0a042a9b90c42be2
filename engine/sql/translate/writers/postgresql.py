"""PostgreSQL, as it writes what ledger kinds write differently."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.model import Dialect, SqlType
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers.writer import Writer, as_exact


class PostgreSQLWriter(Writer):
    """See Writer."""

    dialect = Dialect.POSTGRESQL
    text = "text"
    why_one = None

    def text_literal(self, value: str) -> str:
        """With E where there is a backslash, which then means itself under each standard_conforming_strings."""
        literal = super().text_literal(value)
        return "E" + literal.replace("\\", "\\\\") if "\\" in literal else literal

    def decimal_argument(self, sql: str) -> str:
        """numeric without facets keeps the value's own scale."""
        return f"CAST({sql} AS numeric)"

    def lower(self, sql: str) -> str:
        """By ICU's root collation."""
        return f'lower({sql} COLLATE "und-x-icu")'

    def by_bytes(self, sql: str) -> str:
        """By the collation C."""
        return f'{sql} COLLATE "C"'

    def trim(self, sql: str) -> str:
        """See Writer."""
        return f"btrim({sql}, ' ')"

    def whole_division(self, left: str, right: str) -> str:
        """See Writer."""
        return f"{left} / {right}"

    def decimal_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:  # noqa: ARG002
        """A numeric grows as it must."""
        return f"({left.sql} {sign} {right.sql})"

    def long_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:  # noqa: ARG002
        """See Writer."""
        return f"({as_exact(left)} {sign} {as_exact(right)})"

    def quotient(self, left: Typed, right: Typed, scale: int) -> str:
        """By div, which cuts at the point."""
        return f"div({left.sql} * {10**scale}, {right.sql}) * {Decimal(1).scaleb(-scale):f}"


POSTGRESQL: Final = PostgreSQLWriter()
