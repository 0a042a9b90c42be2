"""Reads a ledger's own schema from its catalogue: tables, views and the functions that the session may use.

Types become the T-SQL types whose values encode alike; strings compare by the ledger's own rules. Only SELECT is run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.model import LEDGER_OWN
from engine.sql.reflected_types import duckdb_type, postgresql_type
from engine.sql.schema import Column, Function, LedgerSchema, SchemaOrigin, Table

_Key = tuple[str, str]


class Cursor(Protocol):
    """What is used of a DBAPI cursor; its rows are sequences."""

    def execute(self, operation: str, /) -> object:
        """Runs one statement."""
        ...

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """The rows of the statement run last."""
        ...


@dataclass(frozen=True, slots=True)
class _ReflectedColumn:
    """A column with its table, as the catalogue spells both."""

    schema: str
    table: str
    is_view: bool
    column: Column


_PATH = "SELECT unnest(current_schemas(false))"  # on both

# Domains are followed to the type below them, the innermost facets first.
_PG_DOMAINS = """
WITH RECURSIVE step (oid, type, typmod, is_not_null) AS (
    SELECT oid, typbasetype, typtypmod, typnotnull FROM pg_catalog.pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT step.oid, t.typbasetype, CASE WHEN step.typmod = -1 THEN t.typtypmod ELSE step.typmod END,
           step.is_not_null OR t.typnotnull
    FROM step JOIN pg_catalog.pg_type t ON t.oid = step.type AND t.typtype = 'd'
), domain AS (
    SELECT step.* FROM step JOIN pg_catalog.pg_type t ON t.oid = step.type AND t.typtype <> 'd'
)"""
_PG_COLUMNS = f"""{_PG_DOMAINS}
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), a.attname,
       pg_catalog.format_type(coalesce(domain.type, a.atttypid), coalesce(domain.typmod, a.atttypmod)),
       NOT (a.attnotnull OR coalesce(domain.is_not_null, false))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN domain ON domain.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
ORDER BY n.nspname, c.relname, a.attnum"""  # noqa: S608  # constant text

# Only what is declared to read only: volatile functions may write, untrusted languages may do anything, and those of
# extensions (dblink) reach outside the database. Lists are JSON: ODBC has no arrays.
_PG_FUNCTIONS = f"""{_PG_DOMAINS}
SELECT n.nspname, p.proname, p.proretset, r.typname = 'record' OR r.typtype = 'c',
       pg_catalog.format_type(coalesce(domain.type, p.prorettype), domain.typmod),
       pg_catalog.to_json(ARRAY(
             SELECT pg_catalog.format_type(u.type, NULL)
             FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u (type, i)
             ORDER BY u.i))::text,
       pg_catalog.to_json(p.proargmodes)::text, pg_catalog.to_json(p.proargnames)::text,
       pg_catalog.to_json(ARRAY(
             SELECT a.attname FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = r.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum))::text,
       pg_catalog.to_json(ARRAY(
             SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = r.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum))::text
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
JOIN pg_catalog.pg_type r ON r.oid = p.prorettype
LEFT JOIN domain ON domain.oid = p.prorettype
WHERE p.prokind = 'f' AND p.provolatile <> 'v' AND l.lanpltrusted AND (r.typtype <> 'p' OR r.typname = 'record')
  AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY n.nspname, p.proname"""  # noqa: S608  # constant text

_DUCKDB_COLUMNS = """
SELECT c.schema_name, c.table_name, v.view_name IS NOT NULL, c.column_name, c.data_type, c.is_nullable
FROM duckdb_columns() c
LEFT JOIN duckdb_views() v
  ON v.database_oid = c.database_oid AND v.schema_oid = c.schema_oid AND v.view_oid = c.table_oid
WHERE NOT c.internal AND c.database_name = current_database()
ORDER BY c.schema_name, c.table_name, c.column_index"""


def reflect_postgresql(cursor: Cursor) -> LedgerSchema:
    """The schema of the database that the cursor's session is in; the default schema is the first of its search path.

    Tables and views are there whatever the session's rights on them; functions are those that it may execute, that are
    declared stable or immutable in a trusted language, belong to no extension and are not overloaded.
    """
    columns = [
        _ReflectedColumn(schema, table, is_view, Column(name, postgresql_type(spelling), nullable))
        for schema, table, is_view, name, spelling, nullable in _rows(cursor, _PG_COLUMNS)
    ]
    functions = [_postgresql_function(row) for row in _rows(cursor, _PG_FUNCTIONS)]
    return _schema(_path(cursor, "public"), columns, functions)


def reflect_duckdb(cursor: Cursor) -> LedgerSchema:
    """The schema of the database that the cursor's session is in. DuckDB's macros have no types and are left out."""
    columns = [
        _ReflectedColumn(schema, table, is_view, Column(name, duckdb_type(spelling), nullable))
        for schema, table, is_view, name, spelling, nullable in _rows(cursor, _DUCKDB_COLUMNS)
    ]
    return _schema(_path(cursor, "main"), columns, [])


def _rows(cursor: Cursor, statement: str) -> Sequence[Sequence[Any]]:
    cursor.execute(statement)
    return cursor.fetchall()


def _path(cursor: Cursor, default: str) -> tuple[str, ...]:
    """The schemas in which a name without one is looked up."""
    return tuple(str(row[0]) for row in _rows(cursor, _PATH)) or (default,)


def _postgresql_function(row: Sequence[Any]) -> Function:
    schema, name, is_set, is_composite, result, *lists = row
    types, modes, names, attributes, attribute_types = (found and json.loads(found) for found in lists)
    modes = modes or ["i"] * len(types)
    names = names or [""] * len(types)
    parameters = tuple(postgresql_type(type_) for type_, mode in zip(types, modes, strict=True) if mode in "ibv")
    columns = [
        Column(column, postgresql_type(type_))
        for column, type_, mode in zip(names, types, modes, strict=True)
        if mode in "obt"
    ]
    if not columns and is_composite:
        columns = [Column(n, postgresql_type(t)) for n, t in zip(attributes, attribute_types, strict=True)]
    if not is_set and not is_composite:
        return Function(schema, name, parameters, postgresql_type(result))
    return Function(schema, name, parameters, None, tuple(columns) or (Column(name, postgresql_type(result)),))


def _schema(path: tuple[str, ...], columns: Iterable[_ReflectedColumn], functions: Iterable[Function]) -> LedgerSchema:
    tables = _tables(columns)
    counts = Counter(_key(function.schema, function.name) for function in functions)
    return LedgerSchema(
        SchemaOrigin.LEDGER,
        path[0],
        LEDGER_OWN,
        tables,
        {key: f for f in functions if counts[key := _key(f.schema, f.name)] == 1},
        _synonyms(path, tables),
    )


def _key(schema: str, name: str) -> _Key:
    return schema.casefold(), name.casefold()


def _tables(columns: Iterable[_ReflectedColumn]) -> dict[_Key, Table]:
    """Of two tables whose names differ in case only, the one that needs no quotes in PostgreSQL counts."""
    grouped: dict[_Key, list[_ReflectedColumn]] = {}
    for column in columns:
        grouped.setdefault((column.schema, column.table), []).append(column)
    tables: dict[_Key, Table] = {}
    for (schema, name), members in grouped.items():
        key = _key(schema, name)
        if key not in tables or name == key[1]:
            tables[key] = Table(schema, name, tuple(member.column for member in members), is_view=members[0].is_view)
    return tables


def _synonyms(path: tuple[str, ...], tables: Iterable[_Key]) -> dict[_Key, _Key]:
    """What a name without a schema means where the search path holds more than one."""
    default, *others = (schema.casefold() for schema in path)
    known = set(tables)
    synonyms: dict[_Key, _Key] = {}
    for schema in others:
        for key in known:
            if key[0] == schema and (default, key[1]) not in known:
                synonyms.setdefault((default, key[1]), key)
    return synonyms
