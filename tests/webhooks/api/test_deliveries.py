"""The calls on /v1/deliveries, as far as other modules do not test them."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert, update

from webhooks.model import Scope
from webhooks.security.keys import Purpose
from webhooks.store.attempts import answer_row
from webhooks.store.tables import ATTEMPTS, DELIVERIES

URL = "https://receiver.example/attempts"
EVENT = {"event": "statuschange", "data": {"ledgeraccountid": "1", "status": "PAID"}}


def add_attempts(inside: Any, delivery_id: str) -> None:
    def row(number: int, **values: object) -> dict[str, object]:
        answer = inside.service.keyring.encrypt(Purpose.ANSWER, b"busy", answer_row(delivery_id, number))
        start = 1_800_000_000_000_000 + number
        columns = {"delivery_id": delivery_id, "number": number, "started_at": start, "answer": answer}
        return {**columns, "duration": 250_000, "status": 503, "error": None, "is_restricted": False, **values}

    rows = [
        row(1),
        row(2, duration=None, status=None, error="internal", answer=None),
        row(3, is_restricted=True, error="timeout"),
    ]
    inside.runner.run(inside.service.store.write(lambda store: store.execute(insert(ATTEMPTS), rows)))


def test_one_by_id_has_its_attempts(inside: Any) -> None:
    anna = inside.add(Scope.WEBHOOKS, Scope.PUBLISH)
    inside.call("PUT", "/v1/webhooks", headers=anna.headers, json={"url": URL, "events": ["statuschange"]})
    inside.call("POST", "/v1/events", headers=anna.headers, json=EVENT)
    (listed,) = inside.call("GET", "/v1/deliveries", headers=anna.headers).json()["deliveries"]
    assert "attempts" not in listed
    path = f"/v1/deliveries/{listed['id']}"
    assert inside.call("GET", path, headers=anna.headers).json() == {**listed, "attempts": []}
    add_attempts(inside, listed["id"])
    shown = inside.call("GET", path, headers=anna.headers).json()["attempts"]
    busy = {"time": "2027-01-15T08:00:00.000001Z", "status": 503, "duration": 0.25, "error": None, "answer": "busy"}
    assert shown[0] == busy
    assert [(each["duration"], each["error"], each["answer"]) for each in shown[1:]] == [
        (None, "internal", None),
        (0.25, "timeout", None),
    ]
    support, admin = inside.add(Scope.SUPPORT), inside.add(Scope.ADMIN)
    seen = inside.call("GET", path, headers=support.headers).json()["attempts"]
    assert [each["answer"] for each in seen] == [None, None, None]
    assert [each["status"] for each in seen] == [503, None, 503]
    everything = inside.call("GET", path, headers=admin.headers).json()["attempts"]
    assert [each["answer"] for each in everything] == ["busy", None, "busy"]


def test_why_it_waits_is_told_to_a_client_without_names(inside: Any) -> None:
    anna = inside.add(Scope.WEBHOOKS, Scope.PUBLISH)
    inside.call("PUT", "/v1/webhooks", headers=anna.headers, json={"url": URL, "events": ["statuschange"]})
    inside.call("POST", "/v1/events", headers=anna.headers, json=EVENT)
    (listed,) = inside.call("GET", "/v1/deliveries", headers=anna.headers).json()["deliveries"]
    words = "The ledger at CANARY.corp is away"
    change = update(DELIVERIES).where(DELIVERIES.c.id == listed["id"]).values(reason=words)
    inside.runner.run(inside.service.store.write(lambda store: store.execute(change)))
    path = f"/v1/deliveries/{listed['id']}"
    for ask in ("/v1/deliveries", path):
        answer = inside.call("GET", ask, headers=anna.headers).text
        assert "CANARY" not in answer
        assert "internal: " in answer
    for scope in (Scope.SUPPORT, Scope.ADMIN):
        assert inside.call("GET", path, headers=inside.add(scope).headers).json()["reason"] == words


def test_pages_follow_one_another_to_the_end(inside: Any) -> None:
    anna = inside.add(Scope.WEBHOOKS, Scope.PUBLISH)

    def ask(method: str, path: str, body: Any = None) -> Any:
        return inside.call(method, path, headers=anna.headers, json=body).json()

    url = f"{URL}?a=1&b=%C3%A5"
    ask("PUT", "/v1/webhooks", {"url": url, "events": ["statuschange"]})
    ids = [result["id"] for result in ask("POST", "/v1/events", [EVENT] * 230)["results"]]
    sizes, seen, path = [], [], f"/v1/deliveries?{urlencode({'url': url, 'state': 'pending'})}"
    while path:
        page = ask("GET", path)
        sizes.append(len(page["deliveries"]))
        seen += [delivery["eventId"] for delivery in page["deliveries"]]
        path = page["next"]
        ask("POST", "/v1/events", EVENT)  # what comes in meanwhile is on no later page
    assert sizes == [100, 100, 30]
    assert seen == ids[::-1]
    assert [len(ask("GET", f"/v1/deliveries?limit={number}")["deliveries"]) for number in (1, 99, 100)] == [1, 99, 100]
    first = ask("GET", "/v1/deliveries?limit=2")
    assert "limit=2" in first["next"]
    assert [first["deliveries"][1]["id"] > each["id"] for each in ask("GET", first["next"])["deliveries"]] == [
        True,
        True,
    ]


def test_an_offsets_plus_may_be_written_as_it_is(inside: Any) -> None:
    anna = inside.add(Scope.WEBHOOKS, Scope.PUBLISH)
    inside.call("PUT", "/v1/webhooks", headers=anna.headers, json={"url": f"{URL}/plus", "events": ["statuschange"]})
    inside.call("POST", "/v1/events", headers=anna.headers, json=EVENT)

    def count(query: str) -> int:
        answer = inside.call("GET", f"/v1/deliveries?{query}", headers=anna.headers)
        assert answer.status_code == 200
        return len(answer.json()["deliveries"])

    assert count("from=2026-11-24T10:00:00+01:00") == 1
    assert count("to=2026-11-24T10:00:00+01:00") == 0
    assert count("from=2026-11-24T10:00:00%2B01:00&to=2100-01-01T00:00:00+00:00") == 1
