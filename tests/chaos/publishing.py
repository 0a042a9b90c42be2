"""The load: publishers that note what was acknowledged, and send again what was not."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
SECRET = "mySecret"


@dataclass(frozen=True)
class Event:
    """What is published of a code; `paths` are the receiver's URLs, `body` is what they get."""

    code: str
    fixture: str
    paths: tuple[str, ...]

    @cached_property
    def _data(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((FIXTURES / self.fixture / "event.json").read_text("utf-8"))["data"]
        return found

    def data(self, id_: str) -> dict[str, str]:
        """Of an event; where no definition asks the ledger for them, each event has values of its own."""
        found = self._data
        return found if self.code != "statuschange" else {**found, "status": id_}

    def body(self, id_: str) -> bytes | None:
        """As it has to arrive, with the secret; None where nothing is sent."""
        file = FIXTURES / self.fixture / "body.json"
        if not file.exists():
            return None
        return file.read_bytes() if self.code != "statuschange" else file.read_bytes().replace(b"PAID", id_.encode())


# By their definitions two bodies and a skip, and a default body. `/paused` is paused from the beginning.
EVENTS = {
    event.code: event
    for event in (
        Event("ledgerpayment", "ledgerpayment/guide", ("/good", "/flaky")),
        Event("partpayment", "partpayment/reversed", ("/good", "/slow", "/paused")),
        Event("servicechange", "servicechange/skipped", ("/good",)),
        Event("statuschange", "statuschange/guide", ("/good", "/flaky")),
    )
}
PATHS = sorted({path for event in EVENTS.values() for path in event.paths})


@dataclass
class Load:
    """Publishers that run until `stop`. `acknowledged` has the codes by id."""

    port: int
    key: str
    seed: str
    rate: float
    acknowledged: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._is_over = threading.Event()
        self._is_on = threading.Event()
        self._is_on.set()
        self._publishers = [threading.Thread(target=self._publish, args=(number,), daemon=True) for number in range(4)]
        for publisher in self._publishers:
            publisher.start()

    def pause(self, *, is_paused: bool) -> None:
        """Nothing is published meanwhile."""
        self._is_on.clear() if is_paused else self._is_on.set()

    def stop(self) -> None:
        """Ends it; what was not acknowledged stays so."""
        self._is_over.set()
        self._is_on.set()
        for publisher in self._publishers:
            publisher.join()

    def _publish(self, number: int) -> None:
        chance, count = random.Random(f"{self.seed} {number}"), 0
        unanswered: dict[str, str] = {}
        while not self._is_over.is_set():
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection,
            ):
                while not self._is_over.is_set():
                    if not unanswered:
                        self._is_on.wait()
                        size = chance.choice((1, 1, 1, 5, 20))
                        codes = chance.choices(list(EVENTS), weights=(4, 4, 1, 4), k=size)
                        unanswered = {f"{number}-{count + place}": code for place, code in enumerate(codes)}
                        count += size
                        self._is_over.wait(chance.expovariate(self.rate / size / len(self._publishers)))
                    if self._send(connection, unanswered):
                        unanswered = {}
                    else:
                        self._is_over.wait(0.05)
            self._is_over.wait(0.02)

    def _send(self, connection: http.client.HTTPConnection, events: dict[str, str]) -> bool:
        content = [{"event": code, "data": EVENTS[code].data(id_), "id": id_} for id_, code in events.items()]
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        connection.request("POST", "/v1/events", json.dumps(content), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 202 and [result.get("id") for result in json.loads(body)["results"]] == list(events):
            self.acknowledged |= events
            return True
        if answer.status != 503:
            self.wrong.append(f"publishing was answered {answer.status} {body[:200]!r}")
        return False
