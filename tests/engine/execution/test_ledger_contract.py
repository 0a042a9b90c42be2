"""What every ledger promises, whatever its engine."""

import _thread
import gc
import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from standin.dialect import asked as in_dialect
from waiting import PATIENCE_SECONDS

from engine.errors import (
    DefinitionUnavailableError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
)
from engine.execution import Ledger, LedgerStatus, open_ledger
from engine.model import Dialect, Statement

CANARY = "cAnArY-7261"
SLOW = {
    "duckdb": "SELECT count(*) FROM range(100000000) a(x), range(1000) b(y) WHERE (x * y) % 7 = 3",
    "postgresql": "SELECT pg_sleep(3600)",
    "sqlserver": "SELECT count(*) AS n FROM payment a, payment b, payment c, payment d, payment e, payment f",
}
SECOND = {
    "postgresql": "SELECT pg_sleep(1)",
    "sqlserver": "SELECT count(*) AS n FROM payment a, payment b, payment c, payment d"
    " WHERE a.id < 21 AND a.id + b.id < c.id + d.id",
}


def asked(ledger: Ledger, sql: str, *values: object) -> tuple[Statement, Sequence[object]]:
    statement, (bound,) = in_dialect(ledger.dialect, sql, values)
    return statement, bound


def rows(ledger: Ledger, sql: str, *values: object) -> list[tuple[object, ...]]:
    with ledger.session() as session:
        return session.execute(*asked(ledger, sql, *values))


def failure(ledger: Ledger, sql: str, *values: object) -> EngineError:
    with pytest.raises(EngineError) as caught:
        rows(ledger, sql, *values)
    return caught.value


def test_rows_come_as_a_list_of_tuples(ledger: Ledger) -> None:
    sql = "SELECT id, amount, note FROM payment WHERE id >= $1 AND id < $2 ORDER BY id"
    assert rows(ledger, sql, 3, 5) == [(3, Decimal("3.75"), "note 3"), (4, Decimal("5.00"), "note 4")]


def test_no_row_is_an_empty_list(ledger: Ledger) -> None:
    assert rows(ledger, "SELECT id FROM payment WHERE id = $1", -1) == []


def test_values_are_bound_in_the_order_of_the_placeholders_numbers(ledger: Ledger) -> None:
    sql = "SELECT CAST($2 AS text), CAST($1 AS text), CAST($2 AS text)"
    assert rows(ledger, sql, "first", "second") == [("second", "first", "second")]


def test_values_are_never_sql(ledger: Ledger) -> None:
    hostile = "'; DROP TABLE payment; --\\ \" % %s ? $1 {x}"
    assert rows(ledger, "SELECT CAST($1 AS text)", hostile) == [(hostile,)]
    assert rows(ledger, "SELECT count(*) FROM payment") == [(100,)]


def test_a_percent_sign_means_nothing(ledger: Ledger) -> None:
    assert rows(ledger, "SELECT count(*) FROM payment WHERE note LIKE '%9%s'") == [(0,)]


@pytest.mark.parametrize("number", [0, 1, -1, 32_768, 2**31, 2**63 - 1, -(2**63)])
def test_every_64_bit_number_arrives(ledger: Ledger, number: int) -> None:
    assert rows(ledger, "SELECT CAST($1 AS bigint)", number) == [(number,)]


def test_null_is_bound_where_a_value_was(ledger: Ledger) -> None:
    for value in (5, None, 7):
        assert rows(ledger, "SELECT CAST($1 AS bigint)", value) == [(value,)]


@pytest.mark.parametrize(
    ("sql", "values", "kind"),
    [
        ("SELECT CAST($1 AS integer)", (CANARY,), QueryError),
        ("SELECT CAST($1 AS date)", (CANARY,), QueryError),
        ("SELECT CAST($1 AS text)", (f"{CANARY}\ud800",), QueryError),
        ("SELECT CAST($1 AS bigint)", (10**60,), QueryError),
        ("SELECT CAST($1 AS bigint) + 1", (2**63 - 1,), QueryError),
        ("SELECT (SELECT id FROM payment WHERE id < $1)", (9,), QueryError),
        ("SELECT id FROM nothing WHERE $1 = 'x'", (CANARY,), DefinitionUnavailableError),
        ("SELECT nothing FROM payment WHERE note = $1", (CANARY,), DefinitionUnavailableError),
        ("SELECT nothing(note) FROM payment WHERE note = $1", (CANARY,), DefinitionUnavailableError),
        ("SELECT id FROM payment WHERE (note = $1", (CANARY,), DefinitionUnavailableError),
    ],
)
def test_an_error_says_whose_fault_it_is_and_quotes_nothing(
    ledger: Ledger, caplog: pytest.LogCaptureFixture, sql: str, values: tuple[object, ...], kind: type[EngineError]
) -> None:
    with caplog.at_level(1):
        error = failure(ledger, sql, *values)
    assert type(error) is kind
    assert (error.__cause__, error.__context__) == (None, None)
    shown = [str(error), repr(error), str(vars(error)), *traceback.format_exception(error), caplog.text]
    assert not [text for text in shown if CANARY.lower() in text.lower()]
    assert rows(ledger, "SELECT CAST($1 AS text)", "still there") == [("still there",)]


def test_the_databases_text_is_in_the_log_at_debug_level(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "engine.execution"):
        failure(ledger, "SELECT id FROM no_such_table")
    assert "no_such_table" in caplog.text


def test_no_log_record_of_any_level_holds_a_value(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(1):
        rows(ledger, "SELECT CAST($1 AS text)", CANARY)
        failure(ledger, "SELECT CAST($1 AS integer)", CANARY)
        failure(ledger, "SELECT CAST($1 AS integer)", CANARY.upper())
        with ledger.session() as session, session.snapshot():
            session.execute(*asked(ledger, "SELECT CAST($1 AS text)", CANARY))
    records = [f"{record.getMessage()} {vars(record)}".lower() for record in caplog.records]
    assert not [record for record in records if CANARY.lower() in record]


def test_a_query_that_outlives_its_time_is_stopped(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, timeout=0.5)
    rows(ledger, "SELECT 1")
    started = time.monotonic()
    error = failure(ledger, SLOW[ledger.dialect])
    assert type(error) is LedgerTimeoutError
    assert error.retryable
    assert time.monotonic() - started > 0.4
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_a_timeout_inside_a_snapshot_leaves_no_transaction(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, timeout=0.5, pool_size=1)
    with pytest.raises(LedgerTimeoutError), ledger.session() as session, session.snapshot():
        session.execute(*asked(ledger, SLOW[ledger.dialect]))
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_a_failure_inside_a_snapshot_leaves_a_clean_session(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, pool_size=1)
    with ledger.session() as session:
        with pytest.raises(QueryError), session.snapshot():
            session.execute(*asked(ledger, "SELECT CAST($1 AS integer)", "x"))
        with session.snapshot():
            assert session.execute(*asked(ledger, "SELECT 1")) == [(1,)]
        assert session.execute(*asked(ledger, "SELECT 1")) == [(1,)]


def test_whatever_ends_a_snapshot_ends_its_transaction(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, pool_size=1)
    with pytest.raises(KeyError), ledger.session() as session, session.snapshot():
        raise KeyError
    with pytest.raises(KeyboardInterrupt), ledger.session() as session, session.snapshot():
        raise KeyboardInterrupt
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_a_key_press_ends_a_query(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, timeout=10.0, pool_size=1)
    rows(ledger, "SELECT 1")
    threading.Timer(0.1, _thread.interrupt_main).start()
    # Through ODBC, Python hears of the key when the query has ended (and not at all where it failed).
    slow = SECOND[ledger.dialect] if "pyodbc" in ledger_url else SLOW[ledger.dialect]
    with pytest.raises(KeyboardInterrupt):
        rows(ledger, slow)
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_the_clock_stands_still_in_a_snapshot(ledger: Ledger) -> None:
    if ledger.dialect is Dialect.SQL_SERVER:
        pytest.skip("SQL Server's clock goes on in a transaction")
    now = Statement("SELECT CAST(current_timestamp AS text)", (), ())
    with ledger.session() as session, session.snapshot():
        first = session.execute(now, ())
        time.sleep(0.02)
        assert session.execute(now, ()) == first


def test_snapshots_do_not_nest(ledger: Ledger) -> None:
    with ledger.session() as session, session.snapshot():
        with pytest.raises(RuntimeError, match="under way"), session.snapshot():
            pass
        assert session.execute(*asked(ledger, "SELECT 1")) == [(1,)]


def test_a_session_ends_with_its_with(ledger: Ledger) -> None:
    with ledger.session() as session:
        pass
    with pytest.raises(RuntimeError, match="ended"):
        session.execute(*asked(ledger, "SELECT 1"))
    with pytest.raises(RuntimeError, match="ended"), session.snapshot():
        pass


def test_the_first_connection_tells_the_facts(ledger: Ledger) -> None:
    assert ledger.status() == LedgerStatus()
    rows(ledger, "SELECT 1")
    assert ledger.status().connected


def test_the_schema_is_read_from_the_ledger(ledger: Ledger) -> None:
    table = next(table for table in ledger.reflect().tables.values() if table.name == "payment")
    assert [column.name for column in table.columns] == ["id", "amount", "note"]


def test_two_ledgers_on_one_place_live_side_by_side(opened: Callable[..., Ledger], ledger_url: str) -> None:
    first, second = opened(ledger_url, timeout=1.0), opened(ledger_url, timeout=3.0)
    assert rows(first, "SELECT 1") == rows(second, "SELECT 1")
    first.close()
    assert rows(second, "SELECT 2") == [(2,)]
    assert rows(opened(ledger_url), "SELECT 3") == [(3,)]


def test_a_closed_ledger_answers_with_a_retryable_error(ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")
    ledger.close()
    ledger.close()
    error = failure(ledger, "SELECT 1")
    assert isinstance(error, LedgerUnavailableError)
    assert "closed" in str(error)
    assert ledger.status().connected


def test_a_session_that_is_open_while_the_ledger_closes_may_finish(ledger: Ledger) -> None:
    with ledger.session() as session:
        ledger.close()
        assert session.execute(*asked(ledger, "SELECT 1")) == [(1,)]
    assert isinstance(failure(ledger, "SELECT 1"), LedgerUnavailableError)


def test_more_threads_than_sessions_take_turns(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, pool_size=3)
    wrong: list[Any] = []

    def work(offset: int) -> None:
        for turn in range(100):
            number = (turn * 7 + offset) % 100 + 1
            found = rows(ledger, "SELECT id, note FROM payment WHERE id = CAST($1 AS bigint)", number)
            if found != [(number, f"note {number}")]:
                wrong.append((number, found))

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not wrong


def test_whoever_gets_no_session_in_time_is_told(opened: Callable[..., Ledger], ledger_url: str) -> None:
    ledger = opened(ledger_url, timeout=0.5, pool_size=1)
    with ledger.session():
        error = failure(ledger, "SELECT 1")
    assert isinstance(error, LedgerUnavailableError)
    assert "busy" in str(error)


def test_a_ledger_that_nobody_closed_takes_its_thread_along(duckdb_file: object) -> None:
    before = set(threading.enumerate())
    ledger = open_ledger(f"duckdb:///{duckdb_file}", timeout=1)
    rows(ledger, "SELECT 1")
    (thread,) = set(threading.enumerate()) - before
    del ledger
    gc.collect()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
