"""How strings compare: the folds of the collation (definition language, section 3, a to c)."""

from __future__ import annotations

from engine.model import Collation
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.targets import text_literal
from engine.sql.translate.typed import Typed


def folds(collation: Collation | None) -> bool:
    """Whether equal strings may differ in bytes."""
    return collation is not None and (collation.fold_case or collation.fold_trailing_blanks)


def key_of(emitter: Emitter, value: Typed, collation: Collation) -> str:
    """An expression that is equal for two strings exactly where `collation` holds them equal."""
    if isinstance(value.constant, str) and value.constant.isascii():
        folded = value.constant.lower() if collation.fold_case else value.constant
        return text_literal(folded.rstrip(" ") if collation.fold_trailing_blanks else folded, emitter.target)
    sql = fold_case(emitter, value.sql) if collation.fold_case else value.sql
    if not collation.fold_trailing_blanks:
        return sql
    binary = "" if collation.fold_case else emitter.target.binary_collation
    return f"rtrim({sql}, ' '){binary}"


def fold_case(emitter: Emitter, sql: str) -> str:
    """Lower case by Unicode's own tables, whatever the ledger's locale."""
    return f"lower({sql}{emitter.target.root_collation})"


def representative(emitter: Emitter, sql: str) -> str:
    """The first by its bytes of several equal strings: SQL Server promises none, so it is always the same one."""
    return f"min({sql}{emitter.target.binary_collation})"
