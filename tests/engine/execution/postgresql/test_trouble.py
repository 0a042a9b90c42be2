"""Real trouble on a PostgreSQL server of the tests' own, by psycopg and by psqlODBC.

docs/explanation/trouble.md tells what each becomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from plain_queries import execute, rows
from private_postgresql import PASSWORD, PrivatePostgreSQL, programs
from waiting import PATIENCE_SECONDS, until

from engine.errors import EngineError, LedgerTimeoutError, LedgerUnavailableError, QueryError
from engine.execution import Ledger

CANARY = "cAnArY-4711"
SETUP = f"""
CREATE ROLE reader LOGIN PASSWORD 'Reader-1-Password';
CREATE ROLE alone LOGIN PASSWORD 'Reader-1-Password' CONNECTION LIMIT 1;
CREATE TABLE one AS SELECT 1 AS id;
CREATE TABLE two AS SELECT 2 AS id;
GRANT SELECT ON one, two TO PUBLIC;
CREATE FUNCTION raise(state text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'about {CANARY}' USING ERRCODE = state; END $$;
"""
Open = Callable[..., Ledger]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgreSQL]:
    running = PrivatePostgreSQL(programs())
    try:
        with running.admin() as admin:
            admin.execute(SETUP)
        yield running
    finally:
        running.remove()


@pytest.fixture(params=["psycopg", "pyodbc"])
def driver(request: pytest.FixtureRequest) -> str:
    if request.param == "pyodbc":
        request.getfixturevalue("psqlodbc")
    return str(request.param)


@pytest.fixture
def url(server: PrivatePostgreSQL, driver: str) -> str:
    return server.url(driver, "reader", "Reader-1-Password")


@pytest.fixture
def ledger(url: str, opened: Open) -> Ledger:
    return opened(url, pool_size=1, timeout=5.0)


def marked() -> str:
    """A query with a name of its own, to be found in the server's log."""
    return f"SELECT 1 AS mark_{uuid4().hex}"


def mark_of(sql: str) -> str:
    return sql.partition(" AS ")[2].partition(" ")[0].rstrip(",")


def failure(ledger: Ledger, sql: str = "SELECT 1", *values: object) -> EngineError:
    with pytest.raises(EngineError) as caught:
        rows(ledger, sql, *values)
    return checked(caught.value)


def checked(error: BaseException) -> EngineError:
    """The error, which tells neither the database's text nor a value nor a password."""
    assert isinstance(error, EngineError)
    told = str(error) + repr(vars(error))
    assert not any(secret in told for secret in (CANARY, PASSWORD, "Reader-1-Password"))
    assert (error.__cause__, error.__context__) == (None, None)
    return error


@contextmanager
def under_way(ledger: Ledger, sql: str, *values: object) -> Iterator[Future[list[tuple[Any, ...]]]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(rows, ledger, sql, *values)


def busy(server: PrivatePostgreSQL, mark: str) -> list[int]:
    """The server's processes that run a statement with that mark now."""
    sql = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s AND pid <> pg_backend_pid()"
    with server.admin() as admin:
        return [int(str(pid)) for (pid,) in admin.execute(sql, [f"%{mark}%"]).fetchall()]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_between_queries_is_not_seen(server: PrivatePostgreSQL, ledger: Ledger, mode: str) -> None:
    rows(ledger, "SELECT 1")
    server.stop(mode)
    server.start()
    sql = marked()
    assert rows(ledger, sql) == [(1,)]
    assert server.executions(mark_of(sql)) == 1


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_stops_during_a_query(server: PrivatePostgreSQL, ledger: Ledger, mode: str) -> None:
    sql = f"{marked()}, pg_sleep(4)"
    with under_way(ledger, sql) as query:
        until(lambda: busy(server, mark_of(sql)))
        server.stop(mode)
        error = checked(query.exception(30))
    assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert isinstance(failure(ledger), LedgerUnavailableError)
    server.start()
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_a_server_that_starts_takes_nobody_yet(server: PrivatePostgreSQL, ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")
    server.stop("fast")
    server.stand_by(on=True)
    server.start(wait=False, hot_standby="off")
    try:
        until(lambda: refuses(server))
        error = failure(ledger)
        assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    finally:
        server.stop("immediate")
        server.stand_by(on=False)
        server.start()
    assert rows(ledger, "SELECT 1") == [(1,)]


def refuses(server: PrivatePostgreSQL) -> bool:
    """Whether the server is there and says 57P03, which libpq tells in words only."""
    try:
        server.admin().close()
    except psycopg.OperationalError as error:
        return "starting up" in str(error) or "not accepting connections" in str(error)
    return False


def test_a_busy_session_that_is_ended_is_tried_once_more(server: PrivatePostgreSQL, ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")  # it has been idle in the pool, so that is taken for the reason
    sql = f"{marked()}, pg_sleep(2)"
    with under_way(ledger, sql) as query:
        end(server, sql)
        assert query.result(PATIENCE_SECONDS)[0][0] == 1
    assert server.executions(mark_of(sql)) == 2


def test_and_not_a_third_time(server: PrivatePostgreSQL, ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")
    sql = f"{marked()}, pg_sleep(2)"
    with under_way(ledger, sql) as query:
        end(server, sql)
        end(server, sql)
        error = checked(query.exception(30))
    assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert server.executions(mark_of(sql)) == 2
    assert rows(ledger, "SELECT 1") == [(1,)]


def test_nor_where_something_was_read(server: PrivatePostgreSQL, ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")
    sql = f"{marked()}, pg_sleep(2)"

    def read() -> None:
        with ledger.session() as session, session.snapshot():
            execute(session, "SELECT id FROM one")
            execute(session, sql)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        end(server, sql)
        error = checked(reading.exception(30))  # type: ignore[arg-type]  # it has one
    assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert server.executions(mark_of(sql)) == 1


def end(server: PrivatePostgreSQL, sql: str) -> None:
    until(lambda: busy(server, mark_of(sql)))
    with server.admin() as admin:
        for pid in busy(server, mark_of(sql)):
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_deadlocks_victim(server: PrivatePostgreSQL, ledger: Ledger) -> None:
    """A writer and a snapshot that reads wait for each other; the snapshot looks for deadlocks sooner."""
    with server.admin() as writer, ledger.session() as session:
        writer.execute("SET deadlock_timeout = '30s'")
        writer.execute("BEGIN")
        writer.execute("LOCK TABLE two IN ACCESS EXCLUSIVE MODE")
        with session.snapshot():
            execute(session, "SELECT id FROM one")
            with ThreadPoolExecutor(1) as pool:
                locking = pool.submit(writer.execute, "LOCK TABLE one IN ACCESS EXCLUSIVE MODE")
                until(lambda: waits_for_lock(server))
                with pytest.raises(EngineError) as caught:
                    execute(session, "SELECT id FROM two")
        locking.result(PATIENCE_SECONDS)
        writer.execute("ROLLBACK")
    error = checked(caught.value)
    assert (type(error), error.retryable, error.code) == (LedgerUnavailableError, True, "40P01")  # type: ignore[attr-defined]
    assert rows(ledger, "SELECT id FROM two") == [(2,)]


def waits_for_lock(server: PrivatePostgreSQL) -> object:
    with server.admin() as admin:
        return admin.execute("SELECT pid FROM pg_locks WHERE NOT granted").fetchall()


def test_a_lock_that_is_not_given_in_time(server: PrivatePostgreSQL, url: str, opened: Open) -> None:
    ledger = opened(url, timeout=0.5)
    rows(ledger, "SELECT 1")
    with server.admin() as writer:
        writer.execute("BEGIN")
        writer.execute("LOCK TABLE one IN ACCESS EXCLUSIVE MODE")
        error = failure(ledger, "SELECT id FROM one")
        writer.execute("ROLLBACK")
    assert (type(error), error.retryable, error.code) == (LedgerTimeoutError, True, "55P03")  # type: ignore[attr-defined]


def test_a_query_that_outlives_its_time_is_stopped_in_the_database(
    server: PrivatePostgreSQL, url: str, opened: Open
) -> None:
    ledger = opened(url, timeout=0.5)
    sql = f"{marked()}, pg_sleep(60)"
    error = failure(ledger, sql)
    assert (type(error), error.retryable) == (LedgerTimeoutError, True)
    assert not busy(server, mark_of(sql))


def test_a_wrong_password(server: PrivatePostgreSQL, driver: str, opened: Open, caplog: Any) -> None:
    caplog.set_level(1)
    error = failure(opened(server.url(driver, "reader", CANARY)))
    assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert CANARY not in caplog.text


def test_too_many_connections(server: PrivatePostgreSQL, driver: str, opened: Open) -> None:
    with server.admin() as admin:  # the server may not have ended the one of another driver yet
        until(lambda: admin.execute("SELECT 1 FROM pg_stat_activity WHERE usename = 'alone'").fetchone() is None)
    ledger = opened(server.url(driver, "alone", "Reader-1-Password"), pool_size=2)
    with ledger.session() as first:
        execute(first, "SELECT 1")
        error = failure(ledger)
        assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert rows(ledger, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", LedgerUnavailableError),  # the disk is full
        ("53200", LedgerUnavailableError),  # no memory
        ("40001", LedgerUnavailableError),  # could not serialise
        ("57P01", LedgerUnavailableError),  # the administrator ends the session
        ("58030", LedgerUnavailableError),  # a file cannot be read
        ("P0001", QueryError),  # a function of the ledger's own refuses
        ("22012", QueryError),  # division by zero
    ],
)
def test_what_a_function_raises(ledger: Ledger, state: str, kind: type[EngineError]) -> None:
    error = failure(ledger, "SELECT raise($1::text)", state)
    assert (type(error), error.retryable) == (kind, kind is not QueryError)
    assert state in str(error)


def test_a_session_whose_server_process_hangs(server: PrivatePostgreSQL, opened: Open) -> None:
    """By psycopg only: of a driver behind ODBC the socket is not known, so that nobody can cut it."""
    ledger = opened(server.url("psycopg", "reader", "Reader-1-Password"), timeout=0.5, pool_size=1)
    ((pid,),) = rows(ledger, "SELECT pg_backend_pid()")
    server.freeze(pid)
    try:
        error = failure(ledger)
        assert (type(error), error.retryable) == (LedgerTimeoutError, True)
        assert rows(ledger, "SELECT pg_backend_pid()") != [(pid,)]
    finally:
        server.thaw(pid)


def test_a_huge_row_arrives_whole(ledger: Ledger) -> None:
    ((text, number),) = rows(ledger, "SELECT repeat('å', 8000000) AS it, 7 AS number")
    assert (len(text), set(text), number) == (8_000_000, {"å"}, 7)


def test_no_session_in_the_pool_holds_a_transaction_or_a_snapshot(
    server: PrivatePostgreSQL, url: str, opened: Open
) -> None:
    ledger = opened(url, timeout=0.5, pool_size=1)
    ((pid,),) = rows(ledger, "SELECT pg_backend_pid()")
    with ledger.session() as session, session.snapshot():
        execute(session, "SELECT id FROM one")
    for failing in ("SELECT 1/0", "SELECT nothing", "SELECT pg_sleep(60)"):
        failure(ledger, failing)
        with suppress(EngineError), ledger.session() as session, session.snapshot():
            execute(session, failing)
    assert rows(ledger, "SELECT pg_backend_pid()") == [(pid,)]
    with server.admin() as admin:
        sql = "SELECT state, xact_start, backend_xmin FROM pg_stat_activity WHERE pid = %s"
        assert admin.execute(sql, [pid]).fetchone() == ("idle", None, None)
