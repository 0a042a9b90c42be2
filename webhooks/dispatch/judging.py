"""What an attempt's outcome means for its delivery and its endpoint (service specification, section 2)."""

from __future__ import annotations

import logging
import random
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from webhooks.metrics import Metrics
from webhooks.model import DeliveryState
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.redaction import redact
from webhooks.sending.interface import Outcome
from webhooks.store.attempts import Ready, answer_row
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.ended_attempts import EndedAttempt

SHORTEST_WAIT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 3600.0
"""What an endpoint may ask for by Retry-After is clamped to between these."""

_JITTER: Final = 0.1  # the part of a delay by which it is made longer or shorter
_MOST_BY_CHANCE: Final = 3  # attempts that use up nothing: a receiver may see to it that each fails by chance
_ASK_LATER: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_GONE: Final = "the receiver answered 410 Gone: it is not wanted any more"
_LEVELS: Final = {DeliveryState.DELIVERED: logging.DEBUG, DeliveryState.DEAD: logging.WARNING}
_log = logging.getLogger(__name__)


class RetrySchedule(Struct, frozen=True):
    """The seconds before each further attempt, counted from the end of the one before."""

    delays: tuple[float, ...]

    @property
    def total_seconds(self) -> float:
        """The sum of the delays."""
        return sum(self.delays)

    def after(self, failures: int) -> float | None:
        """The seconds until the next attempt, with jitter; None where there is none."""
        if failures > len(self.delays):
            return None
        return self.delays[failures - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret


class Verdict(Struct, frozen=True, kw_only=True):
    """What follows for a delivery and its endpoint."""

    state: DeliveryState
    reason: str | None
    failures: int
    """How many attempts have been used up."""
    delay_seconds: float | None = None
    """How long a PENDING delivery waits for its next attempt."""
    endpoint_wait_seconds: float | None = None
    """How long the endpoint gets no attempt at all; None where it asked for no time."""
    disable_reason: str | None = None
    """Why the endpoint is to be disabled; None where it is not."""


def verdict_of(
    outcome: Outcome, failures: int, age_seconds: float, schedule: RetrySchedule, *, uncounted: int = 0
) -> Verdict:
    """What follows from an outcome.

    `failures` attempts were used up before, and `uncounted` ones were made beside them. The delivery's age counts from
    its first attempt.
    """
    status = outcome.status
    if outcome.is_success:
        return Verdict(state=DeliveryState.DELIVERED, reason=None, failures=failures)
    reason = describe(outcome)
    if outcome.is_by_chance and uncounted < _MOST_BY_CHANCE:
        return Verdict(state=DeliveryState.PENDING, reason=reason, failures=failures, delay_seconds=0.0)
    if outcome.error is None and status == HTTPStatus.GONE:
        return Verdict(
            state=DeliveryState.PENDING, reason=reason, failures=failures, delay_seconds=0.0, disable_reason=_GONE
        )
    wait: float | None = None
    if status in _ASK_LATER and outcome.error is None and outcome.retry_after is not None:
        wait = min(max(outcome.retry_after, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
        if age_seconds < schedule.total_seconds:
            return Verdict(
                state=DeliveryState.PENDING,
                reason=reason,
                failures=failures,
                delay_seconds=wait,
                endpoint_wait_seconds=wait,
            )
    delay = schedule.after(failures + 1)
    return Verdict(
        state=DeliveryState.DEAD if delay is None else DeliveryState.PENDING,
        reason=reason if delay is not None else f"{reason.removesuffix('.')}; the last of {failures + 1} attempts",
        failures=failures + 1,
        delay_seconds=delay if delay is None or wait is None else max(delay, wait),
        endpoint_wait_seconds=wait,
    )


def describe(outcome: Outcome) -> str:
    """Why an outcome is no success, in words."""
    if outcome.error is not None:
        return f"{outcome.error}: {outcome.detail}" if outcome.detail else str(outcome.error)
    return f"the receiver answered {outcome.status}"


def verdict_of_own_failure(reason: str, failures: int, schedule: RetrySchedule) -> Verdict:
    """What follows where the service itself is to blame: the attempt is used up, and made again."""
    delay = schedule.after(failures + 1)
    return Verdict(
        state=DeliveryState.DEAD if delay is None else DeliveryState.PENDING,
        reason=reason,
        failures=failures + 1,
        delay_seconds=delay,
    )


class Judge:
    """Judges outcomes by a schedule. Counts and logs them, and encrypts the beginnings of answers."""

    def __init__(self, keyring: Keyring, schedule: RetrySchedule, metrics: Metrics) -> None:
        self._keyring = keyring
        self._schedule = schedule
        self._metrics = metrics

    def judge(self, ready: Ready, outcome: Outcome, secret: str | None) -> EndedAttempt:
        """An attempt that was sent, as it ended. `secret` is the one in its body."""
        at = now()
        age_seconds = (at - ready.first_at) / MICROSECONDS_PER_SECOND
        uncounted = ready.attempt - 1 - ready.failures
        verdict = verdict_of(outcome, ready.failures, age_seconds, self._schedule, uncounted=uncounted)
        _log_attempt(ready, outcome, verdict)
        self._metrics.attempt(outcome.error or f"{(outcome.status or 0) // 100}xx", outcome.duration)
        latency = at - ready.created_at if verdict.state is DeliveryState.DELIVERED else None
        if latency is not None:
            self._metrics.latency(latency / MICROSECONDS_PER_SECOND)
        return _ended(
            ready.id,
            ready.attempt,
            ready.endpoint.id,
            verdict,
            at,
            duration=round(outcome.duration * MICROSECONDS_PER_SECOND),
            status=outcome.status,
            error=None if outcome.error is None else outcome.error.value,
            answer=self._encrypted_answer(ready, outcome, secret),
            is_restricted=outcome.is_restricted,
            blames_endpoint=verdict.failures > ready.failures and not outcome.is_by_chance,
            latency=latency,
        )

    def judge_own_failure(
        self, delivery_id: str, attempt: int, registration_id: int | None, *, failures: int, reason: str
    ) -> EndedAttempt:
        """An attempt that failed by the service's own fault, as it ended. It uses up an attempt like any other."""
        verdict = verdict_of_own_failure(reason, failures, self._schedule)
        return _ended(delivery_id, attempt, registration_id, verdict, now(), error="internal")

    def _encrypted_answer(self, ready: Ready, outcome: Outcome, secret: str | None) -> bytes | None:
        if not outcome.answer:
            return None
        beginning = redact(outcome.answer, secret, is_whole=outcome.is_answer_whole)
        row = answer_row(ready.id, ready.attempt)
        return self._keyring.encrypt(Purpose.ANSWER, beginning, row) if beginning else None


def _log_attempt(ready: Ready, outcome: Outcome, verdict: Verdict) -> None:
    """Logs a success only at the level for debugging, and a failure with its reason."""
    is_delivered = verdict.state is DeliveryState.DELIVERED
    level = logging.DEBUG if is_delivered else _LEVELS.get(verdict.state, logging.INFO)
    if not _log.isEnabledFor(level):
        return
    told = f"{verdict.state}: {verdict.reason}" if not is_delivered else "delivered"
    ids = {"event": ready.event_id, "delivery": ready.id, "attempt": ready.attempt, "client": ready.endpoint.client_id}
    _log.log(level, "an attempt of %.3f s ended, the delivery is %s", outcome.duration, told, extra={"ids": ids})


def _ended(
    delivery_id: str,
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
    latency: int | None = None,
) -> EndedAttempt:
    is_again = verdict.state is DeliveryState.PENDING and verdict.delay_seconds is not None
    return EndedAttempt(
        id=delivery_id,
        attempt=attempt,
        registration_id=registration_id,
        state=verdict.state,
        reason=verdict.reason,
        failures=verdict.failures,
        at=at,
        next_attempt_at=at + round((verdict.delay_seconds or 0.0) * MICROSECONDS_PER_SECOND) if is_again else None,
        duration=duration,
        status=status,
        error=error,
        answer=answer,
        is_restricted=is_restricted,
        waits_until=None
        if verdict.endpoint_wait_seconds is None
        else at + round(verdict.endpoint_wait_seconds * MICROSECONDS_PER_SECOND),
        disable_reason=verdict.disable_reason,
        blames_endpoint=blames_endpoint,
        latency=latency,
    )
