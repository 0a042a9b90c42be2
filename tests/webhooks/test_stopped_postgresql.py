"""A PostgreSQL server that is stopped, started again or frozen while events come in.

Meanwhile the answer is 503 with a problem body. Afterwards the same process of the service goes on, and every event
that was acknowledged is there once, with its delivery.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from private_postgresql import PrivatePostgreSQL, programs

DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}


@dataclass
class Publisher:
    """Publishes events one after another, each until it is acknowledged, and notes every other answer."""

    api: str
    key: str
    name: str
    size: int
    acknowledged: set[str] = field(default_factory=set)
    refused: list[httpx.Response] = field(default_factory=list)
    is_ended: bool = False

    def run(self) -> None:
        with httpx.Client(base_url=self.api, headers={"X-API-Key": self.key}, timeout=60) as client:
            number = 0
            while not self.is_ended:
                ids = [f"{self.name}-{number + more}" for more in range(self.size)]
                answer = client.post("/v1/events", json=[event(id_) for id_ in ids])
                if answer.status_code != 202:
                    self.refused.append(answer)
                    time.sleep(0.05)
                    continue
                assert answer.json() == {"results": [{"id": id_} for id_ in ids]}
                self.acknowledged |= set(ids)
                number += self.size


def event(id_: str) -> dict[str, object]:
    return {"event": "ledgerpayment", "data": DATA, "id": id_}


@pytest.fixture
def server() -> Iterator[PrivatePostgreSQL]:
    made = PrivatePostgreSQL(programs())
    yield made
    made.remove()


@dataclass
class Scene:
    """A service on that server, and publishers at work."""

    server: PrivatePostgreSQL
    running: Any
    publishers: list[Publisher]
    asker: httpx.Client

    def acknowledged(self) -> int:
        return sum(len(publisher.acknowledged) for publisher in self.publishers)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"refused: {[len(each.refused) for each in self.publishers]}"
            time.sleep(0.02)

    def goes_on(self) -> None:
        """Each publisher gets on, by the same process of the service."""
        before = [len(publisher.acknowledged) for publisher in self.publishers]
        pairs = list(zip(self.publishers, before, strict=True))
        self.wait_for(lambda: all(len(publisher.acknowledged) > count + 20 for publisher, count in pairs))
        assert self.running.process.poll() is None


@pytest.fixture
def scene(server: PrivatePostgreSQL, tmp_path: Path, start_service: Any, add_client_to: Any) -> Iterator[Scene]:
    store = server.url("psycopg")
    running = start_service(tmp_path / "data", "--store", store)
    key = add_client_to(tmp_path / "data", "--store", store, "--scope", "webhooks,events:publish").api_key
    publishers = [Publisher(running.api, key, f"p{number}", 1 if number % 2 else 20) for number in range(4)]
    threads = [threading.Thread(target=publisher.run) for publisher in publishers]
    with httpx.Client(base_url=running.api, headers={"X-API-Key": key}, timeout=60) as asker:
        body = {"url": "https://receiver.example/", "events": ["ledgerpayment"]}
        assert asker.put("/v1/webhooks", json=body).status_code == 201
        # Held: what is sent, and whether it may be, is not what is tested here.
        assert asker.post("/v1/webhooks/pause", json={"url": body["url"]}).status_code == 200
        for thread in threads:
            thread.start()
        made = Scene(server, running, publishers, asker)
        try:
            made.goes_on()
            yield made
        finally:
            for publisher in publishers:
                publisher.is_ended = True
            for thread in threads:
                thread.join()


def assert_nothing_is_lost(scene: Scene) -> None:
    for publisher in scene.publishers:
        publisher.is_ended = True
    time.sleep(1)
    query = "SELECT event.id, count(delivery.id) FROM event LEFT JOIN delivery ON event_sequence = sequence GROUP BY 1"
    numbers = "SELECT count(*), count(DISTINCT id) FROM event"
    with scene.server.admin() as connection:
        found: dict[Any, Any] = dict(connection.execute(query).fetchall())
        ((count, distinct),) = connection.execute(numbers).fetchall()
    wanted = set().union(*(publisher.acknowledged for publisher in scene.publishers))
    assert wanted - set(found) == set()
    assert set(found.values()) == {1}
    assert count == distinct
    for answer in [answer for publisher in scene.publishers for answer in publisher.refused]:
        assert_unavailable(answer)


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert "Try again later" in answer.json()["detail"]


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_that_is_stopped_under_load(scene: Scene, mode: str) -> None:
    for _ in range(3):
        scene.server.stop(mode)
        assert_unavailable(scene.asker.post("/v1/events", json=event("while-away")))
        assert_unavailable(
            scene.asker.put("/v1/webhooks", json={"url": "https://b.example/", "events": ["statuschange"]})
        )
        assert_unavailable(scene.asker.get("/v1/webhooks"))
        time.sleep(1)  # for which the answer of readiness before is good
        assert_unavailable(httpx.get(f"{scene.running.administration}/readyz"))
        scene.server.start()
        scene.goes_on()
    assert scene.asker.get("/v1/webhooks").json()["count"] == 1
    assert scene.asker.get("/v1/events/while-away").status_code == 404
    assert all(publisher.refused for publisher in scene.publishers)
    assert_nothing_is_lost(scene)


def test_a_server_that_is_frozen_under_load(scene: Scene) -> None:
    """It keeps its connections and takes new ones, and answers nothing."""
    with frozen(scene.server):
        assert_unavailable(scene.asker.post("/v1/events", json=event("while-frozen")))
        assert_unavailable(scene.asker.get("/v1/webhooks"))
        assert_unavailable(httpx.get(f"{scene.running.administration}/readyz", timeout=60))
        scene.wait_for(lambda: all(publisher.refused for publisher in scene.publishers))
    scene.goes_on()
    assert scene.asker.get("/v1/webhooks").json()["count"] == 1
    assert httpx.get(f"{scene.running.administration}/readyz", timeout=60).status_code == 200
    assert_nothing_is_lost(scene)


@contextlib.contextmanager
def frozen(server: PrivatePostgreSQL) -> Iterator[None]:
    """Every process of the server; the postmaster first, so that no new one begins."""
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    server.freeze(postmaster)
    pids = [postmaster, *children(postmaster)]
    for pid in pids[1:]:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            server.freeze(pid)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found
