import pytest

from engine.execution.postgresql.screen import is_query
from engine.sql.wordlist import words


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        " ((SELECT 1))",
        "with c as (select 1) select * from c",
        "VALUES (1)",
        "SELECT 'pg_notify(' AS a, E'\\'set_config(' AS b FROM t",
        'SELECT set_config, "lo_create" FROM pg_orders WHERE id IN (1)',
        "SELECT 'it''s set_config(1)', \"a\"\"set_config(\" FROM t",
        "SELECT 'a -- b', '/* c */', '$x$' FROM t",
        "SELECT a FROM t WHERE b = $1 AND (c = $2)",
        "SELECT mypg_notify(a) FROM t",
        'SELECT "t"."pg_amount", t.lo_number, "d"."bt_id" FROM "t" JOIN (SELECT 1.5, .5, 1.) AS "d" ON TRUE',
    ],
)
def test_what_a_translation_writes_is_a_query(sql: str) -> None:
    assert is_query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "TABLE t",
        "SELECT PG_NOTIFY ('a', 'b')",
        "SELECT 'a', pg_notify('a', 'b')",
        "SELECT E'\\\\', pg_notify('a', 'b')",
        "SELECT \"a\"\"\", pg_notify('a', 'b')",
        'SELECT pg_catalog . "pg_notify"(a, b) FROM t',
        "SELECT a FROM t WHERE b = 1 -- pg_notify",
        "SELECT $$a$$",
        "SELECT u&'a'",
        # by attribute notation
        "SELECT ('/etc/hostname').pg_read_file",
        "SELECT (7).pg_terminate_backend",
        "SELECT ('a' || 'b') . lo_import",
        "SELECT ('a'::text).own_function",
        "SELECT (ARRAY['/etc/hostname'])[1].pg_read_file",
        "SELECT $1.pg_read_file",
        "SELECT p.pg_read_file FROM text('/etc/hostname') AS p",
        'SELECT "p" . "pg_read_file" FROM text($1) AS "p"',
        "SELECT p.PG_Read_File FROM current_user AS p",
        "SELECT p.dblink_exec FROM text($1) AS p",
        'SELECT p.U&"pg_read\\005ffile" FROM text($1) AS p',
        "SELECT row(1).f1",
        "SELECT autoprewarm_dump_now()",
    ],
)
def test_what_does_more_or_cannot_be_read_is_none(sql: str) -> None:
    assert not is_query(sql)


def test_each_function_that_counts_as_a_right_is_not_called_by_a_session() -> None:
    for name in words("postgresql_writing_functions.txt"):
        assert not is_query(f"SELECT {name}()"), name
