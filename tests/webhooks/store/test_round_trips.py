"""How often the writer waits for PostgreSQL's answers in the transactions of an event's way."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from webhooks.model import DeliveryState
from webhooks.queue.leases import Leases
from webhooks.store import attempts, compositions, ended_attempts, events, results
from webhooks.store.attempts import Ready
from webhooks.store.clock import now, sortable_id
from webhooks.store.command import Command, Pipelined
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store

_LAST = text("SELECT event_sequence, id FROM delivery ORDER BY event_sequence DESC LIMIT 1")


@pytest.fixture(scope="module")
def store(new_database: Callable[[str], str]) -> Iterator[Store]:
    with Store(new_database("postgresql")) as opened:
        leases = Leases()
        leases.beaten(time.monotonic())
        opened.serve_as(leases)
        yield opened


def waits(store: Store, command: Command[Any]) -> tuple[Any, int]:
    """What a write gives, and how often it asked the server for answers."""
    server: Any = store._writer._connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
    with tempfile.TemporaryFile("w+") as told:
        server.trace(told.fileno())
        result = asyncio.run(store.write(command))
        server.untrace()
        told.seek(0)
        kinds = [line.split("\t")[3].strip() for line in told if "\tF\t" in line]
    asked = sum(kind in ("Sync", "Query") for kind in kinds)
    flushed = sum(kind == "Flush" and before != "Sync" for before, kind in itertools.pairwise(kinds))
    return result, asked + flushed


def compose(store: Store, code: str, *, is_begun: bool) -> tuple[list[Ready], int]:
    """The last event gets its body; with the attempt of its delivery, or before that is begun by itself."""
    ((sequence, id_),) = store.read_now(lambda connection: connection.execute(_LAST).all())
    taken = [compositions.job_of(sequence, 0, 0)]
    body, at = results.Composed(sequence=sequence, version=0, body=b"encrypted", code=code), now()
    begin = [id_] if is_begun else []
    written, count = waits(store, Pipelined(lambda c: results.write(c, [body], taken, at=at, begin=begin)))
    if is_begun:
        return list(written.begun), count
    return waits(store, Pipelined(lambda c: attempts.begin(c, [id_], now())))


def end(store: Store, ready: Ready) -> int:
    """Its attempt is a success."""
    ended = EndedAttempt(
        id=ready.id,
        attempt=ready.attempt,
        registration_id=ready.endpoint.id,
        state=DeliveryState.DELIVERED,
        reason=None,
        failures=0,
        at=now(),
        answer=b"x",
        duration=1,
    )
    _, count = waits(store, Pipelined(lambda connection: ended_attempts.write(connection, [ended])))
    state = text("SELECT state FROM delivery WHERE id = :id")
    assert store.read_now(lambda connection: connection.scalar(state, {"id": ready.id})) == "delivered"
    return count


@pytest.mark.parametrize(("is_begun", "most"), [(True, [4, 7, 3]), (False, [4, 4, 3])])
def test_each_transaction_of_an_events_way_needs_few(
    store: Store, new_client: Any, register: Any, published: Any, code: str, is_begun: bool, most: list[int]
) -> None:
    client = new_client()
    register(client, "https://receiver.example/", code)
    for _ in range(8):  # the first ones prepare their statements
        _, intake = waits(store, events.Publish(client.id, [published(code)]))
        (ready,), begun = compose(store, code, is_begun=is_begun)
        assert [intake, begun, end(store, ready)] == most


class Encrypted:
    """Implements Bodies: each event has one."""

    def make(self, event: object, sequence: int, *, is_defined: bool) -> bytes:
        return b"encrypted"

    def are_composed_here(self, code: str) -> bool:
        return False

    def room(self, registration_id: int) -> int:
        return 100


def test_an_attempt_that_is_begun_at_intake_takes_one_answer_more(
    store: Store, new_client: Any, register: Any, published: Any, code: str
) -> None:
    """That is whether its job is this process's. What the request needs comes with the subscribers."""
    client = new_client()
    register(client, "https://receiver.example/", code)
    registration_id = store.read_now(lambda c: c.scalar(text("SELECT max(id) FROM registration")))
    for _ in range(8):
        command = events.Publish(client.id, [published(code)], Encrypted())
        command.begin = {registration_id: Job(Kind.DELIVER, sortable_id(now()), now())}
        _, intake = waits(store, command)
        (ready,) = command.begun
        assert (ready.id, ready.body) == (command.begin[registration_id].key, b"encrypted")
        assert [intake, end(store, ready)] == [5, 3]
