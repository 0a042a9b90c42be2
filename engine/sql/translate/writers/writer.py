"""What every writer has: the operations that ledger kinds write differently."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Final, Protocol

from engine.model import ArgumentType, Dialect, Kind, SqlType
from engine.model.families import DECIMALS, STRINGS, WHOLE
from engine.sql.translate.kinds import as_decimal, precision_of
from engine.sql.translate.typed import Typed

# A tinyint is 0 to 255, which no ledger's one-byte type holds.
_COMMON: Final = {
    Kind.BIT: "boolean",
    Kind.TINYINT: "smallint",
    Kind.SMALLINT: "smallint",
    Kind.INT: "integer",
    Kind.BIGINT: "bigint",
    Kind.FLOAT: "double precision",
    Kind.REAL: "real",
    Kind.UNIQUEIDENTIFIER: "uuid",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.SMALLDATETIME: "timestamp",
    Kind.DATETIME: "timestamp",
    Kind.DATETIME2: "timestamp",
    Kind.DATETIMEOFFSET: "timestamp with time zone",
    Kind.BINARY: "bytea",
    Kind.VARBINARY: "bytea",
    Kind.IMAGE: "bytea",
    Kind.ROWVERSION: "bytea",
    Kind.XML: "text",
}


class SetWriter(Protocol):
    """How a ledger kind writes a statement that is run for many lists of arguments at once."""

    @property
    def names(self) -> frozenset[str]:
        """The names, in lower case, that such a statement uses of its own."""

    def argument(self, number: int) -> str:
        """What stands for `$number` in the statement."""

    def statement(self, inner: str, types: Sequence[ArgumentType], columns: int, *, keeps_order: bool) -> str:
        """The statement for many lists, of `inner` for one, which gives so many columns.

        It takes an array for each of `types`. It gives the columns of `inner` and, last, the number of the list, from
        1; with `keeps_order` the rows of a list follow one another in their order.
        """


class Writer(ABC):
    """How one ledger kind writes what differs.

    A method takes SQL, or values with their T-SQL types, and gives SQL. It does what its name says in the ledger's own
    sense: what T-SQL does otherwise is the caller's care. A method with a body here is standard SQL.
    """

    dialect: ClassVar[Dialect]
    text: ClassVar[str]
    """The name of the type of strings of any length."""
    sets: ClassVar[SetWriter | None] = None
    """How a statement is run for many lists of arguments at once, None where it never is."""
    why_one: ClassVar[str | None] = None
    """Why it never is."""
    runs_in_again: ClassVar[bool] = False
    """Whether IN over a subquery that uses columns of the query around it is run for each row anew, EXISTS once."""

    def type_name(self, type_: SqlType) -> str:
        """The name of the ledger's type that holds values of `type_`."""
        if type_.kind in STRINGS:
            return self.text
        if type_.kind in DECIMALS:
            exact = as_decimal(type_)
            return f"numeric({exact.precision},{exact.scale})"
        return _COMMON[type_.kind]

    def cast(self, sql: str, type_: SqlType) -> str:
        """`sql` as the ledger's type for `type_`."""
        return f"CAST({sql} AS {self.type_name(type_)})"

    def text_literal(self, value: str) -> str:
        """A string literal whose value is `value` whatever the ledger's settings for backslashes."""
        doubled = value.replace("'", "''")
        return f"'{doubled}'"

    def int_literal(self, sql: str, type_: SqlType) -> str:  # noqa: ARG002  # only some ledgers need the type
        """A whole number, written out, as an operand whose type decides that of the result."""
        return sql

    @abstractmethod
    def decimal_argument(self, sql: str) -> str:
        """The placeholder `sql` of a decimal whose scale is that of its value."""

    def first_not_null(self, values: Sequence[Typed]) -> str:
        """The first value that is not NULL; a later one is looked at only where the ones before it are NULL."""
        return f"coalesce({', '.join(value.sql for value in values)})"

    @abstractmethod
    def lower(self, sql: str) -> str:
        """Lower case by Unicode's own tables, whatever the ledger's locale."""

    @abstractmethod
    def by_bytes(self, sql: str) -> str:
        """A string that compares and sorts by its bytes."""

    def by_locale(self, sql: str, locale: str) -> str | None:  # noqa: ARG002  # as above
        """What sorts as a string does in a language; None where the ledger has nothing for it that is always there."""
        return None

    @abstractmethod
    def trim(self, sql: str) -> str:
        """A string without the blanks at both its ends."""

    def in_threes(self, sql: str) -> str:
        """A string of digits with a comma before each three of its last ones."""
        threes = f"regexp_replace(reverse({sql}), '([0-9]{{3}})', {self.text_literal(chr(92) + '1,')}, 'g')"
        return f"reverse(rtrim({threes}, ','))"

    def pieces(self, sql: str, separator: str) -> str:
        """An array of what stands between the separators in a string, of one empty string where it is empty."""
        return f"string_split({sql}, {separator})"

    def reverse(self, sql: str) -> str:
        """The characters of a string from the last to the first."""
        return f"reverse({sql})"

    def decimal_text(self, sql: str, precision: int, scale: int) -> str | None:  # noqa: ARG002  # as above
        """A decimal with all digits of its scale, and a digit before the point; None where that cannot be written."""
        return f"CAST({sql} AS {self.text})"

    @abstractmethod
    def whole_division(self, left: str, right: str) -> str:
        """The quotient of two whole numbers, cut at the point; without parentheses."""

    @abstractmethod
    def decimal_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:
        """Decimals under `+`, `-` or `*`, whose exact result `type_` holds."""

    @abstractmethod
    def long_operation(self, sign: str, left: Typed, right: Typed, type_: SqlType) -> str:
        """The same where the exact result may have more digits than `type_`: the cast to it rounds half away from zero.

        A ledger whose numbers have 38 digits has an error where a result needs more before it is rounded.
        """

    @abstractmethod
    def quotient(self, left: Typed, right: Typed, scale: int) -> str:
        """The exact quotient of two decimals, its digits after `scale` cut off."""


def as_exact(value: Typed) -> str:
    """A whole number as a decimal, which is what SQL Server makes of it beside one."""
    if value.type.kind not in WHOLE:
        return value.sql
    return f"CAST({value.sql} AS numeric({precision_of(value.type)},0))"


@lru_cache(maxsize=4096)  # a ledger's names come again and again
def quoted(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'
