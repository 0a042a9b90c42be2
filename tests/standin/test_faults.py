"""What a test can let go wrong at the stand-in, as pyodbc shows it through both real drivers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.client import PASSWORD, Standin, start
from standin.records import Fault

pyodbc = pytest.importorskip("pyodbc", reason="pyodbc needs unixODBC's library", exc_type=ImportError)

Connect = Callable[..., pyodbc.Connection]
SCHEMA, DATA = (Path(__file__).parents[2] / f"fixtures/ledger/{name}.sql" for name in ("schema", "data"))
PARTY = "select p.partyname from dat_party p where p.partyid = ?"
PARTIES = "select p.partyid from dat_party p order by p.partyid"


@pytest.mark.parametrize(
    ("number", "message"),
    [(1205, "deadlock victim"), (1222, "Lock request time out"), (8134, "Divide by zero"), (229, "denied")],
)
def test_a_planned_error_strikes_once(
    standin: Standin, connection: pyodbc.Connection, number: int, message: str
) -> None:
    standin.plan(Fault("from dat_party", number=number, message=message, severity=13))
    with pytest.raises(pyodbc.Error, match=f"{message}.*{number}"):
        connection.execute(PARTY, 60901)
    assert connection.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"


def test_the_nth_statement_may_fail(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", number=8134, skip=1))
    cursor = connection.execute(f"{PARTY}; {PARTY}; {PARTY}", 60901, 60901, 60904)
    assert cursor.fetchone()[0] == "Märta Sjögren"
    with pytest.raises(pyodbc.Error, match="8134"):
        cursor.nextset()
    assert standin.counts().statements == 3  # the batch went on, but pyodbc gives no result after an error


def test_a_deadlock_ends_the_batch_and_the_transaction(standin: Standin, connection: pyodbc.Connection) -> None:
    connection.execute("BEGIN TRAN")
    standin.plan(Fault("from dat_party", number=1205, severity=13))
    with pytest.raises(pyodbc.Error, match="1205"):
        connection.execute(f"{PARTY}; {PARTY}", 60901, 60904)
    assert (standin.counts().transactions, standin.counts().statements) == (0, 2)


def test_a_connection_breaks_before_the_answer(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", drop=True))
    with pytest.raises(pyodbc.Error, match=r"08S01|20017"):
        connection.execute(PARTY, 60901)


def test_a_connection_breaks_between_rows(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", drop=True, after_rows=2))
    cursor = connection.cursor()
    found: list[object] = []
    with pytest.raises(pyodbc.Error):  # noqa: PT012  the driver tells it with the first row or with the third
        cursor.execute(PARTIES)
        while (row := cursor.fetchone()) is not None:
            found.append(row[0])
    assert len(found) <= 2


def test_an_error_comes_between_rows(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", number=8134, message="Divide by zero", after_rows=2))
    cursor = connection.cursor()
    with pytest.raises(pyodbc.Error, match="8134"):
        cursor.execute(PARTIES).fetchall()
    assert connection.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"


def test_a_statement_may_be_slow(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", wait=0.3))
    started = time.monotonic()
    assert connection.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"
    assert time.monotonic() - started > 0.3


def test_a_wrong_password_is_refused(connect: Connect) -> None:
    with pytest.raises(pyodbc.Error, match="18456"):
        connect(PWD=PASSWORD[::-1])


def test_a_login_may_be_refused_for_any_reason(standin: Standin, connect: Connect) -> None:
    standin.plan(Fault(number=4060, message="Cannot open database", severity=11, at="login"))
    with pytest.raises(pyodbc.Error, match="4060"):
        connect()
    assert connect().execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"


def test_an_error_of_severity_20_ends_the_connection(standin: Standin, connection: pyodbc.Connection) -> None:
    standin.plan(Fault("from dat_party", number=596, message="The session is in the kill state", severity=21))
    with pytest.raises(pyodbc.Error):
        connection.execute(PARTY, 60901).fetchall()
    with pytest.raises(pyodbc.Error):
        connection.execute(PARTY, 60901).fetchall()


def test_a_server_that_was_killed_may_be_there_again(sqlserver_driver: str) -> None:
    with start(SCHEMA, DATA) as first:
        connection = pyodbc.connect(first.connection_string(sqlserver_driver), autocommit=True)
        first.kill()
        with pytest.raises(pyodbc.Error):
            connection.execute(PARTY, 60901)
        with pytest.raises(pyodbc.Error):
            pyodbc.connect(first.connection_string(sqlserver_driver), timeout=2)
    with start(SCHEMA, DATA, port=first.port) as second:
        again = pyodbc.connect(second.connection_string(sqlserver_driver), autocommit=True)
        assert again.execute(PARTY, 60901).fetchone()[0] == "Märta Sjögren"
        again.close()


@pytest.mark.parametrize(
    ("sql", "values", "number"),
    [
        ("select 1 / (p.partytypeid - 1) as n from dat_party p", (), 8134),
        ("select cast(? as int) as n", ("abc",), 245),
        ("select cast(? as date) as n", ("abc",), 241),
        ("select cast(? as uniqueidentifier) as n", ("abc",), 8169),
        ("select cast(? as int) as n", (2**40,), 8115),
        ("select (select partyid from dat_party) as n", (), 512),
        ("select x from nothing", (), 208),
        ("select nothing from dat_party", (), 207),
        ("select nothing(partyname) as n from dat_party", (), 195),
        ("select partyname from dat_party where (partyname = 'x'", (), 102),
        ("delete from dat_party", (), 229),
        ("create table t (a int)", (), 262),
    ],
)
def test_errors_of_the_ledger_have_sql_servers_numbers(
    connection: pyodbc.Connection, sql: str, values: tuple[object, ...], number: int
) -> None:
    with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
        connection.execute(sql, *values).fetchall()
