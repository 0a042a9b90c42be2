"""What the ledgers behind ODBC share, on a real PostgreSQL server by psqlODBC. The contract suite runs on it too."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from plain_queries import rows
from psqlodbc.driver import open_any
from sqlalchemy import URL, make_url

from engine.errors import ConfigurationError, LedgerUnavailableError
from engine.execution import Ledger
from engine.execution.odbc import single_options
from engine.model import Statement

TEXT = "é𝄞 \"'\\ {?} $1 ; \n\r\n"


@pytest.fixture
def url(psqlodbc: None, postgresql: Any) -> str:
    return str(postgresql.url).replace("+psycopg", "+pyodbc")


@pytest.fixture
def ledger(url: str, opened: Callable[..., Ledger]) -> Ledger:
    return opened(url, pool_size=1)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", TEXT),
        ("text", "x" * 1_000_000),
        ("text", ""),
        ("bigint", -(2**63)),
        ("numeric", Decimal("-12345678901234567890123456789012345.678")),
        ("numeric", Decimal("1E-37")),
        ("numeric", Decimal("123.00")),
        ("double precision", 5e-324),
        ("double precision", 0.1),
        ("real", 0.1),
        ("boolean", True),
        ("boolean", False),
        ("date", date(1, 1, 1)),
        ("timestamp", datetime(9999, 12, 31, 23, 59, 59, 999999)),
        ("timestamp", datetime(1, 1, 1)),
        ("uuid", UUID("80342534-2508-4cab-a090-c25bf1ddf923")),
    ],
)
def test_a_value_goes_there_and_back_exactly(ledger: Ledger, type_: str, value: object) -> None:
    sql = f"SELECT CAST($1 AS {type_})"
    assert [str(row[0]) for row in rows(ledger, sql, value)] == [str(value)]
    assert rows(ledger, sql, None) == [(None,)]


def test_an_offset_is_a_part_of_the_value(ledger: Ledger) -> None:
    moment = datetime(2026, 11, 24, 10, 20, 30, 123456, UTC)
    assert rows(ledger, "SELECT CAST(CAST($1 AS timestamptz) AS text)", moment) == [("2026-11-24 10:20:30.123456+00",)]


def test_bytes_times_and_untyped_parameters_come_as_they_are(ledger: Ledger) -> None:
    ((binary, moment, text),) = rows(ledger, r"SELECT '\x00ff'::bytea, time '10:20:30.123456', $1", "x")
    assert (bytes(binary), str(moment), text) == (b"\x00\xff", "10:20:30.123456", "x")


def test_a_statement_stays_prepared(ledger: Ledger) -> None:
    sql = "SELECT CAST($1 AS bigint) AS prepared_once"
    for number in range(5):
        rows(ledger, sql, number)
    found = rows(ledger, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%prepared_once%'")
    assert found == [(1,)]


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(postgresql: Any, ledger: Ledger) -> None:
    ((pid,),) = rows(ledger, "SELECT pg_backend_pid()")
    postgresql.admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert rows(ledger, "SELECT pg_backend_pid()") != [(pid,)]


def test_one_that_dies_in_a_snapshot_is_reported_and_not_used_again(postgresql: Any, ledger: Ledger) -> None:
    with ledger.session() as session, session.snapshot():
        ((pid,),) = session.execute(Statement("SELECT pg_backend_pid()", (), ()), ())
        postgresql.admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(LedgerUnavailableError):
            session.execute(Statement("SELECT 1", (), ()), ())
    assert rows(ledger, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("password", ["plain", "a;b={c}}d'e%41+ \\ ", "{x}"])
def test_a_password_may_hold_any_character(psqlodbc: None, password: str, caplog: pytest.LogCaptureFixture) -> None:
    """Asked by a fake server, which is only the first two messages of PostgreSQL's protocol."""
    caplog.set_level(1)
    given: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_ask_for_password, args=(server, given), daemon=True)
        thread.start()
        url = URL.create(
            "postgresql+pyodbc", "someone", password, *server.getsockname()[:1], server.getsockname()[1], "x"
        )
        with open_any(url, timeout=2) as ledger, pytest.raises(LedgerUnavailableError) as caught, ledger.session():
            pass
        thread.join(5)
    assert given[0] == password.encode() + b"\0"
    assert password not in str(caught.value) + repr(vars(caught.value)) + caplog.text


def _ask_for_password(server: socket.socket, given: list[bytes]) -> None:
    with suppress(OSError):
        while not given:
            connection, _ = server.accept()
            with connection:
                while int.from_bytes(connection.recv(8)[4:], "big") in (80877103, 80877104):
                    connection.sendall(b"N")  # no encryption
                connection.recv(4096)
                connection.sendall(b"R\0\0\0\x08\0\0\0\x03")  # AuthenticationCleartextPassword
                given.append(connection.recv(4096)[5:])


@pytest.mark.parametrize("query", ["sslmode=a&sslmode=b", "secret=x", "SSLMODE=a&sslmode=b"])
def test_an_option_that_is_not_known_is_refused_without_its_text(query: str) -> None:
    with pytest.raises(ConfigurationError, match="an option after") as caught:
        single_options(make_url(f"postgresql+pyodbc://a:p@h/d?{query}"), ["driver", "sslmode"])
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_not_there_is_named(psqlodbc: None) -> None:
    with pytest.raises(ConfigurationError, match=r"'Nothing' is not installed .*odbc-postgresql"):
        open_any("postgresql+pyodbc://a:p@h/d?driver=Nothing", timeout=1)
    with pytest.raises(ConfigurationError, match="no ODBC driver at /nowhere"):
        open_any("postgresql+pyodbc://a:p@h/d?driver=/nowhere/x.so", timeout=1)


WITHOUT_PYODBC = """
import sys
sys.modules["pyodbc"] = None
import engine, engine.cli.main
from engine.execution import open_ledger
try:
    open_ledger("mssql+pyodbc://a:p@h/d?driver=FreeTDS", timeout=1)
except engine.ConfigurationError as error:
    print(error)
"""


def test_without_pyodbc_the_engine_works_and_says_what_is_missing() -> None:
    shown = subprocess.run([sys.executable, "-c", WITHOUT_PYODBC], capture_output=True, text=True, check=True)
    assert "install unixodbc" in shown.stdout


IN_A_LOCALE = """
import locale, sys
locale.setlocale(locale.LC_ALL, "")
assert locale.localeconv()["decimal_point"] == ","
from psqlodbc.driver import open_any
from engine.model import Statement
sql = "SELECT 1234.50::numeric, 0.1::float8, CAST($1 AS numeric), CAST($2 AS float8), 1.5::real"
from decimal import Decimal
with open_any(sys.argv[1], timeout=5) as ledger, ledger.session() as session:
    print([str(value) for value in session.execute(Statement(sql, (), ()), [Decimal("-0.25"), 0.1])[0]])
"""


def test_numbers_are_exact_in_a_locale_with_a_comma(url: str, comma_locale: dict[str, str]) -> None:
    environment = os.environ | comma_locale | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", IN_A_LOCALE, url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(shown.stdout.splitlines()[0].replace("'", '"')) == ["1234.50", "0.1", "-0.25", "0.1", "1.5"]
