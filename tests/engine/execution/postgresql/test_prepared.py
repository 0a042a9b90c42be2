"""What a connection keeps prepared, and what an idle one holds."""

import _thread
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from engine.errors import EngineError, QueryError
from engine.execution import Ledger, Session
from engine.model import Statement

PREPARED = "SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared_statements%' ORDER BY 1"
NOTE = "SELECT note FROM payment WHERE id = CAST($1 AS bigint)"
AMOUNT = "SELECT amount FROM payment WHERE id = CAST($1 AS bigint)"
SET = (
    "SELECT c1, ordinal FROM unnest(CAST($1 AS bigint[])) WITH ORDINALITY AS argument (p1, ordinal) "
    "CROSS JOIN LATERAL (SELECT note FROM payment WHERE id = argument.p1 LIMIT 2) AS found (c1)"
)
BATCH = [[1], [2], [3]]
COST = "SELECT setting FROM pg_settings WHERE name = 'random_page_cost'"
COSTS = (
    "SELECT c1, ordinal FROM unnest(CAST($1 AS bigint[])) WITH ORDINALITY AS argument (p1, ordinal) "
    f"CROSS JOIN LATERAL ({COST} AND 1 / argument.p1 < 9 LIMIT 2) AS found (c1)"
)


def statement(sql: str, many: str | None = None) -> Statement:
    return Statement(sql, (), (), many=many)


def prepared(session: Session) -> list[str]:
    return [str(text) for (text,) in session.execute(statement(PREPARED), [])]


@pytest.fixture
def one(postgresql: Any, opened: Callable[..., Ledger]) -> Ledger:
    """A ledger with one connection."""
    return opened(postgresql.url, pool_size=1)


def test_a_batch_and_a_single_query_share_what_is_prepared(one: Ledger) -> None:
    with one.session() as session:
        session.execute(statement(NOTE), [1])
        session.execute_many(statement(NOTE), BATCH)
        session.execute_many(statement(NOTE, SET), BATCH)
        session.execute_many(statement(NOTE, SET), BATCH)
        assert [text for text in prepared(session) if "payment" in text] == [SET, NOTE]


def test_what_is_no_longer_used_is_closed_at_the_next_use(one: Ledger) -> None:
    with one.session() as session:
        session.execute(statement(AMOUNT), [1])
        session.execute_many(statement(NOTE, SET), BATCH)
        session.execute(statement(NOTE), [1])
        one.keep([statement(NOTE)])
        assert [text for text in prepared(session) if "payment" in text] == [AMOUNT, SET, NOTE]
    with one.session() as session:
        assert [text for text in prepared(session) if "payment" in text] == [NOTE]
        assert session.execute(statement(NOTE), [1]) == [("note 1",)]
        assert session.execute(statement(AMOUNT), [4]) != []


def test_a_connection_that_died_meanwhile_is_still_replaced_unseen(postgresql: Any, one: Ledger) -> None:
    with one.session() as session:
        session.execute(statement(AMOUNT), [1])
    one.keep([statement(NOTE)])
    postgresql.admin.execute(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with one.session() as session:
        assert session.execute(statement(NOTE), [1]) == [("note 1",)]


def test_the_embedded_ledger_forgets_too(duckdb_file: object, opened: Callable[..., Ledger]) -> None:
    ledger = opened(f"duckdb:///{duckdb_file}")
    for kept in (NOTE, AMOUNT):
        with ledger.session() as session:
            assert session.execute(statement(NOTE), [1]) == [("note 1",)]
        ledger.keep([statement(kept)])
    with ledger.session() as session:
        assert session.execute(statement(NOTE), [1]) == [("note 1",)]


@pytest.mark.parametrize("is_in_snapshot", [False, True])
def test_one_statement_for_many_reads_by_index_and_leaves_no_trace(one: Ledger, is_in_snapshot: bool) -> None:
    with one.session() as session, session.snapshot() if is_in_snapshot else nullcontext():
        usual = session.execute(statement(COST), [])
        assert session.execute_many(statement(COST, COSTS), BATCH) == [[("1.1",)]] * 3 != [usual] * 3
        assert session.execute(statement(COST), []) == usual
        failing = statement(f"{COST} AND 1 / CAST($1 AS bigint) < 9", COSTS)
        first, failed, last = session.execute_many(failing, [[1], [0], [1]])
        assert isinstance(failed, QueryError)
        assert first == last == session.execute(statement(COST), []) == usual


def single(session: Session) -> None:
    session.execute(statement(NOTE), [1])


def batch(session: Session) -> None:
    session.execute_many(statement(NOTE), BATCH)


def batch_in_a_snapshot(session: Session) -> None:
    with session.snapshot():
        session.execute_many(statement(NOTE, SET), BATCH)
        session.execute_many(statement("SELECT CAST(CAST($1 AS text) AS integer)"), [["1"], ["x"], ["2"]])


def failures(session: Session) -> None:
    session.execute_many(statement("SELECT 1 / CAST($1 AS bigint)"), [[0], [1]])
    session.execute(statement("SELECT nothing"), [])


def time_is_up(session: Session) -> None:
    session.execute_many(statement("SELECT 1 FROM pg_sleep(CAST($1 AS bigint))"), [[0], [30], [0]])


def key_press(session: Session) -> None:
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    session.execute_many(statement("SELECT 1 FROM pg_sleep(CAST($1 AS bigint))"), [[0], [30], [0]])


USES: Sequence[Callable[[Session], None]] = (single, batch, batch_in_a_snapshot, failures, time_is_up, key_press)


@pytest.mark.parametrize("use", USES)
def test_an_idle_session_holds_no_transaction_and_no_snapshot(
    postgresql: Any, opened: Callable[..., Ledger], use: Callable[[Session], None]
) -> None:
    ledger = opened(postgresql.url, pool_size=1, timeout=1.0)
    with suppress(EngineError, KeyboardInterrupt), ledger.session() as session:
        use(session)
    with ledger.session() as session:
        single(session)
    found = postgresql.admin.execute(
        "SELECT state, backend_xmin, backend_xid FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'active'"
    ).fetchall()
    assert set(found) == {("idle", None, None)}
