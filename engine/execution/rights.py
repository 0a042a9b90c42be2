"""Finds out what a PostgreSQL session may do beyond reading. It asks the catalogue, and never tries to write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.sql.wordlist import words

WRITING_FUNCTIONS: Final = tuple(sorted(words("postgresql_writing_functions.txt")))
"""Names of the PostgreSQL functions that write, read the server's files or reach beyond the session."""

_NAMED = 5  # how many objects are named for each right; the others are counted

# One row for each right and object. `$1` is the list of functions that write. After a SET ROLE, `me` is two roles.
RIGHTS_QUERY = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname IN (current_user, session_user)),
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
UNION ALL SELECT p || ' on', name FROM relation, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER'] || CASE
        WHEN current_setting('server_version_num')::int >= 170000 THEN ARRAY['MAINTAIN'] ELSE ARRAY[]::text[] END) p
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

# One row for each object that somebody has made, or may make, where PostgreSQL looks for functions and operators. It
# prefers those whose types fit best, in whichever schema of the path they are.
PLANTED_QUERY = """
WITH path AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
    WHERE nspname = ANY(current_schemas(false)) AND nspname <> 'pg_catalog'
)
SELECT 'create', format('%I', nspname) FROM path, aclexplode(nspacl) a
    WHERE a.privilege_type = 'CREATE' AND a.grantee <> nspowner
UNION SELECT 'namesake', p.oid::regprocedure::text FROM pg_proc p JOIN path ON path.oid = p.pronamespace
    WHERE EXISTS (SELECT FROM pg_proc own
                  WHERE own.pronamespace = 'pg_catalog'::regnamespace AND own.proname = p.proname)
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
UNION SELECT 'namesake', o.oid::regoperator::text FROM pg_operator o JOIN path ON path.oid = o.oprnamespace
    WHERE EXISTS (SELECT FROM pg_operator own
                  WHERE own.oprnamespace = 'pg_catalog'::regnamespace AND own.oprname = o.oprname)
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_operator'::regclass AND objid = o.oid AND deptype = 'e')
ORDER BY 1, 2
"""
_PLANTED = {
    "create": "Others than the owner may create on the search_path, where PostgreSQL may take a function or an "
    "operator for its own; revoke CREATE on schema",
    "namesake": "PostgreSQL may take these on the search_path for its own of the same name, and a query finds what "
    "they say; rename them, or take their schema off the path:",
}


def warn_of(rows: Iterable[tuple[object, ...]]) -> tuple[str, ...]:
    """A sentence for each kind of finding, from the rows of PLANTED_QUERY."""
    objects: dict[str, list[str]] = {}
    for kind, name in rows:
        objects.setdefault(_PLANTED[str(kind)], []).append(str(name))
    return tuple(f"{_line(sentence, names)}." for sentence, names in objects.items())


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
