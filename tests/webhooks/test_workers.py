"""Workers on one PostgreSQL store: they share the work, and what one leaves when it dies another does."""

import logging
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from workers import Receiver, Scene

AT_ONCE, AHEAD = 32, 512  # attempts that one process has under way to one endpoint, and begun for all


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
        running.shutdown()


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
    sent = "job JOIN delivery ON delivery.id = job.key AND delivery.state = 'sending'"
    scene.until(lambda: len(receiver.received) > 300 and len(scene.states(sent, "taken_by")) == 2)
    killed.kill()
    at = time.monotonic()
    scene.until(lambda: scene.states() == {"delivered": 2000})
    twice = {id_: bodies for id_, bodies in receiver.received.items() if len(bodies) > 1}
    assert len(receiver.received) == 2000
    assert all(len(set(bodies)) == 1 for bodies in twice.values())
    assert scene.states("job", "kind") == {}
    interrupted = scene.states("delivery WHERE attempts > 1", "id").keys()
    assert twice.keys() <= interrupted  # what arrived twice had an attempt that counts, and another one
    assert 0 < len(interrupted) <= AT_ONCE + AHEAD
    assert scene.states("delivery", "(attempts - failures)") == {"1": 2000}
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
