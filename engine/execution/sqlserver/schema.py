"""Reads the schema of a SQL Server database from its catalogue, as far as the login may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from engine.model import Kind, SqlType
from engine.model.families import MAX_LENGTHS, STRINGS, UNICODE, WITH_FRACTION
from engine.sql.collations import collation
from engine.sql.schema import Classification, Column, Function, LedgerSchema, SchemaOrigin, Table

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""A function that runs a text and returns its rows."""

DATABASE: Final = "SELECT SCHEMA_NAME(), CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128))"
# An alias type is replaced by the type that it stands for. A CLR type stands for none, and keeps its own name.
_TYPE: Final = "COALESCE(TYPE_NAME(NULLIF({0}.system_type_id, 240)), TYPE_NAME({0}.user_type_id)), {0}.max_length"
COLUMNS: Final = (
    f"SELECT s.name, o.name, RTRIM(o.type), c.name, {_TYPE.format('c')}, c.precision, c.scale, c.is_nullable, "  # noqa: S608  # constant text
    "c.collation_name FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id "
    "JOIN sys.columns AS c ON c.object_id = o.object_id "
    "WHERE o.is_ms_shipped = 0 AND o.type IN ('U', 'V', 'IF', 'TF', 'FT') ORDER BY s.name, o.name, c.column_id"
)
PARAMETERS: Final = (
    f"SELECT s.name, o.name, RTRIM(o.type), p.parameter_id, {_TYPE.format('p')}, p.precision, p.scale "  # noqa: S608  # constant text
    "FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id "
    "LEFT JOIN sys.parameters AS p ON p.object_id = o.object_id "
    "WHERE o.is_ms_shipped = 0 AND o.type IN ('FN', 'FS', 'IF', 'TF', 'FT') ORDER BY s.name, o.name, p.parameter_id"
)
SYNONYMS: Final = (
    "SELECT s.name, y.name, CONCAT(PARSENAME(y.base_object_name, 3) + '.', "
    "COALESCE(PARSENAME(y.base_object_name, 2), s.name)), PARSENAME(y.base_object_name, 1) "
    "FROM sys.synonyms AS y JOIN sys.schemas AS s ON s.schema_id = y.schema_id ORDER BY s.name, y.name"
)
# The view is there from SQL Server 2019 on; a text that names it would not compile before.
HAS_CLASSIFICATIONS: Final = "SELECT OBJECT_ID('sys.sensitivity_classifications')"
CLASSIFICATIONS: Final = (
    "SELECT s.name, o.name, c.name, CAST(k.label AS nvarchar(256)), CAST(k.information_type AS nvarchar(256)), "
    "k.rank_desc FROM sys.sensitivity_classifications AS k JOIN sys.objects AS o ON o.object_id = k.major_id "
    "JOIN sys.schemas AS s ON s.schema_id = o.schema_id "
    "JOIN sys.columns AS c ON c.object_id = k.major_id AND c.column_id = k.minor_id "
    "WHERE k.class = 1 ORDER BY s.name, o.name, c.column_id"
)

_RELATIONS: Final = frozenset({"U", "V"})
_SYNONYM_TYPES: Final = {"numeric": "decimal", "timestamp": "rowversion", "sysname": "nvarchar"}

_Key = tuple[str, str]


def reflect_sqlserver(ask: Ask) -> LedgerSchema:
    """Tables, views, functions and synonyms, with the collations by which strings compare.

    A column that is classified as sensitive has its classification, as far as the login may see that.
    """
    ((default_schema, database_collation),) = ask(DATABASE)
    classified = _classified(ask)
    relations: dict[tuple[str, str, str], list[Column]] = defaultdict(list)
    for schema, name, type_, column, *facets, nullable, collation_name in ask(COLUMNS):
        found = sql_type(facets, collation_name)
        classification = classified.get((schema, name, column))
        relations[schema, name, type_].append(Column(column, found, bool(nullable), classification=classification))
    tables = {
        _key(schema, name): Table(schema, name, tuple(columns), is_view=type_ == "V")
        for (schema, name, type_), columns in relations.items()
        if type_ in _RELATIONS
    }
    columns = {_key(schema, name): tuple(found) for (schema, name, _), found in relations.items()}
    synonyms = {_key(schema, name): _key(base, target) for schema, name, base, target in ask(SYNONYMS)}
    return LedgerSchema(
        SchemaOrigin.LEDGER,
        default_schema or "dbo",
        collation(database_collation),
        tables,
        _functions(ask(PARAMETERS), columns, database_collation),
        synonyms,
    )


def _classified(ask: Ask) -> dict[tuple[str, str, str], Classification]:
    """By schema, table and column."""
    ((view,),) = ask(HAS_CLASSIFICATIONS)
    return {
        (schema, table, column): Classification(label or "", information_type or "", rank or "")
        for schema, table, column, label, information_type, rank in (() if view is None else ask(CLASSIFICATIONS))
    }


def _key(schema: str, name: str) -> _Key:
    return schema.casefold(), name.casefold()


def _functions(
    rows: Sequence[Sequence[Any]], columns: dict[_Key, tuple[Column, ...]], collation_name: str
) -> dict[_Key, Function]:
    """What functions take and give compares by the database's collation."""
    functions: dict[_Key, Function] = {}
    for schema, name, _, number, *facets in rows:
        key = _key(schema, name)
        function = functions.get(key) or Function(schema, name, (), None, columns.get(key, ()))
        if number == 0:
            function = replace(function, result=sql_type(facets, collation_name))
        elif number is not None:
            function = replace(function, parameters=(*function.parameters, sql_type(facets, collation_name)))
        functions[key] = function
    return functions


def sql_type(facets: Sequence[Any], collation_name: str | None = None) -> SqlType:
    """A type from its name, its length in bytes (-1 is `max`), its precision and its scale."""
    name, max_length, precision, scale = facets
    word = _SYNONYM_TYPES.get(name.lower(), name.lower())
    if word not in Kind.__members__.values() or word == Kind.OTHER:
        return SqlType(Kind.OTHER, other_name=name)
    kind = Kind(word)
    if kind is Kind.DECIMAL:
        return SqlType(kind, precision=precision, scale=scale)
    if kind in WITH_FRACTION:
        return SqlType(kind, scale=scale)
    length = None
    if kind in MAX_LENGTHS and max_length >= 0:
        length = max_length // 2 if kind in UNICODE else max_length
    named = collation(collation_name) if collation_name and kind in STRINGS else None
    return SqlType(kind, length=length, collation=named)
