"""How the window looks: each view by the clock of one moment, over a store whose every row is written here.

Only the process around it is not the service's own: its server and its application are.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.json import encode
from msgspec.structs import replace
from picturing import LOOKS, Gallery, painter, still
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Connection, insert

from engine.catalogue import Catalogue
from webhooks.api.administration import build_administration
from webhooks.api.service import Service
from webhooks.composing.definitions import Definitions
from webhooks.example_sends import TestSends
from webhooks.metrics import Metrics
from webhooks.model import Scope
from webhooks.process.listening import LOOPBACK, Server, listen, place
from webhooks.process.state import opened
from webhooks.proxies import Proxies
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.tokens import Tokens
from webhooks.settings import AuthMethod, Settings
from webhooks.store import clock, tables
from webhooks.store.attempts import answer_row
from webhooks.store.composers import Version
from webhooks.store.compositions import row_name
from webhooks.store.store import Store
from webhooks.store.tallies import LATENCY_BOUNDS
from webhooks.window.app import build_window
from webhooks.window.entrance import make_token

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NOW = clock.microseconds(datetime(2026, 11, 24, 10, 30, 12, tzinfo=UTC))
ACME, KLANT, LONG, BACKEND = (f"{number}0000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))
GOOD, BAD, LONGEST, PAUSED = (
    "https://hooks.acme.example/aptic",
    "https://api.klant.example/v2/incoming/webhooks",
    f"https://integrations.of-a-customer-with-a-long-name.example/tenants/{'0123456789abcdef' * 6}/events?source=aptic",
    "https://test.acme.example/paused",
)
ANSWER = """<!DOCTYPE html>
<html><head><title>503 Service Temporarily Unavailable</title></head>
<body><center><h1>503 Service Temporarily Unavailable</h1></center><hr><center>nginx/1.27.2</center></body></html>
"""
BODY = {
    "invoicenumber": "765",
    "paidamount": -123.45,
    "paiddate": "2026-11-24T10:02:11",
    "reference": "Factuur 765, termijn 2 van 3, Söhne & Zn.",
    "lines": [{"number": 1, "amount": 100.0}, {"number": 2, "amount": 23.45}],
}
FAULT = """\
definitions/partpayment.xml:14:22: error: there is no column paidamonut in dbo.dat_trans [unknown-column]
   13 |   <sql>
   14 |     SELECT sum(t.paidamonut) AS paidamount
      |                  ^^^^^^^^^^
   15 |     FROM dbo.dat_trans AS t
Did you mean paidamount?"""
BROKEN = "definitions/ledgerpayment.xml:3:7: The tag that begins here does not end. [xml-syntax]"
AWAY = "the ledger cannot be reached: connection refused"
VERSIONS = [
    Version(
        event="ledgerpayment", state="serving", file="definitions/ledgerpayment.xml", hash="3f2a91c0b7d4", form="set"
    ),
    Version(event="partpayment", state="held", reason=FAULT),
    Version(
        event="statuschange",
        state="serving",
        file="definitions/statuschange.xml",
        hash="0c5e77aa19f2",
        form="repeated: step account: TOP without an order by a key",
    ),
]
OLDER = replace(VERSIONS[0], state="stale", hash="9b1d44e20f68", reason=BROKEN)
DUE = {"next_attempt_at": NOW + 4 * MINUTE, "scheduled_at": NOW - MINUTE}


@pytest.fixture(autouse=True)
def _close_browsers() -> None:
    """There are none; the other tests' service is not needed here."""


class Rows:
    """The rows of a store, in the order in which they may be written."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.tables: dict[Any, list[dict[str, Any]]] = {}
        self._number = 0

    def add(self, table: Any, **values: Any) -> None:
        self.tables.setdefault(table, []).append(values)

    def client(self, id_: str, name: str, scopes: list[str], **more: Any) -> None:
        given = {"only": {}, "networks": [], "ports": [], "url_patterns": [], **more}
        hashes = {"secret_hash": id_.encode(), "api_key_hash": name.encode(), "created_at": NOW - 90 * 24 * HOUR}
        lists = {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in given.items()}
        self.add(tables.CLIENTS, id=id_, name=name, scopes=json.dumps(scopes), **lists, **hashes)

    def endpoint(self, id_: int, client: str, url: str, *events: str, **more: Any) -> None:
        self.add(
            tables.REGISTRATIONS, id=id_, client_id=client, url=url, method="POST", created_at=NOW - 1000 * HOUR, **more
        )
        for event in events:
            self.add(tables.REGISTERED_EVENTS, registration_id=id_, event=event)

    def delivery(self, at: int, endpoint: int, event: str, state: str, reason: str | None = None, **more: Any) -> str:
        """A delivery made at that time, with its event and body; gives its id."""
        self._number += 1
        number, id_ = self._number, clock.first_id(at)
        given = next(each for each in self.tables[tables.REGISTRATIONS] if each["id"] == endpoint)
        arguments = {"ledgeraccountid": "3814", "ledgerid": "765", "status": "PAID", "payment": f"pay-{number:05}"}
        self.add(
            tables.EVENTS,
            sequence=number,
            id=f"ledger-{2_400_000 + number}",
            publisher_id=BACKEND,
            event=event,
            arguments=json.dumps(arguments),
            digest=b"",
            state="composed",
            created_at=at,
        )
        dump = {"event": event, "definition": None, "skip_reason": None, "holes": [], "body": BODY}
        sealed = self._keyring.encrypt(Purpose.BODY, json.dumps(dump).encode(), row_name(number, 0))
        self.add(tables.COMPOSITIONS, event_sequence=number, version=0, state="composed", body=sealed)
        ended = at + 2 * SECOND if state in ("delivered", "dead", "skipped", "cancelled") else None
        where = {"registration_id": endpoint, "client_id": given["client_id"], "url": given["url"]}
        values = {"next_attempt_at": None, "scheduled_at": None, "ended_at": ended, **more}
        self.add(
            tables.DELIVERIES,
            id=id_,
            event_sequence=number,
            event=event,
            state=state,
            reason=reason,
            created_at=at,
            **where,
            **values,
        )
        return id_

    def attempt(self, delivery: str, number: int, at: int, answer: str | None, **more: Any) -> None:
        sealed = answer and self._keyring.encrypt(Purpose.ANSWER, answer.encode(), answer_row(delivery, number))
        self.add(tables.ATTEMPTS, delivery_id=delivery, number=number, started_at=at, answer=sealed, **more)

    def tally(self, series: str, at: int, what: str, outcome: str, number: int, endpoint: int = 0) -> None:
        place = {"series": series, "endpoint": endpoint, "what": what, "at": at, "process": 1}
        self.add(tables.TALLIES, **place, outcome=outcome, number=number, duration=number * 40_000)

    def write(self, connection: Connection) -> None:
        for table, rows in self.tables.items():
            for row in rows:
                connection.execute(insert(table), row)


def people(rows: Rows) -> None:
    """Clients and their endpoints, each in another state."""
    rows.client(ACME, "acme & Söhne", ["webhooks"], url_patterns=["https://*.acme.example/"])
    rows.client(KLANT, "klant", ["webhooks"], networks=["10.20.0.0/16"], ports=[8443], only={"brandid": "7"})
    name = "A customer whose name is as long as the form for new customers of the ledger allows, and who is disabled"
    rows.client(LONG, name, ["webhooks", "support"], is_disabled=True, disabled_at=NOW - 30 * HOUR)
    rows.client(BACKEND, "backend", ["events:publish", "admin"])
    rows.endpoint(1, ACME, GOOD, "statuschange", "partpayment")
    many = ("statuschange", "partpayment", "ledgerpayment", "servicechange", "newledgeraccount", "newtransaction")
    rows.endpoint(2, KLANT, BAD, *many, failing_since=NOW - 3 * HOUR)
    rows.endpoint(3, LONG, LONGEST, "ledgerpayment")
    why = "it answered 410: the customer has asked for no more"
    rows.endpoint(4, ACME, PAUSED, "partpayment", is_paused=True, held_since=NOW - 26 * HOUR)
    rows.endpoint(5, KLANT, f"{BAD}/old", "statuschange", disabled_reason=why, held_since=NOW - 50 * HOUR)
    rows.endpoint(6, KLANT, f"{BAD}/busy", "statuschange", waits_until=NOW + 12 * MINUTE)


def traffic(rows: Rows) -> str:
    """Deliveries in each state; gives the id of one that has died after several attempts."""
    for number in range(70):
        rows.delivery(NOW - number * 61 * SECOND - 7 * HOUR, 1, "statuschange", "delivered")
    failed = "the receiver answered 503"
    for number in range(12):
        endpoint, reason = (2, failed) if number % 3 else (3, "the name of the host has no address: NXDOMAIN")
        rows.delivery(NOW - number * 17 * MINUTE - 8 * HOUR, endpoint, "ledgerpayment", "dead", reason)
    dead = rows.delivery(NOW - 3 * HOUR, 2, "partpayment", "dead", failed)
    for number, (wait, status, error) in enumerate(((0, 503, None), (5, None, "timeout"), (40, 503, None)), start=1):
        at = NOW - 3 * HOUR + wait * MINUTE
        rows.attempt(dead, number, at, ANSWER if status else None, duration=80_000 * number, status=status, error=error)
    rows.delivery(NOW - 100 * SECOND, 2, "partpayment", "pending", f"{failed}; it is tried again", **DUE)
    rows.delivery(NOW - 90 * SECOND, 4, "partpayment", "pending", next_attempt_at=NOW, scheduled_at=NOW)
    rows.delivery(NOW - 80 * SECOND, 1, "statuschange", "skipped", "the definition's template skips this status")
    rows.delivery(NOW - 50 * SECOND, 3, "ledgerpayment", "cancelled", "the URL was removed by its client")
    rows.delivery(NOW - 9 * SECOND, 1, "statuschange", "sending", attempts=1)
    rows.delivery(NOW - 2 * SECOND, 1, "statuschange", "delivered")
    return dead


def series(rows: Rows) -> None:
    """What charts are drawn from: a busy hour with a quarter in which one receiver failed."""
    dice = random.Random(19)  # noqa: S311
    for minute in range(60):
        at = (NOW // MINUTE - minute) * MINUTE
        outcomes = {"2xx": dice.randint(300, 900)}
        outcomes |= {"5xx": dice.randint(50, 400), "timeout": dice.randint(10, 90)} if 20 < minute < 36 else {}
        for outcome, count in outcomes.items():
            rows.tally("minute", at, "attempt", outcome, count)
        if not 30 < minute < 34:
            for bound in dice.sample(LATENCY_BOUNDS[2 : 9 if 20 < minute < 36 else 6], 3):
                rows.tally("minute", at, "latency", str(bound), dice.randint(10, 400))
    for hour in range(14 * 24):
        at = (NOW // HOUR - hour) * HOUR
        rows.tally("endpoint", at, "attempt", "2xx", dice.randint(100, 2400), endpoint=2)
        if hour < 4:
            rows.tally("endpoint", at, "attempt", "5xx", dice.randint(100, 2400), endpoint=2)


def definitions_known(rows: Rows) -> None:
    """Events that have or had a definition, and what waits for one."""
    for number, event in enumerate(("ledgerpayment", "partpayment", "servicechange", "statuschange")):
        rows.add(tables.DEFINED_EVENTS, event=event, since=NOW - (100 + number) * HOUR)
    for number, (host, pid, trouble) in enumerate((("web1", 4711, None), ("web1", 4720, None), ("web2", 902, AWAY))):
        rows.add(
            tables.COMPOSERS,
            process=number,
            host=host,
            pid=pid,
            started_at=NOW - (200 + number) * HOUR,
            read_at=NOW - (90 if trouble else 1) * HOUR,
            trouble=trouble,
            definitions=encode([OLDER, *VERSIONS[1:]] if trouble else VERSIONS).decode(),
        )
    for _ in range(3):
        rows.delivery(NOW - 20 * SECOND - len(rows.tables[tables.EVENTS]), 2, "partpayment", "composing")
        rows.tables[tables.COMPOSITIONS][-1] |= {"state": "pending", "body": None, "parked_for": "partpayment"}
        rows.tables[tables.COMPOSITIONS][-1] |= {"reason": FAULT}


def many(rows: Rows) -> None:
    """More clients, endpoints and groups of dead deliveries than are on a page."""
    for number in range(300):
        id_ = f"50000000-0000-4000-8000-{number:012}"
        rows.client(id_, f"customer {number:03}", ["webhooks"])
        rows.endpoint(100 + number, id_, f"https://customer-{number:03}.example/hook", "statuschange")
        rows.delivery(
            NOW - (number + 100) * MINUTE - SECOND // 2,
            100 + number,
            "statuschange",
            "dead",
            "the receiver answered 500",
        )


class Window:
    """A window over a store, by a clock that stands still; `rows` are written to it by `fill`."""

    def __init__(self, folder: Path, store: Store, keyring: Keyring) -> None:
        self.store, self.rows = store, Rows(keyring)
        settings = Settings(data=folder)
        catalogue = Catalogue.load()
        definitions = Definitions(catalogue)
        given = store, keyring, Tokens(keyring.token_key()), catalogue, frozenset(AuthMethod), Proxies([])
        service = Service(*given, TestSends(store, keyring, settings))
        window = build_window(service, settings, definitions)
        self._application = build_administration(store, Metrics(), window=window)
        self._key = keyring.window_key()
        self._listening = listen(LOOPBACK, 0)
        self.url = f"http://{place(self._listening)}"
        self._started = Event()
        self._thread = Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        self._started.wait()

    def enter(self, context: BrowserContext, scope: Scope) -> Page:
        """A page of somebody who has opened a link, before its button is pressed."""
        page = context.new_page()
        still(page)
        page.goto(f"{self.url}/entrance")
        process = json.loads(page.locator("body").inner_text())["process"]
        page.goto(f"{self.url}/enter?token={make_token(self._key, process, 'anna', scope)}")
        return page

    def fill(self) -> None:
        """Writes the rows."""
        asyncio.run_coroutine_threadsafe(self.store.write(self.rows.write), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._server = asyncio.get_running_loop(), Server(self._application)
        self._started.set()
        await self._server.serve([self._listening])


@contextmanager
def window(folder: Path) -> Iterator[Window]:
    with opened(Settings(data=folder), is_sole=True) as (store, keyring):
        made = Window(folder, store, keyring)
        try:
            yield made
        finally:
            made.close()


def test_every_view_looks_as_its_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=lambda: NOW * 1000))
    monkeypatch.setattr("webhooks.doctor.examination._disk", lambda *_: iter(()))
    gallery = Gallery("window")
    with painter(tmp_path) as browser, window(tmp_path / "data") as shown:
        context = browser.new_context()
        context.add_cookies([{"name": "aptic-window-0", "value": "of an earlier process", "url": shown.url}])
        page = context.new_page()
        page.goto(shown.url)
        gallery.see(page, "ended", LOOKS[::5])
        page = shown.enter(context, Scope.ADMIN)
        gallery.see(page, "enter", LOOKS[::5])
        page.get_by_role("button", name="Enter").click()

        def see(name: str, path: str, looks: Any = LOOKS) -> None:
            page.goto(shown.url + path)
            page.evaluate("document.getElementById('live-state')?.replaceChildren('live')")
            gallery.see(page, name, looks)

        for name in ("overview", "deliveries", "dead", "endpoints", "definitions", "clients"):
            see(f"{name}-empty", "/" if name == "overview" else f"/{name}", LOOKS[::5])
        people(shown.rows)
        dead = traffic(shown.rows)
        series(shown.rows)
        definitions_known(shown.rows)
        shown.fill()
        see("overview", "/")
        see("deliveries", "/deliveries")
        see("deliveries-none", "/deliveries?argument=ledgerid%3D765&state=held", LOOKS[::5])
        see("deliveries-fault", "/deliveries?from=yesterday", LOOKS[::5])
        see("delivery", f"/deliveries/{dead}")
        see("delivery-of-a-filter", f"/deliveries/{dead}?state=dead", LOOKS[::5])
        see("dead", "/dead")
        see("endpoints", "/endpoints")
        see("endpoint", "/endpoint?id=2")
        see("definitions", "/definitions")
        see("clients", "/clients")
        shown.rows.tables = {}
        many(shown.rows)
        shown.fill()
        see("dead-many", "/dead", LOOKS[::5])
        see("endpoints-many", "/endpoints?find=customer", LOOKS[::5])
        see("clients-many", "/clients", LOOKS[::5])
        see("clients-none", "/clients?find=nobody", LOOKS[::5])
        see("deliveries-many", "/deliveries?state=dead&client=customer+007", LOOKS[::5])
        see("missing", "/deliveries/none", LOOKS[::5])
        context.close()
    gallery.close()
