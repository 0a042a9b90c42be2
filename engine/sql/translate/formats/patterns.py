"""A pattern of FORMAT, and how it is refused."""

from __future__ import annotations

from typing import NoReturn

from msgspec import Struct
from sqlglot import exp

from engine.sql.translate.faults import not_carried


class Place(Struct, frozen=True, gc=False):
    """Where a pattern stands. `is_plain_culture`: the culture is another one than en-US, alike in its digits alone."""

    node: exp.Expr
    pattern: str
    is_plain_culture: bool

    def refuse(self) -> NoReturn:
        """Raises Refused."""
        hint = "use 'yyyy-MM-dd', 'N2', '0.00' or their like; or send the value, which its reader can format"
        raise not_carried(self.node, f"FORMAT with the pattern `{self.pattern}`", hint)
