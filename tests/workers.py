"""A store on PostgreSQL with workers on it, and a receiver, for tests of several processes."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from engine.body import default_body
from engine.catalogue import Catalogue
from webhooks.model import PublishedEvent
from webhooks.security.keys import Keyring, Purpose
from webhooks.store import events, registrations
from webhooks.store.clock import now
from webhooks.store.compositions import row_name
from webhooks.store.store import Store

_PROGRAM = "import sys; from webhooks.cli.main import main; sys.exit(main())"
EVENT = Catalogue.load().events["statuschange"]
ARGUMENTS = {argument.name: argument.example or "1" for argument in EVENT.arguments}


_PLANTED = """
    INSERT INTO event SELECT number, 'planted ' || number, 'back end', :event, :arguments, '', 'accepted', :at
    FROM generate_series(:first, :first + cardinality(CAST(:bodies AS bytea[])) - 1) AS number;

    INSERT INTO composition (event_sequence, version, state, body)
    SELECT :first + place - 1, 0, 'composed', body
    FROM unnest(CAST(:bodies AS bytea[])) WITH ORDINALITY AS given (body, place);

    INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at,
        next_attempt_at, scheduled_at)
    SELECT gen_random_uuid(), sequence, :client_id, :registration_id, :event, :url, 'pending', :at, :at, :at
    FROM event WHERE sequence >= :first;

    INSERT INTO job (kind, key, due_at, added_at) SELECT 'deliver', id, next_attempt_at, next_attempt_at
    FROM delivery WHERE event_sequence >= :first;

    SELECT setval('event_sequence_seq', (SELECT max(sequence) FROM event))
"""


class Receiver(ThreadingHTTPServer):
    """Takes deliveries on loopback after `delay` seconds, and remembers them by their id."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.delay = 0.0
        self.answers = threading.Event()  # not while a test clears it
        self.answers.set()
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
        self.server.answers.wait()
        is_failing = int(self.headers["webhook-id"][-1], 16) % 2 and len(bodies) <= self.server.failures
        self.send_response(500 if is_failing else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


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

    def register(self, receiver: Receiver, *paths: str, client_id: str | None = None) -> None:
        owner = client_id or self._client_id
        for url in map(receiver.url, paths or ["hook"]):
            self._write(partial(registrations.put, client_id=owner, url=url, events=[EVENT.code], changes={}))

    def publish(self, count: int) -> None:
        published = [PublishedEvent(code=EVENT.code, arguments=ARGUMENTS)] * min(count, 500)
        for _ in range(count // len(published)):
            self._write(lambda connection: events.publish(connection, "back end", published))

    def plant(self, count: int, url: str) -> None:
        """Composed deliveries to a URL, due and with jobs, as a service that was stopped leaves them."""
        keyring, body = Keyring.open(self.data / "keys"), default_body(EVENT, ARGUMENTS).dump().encode()

        def write(connection: Connection) -> None:
            found = text("SELECT id, client_id FROM registration WHERE url = :url")
            registration_id, client_id = connection.execute(found, {"url": url}).one()
            first = int(connection.scalar(text("SELECT coalesce(max(sequence), 0) + 1 FROM event")) or 0)
            names = (row_name(sequence, 0) for sequence in range(first, first + count))
            values = {
                "bodies": [keyring.encrypt(Purpose.BODY, body, name) for name in names],
                "registration_id": registration_id,
                "client_id": client_id,
                "url": url,
                "event": EVENT.code,
                "arguments": json.dumps(ARGUMENTS),
                "at": now(),
                "first": first,
            }
            for statement in map(text, _PLANTED.split(";")):
                connection.execute(statement, {name: values[name] for name in statement.compile().params})

        self._write(write)

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
