"""What the engine asks SQL Server's catalogue about a ledger's schema, answered from the schema itself."""

from __future__ import annotations

from typing import Final

from standin.records import Answer, Rows

from engine.model import Kind, SqlType
from engine.sql.schema import Column, LedgerSchema

_NAME: Final = "nvarchar(128)"
_FACETS: Final = (("type", _NAME), ("max_length", "smallint"), ("precision", "tinyint"), ("scale", "tinyint"))
_RELATION: Final = (("schema", _NAME), ("name", _NAME), ("kind", "varchar(2)"))
_COLUMN: Final = (*_RELATION, ("column", _NAME), *_FACETS, ("is_nullable", "bit"), ("collation", _NAME))
_PARAMETER: Final = (*_RELATION, ("parameter_id", "int"), *_FACETS)
_WIDE: Final = frozenset({Kind.NCHAR, Kind.NVARCHAR})
_TEXTS: Final = _WIDE | {Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.NTEXT}
_SIZED: Final = _WIDE | {Kind.CHAR, Kind.VARCHAR, Kind.BINARY, Kind.VARBINARY}


def answers(schema: LedgerSchema) -> tuple[Answer, ...]:
    """By the words that only these questions hold; functions and synonyms are left out."""
    columns = [
        (table.schema, table.name, "V" if table.is_view else "U", *_described(column, schema))
        for table in schema.tables.values()
        for column in table.columns
    ]
    classified = [
        (table.schema, table.name, column.name, found.label or None, found.information_type or None, found.rank or None)
        for table in schema.tables.values()
        for column in table.columns
        if (found := column.classification) is not None
    ]
    database = (schema.default_schema, schema.collation.name)
    return (
        Answer("DATABASEPROPERTYEX", [Rows([("schema", _NAME), ("collation", _NAME)], [database])]),
        Answer(r"OBJECT_ID\('sys", [Rows([("view", "int")], [(-1,)])]),
        Answer("FROM sys.sensitivity_classifications", [Rows([(name, _NAME) for name in "abcdef"], classified)]),
        Answer(r"sys\.columns", [Rows(_COLUMN, columns)]),
        Answer(r"sys\.parameters", [Rows(_PARAMETER)]),
        Answer(r"sys\.synonyms", [Rows([("a", _NAME), ("b", _NAME), ("c", _NAME), ("d", _NAME)])]),
    )


def _described(column: Column, schema: LedgerSchema) -> tuple[object, ...]:
    collation = (column.type.collation or schema.collation).name if column.type.kind in _TEXTS else None
    return column.name, *_facets(column.type), column.nullable, collation


def _facets(type_: SqlType) -> tuple[str, int, int, int]:
    """The name, the length in bytes (-1 is `max`), the precision and the scale."""
    length = 0
    if type_.kind in _SIZED:
        length = -1 if type_.length is None else type_.length * (2 if type_.kind in _WIDE else 1)
    return type_.other_name or str(type_.kind), length, type_.precision or 0, type_.scale or 0
