"""`webhooks test`, to a real receiver."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from webhooks.store import registrations


class Handler(BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url(run: Any, change: Any) -> Iterator[str]:
    """A URL that a client has registered."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = f"http://127.0.0.1:{server.server_port}/hook"
        client_id = run("clients", "add", "acme", "--json").json["client_id"]
        change(registrations.put, client_id, found, ["statuschange"], {})
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def opened(url: str) -> list[str]:
    return ["--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", str(httpx.URL(url).port)]


def test_what_became_of_it_is_told(run: Any, url: str) -> None:
    ended = run("webhooks", "test", url, "statuschange", "--json", *opened(url))
    assert (ended.code, ended.err) == (0, "")
    assert (ended.json["delivered"], ended.json["status"], ended.json["answer"]) == (True, 200, "ok")
    told = run("webhooks", "test", url, "statuschange", "--client", "acme", *opened(url)).out.splitlines()
    assert told[0].startswith("It arrived: the receiver answered 200, after 0.")
    assert told[1] == "ok"


def test_one_that_does_not_arrive_is_a_failure(run: Any, url: str) -> None:
    ended = run("webhooks", "test", url, "statuschange")
    assert ended.code == 1
    assert ended.out.startswith("It did not arrive: refused-url, after 0.000 s. Nothing was sent: ")
    assert "--allow-http that the service has" in ended.out


def test_what_is_not_known_is_told(run: Any, url: str) -> None:
    for words, message in (
        ((url, "x"), "There is no event 'x': casestatuschange"),
        ((f"{url}/x", "statuschange"), "is not registered"),
    ):
        ended = run("webhooks", "test", *words)
        assert (ended.code, ended.out) == (2, "")
        assert message in ended.err
