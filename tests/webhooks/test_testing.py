"""Test sends to a real receiver."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from engine.body import Body, DefinitionReference
from webhooks.errors import ConflictError, NotFoundError
from webhooks.keys import Keyring, Purpose
from webhooks.model import Client
from webhooks.settings import Settings
from webhooks.store import clients, deliveries, registrations
from webhooks.store.deliveries import Filter
from webhooks.store.registrations import row_name
from webhooks.store.store import Store
from webhooks.testing import TestOutcome, TestSends

DEFINITION = DefinitionReference("statuschange", "statuschange.xml", "0" * 64)
EXAMPLE = Body("statuschange", DEFINITION, (b'{"status":"PAID","secret":', b"}"))
KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfEw7FvyGY="
SECRET = 'my"Secret'


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, and answers with it."""

    def __init__(self, status: int = 200) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append((self.command, headers, body))
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


@pytest.fixture(params=[200, 500])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with Receiver(request.param) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Scene:
    """A store with a client, and what sends tests to its URL."""

    def __init__(self, store: Store, url: str, *, is_opened: bool = True) -> None:
        self.store, self.url, self.keyring = store, url, Keyring([bytes(32)])
        self.client = Client(id="A", name="a", scopes=frozenset())
        port = int(url.split(":")[2].split("/", maxsplit=1)[0])
        reach = {"allow_networks": ("127.0.0.0/8",), "allow_ports": (port,), "allow_http": True} if is_opened else {}
        self.sends = TestSends(store, self.keyring, Settings(data=Path(), **reach))
        asyncio.run(store.write(self._fill))

    def _fill(self, connection: Any) -> None:
        clients.add(connection, self.client, secret_hash=b"1", api_key_hash=b"1")
        row = row_name("A", self.url)
        secret = self.keyring.encrypt(Purpose.SECRET, SECRET.encode(), row)
        changes = {"method": "PUT", "secret": secret}
        registrations.put(connection, "A", self.url, ["statuschange"], changes)
        key = self.keyring.encrypt(Purpose.SIGNING_KEY, KEY.encode(), row)
        registrations.rotate_signing_key(connection, "A", self.url, key)

    def send(self, example: Body | None = EXAMPLE, *, url: str | None = None, admin: bool = True) -> TestOutcome:
        sent = self.sends.send(self.client, url or self.url, "statuschange", example, sees_restricted=admin)
        return asyncio.run(sent)


@pytest.fixture
def scene(tmp_path: Path, receiver: Receiver) -> Iterator[Scene]:
    with Store(f"sqlite:///{tmp_path / 'x'}") as store:
        yield Scene(store, receiver.url)


def test_it_is_sent_like_a_delivery_and_leaves_none(scene: Scene, receiver: Receiver) -> None:
    outcome = scene.send()
    ((method, headers, body),) = receiver.requests
    assert (method, headers["webhook-test"], headers["webhook-id"]) == ("PUT", "true", outcome.id)
    assert headers["content-type"] == "application/json"
    assert body == b'{"status":"PAID","secret":"my\\"Secret"}'
    Webhook(KEY).verify(body.decode(), headers)
    assert scene.store.read_now(lambda connection: deliveries.find(connection, Filter(client_id=None))) == []


def test_the_outcome_is_told_without_the_secret(scene: Scene, receiver: Receiver) -> None:
    outcome = scene.send()
    assert (outcome.status, outcome.error) == (outcome.status, None)
    assert outcome.delivered is (outcome.status == 200)
    assert outcome.duration > 0
    assert outcome.answer == '{"status":"PAID","secret":"[secret]"}'


def test_answers_from_inside_are_for_administrators(scene: Scene) -> None:
    assert scene.send(admin=False).answer is None


def test_what_is_not_opened_is_not_reached(tmp_path: Path, receiver: Receiver) -> None:
    with Store(f"sqlite:///{tmp_path / 'x'}") as store:
        outcome = Scene(store, receiver.url, is_opened=False).send()
    assert (outcome.delivered, outcome.status, outcome.error) == (False, None, "refused-url")
    assert outcome.detail
    assert receiver.requests == []


def test_without_an_example_or_a_registration_nothing_is_sent(scene: Scene, receiver: Receiver) -> None:
    with pytest.raises(ConflictError, match="No example of statuschange is recorded"):
        scene.send(None)
    with pytest.raises(ConflictError, match="skips its example: not wanted"):
        scene.send(Body("statuschange", DEFINITION, (), "not wanted"))
    with pytest.raises(NotFoundError, match="This URL is not registered"):
        scene.send(url="https://receiver.example/")
    assert receiver.requests == []
