import duckdb
import pytest

from engine.execution.duckdb.screen import refused_part


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
        ("DROP TABLE t", "cannot describe"),
    ],
)
def test_anything_else_is_named(cursor: duckdb.DuckDBPyConnection, sql: str, part: str) -> None:
    assert part in str(refused_part(cursor, sql))
