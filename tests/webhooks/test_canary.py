"""A secret goes the whole way, to a receiver that sends it back in every form, and is kept readable nowhere."""

import json
import re
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

CANARY = 'canary "c0ffee"/å'
HALF = "canary-in-half"
DATA = {"ledgeraccountid": "111927", "status": "PAID"}


def escaped(text: str) -> list[str]:
    plain, ascii_only = json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]
    return [text, plain, ascii_only, plain.replace("/", "\\/"), json.dumps(plain)[1:-1]]


class Echo(BaseHTTPRequestHandler):
    """Answers with the secret in all forms, first with 500; on the other path it stops in the middle of it."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        is_first = self.path not in self.seen
        self.seen.append(self.path)
        secret = json.loads(body)["secret"]
        answer = json.dumps({"got": body.decode(), "forms": escaped(secret)}).encode() if self.path == "/echo" else b""
        if self.path == "/half":
            answer = f"you sent {secret}".encode()[:-4]
        self.send_response(500 if is_first else 200)
        self.send_header("content-length", str(len(answer) + 100 * (self.path == "/half")))
        self.send_header("x-echo", secret.encode().hex())
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Fresh", (Echo,), {"seen": []})) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ended(api: httpx.Client, count: int) -> list[dict[str, Any]]:
    until = time.monotonic() + 60
    while True:
        found = api.get("/v1/deliveries").json()["deliveries"]
        if len(found) == count and all(each["state"] in ("delivered", "dead") for each in found):
            return [api.get(f"/v1/deliveries/{each['id']}").json() for each in found]
        assert time.monotonic() < until, found
        time.sleep(0.1)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_secret_is_kept_readable_on_its_way(
    kind: str, receiver: str, tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any
) -> None:
    store = new_database(kind)
    of_store = [] if kind == "sqlite" else ["--store", store]
    port = receiver.rpartition(":")[2]
    opened = ["--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", port, "--retry-schedule", "0.1s,0.1s"]
    running = start_service(tmp_path / "data", "--debug", *of_store, *opened)
    client = add_client_to(running.data, "--scope", "webhooks,events:publish,admin", *of_store)
    with httpx.Client(base_url=running.api, headers={"X-API-Key": client.api_key}) as api:
        keys = []
        for path, secret in (("/echo", CANARY), ("/half", HALF)):
            url = receiver + path
            body = {"url": url, "events": ["statuschange"], "secret": secret}
            assert api.put("/v1/webhooks", json=body).status_code == 201
            keys.append(api.post("/v1/webhooks/signing-key", json={"url": url}).json()["key"])
            assert api.post("/v1/webhooks/test", json={"url": url, "event": "statuschange"}).status_code == 200
        assert api.post("/v1/events", json={"event": "statuschange", "data": DATA}).status_code == 202
        shown = ended(api, 2)
        metrics = httpx.get(f"{running.administration}/metrics").text
    assert running.stop() == 0
    answers = [attempt["answer"] for each in shown for attempt in each["attempts"]]
    assert len(answers) >= 4
    assert all("[secret]" in answer for answer in answers)
    kept = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept |= {"metrics": metrics.encode(), "shown": json.dumps(shown, ensure_ascii=False).encode()}
    if kind == "postgresql":
        kept |= tables(store)
    assert "aptic_attempts_total" in metrics
    assert "127.0.0.1" not in metrics
    assert re.search(r'"delivery":"[0-9a-f-]{36}"', kept["log"].decode())
    for secret in (*escaped(CANARY), "c0ffee", HALF, HALF[:-4], *keys, *(key.removeprefix("whsec_") for key in keys)):
        forms = {secret.encode(), b64encode(secret.encode()), secret.encode().hex().encode()}
        assert not [(name, form) for name, content in kept.items() for form in forms if form in content]


def tables(store: str) -> dict[str, bytes]:
    """Every table, as text."""
    with psycopg.connect(store.replace("+psycopg", "")) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {name: repr(connection.execute(f'TABLE "{name}"').fetchall()).encode() for (name,) in names}
