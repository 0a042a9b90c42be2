"""Attempts as the store keeps them, where a process comes late or the endpoint has changed meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from webhooks.model import Client, DeliveryState
from webhooks.store import attempts, compositions, deliveries, ended_attempts, events, registrations, results
from webhooks.store.attempts import Ready
from webhooks.store.clock import now
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.results import Composed
from webhooks.store.tables import COMPOSITIONS, DELIVERIES, JOBS, REGISTRATIONS

URL = "https://receiver.example/"
LATER = 60_000_000


class One:
    """A delivery that is due."""

    def __init__(self, read: Callable[..., Any], write: Callable[..., Any], client: Client, id_: str) -> None:
        self.read, self.write, self.client, self.id = read, write, client, id_

    def begin(self) -> list[Ready]:
        return self.write(attempts.begin, [self.id], now())  # type: ignore[no-any-return]

    def fail(self, ready: Ready) -> None:
        """The attempt has failed, and is to be made again later."""
        ended = EndedAttempt(
            id=ready.id,
            attempt=ready.attempt,
            registration_id=ready.endpoint.id,
            state=DeliveryState.PENDING,
            reason="it failed",
            failures=ready.failures + 1,
            at=now(),
            next_attempt_at=now() + LATER,
            duration=1,
        )
        self.write(ended_attempts.write, [ended])

    def set(self, table: Any, **values: object) -> None:
        column = table.c.id if table is DELIVERIES else table.c.client_id
        value = self.id if table is DELIVERIES else self.client.id
        self.write(lambda c: c.execute(update(table).values(**values).where(column == value)))

    def row(self) -> Any:
        return self.read(lambda c: c.execute(select(DELIVERIES).where(DELIVERIES.c.id == self.id)).one())

    def has_job(self) -> bool:
        def find(connection: Any) -> list[str]:
            return list(connection.scalars(select(JOBS.c.key)))

        return self.id in self.read(find)


@pytest.fixture
def one(new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str) -> One:
    client = new_client()
    register(client, URL, code)
    (event_id,) = write(events.publish, client.id, [published(code)])
    sequence = read(events.by_id, client.id, event_id).sequence
    composed = Composed(sequence=sequence, version=0, body=b"body", code=None)
    write(results.write, [composed], [compositions.job_of(sequence, 0, 0)], at=now())
    id_ = read(lambda c: c.scalars(select(DELIVERIES.c.id).where(DELIVERIES.c.event_sequence == sequence)).one())
    return One(read, write, client, id_)


def test_a_process_that_was_taken_for_dead_leaves_the_next_attempts_job(one: One) -> None:
    (ready,) = one.begin()
    one.fail(ready)
    before = one.row()
    one.fail(ready)
    assert (one.row(), one.has_job()) == (before, True)


def test_an_endpoint_that_asked_another_process_for_time_gets_it(one: One) -> None:
    one.set(REGISTRATIONS, waits_until=now() + LATER)
    assert (one.begin(), one.row().state) == ([], "pending")
    one.set(REGISTRATIONS, waits_until=now() - 1)
    assert [ready.attempt for ready in one.begin()] == [1]


def test_what_was_made_due_while_its_url_was_removed_is_cancelled(one: One) -> None:
    one.write(registrations.remove, one.client.id, URL, None)
    one.set(DELIVERIES, state="pending", next_attempt_at=now(), ended_at=None)
    assert one.begin() == []
    row = one.row()
    assert (row.state, row.reason, row.ended_at is None) == ("cancelled", "the registration was removed", False)


@pytest.mark.parametrize("size", [1, 8_192, 8_193, 1_000_000])
def test_a_body_of_any_size_is_there_for_its_attempt(one: One, write: Any, size: int) -> None:
    body = bytes(n % 256 for n in range(size))
    write(
        lambda c: c.execute(
            update(COMPOSITIONS).values(body=body).where(COMPOSITIONS.c.event_sequence == one.row().event_sequence)
        )
    )
    (ready,) = one.begin()
    assert bytes(ready.body) == body


@pytest.mark.parametrize("size", [10, 10_000])
def test_a_body_that_was_erased_meanwhile_is_not_sent(
    one: One, write: Any, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """On PostgreSQL that may be after the delivery was looked at."""
    of_event = COMPOSITIONS.c.event_sequence == one.row().event_sequence

    def set_body(body: bytes | None) -> None:
        write(lambda c: c.execute(update(COMPOSITIONS).values(body=body).where(of_event)))

    set_body(b"x" * size)
    real = attempts._LARGE.run
    monkeypatch.setattr(attempts._LARGE, "run", lambda c, keys: [(*row[:2], None) for row in real(c, keys)])
    if size < 8192:
        set_body(None)
    assert one.begin() == []
    assert (one.row().state, one.row().reason) == ("dead", "its body was erased before it could be sent")


def test_what_came_of_many_attempts_is_told_of_each(one: One, read: Any, write: Any) -> None:
    answers = [b"first", None, b"\0\xff third"]
    ended = []
    for number, answer in enumerate(answers, 1):
        (ready,) = one.begin()
        ended.append(
            EndedAttempt(
                id=one.id,
                attempt=number,
                registration_id=ready.endpoint.id,
                state=DeliveryState.DELIVERED,
                reason=None,
                failures=0,
                at=now(),
                duration=number,
                answer=answer,
            )
        )
        one.set(DELIVERIES, state="pending", next_attempt_at=now())
    one.begin()
    before = one.row()
    write(ended_attempts.write, ended)
    found = read(deliveries.attempts_of, one.id)
    assert [each.answer and bytes(each.answer) for each in found] == [*answers, None]
    assert one.row() == before, "they are of attempts before the last one"
