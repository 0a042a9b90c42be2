"""The columns of functions in FROM."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.sql.analysis.declared_types import declared_type
from engine.sql.analysis.relations import OPEN, Column, Columns, declared
from engine.sql.schema import LedgerSchema

_JSON_MEMBERS: Final = Columns(
    (
        Column("key", "key", SqlType(Kind.NVARCHAR, length=4000), nullable=False),
        Column("value", "value", SqlType(Kind.NVARCHAR), nullable=True),
        Column("type", "type", SqlType(Kind.TINYINT), nullable=False),
    )
)
"""Of OPENJSON without WITH."""
_PIECE: Final = Column("value", "value")
_ORDINAL: Final = Column("ordinal", "ordinal", SqlType(Kind.BIGINT))
_WITH_ORDINAL: Final = 3
"""How many arguments STRING_SPLIT has where it may number its pieces."""


def function_columns(call: exp.Expr, owner: str, schema: LedgerSchema | None) -> Columns:
    """The columns of the rows that a call gives. `owner` is the schema in its name, or ''."""
    if isinstance(call, exp.OpenJSON):
        return _json_columns(call) if call.expressions else _JSON_MEMBERS
    if owner and schema is not None:
        function = schema.function(call.name, owner)
        if function is not None and function.columns:
            return Columns(tuple(map(declared, function.columns)), function.is_open)
    elif not owner and call.name.lower() == "string_split":
        flag = call.expressions[_WITH_ORDINAL - 1] if len(call.expressions) >= _WITH_ORDINAL else exp.Null()
        is_numbered = not isinstance(flag, exp.Null) and flag.name != "0"
        return Columns((_PIECE, _ORDINAL) if is_numbered else (_PIECE,))
    return OPEN


def _json_columns(call: exp.OpenJSON) -> Columns:
    return Columns(
        tuple(
            [
                Column(item.this.name.casefold(), item.this.name, declared_type(item.args.get("kind")), nullable=True)
                for item in call.expressions
            ]
        )
    )
