"""What came of attempts. It is compared with their numbers, so a process that was given up for dead changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from msgspec import Struct, structs
from sqlalchemy import Connection

from webhooks.model import DeliveryState
from webhooks.store import endpoints, jobs
from webhooks.store.bulk import FLAG, NUMBER, PIECE, TEXT, Bulk, packed
from webhooks.store.deliveries import ending_times
from webhooks.store.endpoints import Endpoint, News
from webhooks.store.jobs import Job, Kind


class EndedAttempt(Struct, frozen=True, kw_only=True):
    """What came of an attempt. Without `duration` its process died.

    A state of PENDING is tried again at `next_attempt_at`. The endpoint waits until `waits_until`, and is disabled with
    the reason in `disables`. `blames_endpoint` says that it used up an attempt and the endpoint is to blame;
    by `failing_since` it was found to have failed for too long.
    """

    id: str
    attempt: int
    registration_id: int | None
    state: DeliveryState
    reason: str | None
    failures: int
    at: int
    next_attempt_at: int | None = None
    duration: int | None = None
    status: int | None = None
    error: str | None = None
    answer: bytes | None = None
    is_restricted: bool = False
    waits_until: int | None = None
    disables: str | None = None
    blames_endpoint: bool = False
    failing_since: int | None = None


_END_ATTEMPT: Final = Bulk(
    f"UPDATE attempt SET answer = {PIECE},"  # noqa: S608  of the code's own
    " duration = given.duration, status = given.status, error = given.error, is_restricted = given.is_restricted"
    " FROM GIVEN WHERE attempt.delivery_id = given.id AND attempt.number = given.attempt",
    id=TEXT,
    attempt=NUMBER,
    duration=NUMBER,
    status=NUMBER,
    error=TEXT,
    is_restricted=FLAG,
    begins=NUMBER,
    size=NUMBER,
)
_END: Final = Bulk(
    "UPDATE delivery SET state = given.state, reason = given.reason, failures = given.failures,"
    " next_attempt_at = given.next_attempt_at, scheduled_at = given.scheduled_at, held_at = given.held_at,"
    " ended_at = given.ended_at"
    " FROM GIVEN WHERE delivery.id = given.id",
    id=TEXT,
    state=TEXT,
    reason=TEXT,
    failures=NUMBER,
    next_attempt_at=NUMBER,
    scheduled_at=NUMBER,
    held_at=NUMBER,
    ended_at=NUMBER,
)
_UNDER_WAY: Final = Bulk(
    "SELECT delivery.id, delivery.attempts, delivery.registration_id, EXISTS ("
    " SELECT 1 FROM registered_event WHERE registered_event.registration_id = delivery.registration_id"
    " AND registered_event.event = delivery.event)"
    " FROM GIVEN CROSS JOIN delivery WHERE delivery.id = given.id AND coalesce(delivery.state, '') = 'sending'"
    " AND delivery.attempts = given.attempt",
    lock="FOR NO KEY UPDATE OF delivery",
    finds=4,
    id=TEXT,
    attempt=NUMBER,
)


def end(connection: Connection, ended: Sequence[EndedAttempt]) -> list[EndedAttempt]:
    """Ends attempts: their deliveries go on or have ended, with the jobs that this needs, and endpoints remember it.

    Gives those that have disabled their endpoints.
    """
    found = {
        (id_, attempt): (registration_id, bool(is_registered))
        for id_, attempt, registration_id, is_registered in _UNDER_WAY.run(
            connection, [(each.id, each.attempt) for each in ended]
        )
    }
    answers, places = packed([each.answer for each in ended])
    rows = [
        (each.id, each.attempt, each.duration, each.status, each.error, each.is_restricted, *place)
        for each, place in zip(ended, places, strict=True)
    ]
    _END_ATTEMPT.run(connection, rows, packed=answers)
    done = _placed(connection, ended, found)  # the others are somebody else's by now
    _END.run(connection, [_changes(each) for each in done])
    jobs.finish(connection, [Job(Kind.DELIVER, each.id, 0) for each in done])
    jobs.add(
        connection,
        [Job(Kind.DELIVER, each.id, each.next_attempt_at) for each in done if each.next_attempt_at is not None],
    )
    return _tell_endpoints(connection, done)


def _placed(
    connection: Connection, ended: Sequence[EndedAttempt], found: Mapping[tuple[str, int], tuple[int | None, bool]]
) -> list[EndedAttempt]:
    """Those found, as they are to be written: held or cancelled instead of tried again, where the endpoint says so now.

    How long an endpoint has failed is looked up now too: it may have been resumed, or have taken others, since they
    were begun.
    """
    pairs = [(each, *found[each.id, each.attempt]) for each in ended if (each.id, each.attempt) in found]
    failed = {to for each, to, _ in pairs if each.state is not DeliveryState.DELIVERED}
    known = endpoints.find(connection, {to for to in failed if to is not None})
    good = {each.registration_id for each in ended if each.state is DeliveryState.DELIVERED}
    return [
        each
        if each.state is DeliveryState.DELIVERED
        else _stands(each, None if to is None else known.get(to), is_registered, good)
        for each, to, is_registered in pairs
    ]


def _stands(ended: EndedAttempt, endpoint: Endpoint | None, is_registered: bool, good: Set[int | None]) -> EndedAttempt:
    if ended.blames_endpoint and endpoint is not None and endpoint.id not in good:
        reason = endpoints.why_disabled(endpoint, ended.at)
        ended = structs.replace(ended, disables=reason, failing_since=endpoint.failing_since)
    state, reason = endpoints.standing(endpoint, is_registered=is_registered, disables=ended.disables)
    if ended.state is DeliveryState.PENDING and state is not DeliveryState.PENDING:
        return structs.replace(ended, state=state, reason=f"{reason}; {ended.reason}", next_attempt_at=None)
    return ended


def _changes(ended: EndedAttempt) -> tuple[object, ...]:
    return (
        ended.id,
        ended.state.value,
        ended.reason,
        ended.failures,
        ended.next_attempt_at,
        None if ended.next_attempt_at is None else ended.at,
        *ending_times(ended.state, ended.at),
    )


def _tell_endpoints(connection: Connection, done: Iterable[EndedAttempt]) -> list[EndedAttempt]:
    """Gives those that have disabled their endpoints."""
    by_endpoint: dict[int, list[EndedAttempt]] = {}
    for each in done:
        if each.registration_id is not None:
            by_endpoint.setdefault(each.registration_id, []).append(each)
    by_endpoint = dict(sorted(by_endpoint.items()))  # so that processes seldom wait for each other
    endpoints.tell(connection, [_news(*each) for each in by_endpoint.items()])
    blaming = (next((each for each in ended if each.disables is not None), None) for ended in by_endpoint.values())
    return [each for each in blaming if each is not None and _disable(connection, each)]


def _news(registration_id: int, ended: Sequence[EndedAttempt]) -> News:
    taken = [index for index, each in enumerate(ended) if each.state is DeliveryState.DELIVERED]
    since = ended[taken[-1] + 1 :] if taken else ended
    its_own = [each.at for each in since if each.duration is not None]  # of others the service itself is to blame
    return News(
        registration_id=registration_id,
        has_taken=bool(taken),
        failed_at=its_own[0] if its_own else None,
        waits_until=max((each.waits_until for each in ended if each.waits_until is not None), default=None),
    )


def _disable(connection: Connection, ended: EndedAttempt) -> bool:
    """Whether it was this attempt that did."""
    if ended.registration_id is None or ended.disables is None:
        return False
    return endpoints.disable(connection, ended.registration_id, ended.disables, ended.failing_since)
