"""A service with its receiver and its load, as a row of the matrix needs them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
from chaos.publishing import EVENTS, PATHS, SECRET, Load
from forking import Forked, Forker
from free_port import free_port

from engine.testing import embedded_ledger
from webhooks.cli.main import main

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "fixtures/ledger"
# So many waits that nobody dies of being killed fifty times.
_SCHEDULE = ",".join(["200ms"] * 70 + ["1s"] * 30)
_PATIENCE = 60.0  # seconds without any progress after which it is stuck
_SENDER = b"webhooks.sending.program"
_READY = {"serve": "The API listens", "worker": "The worker composes"}
# Jobs are counted too: those of a held delivery that was taken away from a process that died have yet to be finished.
_OPEN = (
    "SELECT count(*) + (SELECT count(*) FROM job), sum(attempts) FROM delivery"
    " WHERE state IN ('pending', 'composing', 'sending')"
    " AND (state = 'sending' OR registration_id NOT IN (SELECT id FROM registration WHERE is_paused))"
)
# What is under way: each is one step of an event's life.
STEPS = {
    "composing": "SELECT 1 FROM composition WHERE due_at IS NOT NULL",
    "sending": "SELECT 1 FROM delivery WHERE state = 'sending'",
    "waiting": "SELECT 1 FROM delivery WHERE state = 'pending' AND attempts > 0",
}


@dataclass(frozen=True)
class Child:
    """A process that was started, and its log."""

    process: Forked
    log: Path


@dataclass
class Scene:
    """`store` is None for a store on SQLite in `data`. Processes are known by their names."""

    forker: Forker
    folder: Path
    data: Path
    store: str | None
    seed: str
    rate: float

    def __post_init__(self) -> None:
        self.port, self.admin_port, self.receiver_port = free_port(), free_port(), free_port()
        self.notes = self.folder / "received"
        self.running: dict[str, Child] = {}
        self.ended: list[str] = []
        self._count = 0
        self._where = ["--data", str(self.data), *(["--store", self.store] if self.store else [])]

    def begin(self, *names: str) -> None:
        """Starts the receiver, the service and more processes, and registers the URLs."""
        key = self._add_client()
        self.start("receiver")
        for name in names:
            self.start(name)
            self.wait_until_ready(name)
        self._register(key)
        self.load = Load(self.port, key, self.seed, self.rate)

    def start(self, name: str) -> None:
        """`receiver`, `serve`, or a worker by any other name."""
        self._count += 1
        log = self.folder / f"{self._count:03}-{name}.log"
        program, words = "service", self._words(name)
        if name == "receiver":
            program, words = name, [str(self.receiver_port), str(self.notes), f"{self.seed} {self._count}"]
        with log.open("a") as written:
            self.running[name] = Child(self.forker.start(program, words, written, written), log)

    def is_ready(self, name: str) -> bool:
        """Whether it has begun to work."""
        if name == "receiver":
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.receiver_port)):
                return True
            return False
        child = self.running[name]
        return child.log.exists() and _READY.get(name, _READY["worker"]) in child.log.read_text("utf-8")

    def wait_until_ready(self, name: str) -> None:
        """Starts it again where it has ended meanwhile, as a service manager does."""
        end = time.monotonic() + _PATIENCE
        while not self.is_ready(name):
            assert time.monotonic() < end, f"{name} did not start; see {self.running[name].log}"
            if (status := self.running[name].process.poll()) is not None:
                self.ended.append(f"{name} ended by itself with {status}; see {self.running[name].log}")
                self.start(name)
            time.sleep(0.02)

    def kill(self, name: str) -> None:
        """`kill -9`."""
        child = self.running.pop(name)
        child.process.kill()
        if (status := child.process.wait()) != -signal.SIGKILL:
            self.ended.append(f"{name} ended by itself with {status}; see {child.log}")

    def kill_sender(self, name: str) -> None:
        """`kill -9` of what sends for a process, once it is there."""
        pid, until = self.running[name].process.pid, time.monotonic() + _PATIENCE
        while not (found := [child for child in _children(pid) if _SENDER in _command(child)]):
            assert time.monotonic() < until, f"{name} has no process that sends"
            time.sleep(0.02)
        for child in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Any]:
        """A connection to read what the store holds. While the service runs it leaves its files alone."""
        if self.store is None:
            connection: Any = sqlite3.connect(f"file:{self.data / 'webhooks.sqlite3'}?mode=ro", uri=True, timeout=10)
        else:
            connection = psycopg.connect(self.store.replace("+psycopg", ""), autocommit=True)
        with contextlib.closing(connection):
            yield connection

    def steps(self) -> set[str]:
        """What is under way now."""
        with self.connected() as connection:
            return {name for name, query in STEPS.items() if connection.execute(f"{query} LIMIT 1").fetchone()}

    def drain(self) -> None:
        """Returns when nothing is left to do, or when nothing goes on."""
        before, since = None, time.monotonic()
        while (now := self._open())[0] and time.monotonic() < since + _PATIENCE:
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.1)

    def end(self) -> None:
        """Ends all that runs, as a service manager does."""
        for name, child in self.running.items():
            if name != "receiver":
                child.process.terminate()
        for name, child in self.running.items():
            if name == "receiver":
                child.process.kill()
                child.process.wait()
            elif (status := self._status(child)) != 0:
                self.ended.append(f"{name} was asked to end, and did with {status}; see {child.log}")

    def _status(self, child: Child) -> int:
        try:
            return child.process.wait(30)
        except subprocess.TimeoutExpired:
            child.process.kill()
            return child.process.wait()

    def _open(self) -> tuple[int, int]:
        with self.connected() as connection:
            ((count, attempts),) = connection.execute(_OPEN).fetchall()
        return count, attempts or 0

    def _words(self, name: str) -> list[str]:
        ledger = embedded_ledger(LEDGER / "schema.sql", LEDGER / "data.sql", ROOT / ".cache")
        words = [*self._where, "--definitions", str(ROOT / "definitions"), "--ledger", f"duckdb:///{ledger}"]
        words += ["--ledger-schema", str(LEDGER / "schema.sql"), "--allow-http", "--allow-network", "127.0.0.0/8"]
        words += ["--allow-port", str(self.receiver_port), "--retry-schedule", _SCHEDULE, "--deadline", "5"]
        if name == "serve":
            return ["serve", *words, "--port", str(self.port), "--admin-port", str(self.admin_port)]
        return ["worker", *words]

    def _add_client(self) -> str:
        words = ["clients", "add", "chaos", "--scope", "events:publish,webhooks", "--json", *self._where]
        with redirect_stdout(TextIOWrapper(BytesIO(), "utf-8")) as printed:
            assert main(words) == 0
            printed.seek(0)
            key: str = json.loads(printed.read())["api_key"]
        return key

    def _register(self, key: str) -> None:
        for path in PATHS:
            url = f"http://127.0.0.1:{self.receiver_port}{path}"
            events = [event.code for event in EVENTS.values() if path in event.paths]
            self._call(key, "PUT", "/v1/webhooks", {"url": url, "events": events, "secret": SECRET})
            if path == "/paused":
                self._call(key, "POST", "/v1/webhooks/pause", {"url": url})

    def _call(self, key: str, method: str, path: str, body: object) -> None:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        content = json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self.port}{path}", content, headers, method=method)
        with urlopen(request, timeout=30) as answer:  # noqa: S310  http on loopback
            assert answer.status in (200, 201)


def _children(pid: int) -> list[int]:
    return [int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has ended


def log_errors(folder: Path) -> Sequence[str]:
    """What the processes logged as an error, or did not foresee."""
    marks = '"level":"error"', '"level":"critical"', "Traceback"
    return [
        f"{file.name}: {line[:600]}"
        for file in sorted(folder.glob("*.log"))
        for line in file.read_text("utf-8", "replace").splitlines()
        if any(mark in line for mark in marks)
    ]
