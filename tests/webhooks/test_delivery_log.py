"""Who is shown which part of a delivery."""

from datetime import UTC, datetime

import pytest

from webhooks.delivery_log import EVERYTHING, sees_of, show_details
from webhooks.model import Client, Delivery, DeliveryState, Scope, StoredAttempt
from webhooks.security.keys import Keyring, Purpose
from webhooks.store.attempts import answer_row

KEYRING = Keyring([bytes(32)])
TIME = datetime(2026, 11, 24, tzinfo=UTC)
DELIVERY = Delivery(
    id="d",
    client_id="anna",
    event_id="e",
    event="statuschange",
    url="https://receiver.example/",
    state=DeliveryState.PENDING,
    reason=None,
    created_at=TIME,
    next_attempt_at=None,
)


def attempt(number: int = 1, *, is_restricted: bool = False, answer: bytes | None = b"\xffbusy") -> StoredAttempt:
    encrypted = None if answer is None else KEYRING.encrypt(Purpose.ANSWER, answer, answer_row("d", number))
    return StoredAttempt(
        number=number,
        time=TIME,
        duration=0.5,
        status=503,
        error=None,
        answer=encrypted,
        is_restricted=is_restricted,
    )


@pytest.mark.parametrize(
    ("client", "scopes", "answers"),
    [
        ("anna", {Scope.WEBHOOKS}, ["�busy", None]),
        ("anna", {Scope.WEBHOOKS, Scope.SUPPORT}, ["�busy", None]),
        ("anna", {Scope.SUPPORT}, [None, None]),
        ("bert", {Scope.WEBHOOKS, Scope.SUPPORT}, [None, None]),
        ("bert", {Scope.ADMIN}, ["�busy", "�busy"]),
    ],
)
def test_answers_are_for_those_who_may_read_them(client: str, scopes: set[Scope], answers: list[str | None]) -> None:
    sees = sees_of(Client(id=client, name=client, scopes=frozenset(scopes)), DELIVERY)
    shown = show_details(DELIVERY, [attempt(1), attempt(2, is_restricted=True)], KEYRING, sees)
    assert [each.answer for each in shown.attempts] == answers
    assert [(each.status, each.duration, each.time) for each in shown.attempts] == [(503, 0.5, TIME)] * 2


def test_an_answer_that_is_not_there_or_cannot_be_read_is_null() -> None:
    other = Keyring([bytes(31) + b"1"])
    assert show_details(DELIVERY, [attempt(answer=None)], KEYRING, EVERYTHING).attempts[0].answer is None
    assert show_details(DELIVERY, [attempt()], other, EVERYTHING).attempts[0].answer is None
