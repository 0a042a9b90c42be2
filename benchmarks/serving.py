"""A service in a process of its own, with one client that may do everything that clients may."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.load import family

MAIN = "import sys; from webhooks.cli.main import main; sys.exit(main())"
_LISTENS = re.compile(r"listens on http://([^/]+)/")


@dataclass(frozen=True, slots=True)
class Service:
    """`started` is the seconds from its start to its first answer, `where` what commands need to find its store."""

    api: str
    administration: str
    pid: int
    client: dict[str, str]
    started: float
    where: Sequence[str]

    @property
    def port(self) -> int:
        """Of its API."""
        return int(self.api.rpartition(":")[2])

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates its client."""
        return {"X-API-Key": self.client["api_key"]}

    def call(self, method: str, path: str, content: object = None) -> Any:
        """What the API answers; None where that is nothing."""
        answer = httpx.request(method, f"{self.api}{path}", json=content, headers=self.headers, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def add_client(self, name: str) -> dict[str, str]:
        """Another client's credentials."""
        return _client(name, self.where)

    def register(self, url: str, *events: str) -> None:
        """Registers the client's URL."""
        self.call("PUT", "/v1/webhooks", {"url": url, "events": events, "secret": "mySecret"})

    def token(self) -> str:
        """An access token."""
        credentials = (self.client["client_id"], self.client["client_secret"])
        grant = {"grant_type": "client_credentials"}
        return str(
            httpx.post(f"{self.api}/login/oauth/access_token", data=grant, auth=credentials).json()["access_token"]
        )

    def memory(self) -> int:
        """Resident bytes of all its processes; pages that they share count for each."""
        statuses = [Path(f"/proc/{each}/status").read_text("ascii") for each in family(self.pid)]
        return sum(int(status.partition("VmRSS:")[2].split()[0]) * 1024 for status in statuses)


@contextlib.contextmanager
def serving(*options: str, name: str = "bench") -> Iterator[Service]:
    """`aptic-webhooks serve` on free ports, in a folder that is removed afterwards, with a client of that name."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("APTIC_BENCH_FOLDER")) as data:
        where = ["--data", data]
        for option in ("--store", "--key-file"):
            if option in options:
                where += [option, options[options.index(option) + 1]]
        client = _client(name, where)
        begun = time.perf_counter()
        words = [sys.executable, "-c", MAIN, "serve", "--port", "0", "--admin-port", "0", "--data", data, *options]
        with (Path(data) / "log").open("w") as log:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)
        with process:
            try:
                administration, api = _places(process, Path(data) / "log")
                headers = {"X-API-Key": client["api_key"]}
                httpx.get(f"{api}/v1/ping", headers=headers).raise_for_status()
                yield Service(api, administration, process.pid, client, time.perf_counter() - begun, where)
            finally:
                process.terminate()


def _places(process: subprocess.Popen[str], log: Path) -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    while len(found) < 2:
        line = process.stdout.readline()
        assert line, log.read_text("utf-8")
        found += [f"http://{place}" for place in _LISTENS.findall(line)]
    return found


def _client(name: str, where: Sequence[str]) -> dict[str, str]:
    words = ["clients", "add", name, "--json", "--scope", "webhooks,events:publish", *where]
    ended = subprocess.run([sys.executable, "-c", MAIN, *words], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(ended.stdout)
    return found
