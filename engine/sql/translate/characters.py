"""Which characters a string may hold, and those that SQL Server counts as two."""

from __future__ import annotations

from engine.model import SqlType
from engine.model.families import UNICODE
from engine.sql.translate.guards import without_astral
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer


def is_unicode(type_: SqlType) -> bool:
    """Whether strings of the type may hold characters beyond a single-byte code page."""
    if type_.kind in UNICODE or type_.collation is None or type_.collation.name is None:
        return True
    return type_.collation.name.upper().endswith("UTF8")


def is_basic(value: Typed) -> bool:
    """Whether every character of the string counts as one in SQL Server."""
    if value.is_basic or not is_unicode(value.type):
        return True
    return isinstance(value.constant, str) and all(character < "\U00010000" for character in value.constant)


def counted(writer: Writer, value: Typed, sql: str, type_: SqlType) -> str:
    """`sql` of `type_`, which counts characters of `value`: an error where some count as two in SQL Server."""
    return counted_to(writer, value, value.sql, sql, type_)


def counted_to(writer: Writer, value: Typed, part: str, sql: str, type_: SqlType) -> str:
    """`sql`, which counts characters of `part` of `value` only, and so is right where they count as one each."""
    return sql if is_basic(value) else without_astral(writer, part, sql, type_)


def has_pairs(value: Typed) -> bool:
    """Whether the string may hold characters that LEN counts as two: all collations but those with _SC do so."""
    collation = value.type.collation
    styles = set(collation.name.upper().split("_")) if collation is not None and collation.name is not None else set()
    return not (is_basic(value) or styles & {"SC", "140"})
