"""Many commands share a COMMIT; none hurts another, and each caller hears what became of its own."""

import asyncio
import gc
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from webhooks.errors import ConflictError, StoreError
from webhooks.store.opening import open_store
from webhooks.store.writer import MOST_BYTES, MOST_COMMANDS, Writer, error_name

TABLES = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE item (id int PRIMARY KEY, parent_id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)
"""


@pytest.fixture(scope="module")
def engine(store_url: str) -> Iterator[Engine]:
    opened = open_store(store_url)
    with opened.begin() as connection:
        for statement in TABLES.split(";"):
            connection.execute(text(statement))
    yield opened
    opened.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM item"))
    made = Writer(engine)
    yield made
    made.close()


@pytest.fixture
def commits(engine: Engine) -> Iterator[list[object]]:
    """Grows with each COMMIT."""
    seen: list[object] = []

    def note(connection: Connection) -> None:
        seen.append(connection)

    event.listen(engine, "commit", note)
    yield seen
    event.remove(engine, "commit", note)


def stored(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT id FROM item ORDER BY id")))


def add(id_: int, parent: int | None = None) -> Callable[[Connection], int]:
    def command(connection: Connection) -> int:
        connection.execute(text("INSERT INTO item VALUES (:id, :parent)"), {"id": id_, "parent": parent})
        return id_

    return command


def both(first: Callable[[Connection], Any], then: Callable[[Connection], Any]) -> Callable[[Connection], Any]:
    def command(connection: Connection) -> Any:
        first(connection)
        return then(connection)

    return command


def raising(error: BaseException) -> Callable[[Connection], None]:
    def command(_: Connection) -> None:
        raise error

    return command


def sql(statement: str, **values: object) -> Callable[[Connection], None]:
    def command(connection: Connection) -> None:
        connection.execute(text(statement), values)

    return command


async def together(writer: Writer, *commands: Callable[[Connection], Any]) -> list[Any]:
    """What became of commands that wait together: another one holds the writer until all are there."""
    gate = threading.Event()
    first = asyncio.ensure_future(writer.run(lambda _: gate.wait(20)))
    await asyncio.sleep(0.1)
    rest = [asyncio.ensure_future(writer.run(command)) for command in commands]
    await asyncio.sleep(0)
    gate.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


def test_commands_share_a_commit_and_keep_their_order(writer: Writer, engine: Engine, commits: list[object]) -> None:
    order: list[int] = []
    commands = [both(lambda _, id_=id_: order.append(id_), add(id_)) for id_ in range(50)]
    assert asyncio.run(together(writer, *commands)) == list(range(50))
    assert order == list(range(50))
    assert stored(engine) == list(range(50))
    assert len(commits) < 25


def test_what_is_committed_is_done_whatever_those_do_who_hear_of_it(writer: Writer, engine: Engine) -> None:
    def fail(_: Connection) -> None:
        raise OperationalError("canary", None, ValueError())

    writer.tell_committed = fail
    assert asyncio.run(together(writer, add(1), add(2))) == [1, 2]
    assert stored(engine) == [1, 2]


def test_what_can_wait_lets_later_commands_go_before_it_for_a_while(writer: Writer) -> None:
    order: list[str] = []

    async def test() -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(writer.run(lambda _: gate.wait(20)))
        await asyncio.sleep(0.1)
        patient = asyncio.ensure_future(writer.run(lambda _: order.append("patient"), can_wait=True))
        others = [asyncio.ensure_future(writer.run(lambda _: order.append("soon"))) for _ in range(3)]
        await asyncio.sleep(0.1)
        late = asyncio.ensure_future(writer.run(lambda _: order.append("late")))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, patient, *others, late)

    asyncio.run(test())
    assert order == ["soon"] * 3 + ["patient", "late"]


def test_what_can_wait_is_not_waited_for(writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.store.writer._BEHIND_SECONDS", 5.0)
    commits: list[list[int]] = []
    writer.tell_committed = lambda _: commits.append(stored(engine))

    async def test() -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(writer.run(lambda _: gate.wait(20)))
        await asyncio.sleep(0.1)
        patient = [asyncio.ensure_future(writer.run(add(number), can_wait=True)) for number in (3, 4)]
        soon = [asyncio.ensure_future(writer.run(add(number))) for number in (1, 2)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *patient, *soon)

    asyncio.run(test())
    assert commits[-2:] == [[1, 2], [1, 2, 3, 4]]


FAULTS = {
    "our own": (raising(ConflictError("no")), ConflictError),
    "a bug": (raising(ValueError("canary")), ValueError),
    "a key twice": (add(0), StoreError),
    "a reference at COMMIT": (add(77, parent=5), StoreError),
    "wrong SQL": (sql("SELECT nothing FROM nowhere"), StoreError),
    "a value of no type": (sql("INSERT INTO item VALUES (:id)", id=object()), StoreError),
    "a text that no database takes": (sql("SELECT :text", text="\ud800"), UnicodeEncodeError),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_that_fails_hurts_no_other(
    writer: Writer, engine: Engine, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    command, expected = FAULTS[fault]
    results = asyncio.run(together(writer, add(0), both(add(90), command), add(1), command, add(2)))
    assert [results[0], results[2], results[4]] == [0, 1, 2]
    assert [type(results[1]), type(results[3])] == [expected, expected]
    assert stored(engine) == [0, 1, 2]
    assert asyncio.run(writer.run(add(3))) == 3


def test_a_fault_that_ends_the_transaction_is_its_own_commands(writer: Writer, engine: Engine) -> None:
    """As a full disk does: made by a trigger on SQLite, by the error's number on PostgreSQL."""
    is_sqlite = engine.dialect.name == "sqlite"
    fault = sql("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$")
    if is_sqlite:
        fault = sql("INSERT INTO parent VALUES (66)")
        trigger = "CREATE TRIGGER broken BEFORE INSERT ON parent BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        with engine.begin() as connection:
            connection.execute(text(trigger))
    results = asyncio.run(together(writer, add(0), both(add(90), fault), add(1)))
    assert [results[0], type(results[1]), results[2]] == [0, StoreError, 1]
    assert stored(engine) == [0, 1]


def test_what_collided_with_another_process_is_tried_again(writer: Writer, engine: Engine) -> None:
    """The other process commits between the command's look and its own insert; here the command does it itself."""
    calls: list[bool] = []

    def put(connection: Connection) -> str:
        calls.append(bool(connection.scalar(text("SELECT count(*) FROM item WHERE id = 5"))))
        if calls[-1]:
            return "there already"
        connection.execute(text("INSERT INTO item VALUES (5, NULL)"))
        if len(calls) == 1:
            connection.execute(text("INSERT INTO item VALUES (5, NULL)"))  # as the other one's would be
        return "new"

    assert asyncio.run(writer.run(put)) == "new"
    assert calls == [False, False]
    assert stored(engine) == [5]


def test_what_is_no_longer_waited_for_is_not_begun(writer: Writer, engine: Engine) -> None:
    async def leave() -> None:
        gate = threading.Event()
        first = asyncio.ensure_future(writer.run(both(lambda _: gate.wait(20), add(1))))
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(writer.run(add(2)))
        await asyncio.sleep(0)
        third = asyncio.ensure_future(writer.run(add(3)))
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        gate.set()
        assert await third == 3

    asyncio.run(leave())
    assert stored(engine) == [1, 3]


def test_too_many_are_refused_and_those_that_wait_are_done(writer: Writer, engine: Engine) -> None:
    async def flood() -> list[Any]:
        return await together(writer, *(add(id_) for id_ in range(MOST_COMMANDS + 5)))

    results = asyncio.run(flood())
    assert results[:MOST_COMMANDS] == list(range(MOST_COMMANDS))
    assert {type(result) for result in results[MOST_COMMANDS:]} == {StoreError}
    assert "Too many requests wait" in str(results[-1])
    assert len(stored(engine)) == MOST_COMMANDS
    assert asyncio.run(writer.run(add(5000))) == 5000


def test_too_many_bytes_are_refused_and_what_has_none_is_not(writer: Writer) -> None:
    async def flood() -> list[Any]:
        gate = threading.Event()
        first = asyncio.ensure_future(writer.run(lambda _: gate.wait(20), MOST_BYTES))
        await asyncio.sleep(0.1)
        small = asyncio.ensure_future(writer.run(add(1)))
        with pytest.raises(StoreError, match="Too many requests wait"):
            await writer.run(add(2), 1)
        gate.set()
        await first
        return [await small, await asyncio.gather(*(writer.run(add(10 + n), MOST_BYTES // 4) for n in range(4)))]

    assert asyncio.run(flood()) == [1, [10, 11, 12, 13]]


def test_what_is_lost_in_its_commit_is_told_apart(store_url: str) -> None:
    """The connection is lost before, or as the COMMIT is sent: then nobody knows, and nobody is told otherwise."""
    if store_url.startswith("sqlite"):
        pytest.skip("an embedded store has no connection to lose")
    own = open_store(store_url)
    lost = Writer(own)

    def cut(connection: Connection) -> None:
        connection.connection.driver_connection.pgconn.finish()  # type: ignore[union-attr]

    with pytest.raises(StoreError, match="nothing was changed"):
        asyncio.run(lost.run(both(cut, add(1))))
    event.listen(own, "commit", cut)
    with pytest.raises(StoreError, match="is not known"):
        asyncio.run(lost.run(add(777)))
    event.remove(own, "commit", cut)
    assert asyncio.run(lost.run(lambda _: "again")) == "again"
    lost.close()
    own.dispose()


def test_a_slow_command_keeps_others_waiting_for_no_more_than_itself(writer: Writer, commits: list[object]) -> None:
    """Each takes longer than a transaction may, so that each but the first is committed with one other at most."""
    slow = [lambda _: time.sleep(0.03)] * 6
    asyncio.run(together(writer, *slow))
    assert len(commits) >= 4


def test_closing_does_what_waits_and_refuses_the_rest(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM item"))
    writer = Writer(engine)

    async def close() -> list[Any]:
        gate = threading.Event()
        jobs = [asyncio.ensure_future(writer.run(lambda _: gate.wait(20)))]
        await asyncio.sleep(0.1)
        jobs += [asyncio.ensure_future(writer.run(add(id_))) for id_ in range(20)]
        await asyncio.sleep(0)
        closing = asyncio.get_running_loop().run_in_executor(None, writer.close)
        await asyncio.sleep(0.1)
        with pytest.raises(StoreError, match="is ending"):
            await writer.run(add(99))
        gate.set()
        await closing
        return await asyncio.gather(*jobs[1:])

    assert asyncio.run(close()) == list(range(20))
    assert stored(engine) == list(range(20))


def test_a_loop_that_was_closed_harms_nobody(writer: Writer, engine: Engine) -> None:
    gate = threading.Event()

    async def leave() -> None:
        asyncio.ensure_future(writer.run(both(lambda _: gate.wait(20), add(1))))  # noqa: RUF006  it is left behind
        await asyncio.sleep(0.1)

    asyncio.run(leave())
    gate.set()
    assert asyncio.run(writer.run(add(2))) == 2
    gc.collect()
    assert stored(engine) == [1, 2]


def test_the_log_names_errors_without_values(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    from webhooks.logs import JsonFormatter

    with caplog.at_level(logging.DEBUG):
        asyncio.run(
            together(
                writer,
                raising(ValueError("canary")),
                sql("INSERT INTO item VALUES (:id, 'canary', :canary)", id=1, canary="canary"),
                both(sql("INSERT INTO item VALUES (:id, NULL)", id=1), add(1)),
                add(2, parent=3),
            )
        )
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("builtins.ValueError" in line for line in lines)
    assert any("Integrity" in line or "UniqueViolation" in line for line in lines)
    assert not any("canary" in line for line in lines)


def test_a_full_disk_is_called_so() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("CREATE TABLE item (id int)")
    assert error_name(caught.value) == "the disk is full (OperationalError SQLITE_FULL)"
