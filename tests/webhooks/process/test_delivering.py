"""From a published event to what a receiver gets: the service in a process of its own, real receivers on sockets."""

import asyncio
import json
import os
import re
import shutil
import signal
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from receivers.hub import Hub
from receivers.inbox import Answer, Inbox
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.catalogue import Catalogue
from webhooks.cli.main import main
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions
from webhooks.errors import StoreError
from webhooks.metrics import Metrics
from webhooks.process.delivering import Delivering
from webhooks.queue.embedded import EmbeddedQueue
from webhooks.security.keys import Keyring
from webhooks.sending.interface import Outcome, OutgoingRequest
from webhooks.settings import Settings
from webhooks.store.store import Store

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
HOW_TO = ROOT / "docs" / "how-to" / "receive-webhooks.md"
PAYMENT = {
    "paymentid": "18142",
    "ledgeraccountid": "111927",
    "revision": "1",
    "debtcreditorid": "1",
    "partytypeid": "1",
}
CHANGE = {"ledgeraccountid": "111927", "status": "PAID"}
PATIENCE = 30.0  # seconds: a busy machine is slow, not wrong
SOON = "100ms,100ms,100ms,100ms"


@dataclass
class Company:
    """A client that also publishes, with a receiver."""

    api: httpx.Client
    inbox: Inbox

    def register(self, *events: str, **more: object) -> None:
        content = {"url": self.inbox.url, "events": events or ("statuschange",), "secret": "mySecret", **more}
        assert self.call("PUT", "/v1/webhooks", json=content).status_code == 201

    def leave(self) -> None:
        """Registers nothing any more: what the next test publishes does not come here."""
        self.call("DELETE", "/v1/webhooks", params={"url": self.inbox.url})

    def publish(self, event: str = "statuschange", data: dict[str, str] | None = None) -> str:
        """Gives the event's id."""
        content = {"event": event, "data": data or {"ledgerpayment": PAYMENT}.get(event, CHANGE)}
        answer = self.call("POST", "/v1/events", json=content)
        assert answer.status_code == 202
        return str(answer.json()["id"])

    def call(self, method: str, path: str, **content: Any) -> httpx.Response:
        return self.api.request(method, path, **content)

    def about(self, what: str) -> dict[str, Any]:
        """Pauses, resumes or signs what goes to the URL."""
        answer = self.call("POST", f"/v1/webhooks/{what}", json={"url": self.inbox.url})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def event(self, event_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/v1/events/{event_id}").json())

    def delivery(self, delivery_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/v1/deliveries/{delivery_id}").json())

    def delivery_of(self, event_id: str) -> str:
        (found,) = self.event(event_id)["deliveries"]
        return str(found["id"])

    def until(self, delivery_id: str, *states: str) -> dict[str, Any]:
        """The delivery, once it is in one of the states."""
        return until(lambda: self.delivery(delivery_id), lambda found: found["state"] in states)


def until(look: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    """What is looked at, once it is so."""
    end = time.monotonic() + PATIENCE
    while not is_so(found := look()):
        assert time.monotonic() < end, f"it stays {found}"
        time.sleep(0.02)
    return found


@dataclass
class Site:
    """What a service is started with: it can be started again with the same."""

    folder: Path
    ledger: str
    store: str | None
    begin: Callable[..., Any]

    @property
    def store_options(self) -> list[str]:
        return [] if self.store is None else ["--store", self.store]

    def start(self, schedule: str = SOON) -> Any:
        definitions = self.folder / "definitions"
        if not definitions.exists():
            shutil.copytree(ROOT / "definitions", definitions)
        options = ["--definitions", str(definitions), "--ledger", self.ledger, "--ledger-schema", str(SCHEMA)]
        options += ["--allow-http", "--retry-schedule", schedule, *self.store_options]
        return self.begin(self.folder / "data", *options)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The store's kind; each has a queue of its own."""
    return str(request.param)


@pytest.fixture(scope="module")
def site(
    kind: str,
    tmp_path_factory: pytest.TempPathFactory,
    duckdb_ledger: str,
    new_database: Any,
    start_module_service: Any,
) -> Site:
    """That of one service for most tests here; each has a client and a receiver of its own."""
    store = None if kind == "sqlite" else new_database(kind)
    return Site(tmp_path_factory.mktemp("site"), duckdb_ledger, store, start_module_service)


@pytest.fixture(scope="module")
def service(site: Site) -> Any:
    return site.start()


@pytest.fixture
def join(site: Site, service: Any, add_client_to: Any) -> Iterator[Callable[..., Company]]:
    """Makes a client with a receiver that gives these answers."""
    with ExitStack() as stack:

        def make(*answers: Answer, options: Sequence[str] = (), at: Site = site, running: Any = service) -> Company:
            inbox = stack.enter_context(Inbox(*answers))
            opened = "--allow-network", "127.0.0.0/8", "--allow-port", str(inbox.port)
            scopes = "--scope", "webhooks,events:publish"
            made = add_client_to(running.data, *scopes, *opened, *options, *at.store_options)
            headers = {"X-API-Key": made.api_key}
            api = stack.enter_context(httpx.Client(base_url=running.api, headers=headers, timeout=PATIENCE))
            company = Company(api, inbox)
            if running is service:
                stack.callback(company.leave)
            return company

        yield make


Join = Callable[..., Company]


def guides(event: str) -> bytes:
    return (ROOT / "fixtures" / event / "guide" / "body.json").read_bytes()


# ---------------------------------------------------------------------------------------------- what a receiver gets


@pytest.mark.parametrize("event", ["ledgerpayment", "statuschange"])
def test_the_guides_body_arrives_to_the_byte(join: Join, event: str) -> None:
    company = join()
    company.register(event)
    delivery = company.delivery_of(company.publish(event))
    request = company.inbox.next()
    assert (request.method, request.path, request.body) == ("POST", "/hook", guides(event))
    headers = {name: request.headers[name] for name in ("content-type", "user-agent", "webhook-id", "content-length")}
    assert headers == {
        "content-type": "application/json",
        "user-agent": "aptic-webhooks",
        "webhook-id": delivery,
        "content-length": str(len(guides(event))),
    }
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < PATIENCE
    assert "webhook-signature" not in request.headers
    assert company.until(delivery, "delivered")["attempts"][0]["status"] == 200
    assert company.inbox.is_empty()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_method_is_the_registrations(join: Join, method: str) -> None:
    company = join()
    company.register(method=method)
    company.publish()
    assert company.inbox.next().method == method


def test_secret_and_method_are_those_of_the_moment_of_the_attempt(join: Join) -> None:
    """The body is composed once; what is asked of the registration is asked for each attempt."""
    company = join(
        Answer(500, first=lambda: company.register("ledgerpayment", secret='an "other"', method="PUT")),
        Answer(500, first=lambda: company.register("ledgerpayment", secret=None, method=None)),
        Answer(500, first=lambda: company.register("ledgerpayment", secret="added")),
    )
    company.register("ledgerpayment")
    company.publish("ledgerpayment")
    found = [(request.method, json.loads(request.body)["secret"]) for request in company.inbox.take(4)]
    assert found == [("POST", "mySecret"), ("PUT", 'an "other"'), ("POST", None), ("POST", "added")]


def test_each_attempt_has_the_same_id_and_sequence(join: Join) -> None:
    company = join(Answer(503), Answer(500))
    company.register()
    delivery = company.delivery_of(company.publish())
    requests = company.inbox.take(3)
    assert {request.headers["webhook-id"] for request in requests} == {delivery}
    assert {request.body for request in requests} == {guides("statuschange")}
    shown = company.until(delivery, "delivered")
    assert [attempt["status"] for attempt in shown["attempts"]] == [503, 500, 200]
    sequence = int(requests[0].headers["webhook-sequence"])
    assert {request.headers["webhook-sequence"] for request in requests} == {str(sequence)}
    later = [company.event(company.publish())["sequence"] for _ in range(3)]
    assert sequence < later[0] < later[1] < later[2]
    arrived = {int(request.headers["webhook-sequence"]) for request in company.inbox.take(3)}
    assert arrived == set(later)


def test_at_the_schedules_end_it_is_dead(join: Join) -> None:
    company = join(*[Answer(500)] * 5)
    company.register()
    shown = company.until(company.delivery_of(company.publish()), "dead")
    assert (len(shown["attempts"]), shown["nextAttemptAt"]) == (5, None)
    assert shown["reason"] == "the receiver answered 500; the last of 5 attempts"


def test_signatures_are_verified_by_the_standards_own_library_and_the_how_to(join: Join) -> None:
    company = join()
    company.register("ledgerpayment")
    keys = [company.about("signing-key")["key"]]
    (sample,) = re.findall(r"^```python\n(.*?)^```$", HOW_TO.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(sample, names)  # noqa: S102  the page's own code

    def verifying() -> list[bool]:
        """For each key, whether it verifies what comes now."""
        company.publish("ledgerpayment")
        request = company.inbox.next()
        found = []
        for key in keys:
            try:
                found.append(Webhook(key).verify(request.body.decode(), request.headers) == json.loads(request.body))
            except WebhookVerificationError:
                found.append(False)
        assert [names["is_ours"](key, request.headers, request.body) for key in keys] == found
        return found

    assert verifying() == [True]
    keys.append(company.about("signing-key")["key"])
    assert verifying() == [True, True]
    keys.append(company.about("signing-key")["key"])
    assert verifying() == [False, True, True]


# --------------------------------------------------------------------------------------------- what a receiver says


def test_410_disables_until_it_is_resumed(join: Join) -> None:
    company = join(Answer(410))
    company.register()
    first = company.delivery_of(company.publish())
    reason = company.until(first, "held")["reason"]
    assert reason == "the endpoint is disabled; the receiver answered 410"
    (shown,) = company.call("GET", "/v1/webhooks").json()["webHooks"]
    assert shown["disabled"] == "the receiver answered 410 Gone: it is not wanted any more"
    second = company.delivery_of(company.publish())
    assert company.until(second, "held", "delivered")["state"] == "held"
    assert "disabled" not in company.about("resume")
    for delivery in (first, second):
        company.until(delivery, "delivered")
    arrived = [request.headers["webhook-id"] for request in company.inbox.take(3)]
    assert sorted(arrived) == sorted([first, first, second])


def test_429_with_retry_after_leaves_the_whole_endpoint_alone(join: Join) -> None:
    company = join(Answer(429, {"retry-after": "1"}))  # clamped to 5 s
    company.register()
    first = company.delivery_of(company.publish())
    company.inbox.next()
    started = time.monotonic()
    until(lambda: company.delivery(first)["attempts"], lambda found: [each["status"] for each in found] == [429])
    second = company.delivery_of(company.publish())
    again = {request.headers["webhook-id"] for request in company.inbox.take(2)}
    assert time.monotonic() - started > 4
    assert again == {first, second}
    assert company.until(first, "delivered")["reason"] is None


# ------------------------------------------------------------------------------------------------ what a client does


def test_what_is_published_while_a_url_is_paused_is_sent_when_it_is_resumed(join: Join) -> None:
    company = join()
    company.register()
    assert company.about("pause")["paused"] is True
    delivery = company.delivery_of(company.publish())
    assert company.until(delivery, "held", "delivered")["state"] == "held"
    assert company.inbox.is_empty()
    company.about("resume")
    assert company.inbox.next().headers["webhook-id"] == delivery
    company.until(delivery, "delivered")


def test_what_is_removed_before_it_was_sent_is_cancelled(join: Join) -> None:
    company = join()

    def remove() -> None:
        assert company.call("DELETE", "/v1/webhooks", params={"url": company.inbox.url}).status_code == 204

    company.inbox.answers = [Answer(500, first=remove)]
    company.register()
    company.about("pause")
    held = company.delivery_of(company.publish())
    company.register("ledgerpayment")
    company.call("DELETE", "/v1/webhooks", params={"url": company.inbox.url, "events": "statuschange"})
    assert company.until(held, "cancelled")["reason"] == "the registration was removed"
    company.about("resume")
    tried = company.delivery_of(company.publish("ledgerpayment"))
    company.inbox.next()
    assert [attempt["status"] for attempt in company.until(tried, "cancelled")["attempts"]] == [500]
    time.sleep(0.3)  # three times the wait for the next attempt
    assert company.inbox.is_empty()


def test_a_replay_has_the_same_bytes_and_id(join: Join) -> None:
    company = join()
    company.register("ledgerpayment")
    delivery = company.delivery_of(company.publish("ledgerpayment"))
    company.until(delivery, "delivered")
    assert company.call("POST", f"/v1/deliveries/{delivery}/replay").status_code == 200
    first, again = company.inbox.take(2)
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == delivery
    assert first.headers["webhook-sequence"] == again.headers["webhook-sequence"]
    assert first.body == again.body
    assert len(company.until(delivery, "delivered")["attempts"]) == 2


def test_a_recomposed_replay_has_a_new_id(join: Join) -> None:
    company = join(options=("--scope", "admin"))
    company.register("ledgerpayment")
    event = company.publish("ledgerpayment")
    delivery = company.delivery_of(event)
    company.until(delivery, "delivered")
    answer = company.call("POST", f"/v1/deliveries/{delivery}/replay", json={"recompose": True})
    first, again = company.inbox.take(2)
    assert again.headers["webhook-id"] == answer.json()["id"] != delivery
    assert first.body == again.body == guides("ledgerpayment")
    fresh = company.until(answer.json()["id"], "delivered")
    assert (fresh["eventId"], fresh["replayOf"]) == (event, delivery)
    assert {each["id"] for each in company.event(event)["deliveries"]} == {delivery, answer.json()["id"]}


# --------------------------------------------------------------------------------------------------- who gets what


def test_a_limited_client_gets_only_events_with_its_arguments(join: Join) -> None:
    company = join(options=("--only", "debtcreditorid=7"))
    company.register("ledgerpayment", "statuschange")
    for event, data in (("ledgerpayment", PAYMENT), ("statuschange", CHANGE)):
        assert company.event(company.publish(event, data))["state"] == "unsubscribed"
    theirs = company.event(company.publish("statuschange", {**CHANGE, "debtcreditorid": "7"}))
    assert company.inbox.next().headers["webhook-id"] == theirs["deliveries"][0]["id"]
    assert company.inbox.is_empty()


def test_an_event_goes_to_everybody_who_registered_it(join: Join) -> None:
    companies = [join(), join()]
    for company in companies:
        company.register("noteadded", secret=company.inbox.url)
    publisher = companies[0]
    note = json.loads((ROOT / "fixtures" / "noteadded" / "long-text" / "event.json").read_text("utf-8"))
    event = publisher.publish("noteadded", note["data"])
    bodies = [json.loads(company.inbox.next().body) for company in companies]
    assert [body.pop("secret") for body in bodies] == [company.inbox.url for company in companies]
    assert bodies[0] == bodies[1]
    assert len(publisher.event(event)["deliveries"]) == 2


def test_what_the_definition_skips_is_not_sent(join: Join) -> None:
    """Why is for who runs the service: the definition's words may name what a client must not know."""
    company = join(options=("--scope", "admin"))
    company.register("servicechange")
    case = ROOT / "fixtures" / "servicechange" / "skipped"
    data = json.loads((case / "event.json").read_text("utf-8"))["data"]
    shown = company.until(company.delivery_of(company.publish("servicechange", data)), "skipped")
    assert (case / "skip.txt").read_text("utf-8").strip() in shown["reason"]
    assert company.inbox.is_empty()


def test_what_nobody_registered_is_unsubscribed(join: Join) -> None:
    company = join()
    shown = company.event(company.publish("debtorcontact", {"partyid": "60901"}))
    assert (shown["state"], shown["deliveries"]) == ("unsubscribed", [])


# ------------------------------------------------------------------------------------------------ what an operator does


def test_definitions_are_read_again_on_sighup(join: Join, site: Site, service: Any) -> None:
    """Also where the new version is faulty: then the last good one goes on."""
    company = join()
    company.register("ledgerpayment")
    file = site.folder / "definitions" / "ledgerpayment.xml"
    good = file.read_bytes()

    def body_with(content: bytes) -> bytes:
        before = len(service.log.read_text())
        file.write_bytes(content)
        service.process.send_signal(signal.SIGHUP)
        until(lambda: service.log.read_text()[before:], lambda log: " in service" in log)
        company.publish("ledgerpayment")
        return company.inbox.next().body

    try:
        changed = body_with(good.replace(b"as paidamount", b"as amountpaid"))
        assert changed == guides("ledgerpayment").replace(b"paidamount", b"amountpaid")
        assert body_with(b"<faulty") == changed
    finally:
        assert body_with(good) == guides("ledgerpayment")


@pytest.fixture
def own_site(kind: str, tmp_path: Path, duckdb_ledger: str, new_database: Any, start_service: Any) -> Site:
    """That of a service that ends within the test."""
    return Site(tmp_path, duckdb_ledger, None if kind == "sqlite" else new_database(kind), start_service)


def test_sigterm_lets_what_is_under_way_end(own_site: Site, join: Join) -> None:
    """Nothing more is begun: what failed just now waits for the next start."""
    running = own_site.start()
    under_way, may_end = Event(), Event()

    def wait() -> None:
        under_way.set()
        may_end.wait(PATIENCE)

    company = join(Answer(first=wait), at=own_site, running=running)
    company.register()
    company.publish()
    assert under_way.wait(PATIENCE)
    running.process.send_signal(signal.SIGTERM)
    until(running.log.read_text, lambda log: "the service ends" in log)
    assert running.process.poll() is None
    may_end.set()
    assert running.process.wait(PATIENCE) == 0
    company.inbox.next()
    running = own_site.start()
    company.api.base_url = httpx.URL(running.api)
    (shown,) = company.call("GET", "/v1/deliveries").json()["deliveries"]
    assert shown["state"] == "delivered"
    assert company.inbox.is_empty()


def test_a_service_that_starts_again_delivers_what_is_left(own_site: Site, join: Join) -> None:
    """What was published while it was away, and what waits for its next attempt; each once."""
    running = own_site.start()
    company = join(Answer(500), at=own_site, running=running)
    company.register()
    event = company.publish()
    tried = company.delivery_of(event)
    company.inbox.next()
    assert running.stop() == 0
    logged = [json.loads(line) for line in running.log.read_text().splitlines()]
    assert [(line["event"], line["attempt"]) for line in logged if line.get("delivery") == tried] == [(event, 1)]
    arguments = ["--data", str(running.data), "--message", str(own_site.folder / "event.json"), *own_site.store_options]
    (own_site.folder / "event.json").write_text(json.dumps({"data": CHANGE}))
    assert main(["emit", "statuschange", *arguments]) == 0
    assert company.inbox.is_empty()
    running = own_site.start()
    company.api.base_url = httpx.URL(running.api)
    arrived = [request.headers["webhook-id"] for request in company.inbox.take(2)]
    assert len(set(arrived)) == 2
    assert tried in arrived
    for delivery in arrived:
        company.until(delivery, "delivered")
    assert len(company.delivery(tried)["attempts"]) == 2
    assert company.inbox.is_empty()


def test_a_connection_that_is_closed_just_then_uses_up_no_attempt(own_site: Site, join: Join) -> None:
    """The schedule would have the delivery wait for an hour."""
    running = own_site.start("1h")
    company = join(Answer(), Answer(closes=True), at=own_site, running=running)
    company.register()
    company.until(company.delivery_of(company.publish()), "delivered")
    delivery = company.delivery_of(company.publish())
    assert [attempt["error"] for attempt in company.until(delivery, "delivered")["attempts"]] == ["reset", None]
    assert [request.headers["webhook-id"] for request in company.inbox.take(3)][1:] == [delivery, delivery]


def test_kill_9_of_the_process_that_sends_loses_nothing(own_site: Site, join: Join) -> None:
    running = own_site.start("1h")
    under_way, may_end = Event(), Event()

    def wait() -> None:
        under_way.set()
        may_end.wait(PATIENCE)

    company = join(Answer(first=wait), at=own_site, running=running)
    company.register()
    delivery = company.delivery_of(company.publish())
    assert under_way.wait(PATIENCE)
    os.kill(sending_process(running.process.pid), signal.SIGKILL)
    found = company.until(delivery, "delivered")
    may_end.set()
    assert [attempt["error"] for attempt in found["attempts"]] == ["interrupted", None]
    assert running.stop() == 0


def sending_process(pid: int) -> int:
    """The one that a service has started."""
    children = [
        each for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]
    (found,) = [int(each) for each in children if "webhooks.sending" in Path(f"/proc/{each}/cmdline").read_text()]
    return found


def test_floods_keep_the_api_from_nobody(own_site: Site, join: Join) -> None:
    """Ten URLs whose receiver sends HelloRequests without end: once four pings took 64 s of the API's processor."""

    async def floods(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)
        try:
            while True:
                writer.write(bytes.fromhex("160303000400000000") * 1000)
                await writer.drain()
        finally:
            writer.transport.abort()

    running = own_site.start()
    with closing(Hub()) as hub:
        receiver = hub.start(floods)
        company = join(options=("--allow-port", str(receiver.port)), at=own_site, running=running)
        for number in range(10):
            url = f"https://127.0.0.1:{receiver.port}/{number}"
            company.call("PUT", "/v1/webhooks", json={"url": url, "events": ["statuschange"]}).raise_for_status()
        company.publish()
        until(lambda: receiver.connections, bool)
        for _ in range(100):
            assert company.call("GET", "/v1/webhooks").status_code == 200
        until(lambda: receiver.connections, lambda count: count >= 20)  # each is tried, and tried again
        assert processor_seconds(running.process.pid) < 5  # 0.2 are usual; one such handshake took 11
    assert running.stop() == 0


def processor_seconds(pid: int) -> float:
    """What the process has taken without its children: those that send are made for being held."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Unused:
    """A sender that nobody asks for anything."""

    async def send(self, request: OutgoingRequest) -> Outcome:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError


def unused(store: Store, folder: Path) -> Delivering:
    """One that sends nothing."""
    parts = Settings(data=folder), store, Keyring([bytes(32)]), Definitions(Catalogue.load()), Metrics()
    return Delivering(*parts, sender=Unused())


def test_all_is_closed_though_the_queue_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    async def refuse(_queue: object) -> None:
        raise StoreError("the store is away")

    async def run() -> None:
        with Store(f"sqlite:///{tmp_path / 'store'}") as store:
            delivering = unused(store, tmp_path)
            delivering.stop()
            await delivering.run()

    monkeypatch.setattr(EmbeddedQueue, "close", refuse)
    monkeypatch.setattr(Definitions, "close", lambda _: closed.append("definitions"))
    with pytest.raises(StoreError):
        asyncio.run(run())
    assert closed == ["definitions"]


def test_who_asks_twice_has_the_definitions_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed while they were being read must not wait for somebody to ask again; nor for an error."""
    asked: list[int] = []

    async def reload(_composing: object) -> None:
        asked.append(1)
        await asyncio.sleep(0.05)
        if len(asked) == 1:
            raise RuntimeError("an error that nobody foresaw")

    async def run() -> None:
        with Store(f"sqlite:///{tmp_path / 'store'}") as store:
            delivering = unused(store, tmp_path)
            for _ in range(5):
                delivering.reload()
                await asyncio.sleep(0)
            await asyncio.sleep(0.3)
            delivering.stop()
            await delivering.run()

    monkeypatch.setattr(Composing, "reload", reload)
    asyncio.run(run())
    assert len(asked) == 2
