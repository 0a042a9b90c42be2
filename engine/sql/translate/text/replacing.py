"""REPLACE, under a collation that folds case too (Microsoft Learn, "REPLACE (Transact-SQL)")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import SqlType
from engine.model.families import UNICODE
from engine.sql.translate.characters import counted, is_basic
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.text.comparison import common_collation
from engine.sql.translate.text.string_functions import limit_of, text_argument, varying
from engine.sql.translate.text.strings import DOTTED_I, DOTTED_I_STANDS_AS, LATE_CAPITALS, LATE_SMALLS, folded
from engine.sql.translate.typed import Typed

# Letters that fold to the key besides its own capital. Source: a sweep of the basic plane, which the tests repeat.
_FURTHER: Final = {
    DOTTED_I_STANDS_AS: DOTTED_I,
    **dict(zip(LATE_SMALLS, LATE_CAPITALS, strict=True)),
    "k": "\u212a",
    "å": "\u212b",
    "ω": "\u2126",
    "θ": "\u03f4",
    "ß": "\u1e9e",
}
_SPECIAL: Final = frozenset(".^$*+?()[]{}|\\")


def replace(emitter: Emitter, node: exp.Replace) -> Typed:
    """REPLACE: every place that equals the pattern under the collation."""
    value, pattern = text_argument(emitter, node.this), text_argument(emitter, node.expression)
    put = text_argument(emitter, node.args["replacement"])
    collation = common_collation(value, pattern, node)
    if not collation.fold_case:
        sql = f"replace({value.sql}, {pattern.sql}, {put.sql})"
    elif not isinstance(pattern.constant, str):
        hint = "write the pattern as a literal, or COLLATE Latin1_General_100_BIN2"
        raise refused(node, "REPLACE of a pattern that is no literal, whatever its case, is not carried", hint)
    elif not pattern.constant:
        # Nothing is put anywhere, and yet a replacement that is NULL makes NULL.
        is_literal = isinstance(put.constant, str)
        sql = value.sql if is_literal else f"CASE WHEN {put.sql} IS NOT NULL THEN {value.sql} END"
    else:
        matched = emitter.writer.text_literal("".join(letter_class(letter) for letter in pattern.constant))
        sql = f"regexp_replace({value.sql}, {matched}, {_put(emitter, put)}, 'g')"
    return _cut(emitter, value, put, sql, _type(value, pattern, put))


def letter_class(letter: str) -> str:
    """A piece of a regular expression that meets every letter which folds as `letter` does."""
    key = folded(letter)
    alike = sorted({letter, key, *_capitals(key), *_FURTHER.get(key, "")})
    if len(alike) > 1:
        return f"[{''.join(alike)}]"
    return f"\\{letter}" if letter in _SPECIAL else letter


def _capitals(key: str) -> set[str]:
    """The capital and the title case of a folded letter, where each is one letter."""
    return {letter for letter in (key.upper(), key.title()) if len(letter) == 1 and folded(letter) == key}


def _put(emitter: Emitter, put: Typed) -> str:
    """The replacement, in which a backslash means nothing."""
    if isinstance(put.constant, str):
        return emitter.writer.text_literal(put.constant.replace("\\", "\\\\"))
    one, two = emitter.writer.text_literal("\\"), emitter.writer.text_literal("\\\\")
    return f"replace({put.sql}, {one}, {two})"


def _type(value: Typed, pattern: Typed, put: Typed) -> SqlType:
    """Unicode where one of the three is; the longest that the result may be, None where the value is `max`."""
    wide = next((side.type for side in (value, pattern, put) if side.type.kind in UNICODE), value.type)
    limit = limit_of(wide)
    length = value.type.length
    if length is not None:
        at_most = len(pattern.constant) if isinstance(pattern.constant, str) and pattern.constant else 1
        grown = limit if put.type.length is None else length // at_most * max(put.type.length - at_most, 0)
        length = min(limit, length + grown)
    return varying(wide, length)


def _cut(emitter: Emitter, value: Typed, put: Typed, sql: str, type_: SqlType) -> Typed:
    """SQL Server cuts a result that is not `max` at 8000 bytes."""
    limit = limit_of(type_)
    if type_.length == limit:
        sql = counted(emitter.writer, value, f"left({sql}, {limit})", type_)
    return Typed(sql, type_, rank=value.rank, is_basic=is_basic(value) and is_basic(put))
