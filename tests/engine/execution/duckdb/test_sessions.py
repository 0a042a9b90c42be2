import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from plain_queries import rows

from engine.errors import DefinitionUnavailableError, LedgerUnavailableError
from engine.execution import Ledger
from engine.model import Statement

payment_frame = [("a variable that a table name could be taken for",)]


@pytest.fixture
def ledger(duckdb_file: Path, opened: Callable[..., Ledger]) -> Ledger:
    return opened(f"duckdb:///{duckdb_file}")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("access_mode", "read_only"),
        ("enable_external_access", False),
        ("lock_configuration", True),
        ("autoload_known_extensions", False),
        ("autoinstall_known_extensions", False),
        ("python_enable_replacements", False),
        ("temp_directory", ""),
        ("threads", 1),
        ("TimeZone", "UTC"),
    ],
)
def test_the_session_is_set_up(ledger: Ledger, name: str, setting: object) -> None:
    cursor = ledger.driver.connect()._cursor  # past the session, which does not tell
    assert cursor.execute(f"SELECT current_setting('{name}')").fetchall() == [(setting,)]


def test_the_time_zone_of_the_machine_does_not_count(
    duckdb_file: Path, opened: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        ledger = opened(f"duckdb:///{duckdb_file}")
        sql = "SELECT CAST(TIMESTAMPTZ '2026-11-24 12:00:00+00' AS text)"
        assert rows(ledger, sql) == [("2026-11-24 12:00:00+00",)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_variable_of_the_program_is_no_table(ledger: Ledger) -> None:
    with pytest.raises(DefinitionUnavailableError, match="CatalogException"):
        rows(ledger, "SELECT * FROM payment_frame")


def test_reading_leaves_no_trace_beside_the_file(duckdb_file: Path, ledger: Ledger) -> None:
    content = duckdb_file.read_bytes()
    rows(ledger, "SELECT * FROM payment a, payment b ORDER BY a.note, b.note DESC")
    assert list(duckdb_file.parent.iterdir()) == [duckdb_file]
    ledger.close()
    assert duckdb_file.read_bytes() == content


def test_a_read_only_file_on_disk_is_enough(tmp_path: Path, opened: Callable[..., Ledger]) -> None:
    path = tmp_path / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 7 AS id")
    path.chmod(0o400)
    assert rows(opened(f"duckdb:///{path}"), "SELECT id FROM t") == [(7,)]


def test_a_file_that_is_open_for_writing_is_unavailable_for_now(tmp_path: Path, opened: Callable[..., Ledger]) -> None:
    path = tmp_path / "ledger.duckdb"
    ledger = opened(f"duckdb:///{path}")
    with duckdb.connect(str(path)) as writer:
        writer.execute("CREATE TABLE t AS SELECT 7 AS id")
        with pytest.raises(LedgerUnavailableError, match="open elsewhere for writing") as caught:
            rows(ledger, "SELECT id FROM t")
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert rows(ledger, "SELECT id FROM t") == [(7,)]


def test_a_file_that_is_replaced_is_read_by_a_new_ledger_only(tmp_path: Path, opened: Callable[..., Ledger]) -> None:
    path, new = tmp_path / "ledger.duckdb", tmp_path / "new.duckdb"
    for number, file in ((1, path), (2, new)):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {number} AS id")
    ledger = opened(f"duckdb:///{path}")
    assert rows(ledger, "SELECT id FROM t") == [(1,)]
    os.replace(new, path)
    assert rows(ledger, "SELECT id FROM t") == [(1,)]
    ledger.close()
    assert rows(opened(f"duckdb:///{path}"), "SELECT id FROM t") == [(2,)]


def test_closing_lets_go_of_the_file(tmp_path: Path, opened: Callable[..., Ledger]) -> None:
    path = tmp_path / "ledger.duckdb"
    duckdb.connect(str(path)).close()
    ledger = opened(f"duckdb:///{path}")
    rows(ledger, "SELECT 1")
    ledger.close()
    with duckdb.connect(str(path)) as writer:
        writer.execute("CREATE TABLE t (id int)")


def test_closing_during_a_query_waits_for_its_end(duckdb_file: Path, opened: Callable[..., Ledger]) -> None:
    ledger = opened(f"duckdb:///{duckdb_file}")
    started, found = threading.Event(), []

    def work() -> None:
        with ledger.session() as session:
            session.execute(Statement("SELECT 1", (), ()), ())
            started.set()
            sql = "SELECT count(*) FROM range(3000) a(x), range(3000) b(y) WHERE (x * y) % 7 = 3"
            found.extend(session.execute(Statement(sql, (), ()), ()))

    thread = threading.Thread(target=work)
    thread.start()
    started.wait(5)
    ledger.close()
    thread.join(10)
    assert found
    assert found[0][0] > 0


@pytest.mark.parametrize(
    "sql",
    ["SELECT 1; SELECT 2", "", "CREATE TEMP TABLE x AS SELECT 1", "SET VARIABLE x = 1", "BEGIN", "EXPLAIN SELECT 1"],
)
def test_only_one_query_at_a_time_is_run(ledger: Ledger, sql: str) -> None:
    with pytest.raises(DefinitionUnavailableError, match="one query at a time and nothing but queries"):
        rows(ledger, sql)


def test_an_attempt_to_write_is_not_the_events_fault(ledger: Ledger) -> None:
    with pytest.raises(DefinitionUnavailableError):
        rows(ledger, "WITH gone AS (DELETE FROM payment RETURNING id) SELECT * FROM gone")


def test_more_memory_than_allowed_is_passing_trouble(duckdb_file: Path, opened: Callable[..., Ledger]) -> None:
    ledger = opened(f"duckdb:///{duckdb_file}", timeout=60.0)
    sql = "SELECT max(length(s)) FROM (SELECT string_agg(repeat('x', 100000), '') AS s FROM range(50000))"
    with pytest.raises(LedgerUnavailableError, match="OutOfMemoryException"):
        rows(ledger, sql)
    assert rows(ledger, "SELECT 1") == [(1,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_may_go_on(ledger: Ledger) -> None:
    assert rows(ledger, "SELECT 1") == [(1,)]
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if rows(ledger, "SELECT count(*) FROM payment") == [(100,)] else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert rows(ledger, "SELECT 1") == [(1,)]
