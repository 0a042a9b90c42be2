"""`make demo`: the whole story on this machine, with nothing but loopback: a definition, its body, and its delivery.

Everything is real: the engine, the service in a process of its own, its API, and receivers on sockets. What is shown is
checked first; the demo ends with 1, and says why, where something is not as it tells.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine import Composer, EngineError
from engine.testing import embedded_ledger

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
DEFINITION = ROOT / "definitions/ledgerpayment.xml"
GUIDE = {event: ROOT / "fixtures" / event / "guide" for event in ("ledgerpayment", "statuschange")}

SECRET = "mySecret"  # noqa: S105  the guide's
PATIENCE = 15.0  # seconds for anything that takes milliseconds
SHOWN_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-sequence", "webhook-timestamp")


class DemoError(Exception):
    """Something is not as the demo tells."""


_NEXT = """Read next: docs/tutorial/first-definition.md writes a definition of your own;
docs/how-to/run-the-service.md runs the service; docs/index.md has the rest.
"""
_TROUBLES = (DemoError, EngineError, WebhookVerificationError, httpx.HTTPError, subprocess.TimeoutExpired)


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes
    answered: int


class Receiver(ThreadingHTTPServer):
    """Another company's system: keeps what it is sent, answers with `statuses` first, then 204."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = list(statuses)
        self.received: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self.url = f"http://127.0.0.1:{self.server_port}/webhook"

    def next(self) -> Received:
        """The next request, once it is here."""
        try:
            return self.received.get(timeout=PATIENCE)
        except queue.Empty:
            raise DemoError(f"nothing arrived at {self.url} within {PATIENCE:.0f} s") from None


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Answers a webhook with the next status, and notes what came."""
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.put(Received(self.requestline, headers, body, status))
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The demo shows what matters."""


@dataclass
class Service:
    """`aptic-webhooks serve` in a process of its own."""

    process: subprocess.Popen[str]
    folder: Path
    lines: list[str] = field(default_factory=list)
    is_kept: bool = False

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def api(self) -> str:
        """Where its API is, once it says so."""
        for line in self.process.stdout or ():
            self.lines.append(line.strip())
            if found := re.match(r"The API listens on (\S+)/v1/", line):
                return found[1]
        raise DemoError("the service ended before it listened")

    def run(self, *words: str) -> dict[str, Any]:
        """What a command of an operator's prints as JSON."""
        done = subprocess.run(  # noqa: S603  our own program
            [_program(), *words, "--data", self.folder, "--json"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env=_environment(),
        )
        _expect(done.returncode == 0, f"`{' '.join(words)}` failed: {done.stderr}")
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    @property
    def window(self) -> str:
        """Where its operations page is."""
        return next(line for line in self.lines if line.startswith("What administers")).split()[-1].rstrip("/")

    def stop(self) -> int:
        """Ends it as a service manager does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def main() -> int:
    """Plays all parts; gives the exit code."""
    receivers = [Receiver(), Receiver(), Receiver(503, 500)]
    ledger = f"duckdb:///{embedded_ledger(SCHEMA, SCHEMA.with_name('data.sql'), ROOT / '.cache')}"
    with _folder() as folder, _listening(receivers):
        try:
            with _serving(folder, ledger, receivers) as service:
                try:
                    _play(service, ledger, *receivers)
                    _end(service, is_kept=_is_kept())
                except _TROUBLES as error:
                    raise DemoError(f"{error}\nThe service's log:\n{service.log}") from error
        except DemoError as error:
            print(f"\nThe demo failed: {error}", file=sys.stderr)
            return 1
    return 0


def _play(service: Service, ledger: str, payments: Receiver, changes: Receiver, failing: Receiver) -> None:
    _compose(ledger)
    with httpx.Client(base_url=service.api(), timeout=PATIENCE, trust_env=False) as api:
        _enter(service, api)
        key = _register(api, payments, changes)
        for event, receiver, name in (("ledgerpayment", payments, key), ("statuschange", changes, None)):
            _deliver(api, event, receiver, name)
        _retry(api, failing)


def _end(service: Service, *, is_kept: bool) -> None:
    """Shows the page with what was delivered, and ends the service unless it is to be kept."""
    _title("Look at it")
    print("While the service runs, its deliveries are on this page; the link can be used once, within a minute:")
    print(f"\n{_link(service)}\n")
    if is_kept:
        service.is_kept = True
        print(f"Another link: {_program()} window --data {service.folder} --url {service.window}")
        print(f"The service goes on, as process {service.process.pid}: `kill {service.process.pid}` ends it.\n")
        print(_NEXT, end="")
        return
    print(_NEXT)
    if sys.stdin.isatty():
        input("Press Enter to end the service. ")
    else:
        print("`make demo KEEP=1` leaves the service running.")
    _title("The service ends")
    code = service.stop()
    _expect(code == 0, f"the service ended with {code}")
    print("SIGTERM → exit 0")


def _link(service: Service) -> str:
    link: str = service.run("window", "--url", service.window)["link"]
    return link


# ------------------------------------------------------------------------------------------------------- the parts


def _compose(ledger: str) -> None:
    _title("A definition, and the body that it makes")
    print(f"{DEFINITION.relative_to(ROOT)}:\n")
    print(DEFINITION.read_text(encoding="iso-8859-1"))
    with Composer.load(ROOT / "definitions", ledger=ledger, ledger_schema=SCHEMA) as composer:
        for event in GUIDE:
            message = _message(event)
            body = composer.compose(event, message)
            origin = "its definition" if body.definition else "default, since it has no definition"
            arguments = ", ".join(f"{name}={value}" for name, value in message["data"].items())
            print(f"{event}({arguments})\n→ by {origin}:\n\n{_checked(event, body.fill(SECRET))}\n")


def _enter(service: Service, api: httpx.Client) -> None:
    _title("A service, and a client of it")
    print("$ aptic-webhooks serve --definitions definitions --ledger duckdb:///… --allow-network 127.0.0.0/8 …")
    print("\n".join(line for line in service.lines if "listens" in line))
    client = service.run("clients", "add", "acme", "--scope", "webhooks,events:publish")
    print(f"$ aptic-webhooks clients add acme --scope webhooks,events:publish\nclient {client['client_id']}")
    grant = {"grant_type": "client_credentials"}
    path = "/login/oauth/access_token"
    token = _call(api, "POST", path, 200, data=grant, auth=(client["client_id"], client["client_secret"]))
    print(f"POST {path} → {token['token_type']} {token['access_token'][:20]}…, good for {token['expires_in']} s")
    api.headers["Authorization"] = f"Bearer {token['access_token']}"


def _register(api: httpx.Client, payments: Receiver, changes: Receiver) -> str:
    """Registers two receivers; gives the signing key of the first."""
    _title("Two receivers register")
    for receiver, event in ((payments, "ledgerpayment"), (changes, "statuschange")):
        _put(api, receiver, event)
    key: str = _call(api, "POST", "/v1/webhooks/signing-key", 200, json={"url": payments.url})["key"]
    print(f"POST /v1/webhooks/signing-key → {key[:12]}…, shown this once")
    return key


def _deliver(api: httpx.Client, event: str, receiver: Receiver, key: str | None) -> None:
    _title(f"A {event} is published, and arrives")
    started = time.perf_counter()
    id_ = _publish(api, event)
    request = receiver.next()
    took = time.perf_counter() - started
    print(f"POST /v1/events {event} → 202, id {id_}\n\n{request.line}")
    for name in (*SHOWN_HEADERS, "webhook-signature"):
        if name in request.headers:
            print(f"{name}: {request.headers[name]}")
    print(f"\n{_checked(event, request.body)}\n")
    print(f"✓ the guide's body, to the byte, {took * 1000:.0f} ms after it was published")
    if key is not None:
        Webhook(key).verify(request.body.decode(), request.headers)  # raises where it is not ours
        print("✓ the signature is right: verified by Standard Webhooks' own library")


def _retry(api: httpx.Client, failing: Receiver) -> None:
    _title("A receiver fails twice, and gets its delivery")
    _put(api, failing, "ledgerpayment")
    _publish(api, "ledgerpayment")
    requests = [failing.next() for _ in range(3)]
    _expect(len({(each.headers["webhook-id"], each.body) for each in requests}) == 1, "the attempts differ")
    id_ = requests[0].headers["webhook-id"]
    delivery = _ended(api, id_)
    print(f"GET /v1/deliveries/{id_} → {delivery['state']}\n")
    for number, attempt in enumerate(delivery["attempts"], 1):
        print(f"  attempt {number}   {attempt['time']}   {attempt['status']}   {attempt['duration'] * 1000:.1f} ms")
    statuses = [attempt["status"] for attempt in delivery["attempts"]]
    _expect((delivery["state"], statuses) == ("delivered", [503, 500, 204]), f"it became {delivery}")
    print("\n✓ three attempts, each with the same webhook-id and the same bytes")


# --------------------------------------------------------------------------------------------------------- helpers


def _title(text: str) -> None:
    print(f"\n── {text} {'─' * (94 - len(text))}\n")


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise DemoError(otherwise)


def _message(event: str) -> dict[str, Any]:
    """What the back end publishes: the guide's arguments."""
    message: dict[str, Any] = json.loads((GUIDE[event] / "event.json").read_text(encoding="utf-8"))
    return {"event": event, "data": message["data"]}


def _checked(event: str, body: bytes) -> str:
    """The body, which is the guide's to the byte."""
    wanted = (GUIDE[event] / "body.json").read_bytes()
    _expect(body == wanted, f"the body of {event} is not the guide's\n is: {body!r}\n not: {wanted!r}")
    return body.decode()


def _call(api: httpx.Client, method: str, path: str, status: int, **content: Any) -> Any:
    answer = api.request(method, path, **content)
    _expect(answer.status_code == status, f"{method} {path} was answered {answer.status_code}: {answer.text}")
    return answer.json()


def _put(api: httpx.Client, receiver: Receiver, event: str) -> None:
    _call(api, "PUT", "/v1/webhooks", 201, json={"url": receiver.url, "events": [event], "secret": SECRET})
    print(f"PUT /v1/webhooks {receiver.url} {event} → 201")


def _publish(api: httpx.Client, event: str) -> str:
    id_: str = _call(api, "POST", "/v1/events", 202, json=_message(event))["id"]
    return id_


def _ended(api: httpx.Client, delivery_id: str) -> dict[str, Any]:
    """The delivery, once its last attempt is written: the receiver has it a moment before that."""
    end = time.monotonic() + PATIENCE
    while True:
        delivery: dict[str, Any] = _call(api, "GET", f"/v1/deliveries/{delivery_id}", 200)
        if delivery["state"] not in ("pending", "sending") or time.monotonic() > end:
            return delivery


@contextmanager
def _listening(receivers: list[Receiver]) -> Iterator[None]:
    for receiver in receivers:
        Thread(target=receiver.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        for receiver in receivers:
            receiver.shutdown()
            receiver.server_close()


def _is_kept() -> bool:
    """Whether the service is to go on when the demo has ended."""
    return bool(os.environ.get("KEEP"))


@contextmanager
def _folder() -> Iterator[Path]:
    """The service's folder, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="aptic-demo-"))
    try:
        yield folder
    finally:
        if not _is_kept():
            shutil.rmtree(folder)


@contextmanager
def _serving(folder: Path, ledger: str, receivers: list[Receiver]) -> Iterator[Service]:
    ports = ",".join(str(receiver.server_port) for receiver in receivers)
    command: list[str | Path] = [_program(), "serve", "--data", folder, "--port", "0", "--admin-port", "0"]
    command += ["--definitions", ROOT / "definitions", "--ledger", ledger, "--ledger-schema", SCHEMA]
    command += ["--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", ports]
    command += ["--retry-schedule", "200ms,200ms"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603  our own program
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment()
        )
    service = Service(process, folder)
    try:
        yield service
    finally:
        if not service.is_kept:
            process.kill()
            process.communicate()


def _program() -> Path:
    return Path(sys.executable).with_name("aptic-webhooks")


def _environment() -> dict[str, str]:
    """Without settings of a service that is not the demo's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("APTIC_")}


if __name__ == "__main__":
    sys.exit(main())
