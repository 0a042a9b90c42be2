"""What the options of `clients add` do to the calls of that client: a real service and a real receiver."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from receivers.inbox import Inbox

DATA = {"ledgeraccountid": "111927", "status": "PAID"}


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """It listens on loopback, which is open to nobody by itself."""
    with Inbox() as listening:
        yield listening


@pytest.fixture
def service(tmp_path: Path, start_service: Any) -> Any:
    return start_service(tmp_path / "data", "--allow-http")


@pytest.fixture
def join(service: Any, add_client_to: Any) -> Any:
    """Makes a client with these options."""

    def make(*options: str) -> httpx.Client:
        key = add_client_to(service.data, "--scope", "webhooks,events:publish", *options).api_key
        return httpx.Client(base_url=service.api, headers={"X-API-Key": key}, timeout=30)

    return make


def test_networks_and_ports_change_what_is_sent_and_not_what_is_registered(join: Any, inbox: Inbox) -> None:
    network, port = ["--allow-network", "127.0.0.0/8"], ["--allow-port", str(inbox.port)]
    for options, error in (
        ([], "refused-url"),
        (network, "refused-url"),
        (port, "refused-address"),
        ([*port, "--allow-network", "10.0.0.0/8"], "refused-address"),
        ([*port, *network], None),
    ):
        with join(*options) as client:
            put = client.put("/v1/webhooks", json={"url": inbox.url, "events": ["statuschange"]})
            assert put.status_code == 201
            told = client.post("/v1/webhooks/test", json={"url": inbox.url, "event": "statuschange"}).json()
            assert (told["delivered"], told["error"]) == (error is None, error)
            assert client.get("/v1/webhooks").json()["count"] == 1
            assert client.delete("/v1/webhooks", params={"url": inbox.url}).status_code == 204
    assert inbox.next().headers["webhook-test"] == "true"  # of the last one


def test_a_pattern_bounds_what_is_registered(join: Any, inbox: Inbox) -> None:
    with join("--url-pattern", "https://*.example.com/hooks/*", "--url-pattern", "http://127.0.0.1:*/x") as client:
        refused = client.put("/v1/webhooks", json={"url": inbox.url, "events": ["statuschange"]})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/url")
        assert "https://*.example.com/hooks/* or http://127.0.0.1:*/x" in refused.json()["errors"][0]["detail"]
        for url in ("https://a.example.com/hooks/1", "http://127.0.0.1:8443/x"):
            assert client.put("/v1/webhooks", json={"url": url, "events": ["statuschange"]}).status_code == 201
        for call in ("pause", "resume", "signing-key"):
            answer = client.post(f"/v1/webhooks/{call}", json={"url": "https://a.example.com/hooks/1"})
            assert answer.status_code == 200
            assert client.post(f"/v1/webhooks/{call}", json={"url": inbox.url}).status_code == 404


def test_only_bounds_which_events_make_a_delivery(join: Any) -> None:
    with join("--only", "status=PAID,ledgeraccountid=111927") as limited, join() as other:
        body = {"url": "https://receiver.example/", "events": ["statuschange", "ledgerpayment"]}
        assert limited.put("/v1/webhooks", json=body).status_code == 201  # also for events without these arguments
        for id_, data in (("fits", DATA), ("other-status", {**DATA, "status": "OPEN"}), ("more", {**DATA, "x": "1"})):
            event = {"event": "statuschange", "data": data, "id": id_}
            assert limited.post("/v1/events", json=event).status_code == 202  # what it publishes is not bounded
        states = {id_: limited.get(f"/v1/events/{id_}").json()["state"] for id_ in ("fits", "other-status", "more")}
        assert states == {"fits": "accepted", "other-status": "unsubscribed", "more": "accepted"}
        seen = [each["eventId"] for each in limited.get("/v1/deliveries").json()["deliveries"]]
        assert sorted(seen) == ["fits", "more"]
        assert other.get("/v1/deliveries").json()["deliveries"] == []
