"""String functions of T-SQL that are carried (Microsoft Learn, "String functions (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import INCOMPARABLE, MAX_LENGTHS, STRINGS, UNICODE, WHOLE
from engine.sql.translate.casts.cast_text import written_out
from engine.sql.translate.characters import counted, counted_to, has_pairs, is_basic, is_unicode
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import BASIC, guarded
from engine.sql.translate.kinds import INT
from engine.sql.translate.text.case_mapping import CAPITALS, COVERED, SMALLS
from engine.sql.translate.text.comparison import common_collation
from engine.sql.translate.text.strings import fold_case
from engine.sql.translate.typed import Rank, Typed


def limit_of(type_: SqlType) -> int:
    """How many characters a string that is not `max` may have."""
    return MAX_LENGTHS[Kind.NVARCHAR if type_.kind in UNICODE else Kind.VARCHAR]


def text_argument(emitter: Emitter, node: exp.Expr) -> Typed:
    """An argument that must be a string. The parser puts a cast to text around some, which the author did not write."""
    if isinstance(node, exp.Cast) and node.to.this is exp.DType.TEXT and "nested" not in node.to.args:
        node = node.this
    value = emitter.scalar(node)
    if value.type.kind not in STRINGS or value.type.kind in INCOMPARABLE or value.is_null:
        raise not_carried(node, f"a string function on {value.type.kind}", "CAST it to varchar(n)")
    return value


def whole_argument(emitter: Emitter, node: exp.Expr) -> Typed:
    """An argument that must be a whole number."""
    value = emitter.scalar(node)
    if value.type.kind not in WHOLE:
        raise refused(node, f"a whole number is needed here, and {value.type.kind} is not carried", "CAST it to int")
    return value.made(emitter.writer.cast(value.sql, INT), INT) if value.type.kind is not Kind.INT else value


def varying(type_: SqlType, length: int | None) -> SqlType:
    """The varchar or nvarchar that a function gives for a string of `type_`."""
    kind = Kind.NVARCHAR if type_.kind in UNICODE else Kind.VARCHAR
    return SqlType(kind, length=length, collation=type_.collation)


def derived(value: Typed, sql: str, type_: SqlType, *, is_checked: bool = False) -> Typed:
    """A string made from `value`, whose collation it keeps; `is_checked`: its characters count as one each."""
    return Typed(sql, type_, rank=value.rank, is_basic=is_checked or is_basic(value))


def length(emitter: Emitter, node: exp.Length) -> Typed:
    """LEN: characters, without the blanks at the end."""
    value = text_argument(emitter, node.this)
    type_ = SqlType(Kind.BIGINT) if value.type.length is None and value.placeholder is None else INT
    sql = f"length(rtrim({value.sql}, ' '))"
    if has_pairs(value):
        sql = f"({sql} + length(regexp_replace({value.sql}, '{BASIC}', '', 'g')))"
    return Typed(emitter.writer.cast(sql, type_), type_)


def left(emitter: Emitter, node: exp.Left) -> Typed:
    """LEFT."""
    return _end(emitter, node, "left")


def right(emitter: Emitter, node: exp.Right) -> Typed:
    """RIGHT."""
    return _end(emitter, node, "right")


def _end(emitter: Emitter, node: exp.Expr, name: str) -> Typed:
    value, count = text_argument(emitter, node.this), whole_argument(emitter, node.expression)
    known = count.constant if isinstance(count.constant, int) else None
    if known is not None and known < 0:
        raise refused(node, f"{name.upper()} with a negative length is an error in SQL Server", "write 0 or more")
    type_ = varying(value.type, _shorter(value.type.length, known))
    part = f"{name}({value.sql}, {count.sql})"
    sql = counted_to(emitter.writer, value, part, part, type_)
    return derived(value, _with_length(emitter, name, count, sql, type_), type_, is_checked=True)


def _with_length(emitter: Emitter, name: str, count: Typed, sql: str, type_: SqlType) -> str:
    """`sql`, or an error where the length is negative."""
    if count.constant is not None:
        return sql
    message = f"invalid length for {name}"
    return guarded(emitter.writer, sql, type_, fails_if=f"{count.sql} < 0", message=message, witnesses=[count.sql])


def _shorter(one: int | None, other: int | None) -> int | None:
    lengths = [length for length in (one, other) if length is not None]
    return max(min(lengths), 1) if lengths else None


def substring(emitter: Emitter, node: exp.Substring) -> Typed:
    """SUBSTRING: what lies before the first character counts, and gives nothing."""
    value, start = text_argument(emitter, node.this), whole_argument(emitter, node.args["start"])
    count = whole_argument(emitter, node.args["length"])
    if isinstance(count.constant, int) and count.constant < 0:
        raise refused(node, "SUBSTRING with a negative length is an error in SQL Server", "write 0 or more")
    if isinstance(start.constant, int) and isinstance(count.constant, int):
        return _constant_substring(emitter, value, start.constant, count.constant)
    type_ = varying(value.type, value.type.length)
    first = f"greatest({start.sql}, 1)"
    taken = f"greatest({count.sql} + least({start.sql}, 1) - 1, 0)"
    until = f"substring({value.sql}, 1, {first} - 1 + {taken})"
    sql = counted_to(emitter.writer, value, until, f"substring({value.sql}, {first}, {taken})", type_)
    sql = f"CASE WHEN {start.sql} IS NOT NULL AND {count.sql} IS NOT NULL THEN {sql} END"
    return derived(value, _with_length(emitter, "substring", count, sql, type_), type_, is_checked=True)


def _constant_substring(emitter: Emitter, value: Typed, start: int, count: int) -> Typed:
    taken = max(count + min(start, 1) - 1, 0)
    type_ = varying(value.type, _shorter(value.type.length, taken))
    sql = f"substring({value.sql}, {max(start, 1)}, {taken})"
    until = f"left({value.sql}, {max(start, 1) - 1 + taken})"
    return derived(value, counted_to(emitter.writer, value, until, sql, type_), type_, is_checked=True)


def trim(emitter: Emitter, node: exp.Trim) -> Typed:
    """TRIM, LTRIM and RTRIM of blanks."""
    if node.args.get("expression") is not None:
        raise not_carried(node, "TRIM of other characters than blanks", "use REPLACE")
    value = text_argument(emitter, node.this)
    match node.args.get("position"):
        case "LEADING":
            sql = f"ltrim({value.sql}, ' ')"
        case "TRAILING":
            sql = f"rtrim({value.sql}, ' ')"
        case _:  # neither and BOTH are both ends
            sql = emitter.writer.trim(value.sql)
    return derived(value, sql, varying(value.type, value.type.length))


def upper(emitter: Emitter, node: exp.Upper) -> Typed:
    """UPPER."""
    return _mapped(emitter, node, SMALLS, CAPITALS)


def lower(emitter: Emitter, node: exp.Lower) -> Typed:
    """LOWER."""
    return _mapped(emitter, node, CAPITALS, SMALLS)


def _mapped(emitter: Emitter, node: exp.Func, from_: str, to: str) -> Typed:
    """Case by a table of our own: the ledgers' functions go by locale or by Unicode version, and know ß → SS."""
    value = text_argument(emitter, node.this)
    if not is_unicode(value.type):
        from_, to = _within_code_page(from_, to)
    sql = f"translate({value.sql}, '{from_}', '{to}')"
    if is_unicode(value.type) and not isinstance(value.constant, str):
        sql = guarded(
            emitter.writer,
            sql,
            value.type,
            fails_if=f"{value.sql} ~ '[^{COVERED}]'",
            message="the case of a letter beyond Latin is not carried to this ledger",
            witnesses=[value.sql],
        )
    return derived(value, sql, varying(value.type, value.type.length), is_checked=True)


def _within_code_page(from_: str, to: str) -> tuple[str, str]:
    both = [(one, other) for one, other in zip(from_, to, strict=True) if _in_code_page(one) and _in_code_page(other)]
    return "".join(one for one, _ in both), "".join(other for _, other in both)


def _in_code_page(letter: str) -> bool:
    return letter < "\u0100" or letter in "ŠšŒœŽžŸ"


def concatenated(emitter: Emitter, node: exp.Add, first: Typed, second: Typed) -> Typed:
    """`+` between strings: NULL where one of them is; cut at 8000 bytes where neither is `max`."""
    for side, other in ((first, second), (second, first)):
        if side.type.kind not in STRINGS - INCOMPARABLE and not side.is_null:
            kinds = f"{other.type.kind} + {side.type.kind}"
            hint = "use CONCAT, or CAST it to varchar(n)"
            raise refused(node, f"{kinds} makes SQL Server convert the string to a number, or fail", hint)
    if first.is_null or second.is_null:
        raise refused(node, "a string + NULL is always NULL", "leave the NULL out, or use CONCAT")
    made = _joined(node, [first, second], [first.sql, second.sql])
    limit = limit_of(made.type)
    if made.type.length is None or made.type.length <= limit:
        return made
    type_ = varying(made.type, limit)
    return derived(made, counted(emitter.writer, made, f"left({made.sql}, {limit})", type_), type_, is_checked=True)


def concat(emitter: Emitter, node: exp.Concat) -> Typed:
    """CONCAT: values become strings, NULL an empty one."""
    if len(node.expressions) < 2:
        raise refused(node, "CONCAT has at least two values", "give it another value")
    values = [as_text(emitter, item) for item in node.expressions]
    sides = [value.sql if isinstance(value.constant, str) else f"coalesce({value.sql}, '')" for value in values]
    return _short(node, _joined(node, values, sides), "CONCAT")


def concat_ws(emitter: Emitter, node: exp.ConcatWs) -> Typed:
    """CONCAT_WS: the values that are not NULL, with the separator between them."""
    separator, *values = [as_text(emitter, item) for item in node.expressions]
    has_null = any(isinstance(item, exp.Null) for item in node.expressions)
    if not isinstance(separator.constant, str) or len(values) < 2 or has_null:
        raise refused(
            node, "CONCAT_WS is carried with a literal separator and at least two values", "write CONCAT_WS(', ', a, b)"
        )
    sql = f"concat_ws({', '.join(value.sql for value in (separator, *values))})"
    return _short(node, _joined(node, [value for item in values for value in (item, separator)], [sql]), "CONCAT_WS")


def _short(node: exp.Expr, value: Typed, name: str) -> Typed:
    """What CONCAT gives, where it is not so long that SQL Server would have to cut it."""
    limit = limit_of(value.type)
    if value.type.length is not None and value.type.length > limit:
        hint = "join with +, or CAST one of them to varchar(max) or nvarchar(max)"
        raise refused(node, f"SQL Server cuts what {name} gives after {limit} characters", hint)
    return value


def as_text(emitter: Emitter, item: exp.Expr) -> Typed:
    """A value as CONCAT makes a string of it; NULL is an empty one."""
    value = emitter.scalar(item)
    if value.is_null:
        return Typed(
            "''", SqlType(Kind.VARCHAR, length=1, collation=emitter.collation), constant="", rank=Rank.COERCIBLE
        )
    if value.type.kind in STRINGS - INCOMPARABLE:
        return value
    written = written_out(emitter, item, value)
    return Typed(written.sql, written.type, rank=Rank.COERCIBLE, is_basic=True)


def _joined(node: exp.Expr, values: Sequence[Typed], sides: Sequence[str]) -> Typed:
    """Strings one after the other; the result may be longer than SQL Server lets a string be that is not `max`."""
    is_wide = any(value.type.kind in UNICODE for value in values)
    lengths = [value.type.length for value in values]
    total = None if None in lengths else sum(length for length in lengths if length is not None)
    strongest = max(values, key=lambda value: value.rank)
    for value in values:
        common_collation(strongest, value, node)
    type_ = SqlType(Kind.NVARCHAR if is_wide else Kind.VARCHAR, length=total, collation=strongest.type.collation)
    sql = sides[0] if len(sides) == 1 else f"({' || '.join(sides)})"
    return Typed(sql, type_, rank=strongest.rank, is_basic=all(is_basic(value) for value in values))


def charindex(emitter: Emitter, node: exp.StrPosition) -> Typed:
    """CHARINDEX: the place of one string in another under its collation; 0 where there is none, or nothing to find.

    It is an error where a character up to the end of what is found counts as two.
    """
    wanted, value = text_argument(emitter, node.args["substr"]), text_argument(emitter, node.this)
    collation = common_collation(value, wanted, node)
    found, text = wanted.sql, value.sql
    if collation.fold_case:
        found, text = fold_case(emitter.writer, found, wanted.type), fold_case(emitter.writer, text, value.type)
    type_ = SqlType(Kind.BIGINT) if value.type.length is None and value.placeholder is None else INT
    position = node.args.get("position")
    if position is None:
        sql = f"strpos({text}, {found})"
    else:
        start = f"greatest({whole_argument(emitter, position).sql}, 1)"
        rest = f"strpos(substring({text}, {start}), {found})"
        sql = f"CASE WHEN {rest} = 0 THEN 0 ELSE {rest} + {start} - 1 END"
    if value.constant is None:
        sql = f"CASE WHEN {found} = '' AND {text} IS NOT NULL THEN 0 ELSE {sql} END"
    else:
        sql = f"CASE WHEN {found} = '' THEN 0 ELSE {sql} END"
    sql = emitter.writer.cast(sql, type_)
    until = f"CASE {sql} WHEN 0 THEN {value.sql} ELSE left({value.sql}, {sql} - 1 + length({wanted.sql})) END"
    return Typed(counted_to(emitter.writer, value, until, sql, type_), type_)


STRING_FUNCTIONS: Final[Entries] = {
    exp.Length: entry(length, "this"),
    exp.Left: entry(left, "this", "expression"),
    exp.Right: entry(right, "this", "expression"),
    exp.Substring: entry(substring, "this", "start", "length", needs=("start", "length")),
    exp.Trim: entry(trim, "this", "position", "expression"),
    exp.Upper: entry(upper, "this"),
    exp.Lower: entry(lower, "this"),
    exp.Concat: entry(concat, "expressions", "safe", "coalesce"),
    exp.ConcatWs: entry(concat_ws, "expressions", "safe", "coalesce"),
    exp.StrPosition: entry(charindex, "this", "substr", "position"),
}
