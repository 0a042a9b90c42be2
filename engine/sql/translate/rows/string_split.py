"""STRING_SPLIT, which gives rows (Microsoft Learn, "STRING_SPLIT (Transact-SQL)")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import UNICODE
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import BIGINT
from engine.sql.translate.relations import Output, SelectRelation
from engine.sql.translate.text.string_functions import text_argument
from engine.sql.translate.typed import Typed

_NUMBERED: Final = {"0": False, "1": True}


def string_split(emitter: Emitter, node: exp.Anonymous) -> SelectRelation:
    """STRING_SPLIT(string, separator [, enable_ordinal]): a row for each piece, none where the string is NULL."""
    if len(node.expressions) not in (2, 3):
        raise refused(node, "STRING_SPLIT has a string and a separator", "write STRING_SPLIT(x, ',')")
    value, separator = (text_argument(emitter, argument) for argument in node.expressions[:2])
    if not isinstance(separator.constant, str) or len(separator.constant) != 1 or separator.constant.isalpha():
        hint = "write one character in quotes that is no letter: ','"
        raise not_carried(node, "STRING_SPLIT by what is no such separator", hint)
    emitter.note_converted(value)
    kind = Kind.NVARCHAR if {value.type.kind, separator.type.kind} & UNICODE else Kind.VARCHAR
    type_ = SqlType(kind, length=value.type.length, collation=value.type.collation)
    pieces = emitter.writer.pieces(value.sql, separator.sql)
    outputs = [Output("value", Typed(f"unnest({pieces})", type_))]
    if _is_numbered(node):
        outputs.append(Output("ordinal", Typed(f"CAST(generate_subscripts({pieces}, 1) AS bigint)", BIGINT)))
    return SelectRelation(tuple(outputs), "")


def _is_numbered(node: exp.Anonymous) -> bool:
    if len(node.expressions) == 2:
        return False
    flag = node.expressions[2]
    numbered = _NUMBERED.get(str(flag.this)) if isinstance(flag, exp.Literal) and not flag.is_string else None
    if numbered is None:
        raise refused(node, "the third argument of STRING_SPLIT is 0 or 1", "write 1 for the column `ordinal`")
    return numbered


STRING_SPLIT: Final[Entries] = {"STRING_SPLIT": entry(string_split, "this", "expressions")}
