"""`Session.execute_many`: what `execute` gives or raises, for many lists of values."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from standin.dialect import asked

from engine.errors import (
    DefinitionUnavailableError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
)
from engine.execution import SNAPSHOT_ENDED, Ledger, Rows
from engine.model import Dialect, Statement

SLOW = {
    "duckdb": "SELECT count(*) FROM range(CAST($1 AS bigint)) a(x), range(100000) b(y) WHERE (x * y) % 7 = 3",
    "postgresql": "SELECT 1 FROM pg_sleep(CAST($1 AS bigint))",
    "mssql": "SELECT count(*) AS n FROM payment a, payment b, payment c, payment d, payment e WHERE a.id <= $1",
}
NUMBER = "SELECT CAST(CAST($1 AS text) AS integer) FROM payment WHERE id = 1"
NOTE = "SELECT note FROM payment WHERE id = CAST($1 AS bigint)"


def many(ledger: Ledger, sql: str, *batch: Sequence[object]) -> list[Rows | EngineError]:
    statement, bound = asked(ledger.dialect, sql, *batch)
    with ledger.session() as session:
        return session.execute_many(statement, bound)


def one_by_one(ledger: Ledger, sql: str, *batch: Sequence[object]) -> list[Rows | EngineError]:
    statement, bound = asked(ledger.dialect, sql, *batch)
    results: list[Rows | EngineError] = []
    for values in bound:
        try:
            with ledger.session() as session:
                results.append(session.execute(statement, values))
        except EngineError as error:
            results.append(error)
    return results


def told(results: list[Rows | EngineError]) -> list[object]:
    """Results in a form that compares errors by what they say."""
    return [(type(found), vars(found)) if isinstance(found, EngineError) else found for found in results]


@pytest.mark.parametrize("batch", [[], [[5]], [[i] for i in (7, 7, 999, 1, None)], [[i % 120] for i in range(1000)]])
def test_the_results_are_those_of_one_at_a_time(ledger: Ledger, batch: list[list[object]]) -> None:
    assert many(ledger, NOTE, *batch) == one_by_one(ledger, NOTE, *batch)


def test_one_that_fails_hurts_no_other(ledger: Ledger) -> None:
    batch = [["5"], ["x"], ["4"], ["x"], ["y"], [None], ["20"]]
    found = many(ledger, NUMBER, *batch)
    assert [type(result) for result in found] == [list, QueryError, list, QueryError, QueryError, list, list]
    assert told(found) == told(one_by_one(ledger, NUMBER, *batch))
    assert len({id(result) for result in found}) == len(batch)


def test_nor_in_a_snapshot_whose_state_stays(ledger: Ledger) -> None:
    number, texts = asked(ledger.dialect, NUMBER, ["5"], ["x"], ["4"])
    note, (third,) = asked(ledger.dialect, NOTE, [3])
    with ledger.session() as session, session.snapshot():
        first, failed, last = session.execute_many(number, texts)
        assert isinstance(first, list)
        assert isinstance(failed, QueryError)
        if ledger.dialect is Dialect.SQL_SERVER:  # where an error ends the transaction
            assert getattr(last, "code", None) == SNAPSHOT_ENDED
            with pytest.raises(LedgerUnavailableError) as ended:
                session.execute(note, third)
            assert ended.value.code == SNAPSHOT_ENDED
        else:
            assert isinstance(last, list)
            assert session.execute(note, third) == [("note 3",)]
    assert many(ledger, NOTE, [3]) == [[("note 3",)]]


def test_no_query_follows_the_last_item_that_ended_the_snapshot(ledger: Ledger) -> None:
    number, texts = asked(ledger.dialect, NUMBER, ["5"], ["x"])
    note, (third,) = asked(ledger.dialect, NOTE, [3])
    with ledger.session() as session, session.snapshot():
        assert [type(found) for found in session.execute_many(number, texts)] == [list, QueryError]
        if ledger.dialect is Dialect.SQL_SERVER:
            with pytest.raises(LedgerUnavailableError):
                session.execute(note, third)
        else:
            assert session.execute(note, third) == [("note 3",)]
    assert many(ledger, NOTE, [3]) == [[("note 3",)]]


def test_a_query_that_is_refused_is_refused_for_each(ledger: Ledger) -> None:
    batch = [[1], [2], [3]]
    found = many(ledger, "SELECT nothing FROM payment WHERE id = CAST($1 AS bigint)", *batch)
    assert [type(result) for result in found] == [DefinitionUnavailableError] * 3
    assert len({id(result) for result in found}) == 3


def test_one_slow_item_times_out_alone(opened: Callable[..., Ledger], ledger_url: str) -> None:
    sql = SLOW[ledger_url.partition(":")[0].partition("+")[0]]
    found = many(opened(ledger_url, timeout=0.3), sql, [0], [10_000_000], [0], [0])
    assert [type(result) for result in found] == [list, LedgerTimeoutError, list, list]


def test_a_ledger_that_only_times_out_is_not_asked_each_time(opened: Callable[..., Ledger], ledger_url: str) -> None:
    sql = SLOW[ledger_url.partition(":")[0].partition("+")[0]]
    ledger = opened(ledger_url, timeout=0.2)
    found = many(ledger, sql, *[[10_000_000]] * 500)
    assert {type(result) for result in found} == {LedgerTimeoutError}
    assert len({id(result) for result in found}) == 500
    assert many(ledger, NOTE, [3]) == [[("note 3",)]]


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    ledger = opened(postgresql.url)
    assert many(ledger, NOTE, [3]) == [[("note 3",)]]
    kill_idle(postgresql)
    assert many(ledger, NOTE, [3], [4]) == [[("note 3",)], [("note 4",)]]


def test_a_connection_that_dies_half_way_costs_one_item(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    suicide = (
        "SELECT CASE WHEN id = 2 THEN suicide(pg_backend_pid()) ELSE TRUE END "
        "FROM payment WHERE id = CAST($1 AS bigint)"
    )
    found = many(opened(postgresql.url), suicide, [1], [2], [3], [4])
    assert [type(result) for result in found] == [list, LedgerUnavailableError, list, list]


SUICIDE = "SELECT suicide(CASE WHEN CAST($1 AS bigint) = 2 THEN pg_backend_pid() END)"
SUICIDES = (
    "SELECT c1, ordinal FROM unnest(CAST($1 AS bigint[])) WITH ORDINALITY AS argument (p1, ordinal) CROSS JOIN LATERAL "
    "(SELECT suicide(CASE WHEN argument.p1 = 2 THEN pg_backend_pid() END) LIMIT 2) AS found (c1)"
)


@pytest.mark.parametrize("many_sql", [None, SUICIDES])
@pytest.mark.parametrize("numbers", [[2, 1, 1, 1], [1, 2, 2, 1, 2, 1], [1, 1, 1, 2]])
def test_each_that_costs_its_connection_fails_alone(
    postgresql: Any, opened: Callable[..., Ledger], many_sql: str | None, numbers: list[int]
) -> None:
    query = Statement(SUICIDE, (), (), many=many_sql)
    with opened(postgresql.url).session() as session:
        found = session.execute_many(query, [[number] for number in numbers])
    assert [type(result) for result in found] == [LedgerUnavailableError if n == 2 else list for n in numbers]


def test_a_ledger_that_loses_every_connection_is_given_up(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    found = many(opened(postgresql.url), SUICIDE, *[[2]] * 500)
    assert {type(result) for result in found} == {LedgerUnavailableError}
    assert len({id(result) for result in found}) == 500


def test_in_a_snapshot_it_costs_all_that_follow(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    ledger = opened(postgresql.url)
    suicide = "SELECT suicide(CASE WHEN $1 = 2 THEN pg_backend_pid() END)"
    with ledger.session() as session, session.snapshot():
        found = session.execute_many(Statement(suicide, (), ()), [[1], [2], [3]])
    assert [type(result) for result in found] == [list, LedgerUnavailableError, LedgerUnavailableError]
    assert found[1] is not found[2]
    assert many(ledger, NOTE, [3]) == [[("note 3",)]]


def kill_idle(postgresql: Any) -> None:
    postgresql.admin.execute(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_session_that_an_item_made_writable_is_not_used_again(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    postgresql.admin.execute(
        "CREATE OR REPLACE FUNCTION lifted(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config("
        "CASE WHEN n = 2 THEN 'default_transaction_read_only' ELSE 'application_name' END, 'off', false) $$"
    )
    found = many(opened(postgresql.url), "SELECT lifted(CAST($1 AS bigint))", [1], [2], [3])
    assert [type(result) for result in found] == [list, DefinitionUnavailableError, list]
