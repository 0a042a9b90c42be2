"""A service whose deliveries went well and badly, with hostile text in all that others give it."""

import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, TextIOWrapper
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from waiting import until

from tests.webhooks.conftest import Running, add_client, start
from webhooks.cli.main import main

CANARY = "canary-secret-7d1c"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31m \u202egnp.exe \"'& {{7*7}} " + CANARY
ARGUMENT = 'PAID"><script>alert(3)</script>'


class Receiver(BaseHTTPRequestHandler):
    """Answers what its path says: /good with 204, and anything else with 500 and hostile text, until it `is_mended`."""

    is_mended = False
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        is_good = self.is_mended or self.path.startswith("/good")
        content = b"" if is_good else HOSTILE.encode()
        self.send_response(204 if is_good else 500)
        if not is_good:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        """A page of somebody else with a form that leads where its query says."""
        action = self.path.partition("?")[2]
        content = f'<!doctype html><form method="post" action="{action}"><button>go</button></form>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@dataclass
class Scene:
    """A running service with two deliveries that ended: `delivered` and `dead`."""

    service: Running
    receiver: str
    delivered: str
    dead: str
    publish: Callable[[], None]
    browsers: list[httpx.Client] = field(default_factory=list)

    @property
    def window(self) -> str:
        return self.service.administration

    def command(self, *words: str) -> bytes:
        """What `aptic-webhooks` prints."""
        with redirect_stdout(TextIOWrapper(BytesIO(), "utf-8")) as printed:
            assert main([*words, "--data", str(self.service.data)]) == 0
            printed.flush()
            return printed.buffer.getvalue()  # type: ignore[attr-defined]

    def link(self, scope: str = "admin", *words: str) -> str:
        """A link with a token for one use."""
        return self.command("window", "--scope", scope, "--url", self.window, "--who", "anna", *words).decode().strip()

    def browser(self) -> httpx.Client:
        """A browser of somebody; it is closed when the test has ended."""
        client = httpx.Client(base_url=self.window, headers={"sec-fetch-site": "same-origin"}, timeout=60)
        self.browsers.append(client)
        return client

    def enter(self, scope: str = "admin") -> httpx.Client:
        """A browser of somebody who has used a link."""
        client = self.browser()
        token = parse_qs(urlsplit(self.link(scope)).query)["token"][0]
        assert client.post("/enter", data={"token": token}).status_code == 303
        return client

    def log(self) -> str:
        return self.service.log.read_text("utf-8")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, forker: Any) -> Iterator[Scene]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    options = ["--allow-network", "127.0.0.0/8", "--allow-port", str(port), "--allow-http", "--retry-schedule", "1s"]
    service = start(tmp_path_factory.mktemp("window") / "data", *options, forker=forker)
    with service.process:
        yield _filled(service, port)
        service.process.kill()
    server.shutdown()
    server.server_close()


def _filled(service: Running, port: int) -> Scene:
    receiver = f"http://127.0.0.1:{port}"
    taker, backend = add_client(service.data), add_client(service.data, "--scope", "events:publish")
    urls = {"good": f"{receiver}/good", "bad": f"{receiver}/bad?%3Cscript%3E=1&x='"}
    for url in urls.values():
        given = {"url": url, "events": ["statuschange"], "secret": CANARY}
        httpx.put(f"{service.api}/v1/webhooks", json=given, headers={"X-API-Key": taker.api_key}).raise_for_status()

    def publish() -> None:
        event = {"event": "statuschange", "data": {"ledgeraccountid": "765", "status": ARGUMENT}}
        httpx.post(f"{service.api}/v1/events", json=event, headers={"X-API-Key": backend.api_key}).raise_for_status()

    publish()
    scene = Scene(service, receiver, "", "", publish)

    def ended() -> dict[str, str]:
        found = json.loads(scene.command("deliveries", "--json"))["deliveries"]
        return {each["state"]: each["id"] for each in found}

    states = until(lambda: (found := ended()).keys() == {"delivered", "dead"} and found, ended)
    scene.delivered, scene.dead = states["delivered"], states["dead"]
    return scene


@pytest.fixture(autouse=True)
def _close_browsers(scene: Scene) -> Iterator[None]:
    yield
    while scene.browsers:
        scene.browsers.pop().close()
