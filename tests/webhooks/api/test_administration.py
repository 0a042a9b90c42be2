"""The administering port."""

import re
import time
from typing import Any

import httpx

EVENT = {"event": "statuschange", "data": {"ledgeraccountid": "1", "status": "PAID"}}


def test_metrics_are_there_for_prometheus(service: Any, new_client: Any) -> None:
    client = new_client("--scope", "events:publish")
    assert client.post("/v1/events", json=EVENT).status_code == 202
    assert client.post("/v1/events", json=[EVENT, {"event": "x", "data": {}}]).status_code == 202
    answer = httpx.get(f"{service.administration}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'aptic_events_total{outcome="accepted"} 2.0' in answer.text
    assert 'aptic_events_total{outcome="refused"} 1.0' in answer.text
    assert 'aptic_deliveries{state="pending"} 0.0' in answer.text
    (commands,) = re.findall(r"^aptic_store_commands_total (\S+)$", answer.text, re.MULTILINE)
    assert float(commands) >= 2
    assert httpx.get(f"{service.api}/metrics").status_code == 404


def test_readiness_writes_once_a_second_at_most(service: Any) -> None:
    def commands() -> float:
        text = httpx.get(f"{service.administration}/metrics").text
        return float(re.findall(r"^aptic_store_commands_total (\S+)$", text, re.MULTILINE)[0])

    before, begin = commands(), time.monotonic()
    with httpx.Client(base_url=service.administration) as client:
        assert {client.get("/readyz").status_code for _ in range(100)} == {200}
    others = 2  # what looks after the store may write meanwhile
    assert commands() - before <= 1 + others + (time.monotonic() - begin)


def test_a_look_needs_no_body(service: Any) -> None:
    """Some load balancers ask by HEAD."""
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = httpx.head(service.administration + path)
        assert (answer.status_code, answer.content) == (200, b"")
