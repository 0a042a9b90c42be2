"""Two values side by side: what SQL Server converts, and how strings fold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from engine.model import Collation, Kind
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.kinds import EXACT, STRINGS
from engine.sql.translate.strings import key_of
from engine.sql.translate.typed import Typed


@dataclass(frozen=True, slots=True)
class Pair:
    """Two expressions of the target that compare as the T-SQL ones do."""

    left: str
    right: str


def comparable(emitter: Emitter, left: Typed, right: Typed, node: exp.Expr, *, is_equality: bool) -> Pair:
    """Both sides made ready for `=` and `<>` (`is_equality`), or for the ranges."""
    kinds = {left.type.kind, right.type.kind}
    if kinds <= STRINGS:
        collation = common_collation(left, right, node)
        if is_equality or collation.ordered:
            return Pair(key_of(emitter, left, collation), key_of(emitter, right, collation))
        raise refused(node, "strings are not ordered alike on every ledger", "compare for equality")
    if kinds <= EXACT or (left.type.kind is right.type.kind and Kind.OTHER not in kinds):
        return Pair(left.sql, right.sql)
    raise refused(
        node,
        f"{left.type.kind} compared with {right.type.kind} is not carried to this ledger",
        "CAST one side to the type of the other",
    )


def common_collation(left: Typed, right: Typed, node: exp.Expr) -> Collation:
    """The collation by which two strings compare (Microsoft Learn, "Collation precedence")."""
    chosen = left if left.rank >= right.rank else right
    other = right if chosen is left else left
    if chosen.type.collation is None or other.type.collation is None:
        raise refused(node, "the collation of a string is not known here")
    if chosen.rank == other.rank and chosen.type.collation != other.type.collation:
        raise refused(node, "the two strings have different collations", "name one of them with COLLATE")
    return chosen.type.collation
