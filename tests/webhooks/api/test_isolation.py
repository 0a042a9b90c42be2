"""Two clients never see or touch each other's registrations, deliveries or events, by any call there is."""

from functools import partial
from typing import Any

import httpx
import pytest

from webhooks.model import Scope

URL = "https://receiver.example/a-url-of-anna"
EVENT_ID = "an-event-of-anna"
DATA = {"ledgeraccountid": "111927", "status": "PAID"}


class Scene:
    """Anna has a registration, an event and a delivery; Bert has as many rights, and nothing."""

    def __init__(self, inside: Any, scopes: tuple[Scope, ...]) -> None:
        self.inside = inside
        self.anna, self.bert = inside.add(*scopes), inside.add(*scopes)
        put = self.by(self.anna, "PUT", "/v1/webhooks", json={"url": URL, "events": ["statuschange"], "secret": "s"})
        assert put.status_code == 201
        self.publish(self.anna)
        (self.delivery,) = self.by(self.anna, "GET", "/v1/deliveries").json()["deliveries"]
        cancelled = {"url": f"{URL}/other", "events": ["statuschange"]}
        self.by(self.anna, "PUT", "/v1/webhooks", json=cancelled)

    def by(self, who: Any, method: str, path: str, **options: Any) -> httpx.Response:
        answer: httpx.Response = self.inside.call(method, path, headers=who.headers, **options)
        return answer

    def publish(self, who: Any) -> httpx.Response:
        return self.by(who, "POST", "/v1/events", json={"event": "statuschange", "data": DATA, "id": EVENT_ID})


SCOPES = (Scope.WEBHOOKS, Scope.PUBLISH)
BODY = {"url": URL}
TOKEN = {"content": b"grant_type=client_credentials", "headers": {}}

# For each route: what Bert sends to reach what is Anna's, and the status that he gets.
CALLS: dict[tuple[str, str], tuple[dict[str, Any], int]] = {
    ("GET", "/v1/webhooks"): ({}, 200),
    ("PUT", "/v1/webhooks"): ({"json": {**BODY, "events": ["ledgerpayment"], "secret": "mine", "method": "PUT"}}, 201),
    ("DELETE", "/v1/webhooks"): ({"json": BODY}, 404),
    ("POST", "/v1/webhooks/signing-key"): ({"json": BODY}, 404),
    ("POST", "/v1/webhooks/pause"): ({"json": BODY}, 404),
    ("POST", "/v1/webhooks/resume"): ({"json": BODY}, 404),
    ("POST", "/v1/webhooks/test"): ({"json": {**BODY, "event": "statuschange"}}, 404),
    ("GET", "/v1/events"): ({}, 200),
    ("POST", "/v1/events"): ({"json": {"event": "ledgerpayment", "data": {}}}, 400),
    ("GET", "/v1/events/{event_id}"): ({}, 404),
    ("GET", "/v1/deliveries"): ({"params": {"url": URL}}, 200),
    ("GET", "/v1/deliveries/{delivery_id}"): ({}, 404),
    ("POST", "/v1/deliveries/{delivery_id}/replay"): ({}, 404),
    ("GET", "/v1/definitions"): ({}, 403),
    ("GET", "/v1/ping"): ({}, 200),
    ("GET", "/openapi.json"): ({}, 200),
    ("GET", "/docs"): ({}, 200),
    ("POST", "/login/oauth/access_token"): (TOKEN, 401),
    ("POST", "/login/oauth/access"): (TOKEN, 401),
}


@pytest.fixture(scope="module")
def scene(inside: Any) -> Scene:
    return Scene(inside, SCOPES)


def methods_of(app: Any) -> set[tuple[str, str]]:
    return {(method, route.path) for route in app.routes for method in route.endpoint.methods}


def test_no_call_is_forgotten(inside: Any) -> None:
    assert {call for call in methods_of(inside.routes) if call[0] not in ("HEAD", "OPTIONS")} == CALLS.keys()


def test_each_path_says_its_methods(inside: Any, scene: Scene) -> None:
    for path in {path for _, path in CALLS}:
        allowed = {method for method, other in CALLS if other == path} | {"OPTIONS"}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        asked = path.replace("{event_id}", "x").replace("{delivery_id}", "x")
        answer = scene.by(scene.bert, "OPTIONS", asked)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer.headers["allow"].split(", ")) == allowed
        refused = scene.by(scene.bert, "PATCH", asked)
        assert refused.status_code == 405
        assert set(refused.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_a_call_neither_shows_nor_changes_what_is_anothers(inside: Any, scene: Scene, call: tuple[str, str]) -> None:
    method, path = call
    options, status = CALLS[call]
    bert = inside.add(*SCOPES)
    asked = path.replace("{event_id}", EVENT_ID).replace("{delivery_id}", scene.delivery["id"])
    before = anna_s(inside, scene)
    answer = scene.by(bert, method, asked, **options) if "headers" not in options else None
    if answer is None:
        answer = inside.call(
            method, asked, **{**options, "headers": {"content-type": FORM}}, auth=(scene.anna.id, bert.secret)
        )
    assert answer.status_code == status, answer.text
    if call != ("PUT", "/v1/webhooks"):  # it shows what he has sent himself, and not Anna's event
        assert URL not in answer.text.replace("a-url-of-anna", "" if status == 404 else "a-url-of-anna")
    assert "statuschange" not in answer.text or path in ("/v1/events", "/openapi.json", "/docs")
    assert scene.delivery["id"] not in answer.text
    assert anna_s(inside, scene) == before


FORM = "application/x-www-form-urlencoded"


def anna_s(inside: Any, scene: Scene) -> dict[str, Any]:
    """All rows that are Anna's, and her view by the API."""
    rows = {name: [row for row in rows if scene.anna.id in row] for name, rows in inside.content().items()}
    view = [scene.by(scene.anna, "GET", path).text for path in ("/v1/webhooks", "/v1/deliveries")]
    return {**rows, "view": view}


def test_the_same_event_id_is_another_event_of_another_publisher(inside: Any, scene: Scene) -> None:
    other = inside.add(*SCOPES)
    answer = scene.by(
        other, "POST", "/v1/events", json={"event": "statuschange", "data": {**DATA, "status": "X"}, "id": EVENT_ID}
    )
    assert answer.status_code == 202
    assert scene.by(other, "GET", f"/v1/events/{EVENT_ID}").status_code == 200


def test_who_sees_every_event_sees_its_own_first(inside: Any, scene: Scene) -> None:
    admin = inside.add(Scope.ADMIN)
    ask = partial(inside.call, headers=admin.headers)
    assert ask("GET", f"/v1/events/{EVENT_ID}").json()["event"] == "statuschange"
    own = {"event": "servicechange", "data": {"ledgeraccountid": "1", "fromservice": "A", "toservice": "B"}}
    answer = ask("POST", "/v1/events", json={**own, "id": EVENT_ID})
    assert answer.status_code == 202, answer.text
    assert ask("GET", f"/v1/events/{EVENT_ID}").json()["event"] == "servicechange"


def test_only_and_url_pattern_are_the_clients(inside: Any) -> None:
    limited = inside.add(Scope.WEBHOOKS, only={"debtcreditorid": "7"}, url_patterns=("https://*.example.com/hooks/*",))
    publisher = inside.add(Scope.PUBLISH)

    def put(url: str) -> httpx.Response:
        body = {"url": url, "events": ["ledgerpayment", "statuschange"]}
        answer: httpx.Response = inside.call("PUT", "/v1/webhooks", headers=limited.headers, json=body)
        return answer

    before = inside.content()
    for url in (
        "https://other.example/hooks/1",
        "https://other.example/a.example.com/hooks/1",
        "http://a.example.com/hooks/1",
    ):
        refused = put(url)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == "/url"
        assert "https://*.example.com/hooks/*" in refused.text
    assert inside.content() == before
    assert put("https://a.example.com/hooks/1").status_code == 201
    payment = {"paymentid": "1", "ledgeraccountid": "2", "revision": "1", "partytypeid": "1"}
    events = [
        {"event": "ledgerpayment", "data": {**payment, "debtcreditorid": 7}, "id": "for it"},
        {"event": "ledgerpayment", "data": {**payment, "debtcreditorid": "7"}, "id": "for-it"},
        {"event": "ledgerpayment", "data": {**payment, "debtcreditorid": "8"}, "id": "of-another"},
        {"event": "statuschange", "data": DATA, "id": "without-the-argument"},
    ]
    published = inside.call("POST", "/v1/events", headers=publisher.headers, json=events).json()["results"]
    assert [list(result) for result in published] == [["error"], ["id"], ["id"], ["id"]]
    got = inside.call("GET", "/v1/deliveries", headers=limited.headers).json()["deliveries"]
    assert [delivery["eventId"] for delivery in got] == ["for-it"]


# Which scopes let in; every other one is refused.
NEEDED: dict[tuple[str, str], set[Scope]] = {
    ("PUT", "/v1/webhooks"): {Scope.WEBHOOKS},
    ("GET", "/v1/webhooks"): {Scope.WEBHOOKS},
    ("DELETE", "/v1/webhooks"): {Scope.WEBHOOKS},
    ("POST", "/v1/webhooks/signing-key"): {Scope.WEBHOOKS},
    ("POST", "/v1/webhooks/pause"): {Scope.WEBHOOKS},
    ("POST", "/v1/webhooks/resume"): {Scope.WEBHOOKS},
    ("POST", "/v1/webhooks/test"): {Scope.WEBHOOKS},
    ("GET", "/v1/events"): {Scope.WEBHOOKS, Scope.PUBLISH, Scope.SUPPORT},
    ("POST", "/v1/events"): {Scope.PUBLISH},
    ("GET", "/v1/events/{event_id}"): {Scope.PUBLISH, Scope.SUPPORT},
    ("GET", "/v1/deliveries"): {Scope.WEBHOOKS, Scope.SUPPORT},
    ("GET", "/v1/deliveries/{delivery_id}"): {Scope.WEBHOOKS, Scope.SUPPORT},
    ("POST", "/v1/deliveries/{delivery_id}/replay"): {Scope.WEBHOOKS},
    ("GET", "/v1/definitions"): set(),
    ("GET", "/v1/ping"): {Scope.WEBHOOKS, Scope.PUBLISH, Scope.SUPPORT},
}


@pytest.mark.parametrize("scope", Scope)
def test_scopes_are_what_they_say(inside: Any, scope: Scope) -> None:
    caller = inside.add(scope)
    assert NEEDED.keys() == {call for call in CALLS if call[1].startswith("/v1/")}
    for (method, path), scopes in NEEDED.items():
        answer = inside.call(method, path, headers=caller.headers)
        if scope in scopes | {Scope.ADMIN}:
            assert answer.status_code not in (401, 403), (method, path)
            continue
        assert answer.status_code == 403, (method, path)
        assert answer.json()["detail"].startswith("This call needs the scope ")
        assert 'error="insufficient_scope", scope="' in answer.headers["www-authenticate"]


def test_support_sees_states_and_administrators_recompose(inside: Any, scene: Scene) -> None:
    support, admin = inside.add(Scope.SUPPORT), inside.add(Scope.ADMIN)
    path = f"/v1/deliveries/{scene.delivery['id']}"
    shown = inside.call("GET", path, headers=support.headers)
    assert shown.status_code == 200
    assert not {"body", "data", "secret"} & shown.json().keys()
    assert inside.call("GET", f"/v1/events/{EVENT_ID}", headers=support.headers).status_code == 200
    refused = inside.call("POST", f"{path}/replay", headers=scene.anna.headers, json={"recompose": True})
    assert refused.status_code == 403
    assert 'scope="admin"' in refused.headers["www-authenticate"]
    pending = inside.call("POST", f"{path}/replay", headers=admin.headers, json={"recompose": True})
    assert pending.status_code == 409


@pytest.mark.parametrize("call", NEEDED, ids=" ".join)
def test_no_call_without_authentication(inside: Any, call: tuple[str, str]) -> None:
    answer = inside.call(*call)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert (
        answer.headers["www-authenticate"]
        == 'Bearer realm="aptic-webhooks", ApiKey realm="aptic-webhooks", header="X-API-Key"'
    )
