"""The SQL Server driver over FreeTDS and Microsoft's driver.

The server is the stand-in of tests/standin: this is about drivers, types on the wire and errors, and proves nothing
about SQL Server itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import make_url
from standin.client import Standin, start
from standin.records import Answer, Fault, Rows
from waiting import PATIENCE_SECONDS

from engine import Composer
from engine.errors import (
    ConfigurationError,
    DefinitionUnavailableError,
    EncodingError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
    ReadOnlyRequiredError,
)
from engine.execution import SNAPSHOT_ENDED, Ledger, LedgerStatus
from engine.execution.sqlserver.driver import connection_string
from engine.model import ArgumentType, OutputColumn, ParameterType, Statement
from engine.sql.schema import Classification

ROOT = Path(__file__).parents[4]
CANARY = "cAnArY-7261"
ONE = "select 1 as one"
EAST = timezone(timedelta(hours=5, minutes=30))
FACTS = [("name", "nvarchar(128)"), ("snapshot_isolation_state", "tinyint"), ("is_read_committed_snapshot_on", "bit")]
RIGHTS = [("right", "nvarchar(128)"), ("object", "nvarchar(517)")]

Open = Callable[..., Ledger]


@pytest.fixture
def url(standin: Standin, sqlserver_driver: str) -> str:
    return standin.url(sqlserver_driver)


@pytest.fixture
def ledger(url: str, opened: Open) -> Ledger:
    return opened(url, pool_size=1)


def rows(ledger: Ledger, sql: str, *values: object, types: tuple[ParameterType, ...] = ()) -> list[tuple[Any, ...]]:
    columns = (OutputColumn("it", None, is_hole=False),)
    with ledger.session() as session:
        return session.execute(Statement(sql, (), columns, types), values)


def failure(ledger: Ledger, sql: str = ONE, *values: object) -> EngineError:
    with pytest.raises(EngineError) as caught:
        rows(ledger, sql, *values)
    return caught.value


def may(standin: Standin, *rights: tuple[str, str | None], snapshot: int = 1, versioned: bool = True) -> None:
    """What the login may do, and what the database lets readers do."""
    standin.answer(Answer("fn_my_permissions", [Rows(RIGHTS, rights)]))
    standin.answer(Answer("is_read_committed_snapshot_on", [Rows(FACTS, [["aptic", snapshot, versioned]])]))


T = ArgumentType
PARAMETERS = [
    (T.STRING, None, "765", "nvarchar(4000)"),
    (T.STRING, "cp1252", "765", "varchar(8000)"),
    (T.STRING, "cp1252", "å€", "varchar(8000)"),
    (T.STRING, "cp1252", "☃", "nvarchar(4000)"),
    (T.STRING, "cp1252", "å" * 8001, "varchar(max)"),
    (T.STRING, None, "😀" * 2001, "nvarchar(max)"),
    (T.STRING, None, "😀" * 1000, "nvarchar(4000)"),
    (T.INT, None, 5, "bigint"),
    (T.INT, None, -(2**63), "bigint"),
    (T.DECIMAL, None, Decimal("-123.00"), "decimal(38,2)"),
    (T.DECIMAL, None, Decimal("1E-37"), "decimal(38,37)"),
    (T.DECIMAL, None, Decimal("9" * 38), "decimal(38,0)"),
    (T.DOUBLE, None, 0.1, "float"),
    (T.BOOLEAN, None, True, "bit"),
    (T.DATE, None, date(1753, 1, 1), "date"),
    (T.DATETIME, None, datetime(9999, 12, 31, 23, 59, 59, 999_999), "datetime2(7)"),
    (T.GUID, None, UUID("80342534-2508-4cab-a090-c25bf1ddf923"), "uniqueidentifier"),
]


@pytest.mark.parametrize(("type_", "code_page", "value", "declared"), PARAMETERS, ids=lambda item: str(item)[:20])
def test_a_parameter_is_declared_by_its_argument_and_goes_there_and_back(
    standin: Standin, ledger: Ledger, *, type_: ArgumentType, code_page: str | None, value: object, declared: str
) -> None:
    types = (ParameterType(type_, code_page),)
    assert rows(ledger, "select ? as it", value, types=types) == [(value,)]
    (parameter,) = [parameter for arrival in standin.arrivals() for parameter in arrival.parameters]
    assert (parameter.declared, parameter.value) == (declared, value)


@pytest.mark.parametrize("type_", list(T))
def test_null_is_declared_without_asking_the_server(standin: Standin, ledger: Ledger, type_: ArgumentType) -> None:
    rows(ledger, ONE)
    before = standin.counts().round_trips
    assert rows(ledger, "select ? as it", None, types=(ParameterType(type_),)) == [(None,)]
    assert standin.counts().round_trips == before + 1
    assert not standin.arrivals("sp_describe_undeclared_parameters")


def test_an_offset_is_a_part_of_the_value(standin: Standin, ledger: Ledger, sqlserver_driver: str) -> None:
    moment = datetime(2026, 11, 24, 10, 20, 30, 123_456, EAST)
    rows(ledger, "select ? as it", moment, types=(ParameterType(T.DATETIMEOFFSET),))
    (parameter,) = [parameter for arrival in standin.arrivals() for parameter in arrival.parameters]
    if sqlserver_driver == "FreeTDS":  # it has no way to bind one: SQL Server reads the text
        assert (parameter.declared, parameter.value) == ("nvarchar(34)", "2026-11-24 10:20:30.123456 +05:30")
    else:
        assert (parameter.declared, parameter.value) == ("datetimeoffset(7)", moment)


def test_a_day_that_the_driver_would_shift_goes_as_text(
    standin: Standin, ledger: Ledger, sqlserver_driver: str
) -> None:
    day = date(1000, 1, 1)
    rows(ledger, "select ? as it", day, types=(ParameterType(T.DATE),))
    (parameter,) = [parameter for arrival in standin.arrivals() for parameter in arrival.parameters]
    expected = ("nvarchar(34)", "1000-01-01") if sqlserver_driver == "FreeTDS" else ("date", day)
    assert (parameter.declared, parameter.value) == expected


def test_a_text_that_a_driver_would_cut_is_refused(ledger: Ledger) -> None:
    assert isinstance(failure(ledger, "select ? as it", "a\0b"), QueryError)


RESULTS = [
    ("real", 0.1, "0.1"),
    ("float", 0.1, "0.1"),
    ("time(7)", datetime(1, 1, 1, 10, 20, 30, 123_456).time(), "10:20:30.123456"),
    ("datetimeoffset(7)", datetime(2024, 2, 29, 10, 20, 30, 123_456, EAST), "2024-02-29 10:20:30.123456+05:30"),
    ("datetime2(7)", datetime(1, 1, 1, 0, 0, 0, 1), "0001-01-01 00:00:00.000001"),
    ("money", Decimal("1.5"), "1.5000"),
    ("decimal(38,38)", Decimal("0." + "1" * 38), "0." + "1" * 38),
    ("bit", True, "True"),
    ("varchar(10)", "åäö€ ÿ", "åäö€ ÿ"),
    ("nvarchar(max)", "😀" * 100_000, "😀" * 100_000),
    ("uniqueidentifier", UUID("80342534-2508-4cab-a090-c25bf1ddf923"), "80342534-2508-4cab-a090-c25bf1ddf923"),
    ("varbinary(max)", b"\x00\xff", "b'\\x00\\xff'"),
]


@pytest.mark.parametrize(("type_", "value", "shown"), RESULTS, ids=lambda item: str(item)[:20])
def test_a_result_of_each_type_arrives_whole(
    standin: Standin, ledger: Ledger, type_: str, value: object, shown: str
) -> None:
    standin.answer(Answer("planned", [Rows([("it", type_)], [[value], [None]])]))
    first, second = rows(ledger, "select planned")
    assert (str(first[0]), second) == (shown, (None,))


def test_counts_of_rows_around_the_result_are_skipped(standin: Standin, ledger: Ledger) -> None:
    result = Rows([("it", "int")], [[7]])
    standin.answer(Answer("planned", [Rows(count=3), result, Rows(count=1)]))
    assert rows(ledger, "select planned") == [(7,)]
    assert rows(ledger, ONE) == [(1,)]


def test_a_query_without_a_result_set_is_refused(standin: Standin, ledger: Ledger) -> None:
    standin.answer(Answer("planned", [Rows(count=3)]))
    error = failure(ledger, "select planned")
    assert isinstance(error, DefinitionUnavailableError)
    assert "no result set" in str(error)


def test_more_than_one_result_set_is_refused(standin: Standin, ledger: Ledger) -> None:
    result = Rows([("it", "int")], [[7]])
    standin.answer(Answer("planned", [result, result]))
    assert "2 result sets" in str(failure(ledger, "select planned"))
    assert rows(ledger, ONE) == [(1,)]


def test_more_than_one_result_set_shifts_no_rows_in_a_burst(standin: Standin, ledger: Ledger) -> None:
    result = Rows([("it", "int")], [[7]])
    standin.answer(Answer("planned", [result, result]))
    found = many(ledger, "select ? as planned", range(20))
    assert all(isinstance(item, DefinitionUnavailableError) and "2 result sets" in str(item) for item in found)


def test_rows_beyond_the_limit_are_passed_over(ledger: Ledger) -> None:
    columns = (OutputColumn("it", None, is_hole=False),)
    limited = Statement("select transid as it from dat_trans where ? = 1", (), columns, row_limit=3)
    with ledger.session() as session:
        assert len(session.execute(limited, [1])) == 3
        assert [len(rows) for rows in session.execute_many(limited, [[1]] * 20) if isinstance(rows, list)] == [3] * 20
    assert len(rows(ledger, "select transid as it from dat_trans")) > 1000


def test_only_queries_are_run(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    before = standin.counts().round_trips
    assert isinstance(failure(ledger, "delete from dat_trans"), DefinitionUnavailableError)
    assert standin.counts().round_trips == before


def test_the_session_is_set_up_in_one_round_trip(standin: Standin, opened: Open, url: str) -> None:
    rows(opened(url, timeout=2.0), ONE)
    batch = next(arrival.sql for arrival in standin.arrivals("batch") if "DEADLOCK_PRIORITY" in arrival.sql)
    for wanted in ("DEADLOCK_PRIORITY LOW", "LOCK_TIMEOUT 1600", "XACT_ABORT ON", "LANGUAGE us_english", "DATEFIRST 7"):
        assert f"SET {wanted}" in batch


def test_a_login_that_only_reads_pays_for_no_transaction(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    before = standin.counts().round_trips
    rows(ledger, ONE)
    assert standin.counts().round_trips == before + 1
    assert ledger.status() == LedgerStatus(connected=True)


def test_a_login_that_may_write_has_each_query_rolled_back(standin: Standin, opened: Open, url: str) -> None:
    may(standin, ("INSERT on", "dbo.dat_trans"), ("DELETE on", "dbo.dat_trans"))
    ledger = opened(url)
    for _ in range(2):
        rows(ledger, ONE)
        assert standin.counts().transactions == 0
    sent = [arrival.sql for arrival in standin.arrivals() if arrival.sql]
    assert sent[-3:] == ["BEGIN TRANSACTION", ONE, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"]
    assert ledger.status().write_rights == ("INSERT on dbo.dat_trans", "DELETE on dbo.dat_trans")
    assert isinstance(failure(ledger, "select 1/0 as it"), QueryError)
    assert standin.counts().transactions == 0


def test_a_login_that_may_write_can_be_refused(standin: Standin, opened: Open, url: str) -> None:
    may(standin, ("sysadmin", None), ("CONTROL in database", "aptic"))
    error = failure(opened(url, require_read_only=True))
    assert isinstance(error, ReadOnlyRequiredError)
    assert str(error).endswith("more than read: sysadmin")


def test_a_snapshot_is_one_transaction_and_ends(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    before = standin.counts().round_trips
    with ledger.session() as session, session.snapshot():
        session.execute(Statement(ONE, (), ()), ())
        assert standin.counts().transactions == 1
        session.execute(Statement(ONE, (), ()), ())
    assert standin.counts().transactions == 0
    assert standin.counts().round_trips == before + 4
    sent = [arrival.sql for arrival in standin.arrivals("batch")]
    assert sent[-4] == "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION"
    assert sent[-1].endswith("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


def test_a_database_without_snapshots_is_warned_of_and_read_all_the_same(
    standin: Standin, opened: Open, url: str
) -> None:
    may(standin, snapshot=0, versioned=False)
    ledger = opened(url, pool_size=1)
    with ledger.session() as session, session.snapshot():
        assert session.execute(Statement(ONE, (), ()), ()) == [(1,)]
    assert rows(ledger, ONE) == [(1,)]
    versions, steps = ledger.status().warnings
    assert "READ_COMMITTED_SNAPSHOT is off in the database aptic" in versions
    assert "steps may differ" in steps


def many(ledger: Ledger, sql: str, values: Sequence[object]) -> list[Any]:
    columns = (OutputColumn("it", None, is_hole=False),)
    with ledger.session() as session:
        return session.execute_many(Statement(sql, (), columns), [[value] for value in values])


def test_a_burst_goes_in_few_round_trips_and_in_order(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    before = standin.counts().round_trips
    assert many(ledger, "select ? as it", range(300)) == [[(number,)] for number in range(300)]
    assert standin.counts().round_trips - before <= 14  # FreeTDS sends one more for each
    assert standin.counts().prepares == 6  # 1, 8, 32, 128 twice, and 3


def test_one_that_fails_in_a_burst_hurts_no_other(standin: Standin, ledger: Ledger) -> None:
    values = [0 if number in (0, 5, 77, 78, 199) else number for number in range(200)]
    for value, found in zip(values, many(ledger, "select 100 / ? as it", values), strict=True):
        if value:
            assert found == [(100 // value,)]
        else:
            assert isinstance(found, QueryError)
            assert found.code == "8134"


def test_a_value_that_cannot_be_bound_hurts_no_other(ledger: Ledger) -> None:
    values = ["a\0b" if number in (3, 40) else str(number) for number in range(60)]
    found = many(ledger, "select ? as it", values)
    wrong = [place for place, result in enumerate(found) if isinstance(result, EngineError)]
    assert wrong == [3, 40]
    assert [result for result in found if not isinstance(result, EngineError)] == [
        [(value,)] for value in values if "\0" not in value
    ]


def test_a_passing_error_in_a_burst_hurts_nobody(standin: Standin, ledger: Ledger) -> None:
    standin.plan(Fault("it", number=1205, skip=20))
    assert many(ledger, "select ? as it", range(60)) == [[(number,)] for number in range(60)]


def test_a_connection_lost_once_in_a_burst_is_blamed_on_no_item(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    standin.plan(Fault("it", drop=True, skip=20))
    assert many(ledger, "select ? as it", range(60)) == [[(number,)] for number in range(60)]


def test_a_connection_that_died_in_the_pool_costs_no_item_of_a_burst(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    standin.drop_all()
    assert many(ledger, "select ? as it", range(30)) == [[(number,)] for number in range(30)]
    assert len(standin.arrivals("login")) == 2


def test_a_burst_of_a_login_that_may_write_is_rolled_back(standin: Standin, opened: Open, url: str) -> None:
    may(standin, ("INSERT on", "dbo.dat_trans"))
    ledger = opened(url, pool_size=1)
    assert many(ledger, "select ? as it", range(50)) == [[(number,)] for number in range(50)]
    assert standin.counts().transactions == 0
    assert rows(ledger, ONE) == [(1,)]


def test_a_burst_in_a_snapshot_that_an_error_ends_gives_the_others_a_reason_to_try_again(
    standin: Standin, ledger: Ledger
) -> None:
    statement = Statement("select 100 / ? as it", (), ())
    with ledger.session() as session, session.snapshot():
        found = session.execute_many(statement, [[number] for number in (1, 2, 0, 4, 5)])
    assert found[:2] == [[(100,)], [(50,)]]
    assert isinstance(found[2], QueryError)
    assert [getattr(result, "code", None) for result in found[3:]] == [SNAPSHOT_ENDED] * 2
    assert standin.counts().transactions == 0
    assert rows(ledger, ONE) == [(1,)]


@pytest.mark.parametrize(("times", "failing"), [(1, 0), (None, 1)], ids=["once", "always"])
def test_a_value_that_the_driver_cannot_read_hurts_no_other(
    standin: Standin, ledger: Ledger, times: int | None, failing: int
) -> None:
    statement = Statement("select ? as it", (), ())
    with ledger.session() as session, session.snapshot():
        assert session.execute(statement, [1]) == [(1,)]
        standin.answer(Answer("as it", [Rows([("it", "nvarchar(5)")], [["\ud800"]])], times=times))
        found = session.execute_many(statement, [[number] for number in range(6)])
    errors = [item for item in found if isinstance(item, EngineError)]
    own = [error for error in errors if not error.retryable]
    assert len(own) == failing
    assert all(error.code == SNAPSHOT_ENDED for error in errors if error.retryable)  # composed again, alone
    assert rows(ledger, ONE) == [(1,)]


def test_what_runs_after_a_snapshot_that_ended_is_rolled_back_too(standin: Standin, opened: Open, url: str) -> None:
    may(standin, ("INSERT on", "dbo.dat_trans"))
    ledger = opened(url, pool_size=1)
    statement = Statement("select 100 / ? as it", (), ())
    with ledger.session() as session, session.snapshot():
        session.execute(statement, [1])
        standin.reset()
        session.execute_many(statement, [[number] for number in (1, 2, 0, 4)])
    arrivals = [arrival for arrival in standin.arrivals() if arrival.kind in ("batch", "sp_prepexec", "sp_executesql")]
    alone = max(n for n, arrival in enumerate(arrivals) if arrival.sql == statement.sql.replace("?", "@P1"))
    assert "BEGIN" in arrivals[alone - 1].sql.upper()
    assert standin.counts().transactions == 0


def test_a_poisoned_event_of_several_steps_hurts_no_other(url: str, tmp_path: Path) -> None:
    (tmp_path / "statuschange.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>statuschange</name><steps>"
        '<query name="a">select 100 / ? as x<argument source="$data.data.ledgeraccountid" type="int"/></query>'
        '<query name="b">select ? as y<argument source="$steps.a.x" type="int"/></query>'
        "</steps></aptic_service_definition>"
    )
    messages = [{"data": {"ledgeraccountid": str(number), "status": "x"}} for number in (1, 2, 0, 4, 0, 5)]
    with Composer.load(tmp_path, ledger=url, ledger_schema=ROOT / "fixtures/ledger/schema.sql") as composer:
        found = composer.compose_many("statuschange", messages)
        alone = [composer.compose("statuschange", messages[place]) for place in (0, 1, 3, 5)]
    assert [type(found[place]) for place in (2, 4)] == [QueryError, QueryError]
    assert [found[place].fill(None) for place in (0, 1, 3, 5)] == [body.fill(None) for body in alone]  # type: ignore[union-attr]


FAULTS = [
    (1205, LedgerUnavailableError),
    (1222, LedgerTimeoutError),
    (3960, LedgerUnavailableError),
    (701, LedgerUnavailableError),
    (8134, QueryError),
    (245, QueryError),
    (8115, QueryError),
    (512, QueryError),
    (208, DefinitionUnavailableError),
    (229, DefinitionUnavailableError),
    (8120, DefinitionUnavailableError),
    (3952, DefinitionUnavailableError),
    (40613, LedgerUnavailableError),
    (976, LedgerUnavailableError),
    (6005, LedgerUnavailableError),
    (987654, LedgerUnavailableError),
]


@pytest.mark.parametrize(("number", "kind"), FAULTS)
def test_an_error_is_told_by_its_number_and_quotes_nothing(
    standin: Standin, ledger: Ledger, caplog: pytest.LogCaptureFixture, number: int, kind: type[EngineError]
) -> None:
    rows(ledger, ONE)
    standin.plan(Fault("select", number=number, message=f"about '{CANARY}' (1205) (SQLExecDirectW)", times=2))
    with caplog.at_level(1):
        error = failure(ledger, "select ? as it", CANARY)
    assert type(error) is kind
    assert f"({number})" in str(error)
    assert (error.__cause__, error.__context__) == (None, None)
    assert CANARY not in str(error) + repr(vars(error)) + caplog.text
    assert error.retryable is (kind is not QueryError)
    standin.reset()
    assert rows(ledger, ONE) == [(1,)]


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(standin: Standin, ledger: Ledger) -> None:
    rows(ledger, ONE)
    standin.drop_all()
    assert rows(ledger, ONE) == [(1,)]
    assert len(standin.arrivals("login")) == 2


@pytest.mark.parametrize(("times", "kind"), [(1, list), (2, LedgerUnavailableError)])
def test_one_that_breaks_when_it_had_idled_is_tried_once_more_and_not_a_third_time(
    standin: Standin, ledger: Ledger, times: int, kind: type
) -> None:
    rows(ledger, ONE)
    sql = "select clientname from dat_client where clientname = 'nobody'"
    standin.plan(Fault("nobody", drop=True, times=times))
    assert type(rows(ledger, sql) if times == 1 else failure(ledger, sql)) is kind
    assert len([arrival for arrival in standin.arrivals() if "nobody" in arrival.sql]) == 2
    standin.reset()
    assert rows(ledger, ONE) == [(1,)]


def test_one_that_breaks_while_rows_are_read_is_not_tried_again(standin: Standin, ledger: Ledger) -> None:
    with ledger.session() as session, session.snapshot():
        standin.plan(Fault("clientname", drop=True, after_rows=1))
        with pytest.raises(LedgerUnavailableError):
            session.execute(Statement("select clientname from dat_client", (), ()), ())
    assert rows(ledger, ONE) == [(1,)]


def test_a_query_that_outlives_its_time_is_stopped_on_the_server(standin: Standin, opened: Open, url: str) -> None:
    ledger = opened(url, timeout=0.5, pool_size=1)
    rows(ledger, ONE)
    standin.plan(Fault("clientname", wait=3600))
    started = time.monotonic()
    assert isinstance(failure(ledger, "select clientname from dat_client"), LedgerTimeoutError)
    assert time.monotonic() - started > 0.4
    assert standin.arrivals("attention")
    assert rows(ledger, ONE) == [(1,)]


def test_a_server_that_hangs(sqlserver_driver: str, opened: Open) -> None:
    """Its process is stopped, so that the network takes what is sent and nobody reads it."""
    with start(ROOT / "fixtures/ledger/schema.sql", ROOT / "fixtures/ledger/data.sql") as server:
        ledger = opened(server.url(sqlserver_driver), timeout=0.5, pool_size=1)
        rows(ledger, ONE)
        with server.frozen():
            error = failure(ledger)
            assert (type(error), error.retryable) == (LedgerTimeoutError, True)
        assert rows(ledger, ONE) == [(1,)]


def test_a_timeout_in_a_snapshot_leaves_no_transaction(standin: Standin, opened: Open, url: str) -> None:
    ledger = opened(url, timeout=0.5, pool_size=1)
    rows(ledger, ONE)
    standin.plan(Fault("clientname", wait=3600))
    with pytest.raises(LedgerTimeoutError), ledger.session() as session, session.snapshot():
        session.execute(Statement("select clientname from dat_client", (), ()), ())
    assert standin.counts().transactions == 0
    assert rows(ledger, ONE) == [(1,)]


def test_threads_do_not_mix_their_rows(opened: Open, url: str) -> None:
    ledger = opened(url, pool_size=3, timeout=30)
    wrong: list[Any] = []

    def work(offset: int) -> None:
        for turn in range(30):
            value = offset * 100 + turn
            if rows(ledger, "select ? as it", value) != [(value,)]:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not wrong


@pytest.mark.parametrize("number", [18456, 4060, 18486])
def test_a_refused_login_may_be_mended(standin: Standin, opened: Open, url: str, number: int) -> None:
    standin.plan(Fault(at="login", number=number, message=f"Login failed for {CANARY}"))
    error = failure(opened(url))
    assert isinstance(error, LedgerUnavailableError)
    assert error.retryable
    assert CANARY not in str(error)


def test_a_wrong_password_is_in_no_message(
    standin: Standin, sqlserver_driver: str, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    error = failure(opened(standin.url(sqlserver_driver, password=CANARY)))
    assert (type(error), error.retryable) == (LedgerUnavailableError, True)
    assert CANARY not in str(error) + repr(vars(error)) + caplog.text


def test_a_server_that_is_not_there_is_named_without_the_user(opened: Open, url: str) -> None:
    away = make_url(url).set(port=1, username=CANARY).render_as_string(hide_password=False)
    error = failure(opened(away, timeout=1))
    assert isinstance(error, LedgerUnavailableError)
    assert "the SQL Server database aptic at 127.0.0.1:1 cannot be reached" in str(error)
    assert CANARY not in str(error)


def test_a_driver_that_cannot_be_loaded_is_no_passing_trouble(
    opened: Open, tmp_path: Path, sqlserver_driver: str
) -> None:
    broken = tmp_path / "libbroken.so"
    broken.write_bytes(b"no library")
    error = failure(opened(f"mssql+pyodbc://u:p@127.0.0.1:1/d?driver={broken}"))
    assert isinstance(error, ConfigurationError)
    assert "cannot be loaded" in str(error)


CLASSIFIED = [
    ["dbo", "Trans", "note", "Confidential - GDPR", None, "HIGH"],
    ["dbo", "Trans", "amount", None, "Financial", None],
]


def test_the_schema_is_read_from_the_ledger(standin: Standin, ledger: Ledger) -> None:
    column = ["nvarchar(128)", "nvarchar(128)", "varchar(2)", "nvarchar(128)"]
    facets = ["nvarchar(128)", "smallint", "tinyint", "tinyint"]
    relations = [
        ["dbo", "Trans", "U", "id", "int", 4, 10, 0, False, None],
        ["dbo", "Trans", "U", "code", "varchar", 20, 0, 0, True, "Greek_CI_AS"],
        ["dbo", "Trans", "U", "note", "nvarchar", -1, 0, 0, True, "Latin1_General_CI_AS"],
        ["dbo", "Trans", "U", "amount", "numeric", 9, 19, 2, True, None],
        ["dbo", "Trans", "U", "place", "geography", -1, 0, 0, True, None],
        ["web", "Open", "V", "seen", "datetime2", 8, 27, 7, True, None],
        ["web", "Lines", "IF", "amount", "money", 8, 19, 4, True, None],
    ]
    parameters = [
        ["web", "Due", "FN", 0, "date", 3, 10, 0],
        ["web", "Due", "FN", 1, "int", 4, 10, 0],
        ["web", "Lines", "IF", None, None, None, None, None],
    ]
    types = [*column, *facets, "bit", "nvarchar(128)"]
    standin.answer(Answer("DATABASEPROPERTYEX", [_planned(["nvarchar(128)"] * 2, [["dbo", "Finnish_Swedish_CI_AS"]])]))
    standin.answer(Answer("c.collation_name", [_planned(types, relations)]))
    standin.answer(Answer("sys.parameters", [_planned([*column[:3], "int", *facets], parameters)]))
    standin.answer(Answer("sys.synonyms", [_planned(["nvarchar(128)"] * 4, [["dbo", "T", "dbo", "Trans"]])]))
    standin.answer(Answer(r"OBJECT_ID\('sys", [_planned(["int"], [[-1]])]))
    standin.answer(Answer("sys.sensitivity_classifications AS", [_planned(["nvarchar(256)"] * 6, CLASSIFIED)]))
    schema = ledger.reflect()
    table = schema.table("t")
    assert table is not None
    shown = [(found.name, found.type.kind.value, found.type.length, found.nullable) for found in table.columns]
    assert shown == [
        ("id", "int", None, False),
        ("code", "varchar", 20, True),
        ("note", "nvarchar", None, True),
        ("amount", "decimal", None, True),
        ("place", "other", None, True),
    ]
    assert table.columns[1].type.collation is not None
    assert table.columns[1].type.collation.name == "Greek_CI_AS"
    assert {found.name: found.classification for found in table.columns if found.classification} == {
        "note": Classification("Confidential - GDPR", rank="HIGH"),
        "amount": Classification(information_type="Financial"),
    }
    assert schema.collation.name == "Finnish_Swedish_CI_AS"
    due, lines = schema.function("due", "web"), schema.function("LINES", "web")
    assert due is not None
    assert lines is not None
    assert (str(due.result and due.result.kind), len(due.parameters), lines.result) == ("date", 1, None)
    assert [found.name for found in lines.columns] == ["amount"]


def _planned(types: list[str], values: list[list[Any]]) -> Rows:
    return Rows([(f"c{number}", type_) for number, type_ in enumerate(types)], values)


URLS = [
    ("mssql+pyodbc://u:p%3B%7Bx%7D%3D@h:1433/d?driver=FreeTDS", "PWD={p;{x}}=}"),
    ("mssql+pyodbc://u:p@h/d?driver=FreeTDS", "TDS_Version=7.4;ClientCharset=UTF-8"),
    ("mssql+pyodbc://u:p@h/d?driver=FreeTDS", "ApplicationIntent=ReadOnly;MARS_Connection=no"),
    ("mssql+pyodbc://u:p@h/d?driver=/opt/x.so", "DRIVER={/opt/x.so};Server=h;Database=d"),
    ("mssql+pyodbc:///?odbc_connect=DRIVER%3DFreeTDS%3BSERVER%3Dh%3BUID%3Du%3BPWD%3D%7Ba%3Bb%7D", "PWD={a;b};Appl"),
    ("mssql+pyodbc://u:p@dsnname", "dsn=dsnname;UID=u;PWD=p"),
]


@pytest.mark.parametrize(("given", "made"), URLS)
def test_the_connection_string_is_sqlalchemys_with_what_the_engine_needs(given: str, made: str) -> None:
    assert made in connection_string(make_url(given))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("mssql+pyodbc://u:p@h:1/d", "names no ODBC driver"),
        ("mssql+pyodbc://u:p@h/d?driver=FreeTDS&MARS_Connection=yes", "MARS"),
    ],
)
def test_what_cannot_work_is_refused(given: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        connection_string(make_url(given))


def test_what_the_author_gives_stays() -> None:
    text = connection_string(
        make_url("mssql+pyodbc://u:p@h/d?driver=FreeTDS&TDS_Version=7.3&ApplicationIntent=ReadWrite")
    )
    assert text.count("TDS_Version") == text.count("ApplicationIntent") == 1


IN_A_LOCALE = """
import locale, sys
locale.setlocale(locale.LC_ALL, "")
assert locale.localeconv()["decimal_point"] == ","
from decimal import Decimal
from engine.execution import open_ledger
from engine.model import Statement
with open_ledger(sys.argv[1], timeout=5) as ledger, ledger.session() as session:
    found = session.execute(Statement("select planned", (), ()), ()) + session.execute(
        Statement("select ? as it, ? as other", (), ()), [Decimal("-0.25"), 0.1])
    print([str(value) for row in found for value in row])
"""


def test_numbers_are_exact_in_a_locale_with_a_comma(standin: Standin, url: str, comma_locale: dict[str, str]) -> None:
    types = ["decimal(9,2)", "money", "float"]
    standin.answer(Answer("planned", [_planned(types, [[Decimal("1234.50"), Decimal("1.5"), 0.1]])]))
    environment = os.environ | comma_locale | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", IN_A_LOCALE, url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    values = json.loads(shown.stdout.splitlines()[0].replace("'", '"'))
    assert values == ["1234.50", "1.5000", "0.1", "-0.25", "0.1"]


def test_a_definition_binds_varchar_only_where_a_varchar_column_is_compared(
    standin: Standin, url: str, tmp_path: Path
) -> None:
    (tmp_path / "statuschange.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>statuschange</name><steps><query>"
        "select h.debtref, ? as [secret] from dat_debthead h join dat_ledgeraccount a on a.accountid = h.accountid "
        "where h.debtref = ? and h.debttext = ? and a.ledgeraccountid = ?"
        '<argument source="$secret" type="string"/>'
        '<argument source="$data.data.status" type="string"/><argument source="$data.data.status" type="string"/>'
        '<argument source="$data.data.ledgeraccountid" type="int"/>'
        "</query></steps></aptic_service_definition>"
    )
    message = {"data": {"status": "765", "ledgeraccountid": "1"}}
    schema = ROOT / "fixtures/ledger/schema.sql"
    with Composer.load(tmp_path, ledger=url, ledger_schema=schema) as composer, pytest.raises(EngineError):
        composer.compose("statuschange", message)
    (arrival,) = standin.arrivals("sp_prepexec")
    declared = [(parameter.declared, parameter.value) for parameter in arrival.parameters]
    assert declared == [("nvarchar(4000)", None), ("varchar(8000)", "765"), ("nvarchar(4000)", "765"), ("bigint", 1)]


@pytest.mark.parametrize("type_", ["sql_variant", "hierarchyid"])
def test_a_type_without_a_json_form_is_refused(type_: str) -> None:
    """By the converters alone: the stand-in has no such column."""
    from engine.execution.sqlserver.values import SQL_UDT, SQL_VARIANT, add_converters

    class FakeConnection:
        def __init__(self) -> None:
            self.converters: dict[int, Callable[[object], object]] = {}

        def add_output_converter(self, number: int, convert: Callable[[object], object]) -> None:
            self.converters[number] = convert

    fake = FakeConnection()
    add_converters(fake)
    convert = fake.converters[SQL_VARIANT if type_ == "sql_variant" else SQL_UDT]
    with pytest.raises(EncodingError, match=type_):
        convert(b"x")
    assert convert(None) is None
