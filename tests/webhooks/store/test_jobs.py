"""Jobs that are missing: what is due and no job points to. How jobs are taken is the queue's contract."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, update

from webhooks.store import events, jobs
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.store import Store
from webhooks.store.tables import ATTEMPTS, COMPOSITIONS, DELIVERIES, JOBS

MINUTE = 60_000_000


@pytest.fixture(autouse=True)
def nothing_else(write: Callable[..., Any]) -> None:
    def clear(connection: Connection) -> None:
        connection.execute(ATTEMPTS.delete())
        connection.execute(DELIVERIES.delete())
        connection.execute(COMPOSITIONS.delete())
        connection.execute(JOBS.delete())

    write(clear)


@pytest.fixture
def publish(
    write: Callable[..., Any], new_client: Any, register: Any, published: Any, code: str
) -> Callable[..., list[str]]:
    """Publishes events to an endpoint, composes them, and takes their jobs away; gives their deliveries' ids."""
    client = new_client()
    seen = set[str]()

    def run(count: int, *, is_composed: bool = True, url: str = "https://a.example/") -> list[str]:
        registration = register(client, url, code)
        wanted = [published(code, uuid4().hex) for _ in range(count)]
        write(events.publish, client.id, wanted)

        def change(connection: Connection) -> list[str]:
            rows = list(connection.execute(select(DELIVERIES.c.id, DELIVERIES.c.event_sequence, DELIVERIES.c.url)))
            rows = [row for row in rows if row.id not in seen]
            seen.update(row.id for row in rows)
            sequences = [row.event_sequence for row in rows]
            if is_composed:
                where = COMPOSITIONS.c.event_sequence.in_(sequences)
                connection.execute(update(COMPOSITIONS).where(where).values(state="composed", due_at=None, body=b"x"))
            jobs.finish(connection, [Job(Kind.COMPOSE, f"{sequence}/0", 0) for sequence in sequences])
            return sorted(row.id for row in rows if row.url == registration.url)

        return list(write(change))

    return run


def found(read: Callable[..., Any], at: int | None = None, most: int = 100) -> list[tuple[Kind, str]]:
    return [(job.kind, job.key) for job in read(jobs.missing, at or now(), most)]


def test_what_has_its_job_is_not_missing(read: Any, write: Any, publish: Any) -> None:
    (id_,) = publish(1)
    assert found(read) == [(Kind.DELIVER, id_)]
    write(jobs.add, read(jobs.missing, now(), 100))
    assert found(read) == []
    write(jobs.finish, [Job(Kind.DELIVER, id_, 0)])
    assert found(read) == [(Kind.DELIVER, id_)]


def test_a_job_that_waits_for_later_is_one(read: Any, write: Any, publish: Any) -> None:
    (id_,) = publish(1)
    write(jobs.add, [Job(Kind.DELIVER, id_, now() + MINUTE)])
    assert found(read) == []


def test_what_is_not_composed_is_to_be_composed_first(read: Any, write: Any, publish: Any) -> None:
    publish(3, is_composed=False)
    wanted = found(read)
    assert [kind for kind, _ in wanted] == [Kind.COMPOSE] * 3
    write(jobs.add, [Job(kind, key, now()) for kind, key in wanted[:2]])
    assert found(read) == wanted[2:]


def test_what_is_not_due_is_not_missing(read: Any, publish: Any) -> None:
    before = now() - MINUTE
    publish(1)
    publish(1, is_composed=False)
    assert found(read, before) == []


def test_an_endpoint_is_given_a_few_whatever_waits_for_it(read: Any, publish: Any) -> None:
    many = publish(200)
    few = publish(2, url="https://b.example/")
    wanted = found(read)
    assert len([key for _, key in wanted if key in many]) == 4, "which, is all one: they are due at the same time"
    assert sorted(key for _, key in wanted if key in few) == few
    assert len(wanted) == 6
    assert len(found(read, most=3)) == 3


def test_uncomposed_ones_do_not_hide_what_comes_after_them(read: Any, publish: Any) -> None:
    publish(100, is_composed=False)
    (id_,) = publish(1)
    assert [key for kind, key in found(read, most=200) if kind is Kind.DELIVER] == [id_]


@pytest.mark.parametrize(("age", "is_missing"), [(30_000_000, False), (61_000_000, True)])
def test_an_attempt_whose_process_and_job_are_gone(
    read: Any, write: Any, publish: Any, age: int, is_missing: bool
) -> None:
    (id_,) = publish(1)

    def send(connection: Connection) -> None:
        changes = {"state": "sending", "attempts": 1, "next_attempt_at": None}
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == id_).values(changes))
        connection.execute(ATTEMPTS.insert().values(delivery_id=id_, number=1, started_at=now() - age))

    write(send)
    assert found(read) == ([(Kind.DELIVER, id_)] if is_missing else [])
    write(jobs.add, [Job(Kind.DELIVER, id_, now())])
    assert found(read) == []


def test_processes_that_refill_the_same_endpoints_do_not_wait_for_each_other(store: Store, publish: Any) -> None:
    """One transaction refills several, in any order: to wait would be a deadlock now and then."""
    if store.is_embedded:
        pytest.skip("one process refills them")
    for name in ("a", "b"):  # what is published then is for both
        publish(3, url=f"https://{name}.example/")
    ids = select(DELIVERIES.c.registration_id).distinct().order_by(DELIVERIES.c.registration_id)
    with store.connect() as one, store.connect() as other:
        a, b = one.scalars(ids).all()
        for connection in (one, other):
            connection.exec_driver_sql("SET lock_timeout = '1s'")
            connection.exec_driver_sql("BEGIN")
        assert [jobs.refill(one, a, now(), 9), jobs.refill(other, b, now(), 9)] == [6, 3]
        assert [jobs.refill(one, b, now(), 9), jobs.refill(other, a, now(), 9)] == [9, 9]  # to be looked at again
        for connection in (one, other):
            connection.exec_driver_sql("COMMIT")
        for connection in (one, other):
            assert [jobs.refill(connection, each, now(), 9) for each in (a, b)] == [0, 0]
            connection.invalidate()
    assert len(store.read_now(lambda c: c.scalars(select(JOBS.c.key)).all())) == 9


def test_what_another_process_refills_is_left_to_it_when_missing_jobs_are_added(store: Store, publish: Any) -> None:
    """Else one would wait for the other's jobs, in another order: a deadlock now and then."""
    if store.is_embedded:
        pytest.skip("one process adds jobs")
    for name in ("a", "b"):  # what is published then is for both
        publish(3, url=f"https://{name}.example/")
    ids = select(DELIVERIES.c.registration_id).distinct().order_by(DELIVERIES.c.registration_id)
    with store.connect() as one, store.connect() as other:
        a, b = one.scalars(ids).all()
        missing = jobs.missing(other, now(), 9)
        for connection in (one, other):
            connection.exec_driver_sql("SET lock_timeout = '1s'")
            connection.exec_driver_sql("BEGIN")
        assert jobs.refill(one, a, now(), 9) == 6
        jobs.add_missing(other, missing)
        assert jobs.refill(one, b, now(), 9) == 9  # the other one gives some of them jobs
        for connection in (one, other):
            connection.exec_driver_sql("COMMIT")
            connection.invalidate()
    assert len(store.read_now(lambda c: c.scalars(select(JOBS.c.key)).all())) == 9
