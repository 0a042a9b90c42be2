"""What a handler makes of one expression: the target's SQL with the T-SQL type that it stands for."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from engine.model import SqlType


class Rank(IntEnum):
    """Whose collation wins (Microsoft Learn, "Collation precedence")."""

    COERCIBLE = 0
    IMPLICIT = 1
    EXPLICIT = 2


class Typed(Struct, frozen=True, gc=False):
    """An expression of the target that stands on its own (no outer parentheses needed), and its T-SQL type.

    The target's own type is the one that `Writer.type_name` gives for `type`, except that a decimal may be wider there
    (its scale is never another).
    `constant` is the value of a literal. `placeholder` is the ordinal of a bare `?`. `is_null` is a bare NULL, which
    takes any type; `is_typed_null` is one that has a type, as a hole has. `is_loose`: SQL Server's precision for it
    varies (an int literal among decimals). `unpadded` is a char(n) column as the ledger keeps it, for where blanks at
    the end do not count. `is_basic`: a string that holds no character which SQL Server counts as two. `is_column`: a
    column as it is, which cannot fail. `argument` is the ordinal of the argument that it is, also where a conversion
    had nothing to do; `placeholder` is not kept by one.
    """

    sql: str
    type: SqlType
    constant: str | int | Decimal | float | None = None
    placeholder: int | None = None
    is_null: bool = False
    is_typed_null: bool = False
    is_loose: bool = False
    rank: Rank = Rank.IMPLICIT
    unpadded: str | None = None
    is_basic: bool = False
    is_column: bool = False
    argument: int | None = None

    def typed(self, type_: SqlType) -> Typed:
        """The same expression as another type that holds it."""
        return replace(self, type=type_)

    def made(self, sql: str, type_: SqlType | None = None) -> Typed:
        """An expression made from this one: what was known of this one alone is not kept."""
        return Typed(sql, type_ or self.type, is_loose=self.is_loose, rank=self.rank)

    def kept(self, type_: SqlType | None = None) -> Typed:
        """The same as the result of an operation that has nothing to do here."""
        made = self.made(self.sql, type_)
        return replace(made, is_column=self.is_column, argument=self.argument)
