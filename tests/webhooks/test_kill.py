"""`kill -9` under load, again and again: every event that was acknowledged is there, once, with its delivery."""

import contextlib
import http.client
import json
import logging
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from forking import Forked, Forker
from free_port import free_port
from waiting import until

KILLS = int(os.environ.get("APTIC_TEST_KILLS", "20"))
DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}


class Publisher(threading.Thread):
    """Publishes one event after another, or arrays of them, and notes what was acknowledged."""

    def __init__(self, number: int, port: int, key: str) -> None:
        super().__init__()
        self.ids, self.acknowledged = self._ids(number), set[str]()
        self.size = 1 if number % 2 else 20
        self.port, self.headers = port, {"X-API-Key": key, "Content-Type": "application/json"}
        self.sent: list[str] = []
        self.wrong: list[object] = []

    def _ids(self, number: int) -> Iterator[str]:
        count = 0
        while True:
            yield f"{number}-{(count := count + 1)}"

    def run(self) -> None:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection,
        ):
            while True:
                # What was not acknowledged is sent again, as a publisher does.
                ids = [id_ for id_ in self.sent if id_ not in self.acknowledged] or [
                    next(self.ids) for _ in range(self.size)
                ]
                self.sent = ids
                events = [{"event": "ledgerpayment", "data": DATA, "id": id_} for id_ in ids]
                connection.request("POST", "/v1/events", json.dumps(events), self.headers)
                answer = connection.getresponse()
                body = json.loads(answer.read())
                if answer.status != 202 or [result.get("id") for result in body["results"]] != ids:
                    self.wrong.append(body)
                self.acknowledged |= set(ids)

    def again(self) -> "Publisher":
        """One that goes on where this one was cut off."""
        other = Publisher(0, self.port, self.headers["X-API-Key"])
        other.ids, other.acknowledged, other.sent = self.ids, self.acknowledged, self.sent
        other.size, other.wrong = self.size, self.wrong
        return other


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", KILLS), ("postgresql", max(1, KILLS // 5))])
def test_nothing_acknowledged_is_lost_or_doubled(
    kind: str, kills: int, tmp_path: Path, new_database: Any, add_client_to: Any, forker: Forker
) -> None:
    store, data = new_database(kind), tmp_path / "data"
    options = ["--data", str(data), *(["--store", store] if kind == "postgresql" else [])]
    key = add_client_to(data, "--scope", "events:publish,webhooks", *options[2:]).api_key
    port = free_port()
    words = ["serve", *options, "--port", str(port), "--admin-port", "0"]
    publishers = [Publisher(number, port, key) for number in range(6)]
    with (tmp_path / "log").open("w") as errors:
        for kill in range(kills + 1):
            process = begin(forker, words, errors)
            if kill == 0:
                register(port, key)
            before = sum(len(publisher.acknowledged) for publisher in publishers)
            with process:
                try:
                    for publisher in publishers:
                        publisher.start()
                    until(lambda publishers=publishers, before=before: acknowledged(publishers) > before + 20)
                    time.sleep(random.uniform(0, 0.1))  # noqa: S311  any moment
                finally:
                    process.kill()
            for publisher in publishers:
                publisher.join()
            publishers = [publisher.again() for publisher in publishers]
    assert_all_are_there(store, data, publishers)


def acknowledged(publishers: list[Publisher]) -> int:
    return sum(len(publisher.acknowledged) for publisher in publishers)


def begin(forker: Forker, words: list[str], errors: IO[str]) -> Forked:
    process = forker.start("service", words, errors)
    assert process.stdout is not None
    while "The API listens" not in (line := process.stdout.readline()):
        assert line, "the service did not start"
    return process


def register(port: int, key: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"url": "https://receiver.example/", "events": ["ledgerpayment"]})
    connection.request("PUT", "/v1/webhooks", body, {"X-API-Key": key, "Content-Type": "application/json"})
    assert connection.getresponse().status == 201
    connection.close()


def assert_all_are_there(store: str, data: Path, publishers: list[Publisher]) -> None:
    query = "SELECT event.id, count(delivery.id) FROM event LEFT JOIN delivery ON event_sequence = sequence GROUP BY 1"
    numbers = "SELECT count(*), count(DISTINCT id) FROM event"
    if store.startswith("sqlite"):
        connection: Any = sqlite3.connect(data / "webhooks.sqlite3")
    else:
        connection = psycopg.connect(store.replace("+psycopg", ""))
    with contextlib.closing(connection):
        found = dict(connection.execute(query).fetchall())
        ((count, distinct),) = connection.execute(numbers).fetchall()
    assert [publisher.wrong for publisher in publishers] == [[]] * len(publishers)
    wanted = set().union(*(publisher.acknowledged for publisher in publishers))
    assert len(wanted) > 20 * len(publishers)
    assert wanted - set(found) == set()
    assert set(found.values()) == {1}
    assert count == distinct
    report = f"{len(wanted)} acknowledged, {len(found) - len(wanted)} more stored, whose answer did not arrive"
    logging.getLogger(__name__).info(report)
