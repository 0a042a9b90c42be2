"""How strings compare: the folds of the collation (definition language, section 3, a to c)."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Collation, Kind, SqlType
from engine.model.families import INCOMPARABLE, STRINGS
from engine.sql.collations import locale
from engine.sql.translate.characters import is_unicode
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, refused
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer

# Where lower() of PostgreSQL (ICU) and of DuckDB differ, or change a string's length: the dotted capital I is put out
# of their way, the final sigma is made a plain one, and letters that only newer Unicode versions pair are paired here.
# Source: a comparison over every code point of the basic plane, which the tests repeat.
DOTTED_I: Final = "\u0130"
DOTTED_I_STANDS_AS: Final = "\ue130"
LATE_CAPITALS: Final = "\u03c2\u1c89\ua7cb\ua7cc\ua7da\ua7dc"
LATE_SMALLS: Final = "\u03c3\u1c8a\u0264\ua7cd\ua7db\u019b"


def folds(collation: Collation | None) -> bool:
    """Whether equal strings may differ in bytes."""
    return collation is not None and (collation.fold_case or collation.fold_trailing_blanks)


def merges(type_: SqlType) -> bool:
    """Whether values of the type that are equal, and so one group, may differ in bytes."""
    return type_.kind in STRINGS and folds(type_.collation)


def checked(node: exp.Expr, collation: Collation) -> Collation:
    """A collation whose rules are carried; raises Refused for one that takes no account of accents."""
    if collation.name is not None and "AI" in collation.name.upper().split("_"):
        hint = "name another one with COLLATE"
        raise refused(node, f"the collation `{collation.name}` holds letters with and without accents equal", hint)
    return collation


def key_of(emitter: Emitter, value: Typed, collation: Collation) -> str:
    """An expression that is equal for two strings exactly where `collation` holds them equal."""
    if isinstance(value.constant, str) and value.constant.isascii():
        folded = value.constant.lower() if collation.fold_case else value.constant
        return emitter.writer.text_literal(folded.rstrip(" ") if collation.fold_trailing_blanks else folded)
    sql = value.unpadded if value.unpadded is not None and collation.fold_trailing_blanks else value.sql
    sql = fold_case(emitter.writer, sql, value.type) if collation.fold_case else sql
    if not collation.fold_trailing_blanks:
        return sql
    trimmed = f"rtrim({sql}, ' ')"
    return trimmed if collation.fold_case else emitter.writer.by_bytes(trimmed)


def equality_key(emitter: Emitter, node: exp.Expr, value: Typed) -> str:
    """An expression that is equal for two values exactly where GROUP BY, PARTITION BY and DISTINCT hold them equal."""
    if value.type.kind in INCOMPARABLE | {Kind.OTHER}:
        raise _not_compared(node, value)
    if value.type.kind not in STRINGS:
        return value.sql
    return key_of(emitter, value, checked(node, known_collation(node, value)))


def fold_case(writer: Writer, sql: str, type_: SqlType) -> str:
    """Lower case by Unicode's own tables whatever the ledger's locale, one character for one."""
    if not is_unicode(type_):
        return writer.lower(sql)
    guarded_i = f"translate({sql}, '{DOTTED_I}', '{DOTTED_I_STANDS_AS}')"
    return f"translate({writer.lower(guarded_i)}, '{LATE_CAPITALS}', '{LATE_SMALLS}')"


def folded(text: str) -> str:
    """What `fold_case` makes of `text`; only for characters that every Unicode version knows."""
    lowered = text.replace(DOTTED_I, DOTTED_I_STANDS_AS).lower()
    return lowered.translate(str.maketrans(LATE_CAPITALS, LATE_SMALLS))


def representative(emitter: Emitter, sql: str) -> str:
    """The first by its bytes of several equal strings: SQL Server promises none, so it is always the same one."""
    return f"min({emitter.writer.by_bytes(sql)})"


def sorts_as_it_is(node: exp.Expr, value: Typed) -> bool:
    """Whether the ledger sorts the value without a key that is made of it: what is no string, or by the ledger's rules.

    Raises Refused for a string that does not compare.
    """
    return value.type.kind not in STRINGS or known_collation(node, value).name is None


def order_key(emitter: Emitter, node: exp.Expr, value: Typed) -> str:
    """An expression that sorts as the string does in SQL Server, or Refused where that is not the same everywhere."""
    collation = checked(node, known_collation(node, value))
    if not collation.ordered:
        return approximate_key(emitter, node, value, collation, f"{_clause(node)} strings")
    if collation.name is None:
        return value.sql
    return padded(emitter, node, value, value.type.length)


def padded(emitter: Emitter, node: exp.Expr, value: Typed, length: int | None) -> str:
    """A string of a binary collation with the blanks that SQL Server compares it with, for an order by bytes."""
    if length is None:
        raise refused(node, "a string without a length is not ordered alike on every ledger", "CAST it to varchar(n)")
    return emitter.writer.by_bytes(f"rpad({value.sql}, {length}, ' ')")


_CLAUSES: Final[dict[type[exp.Expr], str]] = {exp.Ordered: "ORDER BY of", exp.Min: "MIN of", exp.Max: "MAX of"}


def _clause(node: exp.Expr) -> str:
    return _CLAUSES.get(type(node), "an order among")


def approximate_key(emitter: Emitter, node: exp.Expr, value: Typed, collation: Collation, what: str) -> str:
    """An expression that sorts nearly as the string does in SQL Server, where `what` may be approximated.

    Equal strings are those of `=`. Raises Refused where nothing may be approximated.
    """
    key = key_of(emitter, value, collation)
    made = emitter.writer.by_locale(key, locale(collation.name or "")) if emitter.request.approximate else None
    if made is None:
        raise _not_ordered(node)
    emitter.approximations.add(what)
    return made if collation.fold_case or "BIN" not in (collation.name or "").upper().split("_") else key


def _not_ordered(node: exp.Expr) -> Refused:
    """The fault of an order among strings that no other ledger shares."""
    hint = (
        "order by a number or a date, or COLLATE Latin1_General_100_BIN2; to try the definition out, "
        "`aptic-definitions test` and `compose` have --approximate"
    )
    return refused(node, "strings are not ordered alike on every ledger under this collation", hint)


def known_collation(node: exp.Expr, value: Typed) -> Collation:
    """The collation of a string; raises Refused where it has none, or is of a type that does not compare."""
    if value.type.kind in INCOMPARABLE or value.type.kind not in STRINGS or value.type.collation is None:
        raise _not_compared(node, value)
    return value.type.collation


def _not_compared(node: exp.Expr, value: Typed) -> Refused:
    return refused(
        node, f"{value.type.other_name or value.type.kind} does not compare", "CAST it to varchar(max) or nvarchar(max)"
    )
