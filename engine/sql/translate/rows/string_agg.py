"""STRING_AGG with its order (Microsoft Learn, "STRING_AGG (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlglot import exp

from engine.model import Kind
from engine.model.families import STRINGS, UNICODE
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import refused
from engine.sql.translate.guards import guarded
from engine.sql.translate.rows.aggregates import argument_scope
from engine.sql.translate.rows.ordering import sort_key
from engine.sql.translate.text.comparison import common_collation
from engine.sql.translate.text.string_functions import as_text, limit_of, text_argument, varying
from engine.sql.translate.typed import Rank, Typed

_ORDER: Final = frozenset({"this", "expressions"})


def string_agg(emitter: Emitter, node: exp.GroupConcat) -> Typed:
    """STRING_AGG … WITHIN GROUP; NULL is left out. A result over 8000 bytes is an error unless the values are `max`."""
    ordered = node.this
    if not isinstance(ordered, exp.Order):
        raise refused(node, "STRING_AGG without an order gives any order", "add WITHIN GROUP (ORDER BY …)")
    emitter.check_arguments(ordered, _ORDER)
    with argument_scope(emitter, node):
        value = _text(emitter, ordered.this)
        keys = ", ".join(sort_key(emitter, item) for item in ordered.expressions)
    separator = text_argument(emitter, node.args["separator"])
    if not isinstance(separator.constant, str):
        raise refused(node, "STRING_AGG is carried with a literal separator", "write the separator in quotes: ', '")
    common_collation(value, separator, node)
    wide = next((side for side in (value, separator) if side.type.kind in UNICODE), value)
    type_ = varying(wide.type, None if value.type.length is None else limit_of(wide.type))
    sql = f"string_agg({value.sql}, {separator.sql} ORDER BY {keys})"
    if type_.length is not None:
        sql = guarded(
            emitter.writer,
            sql,
            type_,
            fails_if=f"length({sql}) > {type_.length}",
            message="STRING_AGG result exceeds 8000 bytes",
            witnesses=[sql],
        )
    return Typed(sql, type_, rank=value.rank)


def _text(emitter: Emitter, node: exp.Expr) -> Typed:
    """The values; what is no string becomes an nvarchar."""
    value = emitter.scalar(node)
    if value.is_null or value.type.kind in STRINGS:
        return text_argument(emitter, node)
    written = as_text(emitter, node)
    return Typed(written.sql, replace(written.type, kind=Kind.NVARCHAR), rank=Rank.COERCIBLE, is_basic=True)


STRING_AGG: Final[Entries] = {exp.GroupConcat: entry(string_agg, "this", "separator", needs=("separator",))}
