"""What an attempt's outcome means for its delivery and its endpoint (service specification, section 2)."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from webhooks.model import DeliveryState
from webhooks.sending.interface import Outcome

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
