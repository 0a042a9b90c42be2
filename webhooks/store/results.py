"""What came of composing, written with the jobs that follow from it, in one transaction.

A composition that does not wait any more is left as it is: a body that was written never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import definitions, jobs
from webhooks.store.clock import now
from webhooks.store.compositions import CompositionState, job_of
from webhooks.store.jobs import Job, Kind
from webhooks.store.statement import Prepared, Rows

R = TypeVar("R", bound="Result")


class Result(Struct, frozen=True, kw_only=True):
    """Of one composition."""

    sequence: int
    version: int


class Composed(Result, frozen=True, kw_only=True):
    """Its body, encrypted. `code` is the event's where a definition made it."""

    body: bytes
    code: str | None


class Deferred(Result, frozen=True, kw_only=True):
    """It failed, and is tried again at `due_at` (microseconds)."""

    failures: int
    reason: str
    due_at: int


class Ended(Result, frozen=True, kw_only=True):
    """There will be no body: it is skipped, or has failed for good."""

    state: CompositionState
    reason: str


class Parked(Result, frozen=True, kw_only=True):
    """It waits until events of its code can be composed, with a reason for people, or until there is room for it."""

    code: str
    reason: str | None


class Unneeded(Result, frozen=True, kw_only=True):
    """No delivery waits for it now."""


_COMPOSE: Final = Prepared(
    "UPDATE composition SET state = 'composed', body = :body, reason = NULL, due_at = NULL, parked_for = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting' RETURNING event_sequence"
)
_DEFER: Final = Prepared(
    "UPDATE composition SET failures = :failures, reason = :reason, due_at = :due_at, parked_for = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting' AND failures < :failures"
    " RETURNING event_sequence"
)
_END: Final = Prepared(
    "UPDATE composition SET state = :state, reason = :reason, due_at = NULL, parked_for = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting' RETURNING event_sequence"
)
_PARK: Final = Prepared(
    "UPDATE composition SET parked_for = :code, reason = :reason, due_at = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting' RETURNING event_sequence"
)
_FORGET: Final = Prepared(
    "UPDATE composition SET due_at = NULL, parked_for = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting'"
    " AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event_sequence = composition.event_sequence"
    " AND delivery.version = composition.version AND delivery.state IN ('pending', 'composing'))"
    " RETURNING event_sequence"
)
# It locks what another process may be writing the body of, or resuming: the next statement sees what came of that.
_STILL_WAITS: Final = Prepared(
    "UPDATE composition SET state = 'waiting'"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'waiting' RETURNING event_sequence"
)
_SHOW: Final = Prepared(
    "UPDATE delivery SET state = 'composing', reason = NULL"
    " WHERE event_sequence = :sequence AND version = :version AND state = 'pending'"
)
_READY: Final = Prepared(
    "UPDATE delivery SET state = 'pending', reason = NULL, next_attempt_at = :at, scheduled_at = :at"
    " WHERE event_sequence = :sequence AND version = :version AND state IN ('pending', 'composing') RETURNING id"
)
_WAIT: Final = Prepared(
    "UPDATE delivery SET state = 'pending', reason = :reason, next_attempt_at = :due_at, scheduled_at = :scheduled_at"
    " WHERE event_sequence = :sequence AND version = :version AND state IN ('pending', 'composing')"
)
_OVER: Final = Prepared(
    "UPDATE delivery SET state = :state, reason = :reason, next_attempt_at = NULL, scheduled_at = NULL, held_at = NULL,"
    " ended_at = :at WHERE event_sequence = :sequence AND version = :version"
    " AND state IN ('pending', 'composing', 'held')"
)


def show_composing(connection: Connection, compositions: Sequence[tuple[int, int]]) -> None:
    """Shows of deliveries that their bodies, by sequence number and version, are being composed."""
    results = [Result(sequence=sequence, version=version) for sequence, version in compositions]
    _SHOW.run_many(connection, _waiting(connection, results))


def write(connection: Connection, results: Sequence[Result], taken: Sequence[Job]) -> None:
    """Writes what came of compositions, whose jobs these were."""
    at = now()
    jobs.finish(connection, taken)
    _compose(connection, _of(Composed, results), at)
    _defer(connection, _of(Deferred, results), at)
    _end(connection, _of(Ended, results), at)
    _park(connection, _of(Parked, results))
    _forget(connection, _of(Unneeded, results), at)


def _compose(connection: Connection, results: Sequence[Composed], at: int) -> None:
    if not results:
        return
    definitions.remember(connection, {each.code for each in results if each.code is not None})
    written = _COMPOSE.run_many(connection, [{**_key(each), "body": each.body} for each in results])
    ready = _READY.run_many(connection, [{**_key(each), "at": at} for each in _changed(results, written)])
    jobs.add(connection, [Job(Kind.DELIVER, id_, at) for rows in ready for (id_,) in rows])


def _defer(connection: Connection, results: Sequence[Deferred], at: int) -> None:
    if not results:
        return
    values = [
        {**_key(each), "failures": each.failures, "reason": each.reason, "due_at": each.due_at} for each in results
    ]
    deferred = _changed(results, _DEFER.run_many(connection, values))
    waits = [{**_key(each), "reason": each.reason, "due_at": each.due_at, "scheduled_at": at} for each in deferred]
    _WAIT.run_many(connection, waits)
    jobs.add(connection, [job_of(each.sequence, each.version, each.due_at) for each in deferred])


def _end(connection: Connection, results: Sequence[Ended], at: int) -> None:
    if not results:
        return
    values = [{**_key(each), "state": each.state.value, "reason": each.reason} for each in results]
    ended = _changed(results, _END.run_many(connection, values))
    over = [
        {**_key(each), "state": _delivery_state(each.state).value, "reason": each.reason, "at": at} for each in ended
    ]
    _OVER.run_many(connection, over)


def _delivery_state(state: CompositionState) -> DeliveryState:
    return DeliveryState.SKIPPED if state is CompositionState.SKIPPED else DeliveryState.DEAD


def _park(connection: Connection, results: Sequence[Parked]) -> None:
    if not results:
        return
    values = [{**_key(each), "code": each.code, "reason": each.reason} for each in results]
    parked = _changed(results, _PARK.run_many(connection, values))
    waits = [
        {**_key(each), "reason": each.reason, "due_at": None, "scheduled_at": None}
        for each in parked
        if each.reason is not None
    ]
    _WAIT.run_many(connection, waits)


def _forget(connection: Connection, results: Sequence[Unneeded], at: int) -> None:
    """What is needed again meanwhile, since its endpoint was resumed, keeps its job."""
    waiting = _waiting(connection, results)
    forgotten = _FORGET.run_many(connection, waiting)
    needed = [key for key, rows in zip(waiting, forgotten, strict=True) if not rows]
    jobs.add(connection, [job_of(key["sequence"], key["version"], at) for key in needed])


def _waiting(connection: Connection, results: Sequence[Result]) -> list[dict[str, int]]:
    """The keys of those that wait for a body, locked."""
    keys = [_key(each) for each in results]
    return [key for key, rows in zip(keys, _STILL_WAITS.run_many(connection, keys), strict=True) if rows]


def _key(result: Result) -> dict[str, int]:
    return {"sequence": result.sequence, "version": result.version}


def _of(kind: type[R], results: Sequence[Result]) -> list[R]:
    return [result for result in results if isinstance(result, kind)]


def _changed(results: Sequence[R], rows: Sequence[Rows]) -> list[R]:
    return [result for result, found in zip(results, rows, strict=True) if found]
