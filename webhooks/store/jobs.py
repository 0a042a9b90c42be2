"""Jobs: pointers to deliveries and compositions that are to be worked on. The tables of these hold the truth.

A job is added or finished in the transaction that changes what it points to, so neither is seen without the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import StrEnum
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.json import encode
from sqlalchemy import Connection, Engine

from webhooks.store.bulk import NUMBER, TEXT, Bulk
from webhooks.store.clock import now
from webhooks.store.queries import load
from webhooks.store.statement import Prepared

_SQL: Final = load("jobs")

_ADDED: Final = "jobs added"  # key of a connection's `info`, which the queue reads after a COMMIT
_SOON_MICROSECONDS: Final = 1_000_000  # queues look for what is due later than this by themselves


class Kind(StrEnum):
    """What is to be done: a body composed (the key is a composition's) or a delivery sent (the key is its id)."""

    COMPOSE = "compose"
    DELIVER = "deliver"


class Job(Struct, frozen=True):
    """Something to do, not before `due_at` (microseconds)."""

    kind: Kind
    key: str
    due_at: int


RoomFor = Callable[[int], int]
"""For how many more deliveries of an endpoint a process has room in memory."""

UNLIMITED: Final[RoomFor] = lambda _: sys.maxsize  # noqa: E731  a value, as those of others are


class Room:
    """The room in memory that is left for each endpoint's deliveries.

    The others have to wait for a refill in any case: one that got a job would lose it as soon as it is offered.
    """

    def __init__(self, of_endpoint: RoomFor) -> None:
        self._of_endpoint = of_endpoint
        self._left: dict[int, int] = {}
        self.full: Final[set[int]] = set()
        """The endpoints of which some had no room."""

    def take(self, registration_id: int) -> bool:
        """Whether there was room for one more."""
        left = self._left.get(registration_id)
        left = self._of_endpoint(registration_id) if left is None else left
        self._left[registration_id] = left - 1
        if left <= 0:
            self.full.add(registration_id)
        return left > 0


class Taker(Protocol):
    """This process, as one of several that take jobs from a store on PostgreSQL. The writer's thread calls it."""

    @property
    def id(self) -> int:
        """What its leases are known by."""
        ...

    def may_claim(self) -> bool:
        """Whether its leases are kept now: else others would not know that they have ended."""
        ...

    def note_claims(self, jobs: Sequence[Job]) -> None:
        """Hears which jobs are added as taken by it, before their COMMIT."""
        ...


_TAKERS: Final = WeakKeyDictionary[Engine, Taker]()
_ADD: Final = Bulk(_SQL["add"], kind=TEXT, key=TEXT, due_at=NUMBER)
_FINISH: Final = Bulk(_SQL["finish"], kind=TEXT, key=TEXT)
_ADD_BY_DELAY: Final = Prepared(_SQL["add_by_delay"])
_CLAIM_BY_DELAY: Final = Prepared(f"{_SQL['add_by_delay']} RETURNING job.kind, job.key")
_FINISH_TAKEN: Final = Prepared(_SQL["finish_taken"])
_PARK: Final = Prepared(_SQL["park"])
_TRY_REFILL: Final = Prepared(_SQL["try_refill"])
_TRY_REFILL_OF: Final = Prepared(_SQL["try_refill_of"])
_COUNT_DUE: Final = Prepared(
    "SELECT count(*) FROM ("
    "SELECT 1 FROM job WHERE kind = :kind AND due_at <= :now AND taken_by IS NULL LIMIT :most"
    ") AS due",
    finds=1,
)
_TELL: Final = Prepared(_SQL["tell"])

# What is due and has no job. On PostgreSQL, OFFSET keeps this from becoming a join, which reads the whole table while
# its statistics say that it is empty.
_WITHOUT_JOB: Final = "NOT EXISTS (SELECT 1 FROM job WHERE job.kind = '{}' AND job.key = {} LIMIT 1 OFFSET 0)"
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
# these are sent. So neither many deliveries nor a slow endpoint make the search long. For `(SELECT 'pending')` see the
# indexes in `tables`.
_OLDEST: Final = """
            FROM delivery JOIN composition USING (event_sequence, version)
            WHERE delivery.registration_id = registration.id AND delivery.state = (SELECT 'pending')
                AND delivery.next_attempt_at <= :now AND composition.state = 'composed'
            ORDER BY delivery.next_attempt_at LIMIT 32"""
_PARKED: Final = {
    "sqlite": f"""
    SELECT id, next_attempt_at FROM (
        SELECT delivery.id, delivery.next_attempt_at,
            row_number() OVER (PARTITION BY registration.id ORDER BY delivery.next_attempt_at) AS place
        FROM registration JOIN delivery ON delivery.rowid IN (
            SELECT delivery.rowid {_OLDEST}
        ) JOIN client ON client.id = registration.client_id
        WHERE registration.id NOT IN (SELECT value FROM json_each(:known)) AND WITHOUT_JOB AND IS_SENT_TO
    ) AS parked WHERE place <= 4""",  # noqa: S608  of the code's own
    "postgresql": f"""
    SELECT parked.id, parked.next_attempt_at FROM registration CROSS JOIN LATERAL (
        SELECT * FROM (
            SELECT delivery.id, delivery.next_attempt_at {_OLDEST}
        ) AS delivery WHERE WITHOUT_JOB LIMIT 4
    ) AS parked JOIN client ON client.id = registration.client_id
    WHERE registration.id <> ALL (:known ::bigint[]) AND IS_SENT_TO""",  # noqa: S608
}

_IS_SENT_TO: Final = "NOT (registration.is_paused OR registration.disabled_reason IS NOT NULL OR client.is_disabled)"
_OF_ENDPOINT: Final = """
    SELECT delivery.id FROM delivery JOIN composition USING (event_sequence, version)
    WHERE EXISTS (
        SELECT 1 FROM registration JOIN client ON client.id = registration.client_id
        WHERE registration.id = :registration_id AND IS_SENT_TO
    ) AND delivery.registration_id = :registration_id AND delivery.state = (SELECT 'pending')
        AND delivery.next_attempt_at <= :at AND composition.state = 'composed' AND WITHOUT_JOB
    ORDER BY delivery.next_attempt_at"""


def _finding(kind: Kind, statement: str, key: str, finds: int) -> Prepared:
    condition = _WITHOUT_JOB.format(kind.value, key)
    statement = statement.replace("WITHOUT_JOB", condition).replace("IS_SENT_TO", _IS_SENT_TO)
    return Prepared(f"{statement} LIMIT :most", finds=finds)


_MISSING: Final = {
    dialect: (
        (Kind.COMPOSE, _finding(Kind.COMPOSE, _UNCOMPOSED, "oldest.key", 2)),
        (Kind.DELIVER, _finding(Kind.DELIVER, _ABANDONED, "delivery.id", 2)),
        (Kind.DELIVER, _finding(Kind.DELIVER, parked, "delivery.id", 2)),
    )
    for dialect, parked in _PARKED.items()
}
_REFILL: Final = _finding(Kind.DELIVER, _OF_ENDPOINT, "delivery.id", 1)


def add(connection: Connection, jobs: Sequence[Job], *, is_claimed: bool = False) -> list[Job]:
    """Adds jobs. One that waits already is kept, and is due at the earlier of both times.

    With `is_claimed` this process has them at once, and no other takes them: the caller claims those that this gives
    from its queue, after the COMMIT. The others have to be taken, as all have without it.
    """
    if not jobs:
        return []
    if connection.dialect.name == "sqlite":
        _ADD.run(connection, [(job.kind.value, job.key, job.due_at) for job in jobs])
        claimed = list(jobs) if is_claimed else []
    else:
        claimed = _add_by_delay(connection, _earliest(jobs), is_claimed=is_claimed)
    if not claimed:
        _note_added(connection, jobs)
    return claimed


def _note_added(connection: Connection, jobs: Sequence[Job]) -> None:
    """For the queue of this process, which looks after the COMMIT and tells others. Where there is none, they hear."""
    if connection.dialect.name == "sqlite" or taker_of(connection) is not None:
        added: dict[Kind, int] = connection.info.setdefault(_ADDED, {})
        for job in jobs:
            added[job.kind] = min(job.due_at, added.get(job.kind, job.due_at))
    elif min(job.due_at for job in jobs) < now() + _SOON_MICROSECONDS:
        _TELL.run(connection, kinds=",".join(sorted({job.kind.value for job in jobs})))


def serve_as(engine: Engine, taker: Taker | None) -> None:
    """Has jobs be added and finished by this process that takes them, on every connection of the engine."""
    if taker is None:
        _TAKERS.pop(engine, None)
    else:
        _TAKERS[engine] = taker


def taker_of(connection: Connection) -> Taker | None:
    """This process as one that takes jobs; None on SQLite, and where it takes none."""
    return _TAKERS.get(connection.engine)


def earliest_added(connection: Connection) -> dict[Kind, int]:
    """By kind the earliest due time of what `add` has added on this connection since this was asked last.

    Jobs that were rolled back may be among them.
    """
    added: dict[Kind, int] = connection.info.pop(_ADDED, {})
    return added


def finish(connection: Connection, jobs: Sequence[Job]) -> None:
    """Removes jobs that were taken. One whose lease has ended is left to the process that has it now."""
    if jobs and connection.dialect.name == "sqlite":
        _FINISH.run(connection, [(job.kind.value, job.key) for job in jobs])
    elif jobs:
        taker = taker_of(connection)
        for kind in sorted({job.kind for job in jobs}):
            keys = sorted(job.key for job in jobs if job.kind is kind)
            _FINISH_TAKEN.run(connection, kind=kind.value, keys=keys, taker=None if taker is None else taker.id)


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


def add_missing(connection: Connection, found: Sequence[Job]) -> None:
    """Adds jobs that were `missing`, except deliveries' whose endpoint another process refills now.

    It might wait for some of these jobs, which are added in another order, and that process for others of them.
    """
    keys = [job.key for job in found if job.kind is Kind.DELIVER]
    mine = set(keys)
    if connection.dialect.name != "sqlite":
        mine = {id_ for id_, is_mine in _TRY_REFILL_OF.run(connection, keys=keys) if is_mine}
    add(connection, [job for job in found if job.kind is not Kind.DELIVER or job.key in mine])


def refill(connection: Connection, registration_id: int, at: int, most: int) -> int:
    """Adds jobs for the deliveries of an endpoint that are due the longest and have none; gives how many.

    While another process does it for this endpoint, it adds none and gives `most`: there may be more afterwards. To
    wait for that process could be a deadlock, since one transaction refills several endpoints.
    """
    if not is_alone(connection, registration_id):
        return most
    rows = _REFILL.run(connection, registration_id=registration_id, at=at, most=most)
    add(connection, [Job(Kind.DELIVER, id_, at) for (id_,) in rows])
    return len(rows)


def is_alone(connection: Connection, registration_id: int) -> bool:
    """Whether no other process gives jobs to an endpoint's deliveries; then none does until this transaction ends."""
    if connection.dialect.name == "sqlite":
        return True
    ((is_mine,),) = _TRY_REFILL.run(connection, registration_id=registration_id)
    return bool(is_mine)


def count_due(connection: Connection, kind: Kind, now: int, most: int) -> int:
    """How many jobs of a kind are due that nobody has; it counts no further than `most`."""
    ((count,),) = _COUNT_DUE.run(connection, kind=kind.value, now=now, most=most)
    return int(count)


def park(connection: Connection, registration_ids: Collection[int], at: int, most: int) -> None:
    """Removes those of these endpoints' due deliveries among the `most` jobs that are due the longest.

    Only where several processes share the store: elsewhere it does nothing.
    """
    if connection.dialect.name != "sqlite":
        _PARK.run(connection, registration_ids=list(registration_ids), at=at, most=most)


def _earliest(jobs: Iterable[Job]) -> list[Job]:
    """Each once, in one order, so that two transactions that add the same jobs cannot deadlock."""
    earliest: dict[tuple[Kind, str], Job] = {}
    for job in jobs:
        known = earliest.setdefault((job.kind, job.key), job)
        if job.due_at < known.due_at:
            earliest[job.kind, job.key] = job
    return [earliest[key] for key in sorted(earliest)]


def _add_by_delay(connection: Connection, jobs: Sequence[Job], *, is_claimed: bool) -> list[Job]:
    """Gives those that this process has by that."""
    taker = taker_of(connection) if is_claimed else None
    if taker is not None and not taker.may_claim():
        taker = None
    at = now()
    rows = (_ADD_BY_DELAY if taker is None else _CLAIM_BY_DELAY).run(
        connection,
        kinds=[job.kind.value for job in jobs],
        keys=[job.key for job in jobs],
        delays=[job.due_at - at for job in jobs],
        taken_by=None if taker is None else taker.id,
    )
    if taker is None:
        return []
    mine = {(kind, key) for kind, key in rows}
    claimed = [job for job in jobs if (job.kind.value, job.key) in mine]
    taker.note_claims(claimed)
    return claimed
