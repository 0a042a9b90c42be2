"""Two values side by side: what SQL Server converts, and how strings fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import Collation, Kind, SqlType
from engine.model.families import EXACT, FLOATS, INCOMPARABLE, MOMENTS, STRINGS, TEMPORAL, WITH_FRACTION
from engine.sql.analysis.domains import longest
from engine.sql.translate.casts.casts import constant_of, converted, from_literal
from engine.sql.translate.casts.conversion import adapted
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.kinds import INT
from engine.sql.translate.text.strings import approximate_key, checked, key_of, known_collation, padded
from engine.sql.translate.text.thirds import beside
from engine.sql.translate.typed import Typed


class Form(Struct, frozen=True, gc=False):
    """As what a side of a comparison is compared: its type on the ledger, and the collation where both are strings.

    `literal` is the T-SQL type that a string literal is read as. An expression is written alike in two comparisons by
    `=` where its form is the same.
    """

    type_name: str
    literal: SqlType | None = None
    collation: Collation | None = None


class Pair(Struct, frozen=True, gc=False):
    """Two expressions of the target that compare as the T-SQL ones do, and the form of the left one."""

    left: str
    right: str
    form: Form


_NOT_COMPARED: Final = INCOMPARABLE | {Kind.OTHER, Kind.ROWVERSION}
_LIKE_MOMENTS: Final = MOMENTS - {Kind.DATETIME}


def comparable(emitter: Emitter, left: Typed, right: Typed, node: exp.Expr, sign: str) -> Pair:
    """Both sides made ready for `sign`."""
    is_equality = sign in ("=", "<>")
    if not _NOT_COMPARED.isdisjoint((left.type.kind, right.type.kind)):
        raise _not_carried(node, left, right)
    given = left
    left, right = _drawn(emitter, node, left, right), _drawn(emitter, node, right, left)
    form = _form(emitter, given, left)
    kinds = {left.type.kind, right.type.kind}
    if kinds <= STRINGS:
        return _strings(emitter, left, right, node, form, is_equality=is_equality)
    if not is_equality and kinds & {Kind.UNIQUEIDENTIFIER, Kind.BIT}:
        raise not_carried(node, f"an order among {left.type.kind} values", "compare with =")
    if kinds <= EXACT or kinds <= _LIKE_MOMENTS or len(kinds) == 1 or kinds <= FLOATS:
        return Pair(left.sql, right.sql, form)
    moments = beside(emitter.writer, left, right, sign) if kinds == {Kind.DATETIME, Kind.DATETIME2} else None
    if moments is not None:
        return Pair(moments.left, moments.right, form)
    raise _not_carried(node, left, right)


def _form(emitter: Emitter, given: Typed, drawn: Typed) -> Form:
    literal = drawn.type if isinstance(given.constant, str) and drawn is not given else None
    return Form(emitter.writer.type_name(drawn.type), literal)


def _drawn(emitter: Emitter, node: exp.Expr, value: Typed, other: Typed) -> Typed:
    """`value` as the other side's type draws it, by SQL Server's precedence of types; unchanged where it stays."""
    kind, wanted = value.type.kind, other.type.kind
    if value.is_null:
        return adapted(emitter, node, value, other.type)
    if isinstance(value.constant, str) and wanted not in STRINGS:
        return _literal(emitter, node, value.constant, other.type)
    if kind in STRINGS and wanted is Kind.UNIQUEIDENTIFIER:
        return converted(emitter, node, value, other.type, None)
    if kind is Kind.BIT and wanted in EXACT:
        return value if _is_bit(other) else adapted(emitter, node, value, INT)
    if wanted is Kind.BIT and _is_bit(value):
        return value.made("TRUE" if value.constant else "FALSE", other.type)
    if wanted in FLOATS and kind in EXACT and isinstance(value.constant, int):
        return value.made(f"CAST({value.constant} AS double precision)", other.type)
    if kind is Kind.DATE and wanted in MOMENTS:
        emitter.note_converted(value)
        return value.made(emitter.writer.cast(value.sql, other.type), other.type)
    if kind is Kind.SMALLDATETIME and wanted is Kind.DATETIME:
        return value.kept(other.type)
    return value


def _literal(emitter: Emitter, node: exp.Expr, text: str, type_: SqlType) -> Typed:
    """A string literal beside a value of `type_`: read as that type, with no more digits than it has."""
    read = from_literal(emitter, node, text, type_)
    finest = replace(type_, scale=7)
    if type_.kind in WITH_FRACTION and constant_of(node, text, finest) != constant_of(node, text, type_):
        raise refused(
            node,
            f"the literal has more digits than the {type_.kind}({type_.scale}) beside it",
            "write as many digits as the column has",
        )
    return read


def _is_bit(value: Typed) -> bool:
    return value.type.kind is Kind.INT and value.constant in (0, 1)


def _strings(emitter: Emitter, left: Typed, right: Typed, node: exp.Expr, form: Form, *, is_equality: bool) -> Pair:
    collation = common_collation(left, right, node)
    form = Form(form.type_name, form.literal, collation)
    if is_equality or collation.name is None:
        return Pair(key_of(emitter, left, collation), key_of(emitter, right, collation), form)
    if not collation.ordered:
        what = "a range of strings"
        keys = [approximate_key(emitter, node, side, collation, what) for side in (left, right)]
        return Pair(keys[0], keys[1], form)
    length = longest([left.type, right.type])
    return Pair(padded(emitter, node, left, length), padded(emitter, node, right, length), form)


def common_collation(left: Typed, right: Typed, node: exp.Expr) -> Collation:
    """The collation by which two strings compare (Microsoft Learn, "Collation precedence")."""
    chosen, other = (left, right) if left.rank >= right.rank else (right, left)
    first, second = known_collation(node, chosen), known_collation(node, other)
    if chosen.rank == other.rank and first != second:
        raise refused(node, "the two strings have different collations", "name one of them with COLLATE")
    return checked(node, first)


def _not_carried(node: exp.Expr, left: Typed, right: Typed) -> Refused:
    kinds = {left.type.kind, right.type.kind}
    hint = "CAST one side to the type of the other"
    if Kind.DATETIME in kinds and kinds <= TEMPORAL:
        hint = "CAST the other side to datetime: SQL Server compares a datetime to seven digits otherwise"
    elif left.placeholder is not None or right.placeholder is not None:
        hint = "declare the argument with the type of the column"
    message = f"{left.type.kind} compared with {right.type.kind}"
    return not_carried(node, message, hint)
