"""Behind a real proxy that reuses its connections, no client's body becomes a part of another client's request."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_port import free_port

URL = "https://kept.example/hook"
TAIL = "DELETE /v1/webhooks?url=https%3A%2F%2Fkept.example%2Fhook HTTP/1.1\r\nHost: a\r\nX-Rest:    "
PADS = range(3400, 3900)  # the proxy writes 4 KiB at once: some of these end within the head's last line ends


@pytest.fixture
def proxy(service: Any, tmp_path: Path) -> Iterator[str]:
    """The URL of a Caddy in front of the service, with few connections to it: skips without Caddy, in CI fails."""
    caddy = shutil.which("caddy")
    if caddy is None:
        reason = "caddy is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; in CI it must be there")
        pytest.skip(reason)
    port = free_port()
    file = tmp_path / "Caddyfile"
    file.write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy {service.api} {{\n"
        "  transport http {\n   keepalive 60s\n   keepalive_idle_conns_per_host 2\n"
        "   max_conns_per_host 2\n  }\n }\n}\n"
    )
    home = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    words = [caddy, "run", "--adapter", "caddyfile", "--config", str(file)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=home) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "caddy has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("caddy does not listen")


def test_no_body_becomes_a_part_of_another_clients_request(proxy: str, new_credentials: Callable[..., Any]) -> None:
    victim, attacker = ({"X-API-Key": new_credentials().api_key} for _ in range(2))
    registration = {"url": URL, "events": ["statuschange"]}
    assert httpx.put(f"{proxy}/v1/webhooks", json=registration, headers=victim).status_code == 201
    with httpx.Client(base_url=proxy, headers=victim) as mine, httpx.Client(base_url=proxy) as theirs:

        def attack(number: int) -> int:
            body = "\r\nupgrade:" * (len(TAIL) // 2) + TAIL  # each was made two bytes longer once
            headers = {**attacker, "Content-Type": "application/json", "X-Pad": "p" * number}
            return theirs.post("/v1/webhooks/pause", content=body.encode(), headers=headers).status_code

        def ask(_: int) -> tuple[int, Any]:
            answer = mine.get("/v1/webhooks")
            return answer.status_code, answer.json().get("count")

        with ThreadPoolExecutor(4) as pool:
            attacks, answers = pool.map(attack, PADS), pool.map(ask, PADS)
            assert set(attacks) == {400}
            assert set(answers) == {(200, 1)}
