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
from webhooks.store.clock import now
from webhooks.store.outcomes import EndedAttempt

SHORTEST_WAIT: Final = 5.0
LONGEST_WAIT: Final = 3600.0
"""Bounds of what an endpoint may ask for by Retry-After, in seconds."""

_GONE: Final = "the receiver answered 410 Gone: it is not wanted any more"
_JITTER: Final = 0.1
_ASK_LATER: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class RetrySchedule(Struct, frozen=True):
    """After which seconds each further attempt is made, counted from the end of the one before."""

    delays: tuple[float, ...]

    @property
    def whole(self) -> float:
        """The schedule's sum, in seconds."""
        return sum(self.delays)

    def after(self, failures: int) -> float | None:
        """The seconds until the next attempt, with jitter; None where there is none."""
        if failures > len(self.delays):
            return None
        return self.delays[failures - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret


class Verdict(Struct, frozen=True, kw_only=True):
    """Where a delivery goes. PENDING is tried again after `delay` seconds.

    The endpoint is left alone for `waits` seconds, and disabled with the reason in `disables`.
    """

    state: DeliveryState
    reason: str | None
    failures: int
    delay: float | None = None
    waits: float | None = None
    disables: str | None = None


def judge(outcome: Outcome, failures: int, age: float, schedule: RetrySchedule) -> Verdict:
    """`failures` are those before; `age` is in seconds, from the delivery's first attempt."""
    status = outcome.status
    if outcome.is_success:
        return Verdict(state=DeliveryState.DELIVERED, reason=None, failures=failures)
    reason = describe(outcome)
    if outcome.error is None and status == HTTPStatus.GONE:
        return Verdict(state=DeliveryState.PENDING, reason=reason, failures=failures, delay=0.0, disables=_GONE)
    waits: float | None = None
    if status in _ASK_LATER and outcome.error is None and outcome.retry_after is not None:
        waits = min(max(outcome.retry_after, SHORTEST_WAIT), LONGEST_WAIT)
        if age < schedule.whole:
            return Verdict(state=DeliveryState.PENDING, reason=reason, failures=failures, delay=waits, waits=waits)
    delay = schedule.after(failures + 1)
    return Verdict(
        state=DeliveryState.DEAD if delay is None else DeliveryState.PENDING,
        reason=reason if delay is not None else f"{reason.removesuffix('.')}; the last of {failures + 1} attempts",
        failures=failures + 1,
        delay=delay if delay is None or waits is None else max(delay, waits),
        waits=waits,
    )


def describe(outcome: Outcome) -> str:
    """Why it was no success, in words."""
    if outcome.error is not None:
        return f"{outcome.error}: {outcome.detail}" if outcome.detail else str(outcome.error)
    return f"the receiver answered {outcome.status}"


def failed(reason: str, failures: int, schedule: RetrySchedule) -> Verdict:
    """Of an attempt that failed for the service's own reasons: it counts and is made again."""
    delay = schedule.after(failures + 1)
    return Verdict(
        state=DeliveryState.DEAD if delay is None else DeliveryState.PENDING,
        reason=reason,
        failures=failures + 1,
        delay=delay,
    )


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
