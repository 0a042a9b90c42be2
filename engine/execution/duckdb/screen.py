"""Refuses queries that a read-only, locked DuckDB connection would run, but that read more than the file's tables.

DuckDB has no rights. So only the session and the static rules keep settings, secrets' names and the catalogue out of a
body. DuckDB itself parses the text and returns the tree as JSON. Quotes inside its strings are escaped, so a search for
a key never finds a part of a string. Some functions need no parentheses, such as current_user. DuckDB's parser takes
them for columns without a table, which the translation never writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.sql.wordlist import words

if TYPE_CHECKING:
    import duckdb

_REFUSED: Final = words("duckdb_functions.txt", "refused")
_COMPUTED: Final = words("duckdb_functions.txt", "computed rows")
_STRING = r'"((?:[^"\\]|\\.)*)"'
_FUNCTION = re.compile(f'[{{,]"function_name":{_STRING}')
_NAME = re.compile(f'[{{,]"column_names":\\[{_STRING}\\]')  # alone: what a table's name stands before is a column
_SHOW = re.compile(r'[{,]"type":"SHOW_REF"')
_ROWS = re.compile(r'[{,]"type":"TABLE_FUNCTION"')
_ROWS_FUNCTION = re.compile(f'[{{,]"function":{{[^{{}}]*?"function_name":{_STRING}')
_TABLE = re.compile(f'[{{,]"schema_name":{_STRING},"table_name":{_STRING}')
_CATALOGUE = re.compile(r'[{,]"catalog_name":"system"', re.IGNORECASE)
_SYSTEM_SCHEMAS: Final = words("system_names.txt", "schemas")
_SYSTEM_PREFIXES: Final = tuple(words("system_names.txt", "prefixes"))
_OWN = """
SELECT count(*) FROM (SELECT table_name AS name FROM duckdb_tables() WHERE NOT internal
                      UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal)
WHERE lower(name) = lower($1)
"""


def refused_part(cursor: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    """In words, what this query does beyond reading the file's tables. None if it does nothing else."""
    (tree,) = cursor.execute("SELECT json_serialize_sql($1)", [sql]).fetchall()[0]
    if not tree.startswith('{"error":false'):
        return "what DuckDB cannot describe"
    rows = _ROWS_FUNCTION.findall(tree)
    if _SHOW.search(tree) or len(rows) != len(_ROWS.findall(tree)) or not _COMPUTED.issuperset(rows):
        return "SHOW, or table functions that read anything"
    if any(name.lower() in _REFUSED for name in [*_FUNCTION.findall(tree), *_NAME.findall(tree)]):
        return "functions that do or tell more than the query's values"
    if _CATALOGUE.search(tree) or any(_is_system(cursor, *names) for names in _TABLE.findall(tree)):
        return "DuckDB's own tables"
    return None


def _is_system(cursor: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    if schema.lower() in _SYSTEM_SCHEMAS:
        return True
    if not table.lower().startswith(_SYSTEM_PREFIXES):
        return False
    return cursor.execute(_OWN, [table]).fetchall() == [
        (0,)
    ]  # a ledger may have its own table of such a name, as pg_orders
