"""PostgreSQL, as it writes what ledger kinds write differently."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from engine.model import ArgumentType, Dialect, SqlType
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers.writer import Writer, as_exact, quoted

_ARRAYS: Final = {
    ArgumentType.STRING: "text",
    ArgumentType.INT: "bigint",
    ArgumentType.DECIMAL: "numeric",
    ArgumentType.DOUBLE: "double precision",
    ArgumentType.BOOLEAN: "boolean",
    ArgumentType.DATE: "date",
    ArgumentType.DATETIME: "timestamp",
    ArgumentType.DATETIMEOFFSET: "timestamp with time zone",
    ArgumentType.GUID: "uuid",
}
_ARGUMENT: Final = "aptic argument"
_FOUND: Final = "aptic found"


class PostgreSQLSets:
    """See SetWriter. The rows of arguments are joined, by LATERAL, to the statement with their columns in it."""

    names = frozenset({_ARGUMENT, _FOUND})

    def argument(self, number: int) -> str:
        """See SetWriter."""
        return f"{quoted(_ARGUMENT)}.p{number}"

    def statement(self, inner: str, types: Sequence[ArgumentType], columns: int, *, keeps_order: bool) -> str:
        """See SetWriter."""
        arrays = ", ".join(f"CAST(${number} AS {_ARRAYS[type_]}[])" for number, type_ in enumerate(types, start=1))
        names = ", ".join(f"p{number}" for number in range(1, len(types) + 1))
        listed = ", ".join(f"c{number}" for number in range(1, columns + 1))
        found = f"({inner}) AS {quoted(_FOUND)} ({listed})"
        order_by = ""
        if keeps_order:
            found = f"(SELECT *, row_number() OVER () FROM {found}) AS {quoted(_FOUND)} ({listed}, line)"  # noqa: S608
            order_by = " ORDER BY ordinal, line"
        rows = f"unnest({arrays}) WITH ORDINALITY AS {quoted(_ARGUMENT)} ({names}, ordinal)"
        return f"SELECT {listed}, ordinal FROM {rows} CROSS JOIN LATERAL {found}{order_by}"  # noqa: S608  # only what handlers made


class PostgreSQLWriter(Writer):
    """See Writer."""

    dialect = Dialect.POSTGRESQL
    text = "text"
    sets = PostgreSQLSets()
    runs_in_again = True

    def text_literal(self, value: str) -> str:
        """With E where there is a backslash, which then means itself under each standard_conforming_strings."""
        if "\\" not in value:
            return super().text_literal(value)
        return "E" + super().text_literal(value.replace("\\", "\\\\"))

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

    def pieces(self, sql: str, separator: str) -> str:
        """Of an empty string PostgreSQL gives none."""
        return f"CASE WHEN {sql} = '' THEN ARRAY[''] ELSE string_to_array({sql}, {separator}) END"

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
