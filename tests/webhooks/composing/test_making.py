"""What is written for an event whose composing failed."""

from webhooks.composing.making import after_failure
from webhooks.composing.pace import Pace
from webhooks.store.clock import MICROSECONDS_PER_SECOND, now
from webhooks.store.compositions import Waiting
from webhooks.store.results import Deferred


def test_the_next_try_is_due_when_the_schedule_says() -> None:
    item = Waiting(
        sequence=1,
        version=1,
        code="statuschange",
        event_id="e1",
        arguments="{}",
        failures=11,
        is_needed=True,
        is_defined=True,
    )
    before = now()
    found = after_failure(Pace(), item, "the ledger is away")
    after = now()
    assert isinstance(found, Deferred)
    assert found.failures == 12
    assert before <= found.due_at - 2048 * MICROSECONDS_PER_SECOND <= after
