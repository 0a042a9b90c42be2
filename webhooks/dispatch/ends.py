"""From what came of an attempt to what is written of it."""

from __future__ import annotations

import logging

from webhooks.dispatch.verdict import RetrySchedule, Verdict, failed, judge
from webhooks.keys import Keyring, Purpose
from webhooks.metrics import Metrics
from webhooks.model import DeliveryState
from webhooks.redaction import redact
from webhooks.sending.interface import Outcome
from webhooks.store.attempts import Ready, answer_row
from webhooks.store.clock import now
from webhooks.store.outcomes import EndedAttempt

_SECOND = 1_000_000
_LEVELS = {DeliveryState.DELIVERED: logging.DEBUG, DeliveryState.DEAD: logging.WARNING}
_log = logging.getLogger(__name__)


class Ends:
    """Judges outcomes by a schedule, keeps the beginnings of answers, and counts."""

    def __init__(self, keyring: Keyring, schedule: RetrySchedule, metrics: Metrics) -> None:
        self._keyring = keyring
        self._schedule = schedule
        self._metrics = metrics

    def of(self, ready: Ready, outcome: Outcome, secret: str | None) -> EndedAttempt:
        """The end of an attempt that was sent; `secret` is what its body held."""
        at = now()
        verdict = judge(outcome, ready.failures, (at - ready.first_at) / _SECOND, self._schedule)
        _tell(ready, outcome, verdict)
        self._metrics.attempt(outcome.error or f"{(outcome.status or 0) // 100}xx", outcome.duration)
        if verdict.state is DeliveryState.DELIVERED:
            self._metrics.latency((at - ready.created_at) / _SECOND)
        return _ended(
            ready.id,
            ready.attempt,
            ready.endpoint.id,
            verdict,
            at,
            duration=round(outcome.duration * _SECOND),
            status=outcome.status,
            error=None if outcome.error is None else outcome.error.value,
            answer=self._kept(ready, outcome, secret),
            is_restricted=outcome.is_restricted,
            blames_endpoint=verdict.failures > ready.failures,
        )

    def of_failure(
        self, id_: str, attempt: int, registration_id: int | None, failures: int, reason: str
    ) -> EndedAttempt:
        """The end of an attempt of which the service itself is to blame; it counts like any other."""
        return _ended(id_, attempt, registration_id, failed(reason, failures, self._schedule), now(), error="internal")

    def _kept(self, ready: Ready, outcome: Outcome, secret: str | None) -> bytes | None:
        if not outcome.answer:
            return None
        beginning = redact(outcome.answer, secret, is_whole=outcome.is_answer_whole)
        row = answer_row(ready.id, ready.attempt)
        return self._keyring.encrypt(Purpose.ANSWER, beginning, row) if beginning else None


def _tell(ready: Ready, outcome: Outcome, verdict: Verdict) -> None:
    """Logs the attempt: what arrived for those who look closely, what did not with its reason."""
    is_delivered = verdict.state is DeliveryState.DELIVERED
    level = logging.DEBUG if is_delivered else _LEVELS.get(verdict.state, logging.INFO)
    if not _log.isEnabledFor(level):
        return
    told = f"{verdict.state}: {verdict.reason}" if not is_delivered else "delivered"
    ids = {"event": ready.event_id, "delivery": ready.id, "attempt": ready.attempt, "client": ready.endpoint.client_id}
    _log.log(level, "an attempt of %.3f s ended, the delivery is %s", outcome.duration, told, extra={"ids": ids})


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
    blames_endpoint: bool = False,
) -> EndedAttempt:
    is_again = verdict.state is DeliveryState.PENDING and verdict.delay is not None
    return EndedAttempt(
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
        blames_endpoint=blames_endpoint,
    )
