"""What a PostgreSQL session may do beyond reading; asked of the catalogue, never tried."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.sql.wordlist import words

WRITING_FUNCTIONS: Final = tuple(sorted(words("postgresql_writing_functions.txt")))
"""Names of the PostgreSQL functions that write, read the server's files or reach beyond the session."""

_NAMED = 5  # objects that are named for each right; the rest is counted

# One row for each right and object. `$1` is the list of functions that write.
RIGHTS_QUERY = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname IN (current_user, session_user)),  -- two after a SET ROLE
relation AS (
    SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%' AND n.nspname NOT LIKE 'pg_temp%'
)
SELECT 'superuser' AS "right", NULL AS object FROM me WHERE rolsuper
UNION ALL SELECT 'CREATEROLE', NULL FROM me WHERE rolcreaterole
UNION ALL SELECT 'CREATEDB', NULL FROM me WHERE rolcreatedb
UNION ALL SELECT 'REPLICATION', NULL FROM me WHERE rolreplication
UNION ALL SELECT 'member of', format('%I', r.rolname) FROM pg_roles r, me
    WHERE pg_has_role(me.oid, r.oid, 'MEMBER') AND r.oid <> me.oid
      AND (r.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'USAGE') OR r.rolname IN (
        'pg_write_all_data', 'pg_write_server_files', 'pg_read_server_files', 'pg_execute_server_program',
        'pg_signal_backend', 'pg_maintain', 'pg_checkpoint', 'pg_create_subscription', 'pg_database_owner'))
UNION ALL SELECT p || ' on', name FROM relation, unnest(ARRAY['INSERT', 'UPDATE']) p
    WHERE relkind <> 'S' AND has_any_column_privilege(oid, p)
UNION ALL SELECT p || ' on', name FROM relation, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p
    WHERE relkind <> 'S' AND has_table_privilege(oid, p)
UNION ALL SELECT p || ' on', name FROM relation, unnest(ARRAY['USAGE', 'UPDATE']) p
    WHERE relkind = 'S' AND has_sequence_privilege(oid, p)
UNION ALL SELECT 'CREATE in schema', format('%I', nspname) FROM pg_namespace
    WHERE nspname NOT LIKE 'pg_temp%' AND nspname NOT LIKE 'pg_toast%' AND has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT p || ' in database', format('%I', current_database()) FROM unnest(ARRAY['CREATE', 'TEMPORARY']) p
    WHERE has_database_privilege(current_database(), p)
UNION ALL SELECT 'EXECUTE of', p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE has_function_privilege(p.oid, 'EXECUTE')
      AND (p.proname = ANY($1) OR p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema'))
ORDER BY 1, 2
"""


def summarise(rows: Iterable[tuple[object, ...]]) -> tuple[str, ...]:
    """One line for each right, from the rows of RIGHTS_QUERY. A superuser's other rights are not listed."""
    objects: dict[str, list[str]] = {}
    for right, name in rows:
        objects.setdefault(str(right), []).extend([str(name)] if name is not None else [])
    if "superuser" in objects:
        return ("superuser",)
    return tuple(_line(right, names) for right, names in objects.items())


def _line(right: str, names: list[str]) -> str:
    if not names:
        return right
    more = len(names) - _NAMED
    return f"{right} {', '.join(names[:_NAMED])}" + (f" and {more} more" if more > 0 else "")
