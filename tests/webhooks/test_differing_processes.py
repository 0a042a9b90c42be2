"""Several processes on one store, each with definitions of its own: an operator sees which has what, by any of them."""

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from forking import Forker
from waiting import until

ROOT = Path(__file__).parents[2]
EVENT = "ledgerpayment"
GUIDE = json.loads((ROOT / "fixtures" / EVENT / "guide" / "event.json").read_bytes())
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
Run = Callable[..., str]


@pytest.fixture
def run(forker: Forker) -> Run:
    """What a command of the service prints, forked."""

    def run(*words: str) -> str:
        done = forker.complete("service", words, Path.cwd(), os.environ)
        assert done.returncode == 0, done.stderr
        return str(done.stdout.decode())

    return run


def folder_of(path: Path) -> Path:
    """Two good definitions."""
    path.mkdir()
    for event in (EVENT, "partpayment"):
        shutil.copy(ROOT / "definitions" / f"{event}.xml", path)
    return path


class Scene:
    """Two processes that serve one store, and what is told of them."""

    def __init__(self, run: Run, data: Path, store: str, services: list[Any]) -> None:
        self._run, self.services = run, services
        self._where = ("--data", str(data), "--store", store)

    def command(self, *words: str) -> str:
        return self._run(*words, *self._where)

    def processes(self, event: str = EVENT) -> dict[int, tuple[str, str | None]]:
        """By its pid, each process's state and version of the event's definition."""
        found = {each["event"]: each for each in json.loads(self.command("definitions", "list", "--json"))}
        return {
            process["pid"]: (version["state"], version["hash"])
            for version in found.get(event, {"versions": []})["versions"]
            for process in version["processes"]
        }

    @contextmanager
    def browser(self, service: Any, scope: str = "admin") -> Iterator[httpx.Client]:
        """Somebody who looks at a process."""
        link = self.command("window", "--scope", scope, "--url", service.administration).strip()
        token = parse_qs(urlsplit(link).query)["token"][0]
        headers = {"sec-fetch-site": "same-origin"}
        with httpx.Client(base_url=service.administration, headers=headers, timeout=60) as browser:
            browser.post("/enter", data={"token": token})
            yield browser

    def pages(self, scope: str, path: str = "/definitions") -> list[str]:
        """A page of each process that lives."""
        found = []
        for service in self.services:
            if service.process.poll() is None:
                with self.browser(service, scope) as browser:
                    found.append(unescape(browser.get(path).raise_for_status().text))
        return found


@pytest.fixture
def scene(run: Run, start_service: Any, tmp_path: Path, new_database: Any, duckdb_ledger: str) -> Scene:
    """Each has a folder of its own, `0` and `1`."""
    store, data = new_database("postgresql"), tmp_path / "data"
    options = ["--store", store, "--ledger", duckdb_ledger, "--ledger-schema", str(SCHEMA), "--definitions"]
    services = [start_service(data, *options, str(folder_of(tmp_path / name))) for name in "01"]
    return Scene(run, data, store, services)


def test_an_operator_sees_which_process_has_what_until_it_is_gone(
    scene: Scene, tmp_path: Path, add_client_to: Any
) -> None:
    first, second = scene.services
    pids = [each.process.pid for each in scene.services]
    until(lambda: [state for state, _ in scene.processes().values()] == ["serving"] * 2, scene.processes)
    assert len(set(scene.processes().values())) == 1
    assert "processes differ" not in scene.command("definitions", "list")

    changed = tmp_path / "0" / f"{EVENT}.xml"
    changed.write_bytes(changed.read_bytes() + b"<!-- another version -->\n")
    first.process.send_signal(signal.SIGHUP)  # the other has not been told
    until(lambda: len({version for _, version in scene.processes().values()}) == 2, scene.processes)

    broken = tmp_path / "1" / f"{EVENT}.xml"
    broken.write_bytes(b"<broken")
    second.process.send_signal(signal.SIGHUP)
    until(lambda: [scene.processes()[pid][0] for pid in pids] == ["serving", "stale"], scene.processes)
    assert {state for state, _ in scene.processes("partpayment").values()} == {"serving"}

    before = scene.processes()
    listed = scene.command("definitions", "list")
    told = [str(broken), *(f"/{pid}" for pid in pids), *(str(version)[:12] for _, version in before.values())]
    assert all(each in listed for each in ("processes differ", *told))
    for page in scene.pages("admin"):
        assert all(each in page for each in ("processes differ", *told))
    for page in scene.pages("support"):
        assert str(broken) in page  # why, as it always could
        assert not any(each in page for each in ("processes differ", *told[1:]))
    differ = f"processes differ in what they have in service for {EVENT}: 1 stale, 1 serving"
    for overview in (page for scope in ("admin", "support") for page in scene.pages(scope, "/")):
        assert differ in overview
        assert not any(each in overview for each in told)
    troubles = json.loads(scene.command("status", "--json"))["troubles"]
    assert [each["what"] for each in troubles if each["check"] == "processes"] == [differ]
    where = ("--store", scene._where[-1])
    keys = {scope: add_client_to(tmp_path / "data", *where, "--scope", scope).api_key for scope in ("admin", "support")}
    for service in scene.services:
        answers = {
            scope: httpx.get(f"{service.api}/v1/definitions", headers={"X-API-Key": key}, timeout=60)
            for scope, key in keys.items()
        }
        assert answers["support"].status_code == 403
        assert sorted(each["pid"] for each in answers["admin"].json()["processes"]) == sorted(pids)

    os.kill(second.process.pid, signal.SIGKILL)
    until(lambda: scene.processes() == {pids[0]: before[pids[0]]}, scene.processes)
    assert differ not in scene.pages("admin", "/")[0]
    (page,) = scene.pages("admin")
    assert not any(each in page for each in ("processes differ", str(broken), f"/{pids[1]}<"))


def test_what_another_process_has_in_service_is_not_accepted_as_gone(scene: Scene, tmp_path: Path) -> None:
    first, second = scene.services
    (tmp_path / "0" / f"{EVENT}.xml").unlink()
    until(lambda: len(scene.processes()) == 2, scene.processes)
    first.process.send_signal(signal.SIGHUP)
    wanted = {first.process.pid: "missing", second.process.pid: "serving"}
    until(lambda: {pid: state for pid, (state, _) in scene.processes().items()} == wanted, scene.processes)
    with scene.browser(first) as browser:
        assert "<button>Send the default body" not in browser.get("/definitions").text
        answer = browser.post("/definitions/accept", data={"event": EVENT})
    assert (answer.status_code, f"There is a definition of {EVENT}" in answer.text) == (400, True)
    assert {pid: state for pid, (state, _) in scene.processes().items()} == wanted


def test_of_an_embedded_store_that_nobody_serves_no_process_is_told(
    run: Run, start_service: Any, tmp_path: Path, duckdb_ledger: str
) -> None:
    data, folder = tmp_path / "data", folder_of(tmp_path / "definitions")
    options = ["--ledger", duckdb_ledger, "--ledger-schema", str(SCHEMA), "--definitions", str(folder)]
    service = start_service(data, *options)

    def listed() -> Any:
        return {each["event"]: each for each in json.loads(run("definitions", "list", "--json", "--data", str(data)))}

    until(lambda: {each["state"] for each in listed().values()} == {"serving"}, listed)
    (version,) = listed()[EVENT]["versions"]
    assert [process["pid"] for process in version["processes"]] == [service.process.pid]
    os.kill(service.process.pid, signal.SIGKILL)
    until(lambda: {each["state"] for each in listed().values()} == {None}, listed)
    assert "No process composes now." in run("definitions", "list", "--data", str(data))


def test_an_event_is_composed_though_nothing_can_be_told(
    start_service: Any, tmp_path: Path, add_client_to: Any, duckdb_ledger: str
) -> None:
    data, folder = tmp_path / "data", folder_of(tmp_path / "definitions")
    options = ["--ledger", duckdb_ledger, "--ledger-schema", str(SCHEMA), "--definitions", str(folder)]
    service = start_service(data, *options)
    key = add_client_to(data, "--scope", "webhooks,events:publish").api_key
    with closing(sqlite3.connect(data / "webhooks.sqlite3")) as store:
        store.execute("DROP TABLE composer")
        store.commit()
    service.process.send_signal(signal.SIGHUP)
    with httpx.Client(base_url=service.api, headers={"X-API-Key": key}, timeout=60) as client:
        client.put("/v1/webhooks", json={"url": "https://receiver.example/", "events": [EVENT]}).raise_for_status()
        until(lambda: "telling which definitions are in service" in service.log.read_text())
        answer = client.post("/v1/events", json={"event": EVENT, "data": GUIDE["data"]}).raise_for_status()
        path = f"/v1/events/{answer.json()['id']}"
        (delivery,) = client.get(path).raise_for_status().json()["deliveries"]
        until(lambda: client.get(f"/v1/deliveries/{delivery['id']}").json()["attempts"])
    assert service.stop() == 0
