"""From what came of an attempt to what is written of it."""

from __future__ import annotations

from webhooks.dispatch.verdict import RetrySchedule, Verdict, failed, judge
from webhooks.model import DeliveryState
from webhooks.sending.interface import Outcome
from webhooks.store.attempts import Ended, Ready
from webhooks.store.clock import now

_SECOND = 1_000_000


class Ends:
    """Judges outcomes by a schedule."""

    def __init__(self, schedule: RetrySchedule) -> None:
        self._schedule = schedule

    def of(self, ready: Ready, outcome: Outcome) -> Ended:
        """The end of an attempt that was sent."""
        at = now()
        age = (at - ready.created_at) / _SECOND
        failing_for = 0.0 if ready.failing_since is None else (at - ready.failing_since) / _SECOND
        verdict = judge(outcome, ready.failures, age, failing_for, self._schedule)
        return _ended(
            ready.id,
            ready.attempt,
            ready.registration_id,
            verdict,
            at,
            duration=round(outcome.duration * _SECOND),
            status=outcome.status,
            error=None if outcome.error is None else outcome.error.value,
            is_restricted=outcome.is_restricted,
        )

    def of_failure(self, id_: str, attempt: int, registration_id: int | None, failures: int, reason: str) -> Ended:
        """The end of an attempt of which the service itself is to blame; it counts like any other."""
        return _ended(id_, attempt, registration_id, failed(reason, failures, self._schedule), now(), error="internal")


def _ended(
    id_: str,
    attempt: int,
    registration_id: int | None,
    verdict: Verdict,
    at: int,
    *,
    duration: int | None = None,
    status: int | None = None,
    error: str | None = None,
    answer: bytes | None = None,
    is_restricted: bool = False,
) -> Ended:
    is_again = verdict.state is DeliveryState.PENDING and verdict.delay is not None
    return Ended(
        id=id_,
        attempt=attempt,
        registration_id=registration_id,
        state=verdict.state,
        reason=verdict.reason,
        failures=verdict.failures,
        at=at,
        next_attempt_at=at + round((verdict.delay or 0.0) * _SECOND) if is_again else None,
        duration=duration,
        status=status,
        error=error,
        answer=answer,
        is_restricted=is_restricted,
        waits_until=None if verdict.waits is None else at + round(verdict.waits * _SECOND),
        disables=verdict.disables,
    )
