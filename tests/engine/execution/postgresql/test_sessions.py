import logging
import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from plain_queries import execute, rows, value
from sqlalchemy import make_url

from engine.errors import (
    DefinitionUnavailableError,
    EngineError,
    LedgerTimeoutError,
    QueryError,
)
from engine.execution import Ledger


@pytest.fixture
def ledger(postgresql: Any, opened: Callable[..., Ledger]) -> Ledger:
    return opened(postgresql.url, pool_size=1)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("transaction_read_only", "on"),
        ("default_transaction_read_only", "on"),
        ("transaction_isolation", "read committed"),
        ("statement_timeout", "2s"),
        ("lock_timeout", "1600ms"),
        ("idle_in_transaction_session_timeout", "4s"),
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"),
        ("standard_conforming_strings", "on"),
        ("client_encoding", "UTF8"),
        ("bytea_output", "hex"),
        ("jit", "off"),
        ("application_name", "aptic-webhooks"),
    ],
)
def test_the_session_is_set_up(ledger: Ledger, name: str, setting: str) -> None:
    assert value(ledger, f"SELECT current_setting('{name}')") == setting


def test_settings_of_the_role_and_the_database_do_not_count(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    database = make_url(postgresql.url).database
    for setting in ("default_transaction_read_only = off", "TimeZone = 'Asia/Tokyo'", "statement_timeout = 0"):
        postgresql.admin.execute(f"ALTER DATABASE {database} SET {setting}")
    try:
        found = rows(
            opened(postgresql.url), "SELECT current_setting('transaction_read_only'), current_setting('TimeZone')"
        )
        assert found == [("on", "UTC")]
    finally:
        postgresql.admin.execute(f"ALTER DATABASE {database} RESET ALL")


def test_options_of_the_url_stay_but_cannot_make_it_write(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    options = "-c search_path=pg_catalog -c default_transaction_read_only=off"
    url = make_url(postgresql.url).update_query_dict({"options": options, "application_name": "mine"})
    ledger = opened(url)
    assert value(ledger, "SELECT current_setting('search_path')") == "pg_catalog"
    assert value(ledger, "SELECT current_setting('transaction_read_only')") == "on"
    assert value(ledger, "SELECT current_setting('application_name')") == "mine"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 123.00::numeric", Decimal("123.00")),
        ("SELECT 0.00000001::numeric(20, 8)", Decimal("0.00000001")),
        ("SELECT (-99999999999999999999.9999)::numeric", Decimal("-99999999999999999999.9999")),
        ("SELECT 0.1::real", 0.1),
        ("SELECT 16777217::real", 16777216.0),
        ("SELECT 3.4028235e38::real", 3.4028235e38),
        ("SELECT 0.1::float8 + 0.2::float8", 0.1 + 0.2),
        ("SELECT true", True),
        ("SELECT date '2026-11-24'", date(2026, 11, 24)),
        ("SELECT timestamp '2026-11-24 10:20:30.123456'", datetime(2026, 11, 24, 10, 20, 30, 123456)),
        ("SELECT '80342534-2508-4cab-a090-c25bf1ddf923'::uuid", UUID("80342534-2508-4CAB-A090-C25BF1DDF923")),
        ("SELECT '\\x00ff'::bytea", b"\x00\xff"),
        ("SELECT 'Å\u2028\U0001f600'", "Å\u2028\U0001f600"),
        ("SELECT NULL::text", None),
    ],
)
def test_values_arrive_as_they_are(ledger: Ledger, sql: str, expected: object) -> None:
    found = value(ledger, sql)
    assert (type(found), found, str(found)) == (type(expected), expected, str(expected))


def test_not_a_number_arrives(ledger: Ledger) -> None:
    assert math.isnan(value(ledger, "SELECT 'NaN'::float8"))


@pytest.mark.parametrize(
    "sql", ["SELECT date 'infinity'", "SELECT timestamp '20000-01-01'", "SELECT date '100-01-01 BC'"]
)
def test_a_date_beyond_pythons_is_the_datas_fault(ledger: Ledger, sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        rows(ledger, sql)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert value(ledger, "SELECT 1") == 1


def test_a_string_with_nul_is_the_datas_fault(ledger: Ledger) -> None:
    with pytest.raises(QueryError):
        rows(ledger, "SELECT $1::text", "a\0b")


def test_a_statement_is_prepared_once_whatever_the_size_of_its_numbers(ledger: Ledger) -> None:
    sql = "SELECT CAST($1 AS bigint) AS prepared_once"
    for number in (1, 40_000, 2**40, -(2**63)):
        rows(ledger, sql, number)
    assert value(ledger, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%prepared_once'") == 1


def test_prepared_statements_outlive_snapshots(ledger: Ledger) -> None:
    sql = "SELECT CAST($1 AS bigint) AS kept_prepared"
    names = "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%kept_prepared'"
    rows(ledger, sql, 1)
    before = rows(ledger, names)
    with ledger.session() as session, session.snapshot():
        execute(session, sql, 2)
    assert rows(ledger, names) == before
    assert len(before) == 1


def test_hundreds_of_statements_stay_prepared(ledger: Ledger) -> None:
    with ledger.session() as session:
        for number in range(300):
            execute(session, f"SELECT {number} AS one_of_many")
    assert value(ledger, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%one_of_many'") == 300


def test_a_snapshot_sees_one_state_and_cannot_write(postgresql: Any, ledger: Ledger) -> None:
    count = "SELECT count(*) FROM payment"
    with ledger.session() as session:
        with session.snapshot():
            before = execute(session, count)
            postgresql.admin.execute("INSERT INTO payment VALUES (1000, 1, 'meanwhile')")
            assert execute(session, count) == before
            found = execute(
                session, "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
            )
            assert found == [("repeatable read", "on")]
        try:
            assert execute(session, count) == [(before[0][0] + 1,)]
        finally:
            postgresql.admin.execute("DELETE FROM payment WHERE id = 1000")


def test_an_idle_session_holds_no_transaction_and_no_snapshot(postgresql: Any, ledger: Ledger) -> None:
    with ledger.session() as session:
        pid = execute(session, "SELECT pg_backend_pid()")[0][0]
        activity = "SELECT state, backend_xmin IS NULL, xact_start IS NULL FROM pg_stat_activity WHERE pid = %s"
        assert postgresql.admin.execute(activity, [pid]).fetchall() == [("idle", True, True)]
        with session.snapshot():
            execute(session, "SELECT 1")
        assert postgresql.admin.execute(activity, [pid]).fetchall() == [("idle", True, True)]
    assert postgresql.admin.execute(activity, [pid]).fetchall() == [("idle", True, True)]


def test_waiting_for_a_lock_is_a_timeout_with_a_code_of_its_own(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    ledger = opened(postgresql.url, timeout=0.5)
    with psycopg.connect(postgresql.conninfo) as other:
        other.execute("LOCK TABLE payment IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerTimeoutError) as caught:
            rows(ledger, "SELECT count(*) FROM payment")
    assert caught.value.code == "55P03"


def test_the_server_ends_a_slow_query(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    ledger = opened(postgresql.url, timeout=0.5, pool_size=1)
    pid = value(ledger, "SELECT pg_backend_pid()")
    with pytest.raises(LedgerTimeoutError) as caught:
        rows(ledger, "SELECT pg_sleep(10)")
    assert caught.value.code == "57014"
    assert value(ledger, "SELECT pg_backend_pid()") == pid


def test_a_table_that_changed_under_a_prepared_statement_is_read_anew(postgresql: Any, ledger: Ledger) -> None:
    postgresql.admin.execute("CREATE TABLE changing (id int); INSERT INTO changing VALUES (1)")
    sql = "SELECT id FROM changing"
    assert value(ledger, sql) == 1
    postgresql.admin.execute("ALTER TABLE changing ALTER id TYPE numeric(9, 2)")
    assert value(ledger, sql) == Decimal("1.00")
    postgresql.admin.execute("DROP TABLE changing")
    with pytest.raises(DefinitionUnavailableError, match="42P01"):
        rows(ledger, sql)


def test_a_missing_right_is_not_the_events_fault(opened: Callable[..., Ledger], reader_url: str) -> None:
    with pytest.raises(DefinitionUnavailableError, match="42501"):
        rows(opened(reader_url), "SELECT rolname FROM pg_authid")


@pytest.mark.parametrize(
    "sql",
    [
        "SET default_transaction_read_only = off",
        "COPY payment TO STDOUT",
        "COPY payment FROM STDIN",
        "BEGIN",
        "",
        "-- x",
    ],
)
def test_only_queries_are_sent(ledger: Ledger, sql: str) -> None:
    with pytest.raises(DefinitionUnavailableError, match="nothing but queries"):
        rows(ledger, sql)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; SET TimeZone = 'Asia/Tokyo'"])
def test_the_server_refuses_several_statements(ledger: Ledger, sql: str) -> None:
    with pytest.raises(DefinitionUnavailableError, match="42601"):
        rows(ledger, sql)


def test_a_session_that_a_query_made_writable_is_not_used_again(ledger: Ledger) -> None:
    pid = value(ledger, "SELECT pg_backend_pid()")
    lift = "SELECT lift()"  # by name, set_config would not be sent
    write = "WITH gone AS (DELETE FROM payment RETURNING id) SELECT count(*) FROM gone"
    with ledger.session() as session:
        with pytest.raises(DefinitionUnavailableError):
            execute(session, lift)
        with pytest.raises(DefinitionUnavailableError):
            execute(session, write)
    with pytest.raises(DefinitionUnavailableError, match="25006"):
        rows(ledger, write)
    assert value(ledger, "SELECT pg_backend_pid()") != pid
    assert value(ledger, "SELECT count(*) FROM payment") == 100


def test_the_password_is_in_no_log_record(postgresql: Any, caplog: pytest.LogCaptureFixture, opened: Any) -> None:
    url = make_url(postgresql.url).set(username="nobody", password="cAnArYpw", port=1)
    with caplog.at_level(1):
        logging.getLogger("psycopg").setLevel(1)
        try:
            with pytest.raises(EngineError), opened(url).session():
                pass
        finally:
            logging.getLogger("psycopg").setLevel(logging.WARNING)
    assert caplog.records
    assert "canarypw" not in caplog.text.lower()
