"""Definitions in a service of its own process: SIGHUP, a missing one, and its acceptance on the command line."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from forking import Forker
from waiting import until

ROOT = Path(__file__).parents[3]
EVENT = "ledgerpayment"
GUIDE = json.loads((ROOT / "fixtures" / EVENT / "guide" / "event.json").read_bytes())
Run = Callable[..., Any]
URL = "https://receiver.example/"  # nobody: what is looked at here comes before sending


@pytest.fixture
def run(forker: Forker) -> Run:
    """What a command of the service prints with `--json`, forked."""

    def run(*words: str) -> Any:
        done = forker.complete("service", [*words, "--json"], Path.cwd(), os.environ)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def definitions_of(service: Any) -> dict[str, float]:
    """What the metrics say of them, by state."""
    text = httpx.get(f"{service.administration}/metrics").text
    return {state: float(value) for state, value in re.findall(r'^aptic_definitions{state="(\w+)"} (\S+)$', text, re.M)}


def test_a_definition_that_is_gone_holds_its_event_until_that_is_accepted(
    run: Run, start_service: Any, add_client_to: Any, tmp_path: Path, duckdb_ledger: str
) -> None:
    data, folder = tmp_path / "data", tmp_path / "definitions"
    folder.mkdir()
    for event in (EVENT, "partpayment"):
        shutil.copy(ROOT / "definitions" / f"{event}.xml", folder)
    schema = ROOT / "fixtures" / "ledger" / "schema.sql"
    options = ["--definitions", str(folder), "--ledger", duckdb_ledger, "--ledger-schema", str(schema)]
    service = start_service(data, *options)
    key = add_client_to(data, "--scope", "webhooks,events:publish").api_key
    with httpx.Client(base_url=service.api, headers={"X-API-Key": key}, timeout=30) as client:
        client.put("/v1/webhooks", json={"url": URL, "events": [EVENT]}).raise_for_status()

        def publish() -> str:
            answer = client.post("/v1/events", json={"event": EVENT, "data": GUIDE["data"]}).raise_for_status()
            (delivery,) = client.get(f"/v1/events/{answer.json()['id']}").raise_for_status().json()["deliveries"]
            return str(delivery["id"])

        def shown(delivery: str) -> Any:
            return client.get(f"/v1/deliveries/{delivery}").raise_for_status().json()

        first = publish()
        until(lambda: shown(first)["attempts"])  # composed, and sent to nobody
        assert definitions_of(service) == {"serving": 2, "stale": 0, "held": 0}
        good = (folder / f"{EVENT}.xml").read_bytes()
        (folder / f"{EVENT}.xml").write_bytes(b"<faulty")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: definitions_of(service) == {"serving": 1, "stale": 1, "held": 0})
        (folder / f"{EVENT}.xml").write_bytes(good)
        (folder / f"{EVENT}.xml").unlink()
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "was removed" in service.log.read_text())
        until(lambda: definitions_of(service) == {"serving": 1, "stale": 0, "held": 1})
        assert f"{EVENT} waits: it had a definition, and there is none now" in service.log.read_text()
        second = publish()
        reason = until(lambda: shown(second)["reason"])
        assert reason.startswith("internal: ")  # what to do is for who runs the service
        assert (shown(second)["state"], shown(second)["nextAttemptAt"]) == ("pending", None)

        def listed() -> dict[str, Any]:
            return {each["event"]: each for each in run("definitions", "list", "--data", str(data))}

        until(lambda: listed()[EVENT]["state"] == "missing")
        assert listed()[EVENT]["waiting"] == 1
        assert f"definitions accept {EVENT}" in listed()[EVENT]["reason"]
        assert run("definitions", "accept", EVENT, "--data", str(data)) == {"event": EVENT, "waiting": 1}
        until(lambda: shown(second)["attempts"])
        until(lambda: definitions_of(service) == {"serving": 1, "stale": 0, "held": 0})
    assert service.stop() == 0


def test_a_faulty_definition_is_told_of_before_an_event_comes(
    run: Run, start_service: Any, tmp_path: Path, duckdb_ledger: str
) -> None:
    data, folder = tmp_path / "data", tmp_path / "definitions"
    folder.mkdir()
    shutil.copy(ROOT / "definitions" / "partpayment.xml", folder)
    file, good = folder / f"{EVENT}.xml", (ROOT / "definitions" / f"{EVENT}.xml").read_bytes()
    file.write_bytes(b"<faulty")
    options = ["--definitions", str(folder), "--ledger", duckdb_ledger]
    service = start_service(data, *options, "--ledger-schema", str(ROOT / "fixtures" / "ledger" / "schema.sql"))

    def listed() -> dict[str, Any]:
        return {each["event"]: each for each in run("definitions", "list", "--data", str(data))}

    def is_listed(*words: str) -> bool:
        found = listed().get(EVENT, {})
        return (
            found.get("waiting") == 0
            and all(word in (found["reason"] or "") for word in words)
            and bool(found["since"])
        )

    until(lambda: is_listed(f"{file}:1:", "[xml-syntax]"))
    assert listed()["partpayment"]["reason"] is None
    file.write_bytes(good)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: listed()[EVENT]["reason"] is None)
    file.write_bytes(good.replace(b"select", b"selekt"))
    service.process.send_signal(signal.SIGHUP)
    until(lambda: is_listed("an older version of its definition is in service", f"{file}:", "[read-only]"))
    file.unlink()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: is_listed("it had a definition, and there is none now"))
    run("definitions", "accept", EVENT, "--data", str(data))
    assert EVENT not in listed()
    until(lambda: definitions_of(service) == {"serving": 1, "stale": 0, "held": 0})
    assert EVENT not in listed()
    assert service.stop() == 0


def test_what_is_in_service_is_described_to_receivers_and_nothing_of_its_making(
    start_service: Any, tmp_path: Path, duckdb_ledger: str
) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    file, text = folder / f"{EVENT}.xml", (ROOT / "definitions" / f"{EVENT}.xml").read_text("utf-8")
    about = "<description>for our own staff</description>"
    text = re.sub(r"<description>.*?</description>", "", text, flags=re.S).replace("<steps>", f"{about}<steps>", 1)
    file.write_text(text, "utf-8")
    options = ["--definitions", str(folder), "--ledger", duckdb_ledger]
    service = start_service(
        tmp_path / "data", *options, "--ledger-schema", str(ROOT / "fixtures" / "ledger" / "schema.sql")
    )

    def described() -> Any:
        document = httpx.get(f"{service.api}/openapi.json").json()
        return document["webhooks"][EVENT]["post"]["requestBody"]["content"]["application/json"]["schema"]

    first = until(lambda: described() if "properties" in described() else None)
    assert first["required"] == ["invoiceguid", "invoicenumber", "paidamount", "secret"]
    assert first["properties"]["paidamount"]["multipleOf"] == 0.01
    shown = httpx.get(f"{service.api}/openapi.json").text + httpx.get(f"{service.api}/docs").text
    assert not [word for word in ("own staff", "dat_", f"{EVENT}.xml", str(tmp_path)) if word in shown]
    file.write_text(text.replace("paidamount", "amountpaid"), "utf-8")
    assert described() == first  # the file is newer than what serves
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "amountpaid" in described()["properties"])
    file.write_text("<faulty", "utf-8")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: definitions_of(service) == {"serving": 0, "stale": 1, "held": 0})
    assert "amountpaid" in described()["properties"]
    assert service.stop() == 0


def test_examples_are_read_again_on_sighup(start_service: Any, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    service = start_service(tmp_path / "data", "--definitions", str(folder))
    recorded = (ROOT / "definitions" / f"{EVENT}.example.json").read_bytes()

    def is_shown(content: bytes) -> bool:
        return content in httpx.get(f"{service.api}/openapi.json").content

    assert not is_shown(b'"paidamount": 123.00')
    (folder / f"{EVENT}.xml").write_bytes((ROOT / "definitions" / f"{EVENT}.xml").read_bytes())
    (folder / f"{EVENT}.example.json").write_bytes(recorded)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: is_shown(b'"paidamount": 123.00'))
    (folder / f"{EVENT}.example.json").write_bytes(recorded.replace(b"123.00", b"124.00"))
    service.process.send_signal(signal.SIGHUP)
    until(lambda: is_shown(b'"paidamount": 124.00'))
    assert service.stop() == 0
