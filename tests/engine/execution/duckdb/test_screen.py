from contextlib import suppress

import duckdb
import pytest

from engine.execution.duckdb.screen import refused_part
from engine.sql.wordlist import words


@pytest.fixture(scope="module")
def cursor() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE pg_orders (id int); CREATE TABLE t (id int, note text)")
    return connection


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM pg_orders",
        "SELECT 'write_log(''x'')', '\"function_name\":\"write_log\"', '\"type\":\"SHOW_REF\"' FROM t",
        'SELECT note AS write_log, id AS "current_setting" FROM t',
        "WITH c AS (SELECT id FROM t) SELECT * FROM c UNION ALL SELECT * FROM range(3)",
        'SELECT x."user", x.current_catalog FROM (SELECT 1 AS "user", 2 AS current_catalog) AS x',
        "SELECT current_date, current_timestamp, localtime",
        "SELECT random(), uuid() FROM t CROSS JOIN LATERAL (SELECT t.id) AS x",
    ],
)
def test_a_query_of_the_files_tables(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert refused_part(cursor, sql) is None


@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("SELECT id FROM pg_class", "own tables"),
        ("SELECT * FROM system.main.pg_orders", "own tables"),
        ("SELECT * FROM range(3), duckdb_settings()", "table functions"),
        ("SELECT WRITE_LOG('x')", "do or tell more"),
        ("SELECT current_user", "do or tell more"),
        ('SELECT id FROM t WHERE "CURRENT_CATALOG" = note', "do or tell more"),
        ("SELECT current_role FROM t", "do or tell more"),
        ('WITH x AS (SELECT "current_schema") FROM x', "do or tell more"),
        ("SELECT id FROM t LIMIT length(current_catalog)", "do or tell more"),
        ("DROP TABLE t", "cannot describe"),
    ],
)
def test_anything_else_is_named(cursor: duckdb.DuckDBPyConnection, sql: str, part: str) -> None:
    assert part in str(refused_part(cursor, sql))


STANDARD = {
    f"{which}_{what}"
    for which in ("current", "local", "session", "system")
    for what in ("catalog", "date", "path", "role", "schema", "time", "timestamp", "user")
} | {"localtime", "localtimestamp", "user", "value"}


def test_whatever_the_installed_duckdb_calls_by_a_name_alone_is_refused_or_tells_the_time(
    cursor: duckdb.DuckDBPyConnection,
) -> None:
    """The name quoted, so that constants such as TRUE are no part of it; and the SQL standard's, which no list has."""
    sql = "SELECT keyword_name FROM duckdb_keywords() UNION SELECT function_name FROM duckdb_functions()"
    names = {name for (name,) in cursor.execute(sql).fetchall() if name.isidentifier()} | STANDARD
    called = {name for name in names if is_called(cursor, f'SELECT "{name}"')}
    assert {"current_user", "current_catalog", "session_user", "user"} <= called
    assert {name for name in called if refused_part(cursor, f'SELECT "{name}"') is None} == words(
        "duckdb_functions.txt", "without parentheses"
    )


def is_called(cursor: duckdb.DuckDBPyConnection, sql: str) -> bool:
    with suppress(duckdb.Error):
        cursor.execute(sql)
        return True
    return False
