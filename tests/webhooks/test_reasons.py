"""What a client reads of a delivery names nothing of the inside, and still says what kind of thing it is."""

from datetime import UTC, datetime

import pytest

from webhooks.model import Delivery, DeliveryState
from webhooks.reasons import SENDING, for_client
from webhooks.sending.interface import SendError

TIME = datetime(2026, 11, 24, tzinfo=UTC)
INTERNAL = "internal: It cannot be composed or sent for now, or at all. Who runs the service can see why."


def shown(reason: str | None, state: DeliveryState = DeliveryState.PENDING) -> str | None:
    delivery = Delivery(
        id="d",
        client_id="anna",
        event_id="e",
        event="statuschange",
        url="https://receiver.example/",
        state=state,
        reason=reason,
        created_at=TIME,
        next_attempt_at=None,
    )
    return for_client(delivery).reason


def test_each_error_of_an_attempt_has_a_sentence() -> None:
    assert set(SENDING) == {error.value for error in SendError}


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        (None, None),
        ("the receiver answered 503", "the receiver answered 503"),
        ("the receiver answered 503; the last of 10 attempts", "the receiver answered 503; the last of 10 attempts"),
        ("the endpoint is paused", "the endpoint is paused"),
        ("the registration was removed", "the registration was removed"),
        ("timeout: The deadline passed: CANARY", f"timeout: {SENDING['timeout']}"),
        ("dns: CANARY.corp; the last of 10 attempts", f"dns: {SENDING['dns']}; the last of 10 attempts"),
        (
            "the endpoint is disabled; refused-address: Nothing was sent: CANARY is 10.0.0.1. An administrator can",
            f"the endpoint is disabled; refused-address: {SENDING['refused-address']}",
        ),
        ("The ledger postgresql://CANARY:5432/aptic is away", INTERNAL),
        ("The table dat_CANARY is missing; its file is /srv/CANARY.xml; see there", INTERNAL),
        ("the receiver answered 503 CANARY", INTERNAL),
        (
            "empty-result: The query of CANARY.xml",
            "empty-result: The ledger has nothing for this event.",
        ),
    ],
)
def test_what_names_something_is_replaced(stored: str | None, seen: str | None) -> None:
    assert shown(stored) == seen


def test_words_of_a_definition_are_not_passed_on() -> None:
    assert shown("CANARY is not billed", DeliveryState.SKIPPED) == (
        "skipped: The event's definition says that nothing is sent."
    )
