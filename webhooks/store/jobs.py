"""Jobs: pointers to deliveries and compositions that are to be worked on. The tables of these hold the truth.

A job is added or finished in the transaction that changes what it points to, so neither is seen without the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.json import encode
from sqlalchemy import Connection

from webhooks.store.bulk import NUMBER, TEXT, Bulk
from webhooks.store.clock import now
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("jobs")

_ADDED: Final = "jobs added"  # key of a connection's `info`, which the embedded queue reads after a COMMIT


class Kind(StrEnum):
    """What is to be done: a body composed (the key is a composition's) or a delivery sent (the key is its id)."""

    COMPOSE = "compose"
    DELIVER = "deliver"


class Job(Struct, frozen=True):
    """Something to do, not before `due_at` (microseconds)."""

    kind: Kind
    key: str
    due_at: int


_ADD: Final = Bulk(_SQL["add"], kind=TEXT, key=TEXT, due_at=NUMBER)
_FINISH: Final = Bulk(_SQL["finish"], kind=TEXT, key=TEXT)
_ENQUEUE: Final = Prepared(_SQL["enqueue"])
_DEQUEUE: Final = Prepared(_SQL["dequeue"])

# What is due and has no job. WITHOUT_JOB stands for the condition that each kind of database has.
_WITHOUT_JOB: Final = {
    "sqlite": "NOT EXISTS (SELECT 1 FROM job WHERE job.kind = '{}' AND job.key = {})",
    "postgresql": """NOT EXISTS (
        SELECT FROM pgqueuer WHERE pgqueuer.dedupe_key = '{}:' || {}
            AND status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status]) OFFSET 0
    )""",  # OFFSET keeps it from becoming a join, which reads the whole table while its statistics say that it is empty
}
_UNCOMPOSED: Final = """
    SELECT key, due_at FROM (
        SELECT event_sequence || '/' || version AS key, due_at FROM composition
        WHERE due_at <= :now AND state = 'waiting' ORDER BY due_at LIMIT 5000
    ) AS oldest WHERE WITHOUT_JOB"""
# An attempt under way without a job: its process has died.
_ABANDONED: Final = """
    SELECT delivery.id, attempt.started_at
    FROM delivery JOIN attempt ON attempt.delivery_id = delivery.id AND attempt.number = delivery.attempts
    WHERE delivery.state = 'sending' AND attempt.started_at < :now - 60000000 AND WITHOUT_JOB"""
# Of each endpoint it looks at the oldest due deliveries, and finds a few that have no job: the others get theirs when
# these are sent. So neither many deliveries nor a slow endpoint make the search long.
_PARKED: Final = {
    "sqlite": """
    SELECT id, next_attempt_at FROM (
        SELECT delivery.id, delivery.next_attempt_at,
            row_number() OVER (PARTITION BY registration.id ORDER BY delivery.next_attempt_at) AS place
        FROM registration JOIN delivery ON delivery.rowid IN (
            SELECT delivery.rowid FROM delivery JOIN composition USING (event_sequence, version)
            WHERE delivery.registration_id = registration.id AND delivery.state = 'pending'
                AND delivery.next_attempt_at <= :now AND composition.state = 'composed'
            ORDER BY delivery.next_attempt_at LIMIT 32
        ) WHERE registration.id NOT IN (SELECT value FROM json_each(:known)) AND WITHOUT_JOB
    ) AS parked WHERE place <= 4""",
    "postgresql": """
    SELECT parked.id, parked.next_attempt_at FROM registration CROSS JOIN LATERAL (
        SELECT * FROM (
            SELECT delivery.id, delivery.next_attempt_at
            FROM delivery JOIN composition USING (event_sequence, version)
            WHERE delivery.registration_id = registration.id AND delivery.state = 'pending'
                AND delivery.next_attempt_at <= :now AND composition.state = 'composed'
            ORDER BY delivery.next_attempt_at LIMIT 32
        ) AS delivery WHERE WITHOUT_JOB LIMIT 4
    ) AS parked WHERE registration.id <> ALL (:known ::bigint[])""",
}

_OF_ENDPOINT: Final = """
    SELECT delivery.id FROM delivery JOIN composition USING (event_sequence, version)
    WHERE delivery.registration_id = :registration_id AND delivery.state = 'pending'
        AND delivery.next_attempt_at <= :at AND composition.state = 'composed' AND WITHOUT_JOB
    ORDER BY delivery.next_attempt_at"""


def _finding(kind: Kind, statement: str, key: str, dialect: str, finds: int) -> Prepared:
    condition = _WITHOUT_JOB[dialect].format(kind.value, key)
    return Prepared(f"{statement.replace('WITHOUT_JOB', condition)} LIMIT :most", finds=finds)


_MISSING: Final = {
    dialect: (
        (Kind.COMPOSE, _finding(Kind.COMPOSE, _UNCOMPOSED, "oldest.key", dialect, 2)),
        (Kind.DELIVER, _finding(Kind.DELIVER, _ABANDONED, "delivery.id", dialect, 2)),
        (Kind.DELIVER, _finding(Kind.DELIVER, parked, "delivery.id", dialect, 2)),
    )
    for dialect, parked in _PARKED.items()
}
_REFILL: Final = {dialect: _finding(Kind.DELIVER, _OF_ENDPOINT, "delivery.id", dialect, 1) for dialect in _WITHOUT_JOB}


def add(connection: Connection, jobs: Sequence[Job], *, is_claimed: bool = False) -> None:
    """Adds jobs. One that waits already is kept, and is due at the earlier of both times.

    With `is_claimed` the caller claims them after the COMMIT, and the queue need not look for them.
    """
    if jobs and connection.dialect.name == "sqlite":
        _ADD.run(connection, [(job.kind.value, job.key, job.due_at) for job in jobs])
        added: dict[Kind, int] = connection.info.setdefault(_ADDED, {})
        for job in () if is_claimed else jobs:
            added[job.kind] = min(job.due_at, added.get(job.kind, job.due_at))
    elif jobs:
        _enqueue(connection, jobs)


def earliest_added(connection: Connection) -> dict[Kind, int]:
    """By kind the earliest due time of what `add` has added on this connection since this was asked last.

    For an embedded store. Jobs that were rolled back may be among them.
    """
    added: dict[Kind, int] = connection.info.pop(_ADDED, {})
    return added


def finish(connection: Connection, jobs: Sequence[Job]) -> None:
    """Removes jobs that were taken."""
    if jobs and connection.dialect.name == "sqlite":
        _FINISH.run(connection, [(job.kind.value, job.key) for job in jobs])
    elif jobs:
        _DEQUEUE.run(connection, dedupe_keys=sorted(map(dedupe_key, jobs)))


def missing(connection: Connection, now: int, most: int, known: Collection[int] = ()) -> list[Job]:
    """Jobs for due compositions and deliveries that have none, at most `most` of each sort.

    Of each endpoint it finds a few parked deliveries, and none of the endpoints in `known`.
    """
    dialect = connection.dialect.name
    ids = encode(list(known)).decode() if dialect == "sqlite" else list(known)
    return [
        Job(kind, key, due_at)
        for kind, statement in _MISSING[dialect]
        for key, due_at in statement.run(connection, now=now, most=most, known=ids)
    ]


def refill(connection: Connection, registration_id: int, at: int, most: int) -> int:
    """Adds jobs for the deliveries of an endpoint that are due the longest and have none; gives how many."""
    rows = _REFILL[connection.dialect.name].run(connection, registration_id=registration_id, at=at, most=most)
    add(connection, [Job(Kind.DELIVER, id_, at) for (id_,) in rows])
    return len(rows)


def dedupe_key(job: Job) -> str:
    """What PgQueuer knows a job by."""
    return f"{job.kind.value}:{job.key}"


def key_of(dedupe_key: str) -> str:
    """The key of the job that PgQueuer knows by this."""
    return dedupe_key.partition(":")[2]


def _enqueue(connection: Connection, jobs: Sequence[Job]) -> None:
    """Adds jobs to PgQueuer's table by their delay: the database may have another clock."""
    at = now()
    earliest: dict[str, Job] = {}
    for job in jobs:
        key = dedupe_key(job)
        if key not in earliest or job.due_at < earliest[key].due_at:
            earliest[key] = job
    keys = sorted(earliest)  # in one order, so that two transactions that add the same jobs cannot deadlock
    _ENQUEUE.run(
        connection,
        entrypoints=[earliest[key].kind.value for key in keys],
        dedupe_keys=keys,
        delays=[earliest[key].due_at - at for key in keys],
    )
