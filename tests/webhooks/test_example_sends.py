"""Test sends to a real receiver."""

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from engine.body import Body, DefinitionReference
from webhooks.errors import BusyError, ConflictError, NotFoundError
from webhooks.example_sends import MOST_TESTS_OF_CLIENT, TestOutcome, TestSends
from webhooks.model import Client
from webhooks.security.keys import Keyring, Purpose
from webhooks.sending.interface import Outcome, OutgoingRequest, SendError
from webhooks.settings import Settings
from webhooks.store import clients, pages, registrations
from webhooks.store.pages import Filter
from webhooks.store.registrations import row_name
from webhooks.store.store import Store

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
        async def sent() -> TestOutcome:
            try:
                return await self.sends.send(
                    self.client, url or self.url, "statuschange", example, sees_restricted=admin
                )
            finally:
                await self.sends.close()

        return asyncio.run(sent())


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
    assert scene.store.read_now(lambda connection: pages.find(connection, Filter(client_id=None)).deliveries) == []


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


class SlowSender:
    """A fake: it answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.is_closed = False

    async def send(self, _request: OutgoingRequest) -> Outcome:
        await self.may_answer.wait()
        return Outcome(status=204, duration=0.1)

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(("status", "seconds"), [(204, 0.1234564), (None, 2.0000006)])
def test_all_of_the_outcome_is_told(scene: Scene, status: int | None, seconds: float) -> None:
    error = SendError.TIMEOUT if status is None else None
    given = Outcome(status=status, duration=seconds, error=error, detail="a detail", answer=b"an answer")

    class Sender(SlowSender):
        """A fake: it answers at once."""

        async def send(self, _request: OutgoingRequest) -> Outcome:
            return given

    async def run() -> TestOutcome:
        sends = TestSends(scene.store, scene.keyring, Settings(data=Path()), lambda _settings: Sender())
        return await sends.send(scene.client, scene.url, "statuschange", EXAMPLE, sees_restricted=True)

    told = asyncio.run(run())
    assert (told.delivered, told.status, told.error) == (error is None, status, error and error.value)
    assert (told.detail, told.answer) == ("a detail", "an answer")
    assert str(told.duration) in ("0.123456", "2.000001")  # microseconds


def test_one_sender_sends_them_all_and_few_at_once(scene: Scene) -> None:
    made: list[SlowSender] = []

    def make(_settings: Settings) -> SlowSender:
        made.append(SlowSender())
        return made[-1]

    async def run() -> None:
        sends = TestSends(scene.store, scene.keyring, Settings(data=Path()), make)

        def send(client: Client = scene.client) -> Awaitable[TestOutcome]:
            return asyncio.ensure_future(sends.send(client, scene.url, "statuschange", EXAMPLE, sees_restricted=False))

        begun = [send() for _ in range(MOST_TESTS_OF_CLIENT)]
        with pytest.raises(BusyError, match="Too many tests are under way"):
            await send()
        made[0].may_answer.set()
        outcomes = await asyncio.gather(*begun)
        assert all(outcome.delivered for outcome in outcomes)
        assert (await send()).delivered
        await sends.close()

    asyncio.run(run())
    (sender,) = made
    assert sender.is_closed
