"""What was acknowledged is there, whatever happens; what cannot be stored is a 503, and nothing of it is there."""

import json
import resource
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from waiting import PATIENCE_SECONDS

DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}
URL = "https://receiver.example/hook"


@dataclass
class Published:
    """A service, a client that publishes and a receiver with one URL; `count` is what the store holds."""

    running: Any
    store: str
    publisher: httpx.Client
    receiver: httpx.Client

    def publish(self, *ids: str) -> httpx.Response:
        events = [{"event": "ledgerpayment", "data": DATA, "id": id_} for id_ in ids]
        return self.publisher.post("/v1/events", json=events[0] if len(events) == 1 else events)

    def count(self) -> dict[str, int]:
        """Each event's id with the number of its deliveries."""
        query = (
            "SELECT event.id, count(delivery.id) FROM event LEFT JOIN delivery ON event_sequence = sequence"
            " GROUP BY sequence, event.id ORDER BY sequence"
        )
        if self.store.startswith("sqlite"):
            connection: Any = sqlite3.connect(self.running.data / "webhooks.sqlite3")
        else:
            connection = psycopg.connect(self.store.replace("+psycopg", ""))
        try:
            found = connection.execute(query).fetchall()
        finally:
            connection.close()
        assert len(dict(found)) == len(found)
        return dict(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def published(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any
) -> Iterator[Published]:
    store = new_database(request.param)
    options = [] if request.param == "sqlite" else ["--store", store]
    running = start_service(tmp_path / "data", *options)
    clients = []
    for scope in ("events:publish", "webhooks"):
        key = add_client_to(running.data, "--scope", scope, *options).api_key
        clients.append(httpx.Client(base_url=running.api, headers={"X-API-Key": key}, timeout=30))
    with clients[0], clients[1]:
        assert clients[1].put("/v1/webhooks", json={"url": URL, "events": ["ledgerpayment"]}).status_code == 201
        yield Published(running, store, *clients)


@pytest.fixture
def away(published: Published) -> Iterator[Callable[[bool], None]]:
    """Takes the store away from the running service and gives it back.

    SQLite: the process may write no file any more, as on a full disk. PostgreSQL: its connections are cut, new ones
    refused.
    """
    pid, database = published.running.process.pid, published.store.rpartition("/")[2]

    def set_away(is_away: bool) -> None:
        if published.store.startswith("sqlite"):
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if is_away else hard, hard))
            return
        server = published.store.replace("+psycopg", "").removesuffix(database) + "aptic"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {not is_away}")
            if is_away:
                query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                connection.execute(query, (database,))

    yield set_away
    if published.running.process.poll() is None:
        set_away(False)


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["title"] == "Service Unavailable"
    assert "Try again later" in answer.json()["detail"]


def test_a_store_that_cannot_write_is_503_and_recovers(published: Published, away: Callable[[bool], None]) -> None:
    assert published.publish("before").status_code == 202
    away(True)
    assert_unavailable(published.publish("one"))
    assert_unavailable(published.publish(*(f"many-{n}" for n in range(50))))
    assert_unavailable(published.receiver.put("/v1/webhooks", json={"url": URL + "2", "events": ["ledgerpayment"]}))
    assert_unavailable(published.receiver.post("/v1/webhooks/signing-key", json={"url": URL}))
    away(False)
    assert published.count() == {"before": 1}
    assert published.receiver.get("/v1/webhooks").json()["count"] == 1
    assert published.publish("one").status_code == 202
    assert published.publish("before", "many-1").json() == {"results": [{"id": "before"}, {"id": "many-1"}]}
    assert published.count() == {"before": 1, "one": 1, "many-1": 1}
    time.sleep(1)  # for which an answer of readiness is good
    assert httpx.get(f"{published.running.administration}/readyz").status_code == 200


def test_readiness_tells_that_the_store_is_away(published: Published, away: Callable[[bool], None]) -> None:
    ready = f"{published.running.administration}/readyz"
    assert httpx.get(ready).status_code == 200
    away(True)
    time.sleep(1)  # for which the answer before is good
    assert_unavailable(httpx.get(ready))
    assert httpx.get(f"{published.running.administration}/healthz").status_code == 200
    away(False)
    time.sleep(1)
    assert httpx.get(ready).status_code == 200


def test_a_bad_event_keeps_no_other_out(published: Published) -> None:
    good, bad = {"event": "ledgerpayment", "data": DATA}, {"event": "ledgerpayment", "data": {}}
    answer = published.publisher.post("/v1/events", json=[{**good, "id": "a"}, bad, {**good, "id": "b"}])
    assert answer.status_code == 202
    first, second, third = answer.json()["results"]
    assert (first, second["error"]["status"], third) == ({"id": "a"}, 400, {"id": "b"})
    assert published.count() == {"a": 1, "b": 1}


def test_what_is_under_way_is_answered_before_it_ends(published: Published) -> None:
    """SIGTERM arrives in the middle of a request's body, and while another waits for the store."""
    running = published.running
    host, _, port = running.api.removeprefix("http://").partition(":")
    body = json.dumps({"event": "ledgerpayment", "data": DATA, "id": "half"}).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {published.publisher.headers['x-api-key']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    lock = lock_store(published.store, running.data)
    waiting: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: waiting.append(published.publish("waiting")))
    with socket.create_connection((host, int(port))) as half:
        half.sendall(head.encode() + body[:20])
        thread.start()
        time.sleep(0.5)
        running.process.terminate()
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((host, int(port)))
        half.sendall(body[20:])
        lock()
        answer = half.recv(10_000)
    thread.join()
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert waiting[0].status_code == 202
    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert published.count() == {"half": 1, "waiting": 1}


def lock_store(store: str, data: Path) -> Callable[[], None]:
    """Keeps writers of events waiting until the result is called, as another process may."""
    if store.startswith("sqlite"):
        connection: Any = sqlite3.connect(data / "webhooks.sqlite3", isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(store.replace("+psycopg", ""))
        connection.execute("LOCK TABLE event IN SHARE MODE")

    def release() -> None:
        connection.rollback()
        connection.close()

    return release


def test_a_client_that_goes_away_harms_nobody(published: Published) -> None:
    host, _, port = published.running.api.removeprefix("http://").partition(":")
    body = json.dumps({"event": "ledgerpayment", "data": DATA, "id": "gone"}).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {published.publisher.headers['x-api-key']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for sent in (head.encode(), head.encode() + body[:-1], head.encode() + body, head.encode()[:40]):
        with socket.create_connection((host, int(port))) as leaving:
            leaving.sendall(sent)
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closes with a reset
    assert published.publish("gone").json() == {"id": "gone"}
    assert published.count() == {"gone": 1}
    assert published.running.stop() == 0
    assert '"level":"error"' not in published.running.log.read_text()
