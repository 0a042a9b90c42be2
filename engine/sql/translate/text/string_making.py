"""STUFF, REPLICATE, SPACE, REVERSE, CHAR and NCHAR (Microsoft Learn, "String functions (Transact-SQL)")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import UNICODE
from engine.sql.translate.characters import counted, is_basic
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.literals import text
from engine.sql.translate.text.comparison import common_collation
from engine.sql.translate.text.string_functions import derived, limit_of, text_argument, varying, whole_argument
from engine.sql.translate.typed import Typed

_BLANKS: Final = 8000
_PAIR_STARTS: Final = 0xD800


def stuff(emitter: Emitter, node: exp.Stuff) -> Typed:
    """STUFF: NULL where the place lies outside the string or the length is negative."""
    value, put = text_argument(emitter, node.this), text_argument(emitter, node.expression)
    start, count = whole_argument(emitter, node.args["start"]), whole_argument(emitter, node.args["length"])
    if not isinstance(put.constant, str):
        hint = "write LEFT(…) + … + SUBSTRING(…)"
        raise refused(node, "STUFF is carried with a literal to put in", hint)
    common_collation(value, put, node)
    wide = value.type if value.type.kind in UNICODE else put.type
    length = value.type.length
    type_ = varying(wide, None if length is None else min(length + len(put.constant), limit_of(wide)))
    if length is not None and length + len(put.constant) > limit_of(wide):
        raise refused(node, "STUFF may give more than a string can hold", "CAST the string to a shorter one first")
    last = f"length({value.sql})"
    taken = f"least({count.sql}, {last})"
    made = f"left({value.sql}, {start.sql} - 1) || {put.sql} || substring({value.sql}, {start.sql} + {taken})"
    sql = f"CASE WHEN {start.sql} BETWEEN 1 AND {last} AND {count.sql} >= 0 THEN {made} END"
    return derived(value, counted(emitter.writer, value, sql, type_), type_, is_checked=is_basic(put))


def replicate(emitter: Emitter, node: exp.Repeat) -> Typed:
    """REPLICATE: NULL for a negative number; cut at 8000 bytes, as a string that is not `max` is."""
    value, count = text_argument(emitter, node.this), whole_argument(emitter, node.args["times"])
    length = value.type.length
    if length is None:
        hint = "CAST it to varchar(n) or nvarchar(n) first"
        raise not_carried(node, "REPLICATE of a string without a length", hint)
    limit, times = limit_of(value.type), count.constant if isinstance(count.constant, int) else None
    most = limit if times is None else min(length * max(times, 0), limit)
    type_ = varying(value.type, max(most, 1))
    sql = f"repeat({value.sql}, least({count.sql}, {limit}))"
    if most == limit:
        sql = counted(emitter.writer, value, f"left({sql}, {limit})", type_)
    return derived(value, f"CASE WHEN {count.sql} >= 0 THEN {sql} END", type_)


def space(emitter: Emitter, node: exp.Space) -> Typed:
    """SPACE: NULL for a negative number; at most 8000 blanks."""
    count = whole_argument(emitter, node.this)
    known = count.constant if isinstance(count.constant, int) else _BLANKS
    type_ = SqlType(Kind.VARCHAR, length=min(max(known, 1), _BLANKS), collation=emitter.collation)
    return Typed(
        f"CASE WHEN {count.sql} >= 0 THEN repeat(' ', least({count.sql}, {_BLANKS})) END", type_, is_basic=True
    )


def reverse(emitter: Emitter, node: exp.Reverse) -> Typed:
    """REVERSE."""
    value = text_argument(emitter, node.this)
    type_ = varying(value.type, value.type.length)
    sql = emitter.writer.reverse(value.sql)
    return derived(value, counted(emitter.writer, value, sql, type_), type_, is_checked=True)


def character(emitter: Emitter, node: exp.Chr) -> Typed:
    """CHAR of a plain number."""
    emitter.check_arguments(node, frozenset({"expressions", "charset"}))
    return _character(emitter, node, node.expressions, Kind.CHAR)


def national_character(emitter: Emitter, node: exp.Anonymous) -> Typed:
    """NCHAR of a plain number."""
    return _character(emitter, node, node.expressions, Kind.NCHAR)


def _character(emitter: Emitter, node: exp.Expr, given: list[exp.Expr], kind: Kind) -> Typed:
    number = emitter.scalar(given[0]).constant if len(given) == 1 else None
    if not isinstance(number, int) or not 9 <= number < (_PAIR_STARTS if kind is Kind.NCHAR else 256):
        name = emitter.name_of(node)
        raise refused(node, f"{name} is carried with a plain number", "write the character in quotes: N'…'")
    try:
        letter = chr(number) if kind is Kind.NCHAR else bytes([number]).decode("cp1252")
    except UnicodeDecodeError as error:
        raise refused(node, f"the code page has no character {number}", "write it in quotes: N'…'") from error
    return text(emitter, node, letter, kind)


STRING_MAKING: Final[Entries] = {
    exp.Stuff: entry(stuff, "this", "start", "length", "expression", needs=("start", "length", "expression")),
    exp.Repeat: entry(replicate, "this", "times", needs=("times",)),
    exp.Space: entry(space, "this"),
    exp.Reverse: entry(reverse, "this"),
    exp.Chr: entry(character, "expressions", "charset"),
}
