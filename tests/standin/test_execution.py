"""Prepared statements, batches, transactions and cancelling, as both real drivers do them against the stand-in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from standin.client import Standin
from standin.raw_odbc import keep_bound
from standin.records import Answer, Rows
from waiting import PATIENCE_SECONDS, until

pyodbc = pytest.importorskip("pyodbc", reason="pyodbc needs unixODBC's library", exc_type=ImportError)

Connect = Callable[..., pyodbc.Connection]
PARTY = "select p.partyname from dat_party p where p.partyid = ?"
SLOW = "select count(*) as n from dat_trans a, dat_trans b, dat_trans c, dat_trans d, dat_trans e"


def transactions(standin: Standin) -> int:
    return standin.counts().transactions


def test_a_statement_stays_prepared_while_its_parameters_stay_bound(standin: Standin, sqlserver_driver: str) -> None:
    found = keep_bound(standin.connection_string(sqlserver_driver), PARTY, [60901, 60904, 60901])
    assert found == ["Märta Sjögren", "Örjan Näslund", "Märta Sjögren"]
    counts = standin.counts()
    assert (counts.prepares, counts.executions) == (1, 3)
    first, *others = standin.arrivals("sp_prepexec", "sp_execute")
    assert [first.kind, *(arrival.kind for arrival in others)] == ["sp_prepexec", "sp_execute", "sp_execute"]
    assert {arrival.handle for arrival in others} == {first.handle}
    assert [arrival.parameters[0].value for arrival in (first, *others)] == [60901, 60904, 60901]


def test_pyodbc_unbinds_the_parameters_so_that_both_drivers_prepare_anew(
    standin: Standin, connection: pyodbc.Connection, sqlserver_driver: str
) -> None:
    cursor = connection.cursor()
    for number in (60901, 60904, 60901):
        cursor.execute(PARTY, number).fetchall()
    counts = standin.counts()
    assert (counts.prepares, counts.executions) == (3, 3)
    assert counts.round_trips == {"FreeTDS": 5, "Microsoft": 3}[sqlserver_driver]  # FreeTDS unprepares by a call


def test_several_statements_of_one_batch_are_several_result_sets(
    standin: Standin, connection: pyodbc.Connection
) -> None:
    cursor = connection.execute(f"{PARTY};\n{PARTY};\n{PARTY}", 60901, -1, 60904)
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert [[row[0] for row in rows] for rows in found] == [["Märta Sjögren"], [], ["Örjan Näslund"]]
    assert standin.counts().round_trips == 1


def test_statements_need_no_semicolon(connection: pyodbc.Connection) -> None:
    cursor = connection.execute("set nocount on set xact_abort off select 1 as a select 2 as b union all select 3")
    assert [tuple(row) for row in cursor.fetchall()] == [(1,)]
    assert cursor.nextset()
    assert [tuple(row) for row in cursor.fetchall()] == [(2,), (3,)]
    assert not cursor.nextset()


def test_a_count_of_rows_comes_as_a_result_without_columns(
    standin: Standin, connection: pyodbc.Connection, sqlserver_driver: str
) -> None:
    standin.answer(Answer("from dat_party", [Rows(count=3), Rows()], before_query=True))
    cursor = connection.execute(PARTY, 60901)
    if sqlserver_driver == "Microsoft":  # FreeTDS passes over counts of a statement with parameters
        assert (cursor.description, cursor.rowcount) == (None, 3)
        assert cursor.nextset()
    assert cursor.fetchall()[0][0] == "Märta Sjögren"
    assert not cursor.nextset()
    cursor = connection.execute("select partyname from dat_party where partyid = 60901")
    assert (cursor.description, cursor.rowcount) == (None, 3)
    assert cursor.nextset()
    assert cursor.fetchone()[0] == "Märta Sjögren"


def test_settings_are_taken_in_silence(standin: Standin, connection: pyodbc.Connection) -> None:
    connection.execute(
        "SET DEADLOCK_PRIORITY LOW; SET LOCK_TIMEOUT 5000; SET XACT_ABORT ON;"
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SET ANSI_NULLS, QUOTED_IDENTIFIER ON; USE aptic"
    )
    assert connection.execute("select @@trancount as n").fetchone()[0] == 0
    assert standin.arrivals("batch")[0].sql.startswith("SET DEADLOCK_PRIORITY LOW")


def test_a_row_limit_of_the_session_holds(connection: pyodbc.Connection) -> None:
    assert len(connection.execute("set rowcount 2; select partyid from dat_party").fetchall()) == 2


def test_transactions_of_the_driver_are_counted(standin: Standin, connect: Connect) -> None:
    connection = connect(autocommit=False)
    connection.execute(PARTY, 60901).fetchall()
    assert transactions(standin) == 1
    assert connection.execute("select @@trancount as n").fetchone()[0] == 1
    connection.rollback()
    connection.autocommit = True
    assert transactions(standin) == 0


def test_transactions_of_the_text_are_counted(standin: Standin, connection: pyodbc.Connection) -> None:
    connection.execute("BEGIN TRANSACTION")
    assert transactions(standin) == 1
    connection.execute("BEGIN TRAN; COMMIT; SELECT 1 AS a").fetchall()
    assert transactions(standin) == 1
    connection.execute("IF @@TRANCOUNT > 0 ROLLBACK TRAN")
    assert transactions(standin) == 0
    connection.execute("IF @@TRANCOUNT > 0 ROLLBACK TRAN")
    with pytest.raises(pyodbc.Error, match="3903"):
        connection.execute("ROLLBACK")


def test_a_lost_connection_takes_its_transaction_along(standin: Standin, connect: Connect) -> None:
    connect().execute("BEGIN TRAN")
    assert transactions(standin) == 1
    standin.drop_all()
    until(lambda: not standin.counts().sessions)
    assert transactions(standin) == 0


@pytest.mark.parametrize("slow", [SLOW, "WAITFOR DELAY '01:00:00'"])
def test_a_query_timeout_stops_the_query(standin: Standin, connection: pyodbc.Connection, slow: str) -> None:
    connection.timeout = 1
    started = time.monotonic()
    with pytest.raises(pyodbc.Error, match=r"HYT00|HYT01|S1T00"):
        connection.execute(slow).fetchall()
    assert time.monotonic() - started > 0.9
    assert standin.arrivals("attention")
    assert connection.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"


@pytest.mark.parametrize("slow", [SLOW, "WAITFOR DELAY '01:00:00'"])
def test_another_threads_cancel_stops_the_query(standin: Standin, connection: pyodbc.Connection, slow: str) -> None:
    cursor = connection.cursor()
    timer = threading.Timer(0.3, cursor.cancel)
    timer.start()
    with pytest.raises(pyodbc.Error, match=r"HY008|S1008"):
        cursor.execute(slow).fetchall()
    timer.join()
    assert connection.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"


def test_many_connections_work_at_once(connect: Connect) -> None:
    wrong: list[object] = []

    def work(connection: pyodbc.Connection) -> None:
        cursor = connection.cursor()
        for turn in range(50):
            number, name = ((60901, "Märta Sjögren"), (60904, "Örjan Näslund"))[turn % 2]
            found = cursor.execute(PARTY, number).fetchall()
            if [tuple(row) for row in found] != [(name,)]:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(connect(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not wrong


@pytest.mark.parametrize("encrypt", ["yes", "no"])
def test_the_session_is_encrypted_or_only_its_login(connect: Connect, encrypt: str, sqlserver_driver: str) -> None:
    name, value = ("Encryption", {"yes": "require", "no": "off"}[encrypt])
    options = {"Encrypt": encrypt} if sqlserver_driver == "Microsoft" else {name: value}
    text = "x" * 20_000
    assert connect(**options).execute("select ? as it", text).fetchone()[0] == text
