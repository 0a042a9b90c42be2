"""Attempts that have ended: what came of them is written to their deliveries and endpoints.

Only the last attempt of a delivery can end. So a process that was given up for dead, and writes after all, changes
nothing: another one has begun the next attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

from msgspec import Struct, structs
from sqlalchemy import Connection

from webhooks.model import FINAL, DeliveryState
from webhooks.store import endpoints, jobs
from webhooks.store.bulk import FLAG, NUMBER, PIECE, TEXT, Bulk, packed
from webhooks.store.endpoints import Endpoint, News
from webhooks.store.jobs import Job, Kind
from webhooks.store.queries import load

_SQL: Final = load("ended_attempts")


class EndedAttempt(Struct, frozen=True, kw_only=True):
    """What came of an attempt. Times are microseconds."""

    id: str
    """The delivery's."""
    attempt: int
    """The number of the attempt."""
    registration_id: int | None
    state: DeliveryState
    """The delivery's from now on."""
    reason: str | None
    failures: int
    """How many attempts the delivery has used up."""
    at: int
    """When it ended."""
    next_attempt_at: int | None = None
    """When a PENDING delivery is tried again."""
    duration: int | None = None
    """None where the service itself is to blame, as where its process died."""
    status: int | None = None
    error: str | None = None
    answer: bytes | None = None
    """The beginning of it, encrypted."""
    is_restricted: bool = False
    """The answer is for administrators only."""
    waits_until: int | None = None
    """The endpoint gets no attempt before."""
    disable_reason: str | None = None
    """Why the endpoint is to be disabled; None where it is not."""
    blames_endpoint: bool = False
    """The attempt was used up, and the endpoint is to blame."""
    latency: int | None = None
    """Of one that was DELIVERED: the time since its event was published."""
    failing_since: int | None = None
    """Since when the endpoint has only failed, where it is disabled for that."""


class Recorded(NamedTuple):
    """What became of ended attempts."""

    done: list[EndedAttempt]
    """Those that were their deliveries' last attempts, as they were written."""
    disabling: list[EndedAttempt]
    """Those that have disabled their endpoints."""


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
    _SQL["end"],
    id=TEXT,
    state=TEXT,
    reason=TEXT,
    failures=NUMBER,
    next_attempt_at=NUMBER,
    scheduled_at=NUMBER,
    ended_at=NUMBER,
)
_UNDER_WAY: Final = Bulk(_SQL["under_way"], lock="FOR NO KEY UPDATE OF delivery", finds=4, id=TEXT, attempt=NUMBER)


def write(connection: Connection, ended: Sequence[EndedAttempt]) -> Recorded:
    """Writes ended attempts to their deliveries and endpoints, with the jobs that follow."""
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
    done = _placed(connection, ended, found)  # the others have a later attempt by now
    _END.run(connection, [_row(each) for each in done])
    jobs.finish(connection, [Job(Kind.DELIVER, each.id, 0) for each in done])
    jobs.add(
        connection,
        [Job(Kind.DELIVER, each.id, each.next_attempt_at) for each in done if each.next_attempt_at is not None],
    )
    return Recorded(done, _tell_endpoints(connection, done))


def _placed(
    connection: Connection, ended: Sequence[EndedAttempt], found: Mapping[tuple[str, int], tuple[int | None, bool]]
) -> list[EndedAttempt]:
    """Those that were found, as they are to be written.

    Endpoints are looked up now, since much may have happened while the attempts were under way. Where an endpoint is
    removed, its delivery is cancelled instead of tried again. Where it was resumed, or has
    taken another delivery, it has not failed for long any more.
    """
    pairs = [(each, *found[each.id, each.attempt]) for each in ended if (each.id, each.attempt) in found]
    failed = {to for each, to, _ in pairs if each.state is not DeliveryState.DELIVERED}
    known = endpoints.find(connection, {to for to in failed if to is not None})
    good = {each.registration_id for each in ended if each.state is DeliveryState.DELIVERED}
    return [
        each
        if each.state is DeliveryState.DELIVERED
        else _as_endpoint_is(each, None if to is None else known.get(to), is_registered, good)
        for each, to, is_registered in pairs
    ]


def _as_endpoint_is(
    ended: EndedAttempt, endpoint: Endpoint | None, is_registered: bool, good: Set[int | None]
) -> EndedAttempt:
    if ended.blames_endpoint and endpoint is not None and endpoint.id not in good:
        reason = endpoints.why_disabled(endpoint, ended.at)
        ended = structs.replace(ended, disable_reason=reason, failing_since=endpoint.failing_since)
    state, reason = endpoints.standing(endpoint, is_registered=is_registered, disable_reason=ended.disable_reason)
    if ended.state is DeliveryState.PENDING and state is DeliveryState.CANCELLED:
        return structs.replace(ended, state=state, reason=f"{reason}; {ended.reason}", next_attempt_at=None)
    return ended


def _row(ended: EndedAttempt) -> tuple[object, ...]:
    return (
        ended.id,
        ended.state.value,
        ended.reason,
        ended.failures,
        ended.next_attempt_at,
        None if ended.next_attempt_at is None else ended.at,
        ended.at if ended.state in FINAL else None,
    )


def _tell_endpoints(connection: Connection, done: Iterable[EndedAttempt]) -> list[EndedAttempt]:
    """Gives those that have disabled their endpoints."""
    by_endpoint: dict[int, list[EndedAttempt]] = {}
    for each in done:
        if each.registration_id is not None:
            by_endpoint.setdefault(each.registration_id, []).append(each)
    by_endpoint = dict(sorted(by_endpoint.items()))  # in one order, so that processes seldom wait for each other
    endpoints.tell(connection, [_news(*each) for each in by_endpoint.items()])
    blaming = (
        next((each for each in ended if each.disable_reason is not None), None) for ended in by_endpoint.values()
    )
    return [each for each in blaming if each is not None and _disable(connection, each)]


def _news(registration_id: int, ended: Sequence[EndedAttempt]) -> News:
    taken = [index for index, each in enumerate(ended) if each.state is DeliveryState.DELIVERED]
    since = ended[taken[-1] + 1 :] if taken else ended
    failed = [each.at for each in since if each.duration is not None]  # else the service itself is to blame
    return News(
        registration_id=registration_id,
        has_taken=bool(taken),
        failed_at=failed[0] if failed else None,
        waits_until=max((each.waits_until for each in ended if each.waits_until is not None), default=None),
    )


def _disable(connection: Connection, ended: EndedAttempt) -> bool:
    """Disables the endpoint. Whether it was enabled until then."""
    if ended.registration_id is None or ended.disable_reason is None:
        return False
    return endpoints.disable(connection, ended.registration_id, ended.disable_reason, ended.failing_since)
