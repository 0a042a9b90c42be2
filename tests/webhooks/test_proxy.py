"""On a connection that a proxy uses again, no client's body becomes a part of another client's request.

Once, a read that ended within the last line ends of a head made what followed longer by two bytes for each line that
began with `upgrade:`. So a body grew beyond its length, and its tail stood before the next client's request.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_port import free_port

URL = "https://kept.example/hook"
SMUGGLED = (
    b"DELETE /v1/webhooks?url=https%3A%2F%2Fkept.example%2Fhook HTTP/1.1\r\nX-Rest:   "  # an even number of bytes
)
BODY = b"x" + b"\r\nupgrade:" * (len(SMUGGLED) // 2) + SMUGGLED
PATH = "/v1/webhooks/pause"
TRIES = 200  # such a read came about once in 40
PROXY_WRITES_BYTES = 4096  # at once, unless it has less


@dataclass(frozen=True)
class Victim:
    """A client with one registration, which must stay."""

    api: str
    headers: dict[str, str]

    def registrations(self) -> tuple[int, Any]:
        answer = httpx.get(f"{self.api}/v1/webhooks", headers=self.headers)
        return answer.status_code, answer.json().get("count")


@pytest.fixture
def victim(service: Any, new_credentials: Callable[..., Any]) -> Victim:
    made = Victim(service.api, {"X-API-Key": new_credentials().api_key})
    registration = {"url": URL, "events": ["statuschange"]}
    assert httpx.put(f"{made.api}/v1/webhooks", json=registration, headers=made.headers).status_code == 201
    return made


@pytest.fixture
def attacker(new_credentials: Callable[..., Any]) -> dict[str, str]:
    return {"X-API-Key": new_credentials().api_key, "Content-Type": "application/json"}


def head_of(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: a", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("parted_behind", [b"\r\n\r", b"\r\n", b"\r", b""])
def test_no_body_reaches_into_the_request_behind_it(
    victim: Victim, attacker: dict[str, str], parted_behind: bytes
) -> None:
    """The connection as a proxy uses it: first for one client, then for another."""
    head = head_of("POST", PATH, {**attacker, "Content-Length": str(len(BODY))})
    first = head.removesuffix(b"\r\n\r\n") + parted_behind
    host, port = victim.api.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.sendall(first)
        time.sleep(0.1)  # so that they are two reads
        made.sendall(head[len(first) :] + BODY)
        with made.makefile("rb") as answers:
            assert status_of(answers) == 400
            made.sendall(head_of("GET", "/v1/webhooks", victim.headers))
            assert status_of(answers) == 200
    assert victim.registrations() == (200, 1)


def status_of(answers: Any) -> int:
    """Of the next answer, whose content is read, too."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = answers.readline()
        assert line, head
        head += line
    answers.read(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0))
    return int(head.split()[1])


@contextmanager
def recorded() -> Iterator[tuple[int, list[bytes]]]:
    """The port of a server (a fake) that keeps the heads of its requests, and these; each gets an empty answer."""
    heads: list[bytes] = []

    def answer(made: socket.socket) -> None:
        with made, made.makefile("rb") as received:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += received.readline()
            received.read(len(BODY))
            heads.append(head)
            made.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def serve() -> None:
        with listening:
            answer(listening.accept()[0])

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1], heads
    thread.join(10)


@contextmanager
def proxied(upstream: str, home: Path) -> Iterator[str]:
    """The URL of a Caddy in front of a server, with one connection to it: skips without Caddy, in CI fails."""
    caddy = shutil.which("caddy")
    if caddy is None:
        reason = "caddy is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; in CI it must be there")
        pytest.skip(reason)
    port = free_port()
    file = home / f"Caddyfile-{port}"
    file.write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy {upstream} {{\n"
        "  transport http {\n   keepalive 60s\n   keepalive_idle_conns_per_host 1\n"
        "   max_conns_per_host 1\n  }\n }\n}\n"
    )
    folders = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    words = [caddy, "run", "--adapter", "caddyfile", "--config", str(file)]
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **folders}
    ) as process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "caddy has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("caddy does not listen")


def length_behind_proxy(attacker: dict[str, str], home: Path) -> int:
    """How long the attack's head is once the proxy has added its headers, with a pad of one byte."""
    with recorded() as (port, heads), proxied(f"http://127.0.0.1:{port}", home) as proxy:
        httpx.post(proxy + PATH, content=BODY, headers={**attacker, "X-Pad": "p"})
    return len(heads[0])


def test_no_body_becomes_a_part_of_another_clients_request(
    victim: Victim, attacker: dict[str, str], tmp_path: Path
) -> None:
    """The pads are such that the proxy's first write ends within the head's last line ends."""
    length = length_behind_proxy(attacker, tmp_path)
    pads = ["p" * (1 + PROXY_WRITES_BYTES - length + behind) for behind in (1, 2, 3)]
    with proxied(victim.api, tmp_path) as proxy, httpx.Client(base_url=proxy) as client:
        for number in range(TRIES):
            headers = {**attacker, "X-Pad": pads[number % 3]}
            assert client.post(PATH, content=BODY, headers=headers).status_code == 400
            answer = client.get("/v1/webhooks", headers=victim.headers)
            assert answer.status_code == 200, f"try {number}: another call was made with this key"
    assert victim.registrations() == (200, 1)
