"""Workers on one PostgreSQL store: they share the work, and what one leaves when it dies another does."""

import asyncio
import logging
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from engine.catalogue import Catalogue
from webhooks.model import PublishedEvent
from webhooks.store import events, registrations
from webhooks.store.store import Store

_PROGRAM = "import sys; from webhooks.cli.main import main; sys.exit(main())"
EVENT = Catalogue.load().events["statuschange"]
ARGUMENTS = {argument.name: argument.example or "1" for argument in EVENT.arguments}


class Receiver(ThreadingHTTPServer):
    """Takes deliveries on loopback after `delay` seconds, and remembers them by their id."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.delay = 0.0
        self.failures = 0  # of every second delivery, before it is taken
        self.received: defaultdict[str, list[bytes]] = defaultdict(list)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        bodies = self.server.received[self.headers["webhook-id"]]
        bodies.append(body)
        time.sleep(self.server.delay)
        is_failing = int(self.headers["webhook-id"][-1], 16) % 2 and len(bodies) <= self.server.failures
        self.send_response(500 if is_failing else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
        running.shutdown()


class Scene:
    """A store with a client that has registered receivers, and workers on it."""

    def __init__(self, url: str, data: Path, client_id: str) -> None:
        self.url, self.data, self._client_id = url, data, client_id
        self.store = Store(url)
        self._workers: list[subprocess.Popen[str]] = []
        self.told = ""  # by the last one

    def start_worker(self, *options: str) -> subprocess.Popen[str]:
        opened = ["--allow-http", "--allow-network", "127.0.0.0/8", "--retry-schedule", "100ms,100ms,100ms"]
        words = ["worker", "--data", str(self.data), "--store", self.url, *opened, *options]
        log = (self.data / f"log-{len(self._workers)}").open("w")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *words], stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._workers.append(process)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + ("--metrics-port" in options))]
        assert lines[-1] == "The worker composes and delivers\n", Path(log.name).read_text()
        self.told = "".join(lines)
        return process

    def register(self, receiver: Receiver, *paths: str) -> None:
        for url in map(receiver.url, paths or ["hook"]):
            self._write(partial(registrations.put, client_id=self._client_id, url=url, events=[EVENT.code], changes={}))

    def publish(self, count: int) -> None:
        published = [PublishedEvent(code=EVENT.code, arguments=ARGUMENTS)] * min(count, 500)
        for _ in range(count // len(published)):
            self._write(lambda connection: events.publish(connection, "back end", published))

    def _write(self, command: Callable[[Any], object]) -> None:
        asyncio.run(self.store.write(command))

    def states(self, table: str = "delivery", column: str = "state") -> dict[str, int]:
        query = text(f"SELECT {column}::text, count(*) FROM {table} GROUP BY 1")
        return self.store.read_now(lambda connection: {row[0]: row[1] for row in connection.execute(query)})

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {self.states()}"
            time.sleep(0.02)

    def deadlocks(self) -> int:
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(self.store.read_now(lambda connection: connection.execute(query).scalar_one()))

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
            if worker.stdout is not None:
                worker.stdout.close()
        self.store.close()


@pytest.fixture
def scene(tmp_path: Path, new_database: Any, add_client_to: Any) -> Iterator[Scene]:
    data, url = tmp_path / "data", new_database("postgresql")
    client = add_client_to(data, "--store", url, "--scope", "webhooks")
    made = Scene(url, data, client.client_id)
    yield made
    made.close()


def test_two_workers_share_what_is_to_be_done(scene: Scene, receiver: Receiver) -> None:
    receiver.delay = 0.02
    scene.register(receiver)
    options = ["--allow-port", str(receiver.server_port)]
    workers = [scene.start_worker(*options) for _ in range(2)]
    scene.publish(1000)
    scene.until(lambda: scene.states() == {"delivered": 1000})
    assert sorted({len(bodies) for bodies in receiver.received.values()}) == [1]
    assert len(receiver.received) == 1000
    assert scene.states("job", "kind") == {}
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(20) for worker in workers] == [0, 0]


def test_what_a_killed_worker_had_is_delivered_by_the_other(scene: Scene, receiver: Receiver) -> None:
    receiver.delay = 0.02
    scene.register(receiver)
    options = ["--allow-port", str(receiver.server_port)]
    killed, _ = (scene.start_worker(*options) for _ in range(2))
    scene.publish(2000)
    scene.until(lambda: len(receiver.received) > 300)
    killed.kill()
    at = time.monotonic()
    scene.until(lambda: scene.states() == {"delivered": 2000})
    twice = {id_: bodies for id_, bodies in receiver.received.items() if len(bodies) > 1}
    assert len(receiver.received) == 2000
    assert all(len(set(bodies)) == 1 for bodies in twice.values())
    assert scene.states("job", "kind") == {}
    report = f"all were delivered {time.monotonic() - at:.1f} s after the kill, {len(twice)} of 2000 twice"
    logging.getLogger(__name__).info(report)


def test_workers_whose_endpoints_fail_do_not_lock_each_other_out(scene: Scene, receiver: Receiver) -> None:
    receiver.failures = 2
    scene.register(receiver, *map(str, range(20)))
    for _ in range(2):
        scene.start_worker("--allow-port", str(receiver.server_port))
    scene.publish(60)
    scene.until(lambda: scene.states() == {"delivered": 1200})
    assert {len(bodies) for bodies in receiver.received.values()} == {1, 3}
    time.sleep(1.5)  # the server's processes tell of what they met once a second
    # Each command locks endpoints in one order; two commands that share a transaction may still, now and then, not.
    assert scene.deadlocks() < 5


def test_a_worker_that_is_stopped_ends_what_is_under_way(scene: Scene, receiver: Receiver) -> None:
    receiver.delay = 1.0
    scene.register(receiver)
    worker = scene.start_worker("--allow-port", str(receiver.server_port))
    scene.publish(50)
    scene.until(lambda: len(receiver.received) > 0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    found = scene.states()
    assert set(found) == {"delivered", "pending"}
    assert found["delivered"] == len(receiver.received)
    assert set(scene.states("job", "taken_by IS NULL")) <= {"true"}
    receiver.delay = 0.0
    scene.start_worker("--allow-port", str(receiver.server_port))
    scene.until(lambda: scene.states() == {"delivered": 50})
    assert {len(bodies) for bodies in receiver.received.values()} == {1}


def test_a_worker_has_metrics_of_its_own(scene: Scene, receiver: Receiver) -> None:
    scene.register(receiver)
    worker = scene.start_worker("--allow-port", str(receiver.server_port), "--metrics-port", "0")
    (url,) = re.findall(r"Its metrics are on (http://127\.0\.0\.1:\d+)/metrics", scene.told)
    scene.publish(10)
    scene.until(lambda: scene.states() == {"delivered": 10})
    counted = httpx.get(f"{url}/metrics").text
    assert 'aptic_attempts_total{outcome="2xx"} 10.0' in counted
    assert "aptic_delivery_latency_seconds_count 10.0" in counted
    assert 'aptic_deliveries{state="pending"} 0.0' in counted
    assert not re.search("aptic_store_commands_total 0.0", counted)
    assert [httpx.get(url + path).status_code for path in ("/healthz", "/readyz", "/v1/ping")] == [200, 200, 404]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
