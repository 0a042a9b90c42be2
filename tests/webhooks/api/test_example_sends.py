"""POST /v1/webhooks/test, with a fake of the sender; tests/webhooks/test_example_sends.py has a real receiver."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from webhooks.api.app import build_app
from webhooks.example_sends import TestSends
from webhooks.examples import Examples
from webhooks.model import Scope
from webhooks.sending.interface import Outcome, OutgoingRequest
from webhooks.settings import Settings

URL = "https://receiver.example/test"


class FakeSender:
    """Answers from inside."""

    def __init__(self) -> None:
        self.sent: list[OutgoingRequest] = []

    async def send(self, request: OutgoingRequest) -> Outcome:
        self.sent.append(request)
        return Outcome(status=200, duration=0.5, answer=b"ok", is_restricted=True)

    async def close(self) -> None:
        pass


@pytest.fixture
def sender(inside: Any, monkeypatch: pytest.MonkeyPatch) -> FakeSender:
    from engine.body import default_body

    fake, service = FakeSender(), inside.service
    arguments = {"ledgeraccountid": "1", "status": "PAID"}
    body = default_body(service.catalogue.events["statuschange"], arguments)
    tests = TestSends(service.store, service.keyring, Settings(data=Path()), lambda _: fake)
    changed = replace(service, tests=tests, examples=Examples(lambda: {"statuschange": body}))
    monkeypatch.setattr(inside, "_app", build_app(changed))
    return fake


def post(inside: Any, who: Any, **body: object) -> Any:
    return inside.call("POST", "/v1/webhooks/test", headers=who.headers, json=body)


def register(inside: Any, who: Any) -> None:
    body = {"url": URL, "events": ["statuschange"], "secret": "mySecret"}
    assert inside.call("PUT", "/v1/webhooks", headers=who.headers, json=body).status_code == 201


def test_the_example_is_sent_and_the_outcome_told(inside: Any, sender: FakeSender) -> None:
    anna = inside.add(Scope.WEBHOOKS)
    register(inside, anna)
    answer = post(inside, anna, url=URL, event="statuschange")
    assert answer.status_code == 200
    told = answer.json()
    (sent,) = sender.sent
    assert sent.body == b'{"ledgeraccountid":"1","status":"PAID","secret":"mySecret"}'
    assert sent.headers["webhook-test"] == "true"
    assert told.pop("id") == sent.headers["webhook-id"]
    assert told == {"delivered": True, "status": 200, "duration": 0.5, "error": None, "detail": None, "answer": None}
    admin = inside.add(Scope.WEBHOOKS, Scope.ADMIN)
    register(inside, admin)
    assert post(inside, admin, url=URL, event="statuschange").json()["answer"] == "ok"


def test_what_cannot_be_sent_is_a_problem(inside: Any, sender: FakeSender) -> None:
    anna, support = inside.add(Scope.WEBHOOKS), inside.add(Scope.SUPPORT)
    register(inside, anna)
    unknown = post(inside, anna, url=URL, event="x")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/event")
    assert post(inside, anna, url=f"{URL}/other", event="statuschange").status_code == 404
    missing = post(inside, anna, url=URL, event="ledgerpayment")
    assert (missing.status_code, "No example of ledgerpayment" in missing.json()["detail"]) == (409, True)
    assert post(inside, anna, url=URL).status_code == 400
    assert post(inside, support, url=URL, event="statuschange").status_code == 403
    assert sender.sent == []


def test_one_too_many_waits_for_its_turn(inside: Any, sender: FakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = inside.add(Scope.WEBHOOKS)
    register(inside, anna)
    monkeypatch.setattr("webhooks.example_sends.MOST_TESTS_OF_CLIENT", 0)
    answer = post(inside, anna, url=URL, event="statuschange")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert sender.sent == []
