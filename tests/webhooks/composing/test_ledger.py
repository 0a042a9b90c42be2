"""Real ledgers: away for an hour, away at the start, and shared by events that are many."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from private_postgresql import PASSWORD, PrivatePostgreSQL, programs

from engine.sql.ddl import decode_script
from engine.testing import build_postgresql
from webhooks.composing.pace import Pace
from webhooks.composing.work import LEDGER_CONNECTIONS
from webhooks.model import DeliveryState

ROOT = Path(__file__).parents[3]
EVENT = "ledgerpayment"
Run = Callable[[Awaitable[None]], None]


def arguments_of(event: str) -> dict[str, str]:
    """Of the event's first case among the fixtures."""
    case = min((ROOT / "fixtures" / event).iterdir())
    return dict(json.loads((case / "event.json").read_bytes())["data"])


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgreSQL]:
    """A server with the fixture ledger in it."""
    made = PrivatePostgreSQL(programs())
    scripts = [decode_script((ROOT / "fixtures" / "ledger" / name).read_bytes()) for name in ("schema.sql", "data.sql")]
    with psycopg.connect(_ledger(made).replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        build_postgresql(*scripts, cursor)
        connection.commit()
        cursor.execute("CHECKPOINT")  # it does not wait for its disk, and is stopped without a chance to write
    yield made
    made.remove()


def _ledger(server: PrivatePostgreSQL) -> str:
    return f"postgresql+psycopg://postgres:{PASSWORD}@127.0.0.1:{server.port}/postgres"


def test_an_hour_without_the_ledger_ages_nothing(
    rig: Any, run: Run, server: PrivatePostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    trials = Pace().faster(1).ledger
    pauses = [min(trials.longest, trials.first * 2**count) for count in range(200)]
    an_hour = next(count for count in range(200) if sum(pauses[:count]) >= 3600)

    async def test() -> None:
        rig.pace = Pace().faster(1000)
        await rig.register(EVENT, "partpayment", "statuschange")
        async with rig.running(rig.by_ledger(_ledger(server))):
            await rig.publish(EVENT, arguments_of(EVENT))
            await rig.until(rig.are_composed)
            server.stop("immediate")
            await rig.publish(EVENT, *[arguments_of(EVENT)] * 200)
            await rig.publish("partpayment", *[arguments_of("partpayment")] * 200)
            await rig.publish("statuschange", arguments_of("statuschange"))  # has the default body
            await rig.until(lambda: caplog.text.count("composing waits for the ledger") > an_hour)
            rows = rig.compositions()
            assert (rows[-1].state, {row.state for row in rows[1:-1]}) == ("composed", {"waiting"})
            assert {row.failures for row in rows} == {0}
            waiting = [each for each in rig.deliveries() if each.event != "statuschange"][1:]
            assert {each.state for each in waiting} <= {DeliveryState.PENDING, DeliveryState.COMPOSING}
            assert sum("it waits for the ledger" in str(each.reason) for each in waiting) > 390
            server.start()
            await rig.until(rig.are_composed)
        assert {each.reason for each in rig.deliveries()} == {None}
        assert len(rig.jobs()) == 402
        assert "the ledger is back" in caplog.text

    caplog.set_level("INFO")
    run(test())


def test_a_start_without_the_ledger_holds_its_events_only(rig: Any, run: Run, server: PrivatePostgreSQL) -> None:
    async def test() -> None:
        rig.pace = Pace().faster(100)
        await rig.register(EVENT, "statuschange")
        server.stop("fast")
        definitions = rig.by_ledger(_ledger(server), ledger_schema=None)  # which must be read from the ledger
        async with rig.running(definitions):
            await rig.publish(EVENT, arguments_of(EVENT))
            await rig.publish("statuschange", arguments_of("statuschange"))
            await rig.until(lambda: rig.compositions()[1].state == "composed")
            await rig.until(lambda: "cannot be read without the ledger" in str(rig.deliveries()[0].reason))
            assert not definitions.is_loaded
            server.start()
            await rig.until(rig.are_composed)
        assert [body.definition is not None for body in rig.bodies()] == [True, False]

    run(test())


def test_events_share_few_sessions(rig: Any, run: Run, server: PrivatePostgreSQL) -> None:
    codes = [EVENT, "partpayment", "noteadded", "remindersent", "refundmade", "casetolegal"]
    most, is_over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        with psycopg.connect(_ledger(server).replace("+psycopg", ""), autocommit=True) as connection:
            others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
            query = f"SELECT count(*) FROM pg_stat_activity WHERE {others}"
            while not is_over.wait(0.005):
                for (count,) in connection.execute(query):
                    most = max(most, count)

    async def test() -> None:
        await rig.register(*codes)
        for code in codes:
            await rig.publish(code, *[arguments_of(code)] * 300)
        task = asyncio.ensure_future(asyncio.to_thread(watch))
        try:
            async with rig.running(rig.by_ledger(_ledger(server))):
                await rig.until(lambda: all(row.state != "waiting" for row in rig.compositions()))
        finally:
            is_over.set()
            await task

    run(test())
    assert 2 <= most <= LEDGER_CONNECTIONS


def test_a_slow_event_with_a_long_queue_delays_no_other(rig: Any, run: Run, make_custom: Any) -> None:
    def answer(event: str, messages: Sequence[Mapping[str, Any]]) -> list[Any]:
        if event == EVENT:
            time.sleep(0.05 * len(messages))
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        rig.pace = Pace()
        await rig.register(EVENT, "noteadded")
        for _ in range(3):
            await rig.publish(EVENT, *[arguments_of(EVENT)] * 1000)
        await rig.publish("noteadded", arguments_of("noteadded"))
        async with rig.running(rig.scripted(answer, EVENT, "noteadded")):
            await rig.until(lambda: rig.compositions()[-1].state == "composed")
            states = [row.state for row in rig.compositions()]
            assert states.count("waiting") > 1000, "the others take 75 seconds, two at a time"

    run(test())
