"""What an outcome means (service specification, section 2)."""

import pytest

from webhooks.dispatch.judging import RetrySchedule, verdict_of, verdict_of_own_failure
from webhooks.model import DeliveryState
from webhooks.sending.interface import Outcome, SendError
from webhooks.settings import RETRY_SCHEDULE, parse_schedule

SCHEDULE = RetrySchedule(parse_schedule(RETRY_SCHEDULE))


def verdict(  # type: ignore[no-untyped-def]
    status: int | None = None, *, failures: int = 0, age: float = 0.0, uncounted: int = 0, **more: object
):
    outcome = Outcome(status=status, duration=0.1, **more)  # type: ignore[arg-type]
    return verdict_of(outcome, failures, age, SCHEDULE, uncounted=uncounted)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_2xx(status: int) -> None:
    assert verdict(status).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("status", [100, 199, 301, 302, 307, 400, 401, 404, 429, 500, 503, 599])
def test_anything_else_is_tried_again_in_five_seconds(status: int) -> None:
    found = verdict(status)
    assert (found.state, found.failures) == (DeliveryState.PENDING, 1)
    assert 4.5 <= found.delay_seconds <= 5.5
    assert found.reason == f"the receiver answered {status}"


def test_a_2xx_whose_answer_never_ended_is_no_success() -> None:
    found = verdict(200, error=SendError.TIMEOUT, detail="The answer was not whole after 15 s.")
    assert (found.state, found.reason) == (DeliveryState.PENDING, "timeout: The answer was not whole after 15 s.")


def test_the_schedule_as_specified() -> None:
    wanted = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for failures, seconds in enumerate(wanted):
        assert verdict(500, failures=failures).delay_seconds == pytest.approx(seconds, rel=0.1)
    last = verdict(500, failures=9)
    assert (last.state, last.delay_seconds, last.failures) == (DeliveryState.DEAD, None, 10)
    assert last.reason == "the receiver answered 500; the last of 10 attempts"


def test_the_delays_differ_so_that_receivers_are_not_hit_together() -> None:
    assert len({verdict(500).delay_seconds for _ in range(20)}) > 10


def test_410_disables_the_endpoint_and_uses_up_no_attempt() -> None:
    found = verdict(410)
    assert (found.state, found.failures) == (DeliveryState.PENDING, 0)
    assert found.disable_reason == "the receiver answered 410 Gone: it is not wanted any more"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("given", "waits"), [(0, 5), (4.9, 5), (60, 60), (3600, 3600), (1e9, 3600)])
def test_retry_after_makes_the_endpoint_wait_and_uses_up_no_attempt(status: int, given: float, waits: float) -> None:
    found = verdict(status, failures=3, retry_after=given)
    assert (found.endpoint_wait_seconds, found.delay_seconds, found.failures) == (waits, waits, 3)


def test_retry_after_of_an_old_delivery_uses_up_an_attempt() -> None:
    found = verdict(429, failures=9, age=SCHEDULE.total_seconds, retry_after=60.0)
    assert (found.state, found.endpoint_wait_seconds) == (DeliveryState.DEAD, 60)
    earlier = verdict(429, failures=0, age=SCHEDULE.total_seconds, retry_after=60.0)
    assert (earlier.failures, earlier.delay_seconds) == (1, 60)


def test_retry_after_of_another_status_says_nothing() -> None:
    found = verdict(500, retry_after=3000.0)
    assert (found.endpoint_wait_seconds, found.failures) == (None, 1)


def test_a_failure_of_the_service_itself_counts() -> None:
    found = verdict_of_own_failure("interrupted", 0, SCHEDULE)
    assert (found.state, found.failures, found.reason) == (DeliveryState.PENDING, 1, "interrupted")
    assert verdict_of_own_failure("interrupted", 9, SCHEDULE).state is DeliveryState.DEAD


def test_what_fails_by_chance_is_tried_again_at_once_a_few_times() -> None:
    """A used connection that was just then closed says nothing of the receiver; one that always does it is to blame."""
    closed = {"error": SendError.RESET, "detail": "It was closed.", "is_by_chance": True}
    found = [verdict(failures=2, uncounted=uncounted, **closed) for uncounted in range(4)]
    assert [(each.failures, each.delay_seconds) for each in found[:3]] == [(2, 0.0)] * 3
    assert (found[3].failures, found[3].delay_seconds) == (3, pytest.approx(1800, rel=0.1))
