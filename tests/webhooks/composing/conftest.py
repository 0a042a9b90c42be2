"""A store, a queue and a composing over the real fixture ledger, in one event loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, func, select
from waiting import until_true

from engine.body import Body, DefinitionReference
from engine.catalogue import Catalogue
from engine.errors import EngineError
from engine.model import DefinitionState, DefinitionStatus
from engine.settings import LoadOptions
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions, InService
from webhooks.composing.pace import Pace
from webhooks.model import Client, Delivery, DeliveryState, PublishedEvent, Scope
from webhooks.queue.opening import open_queue
from webhooks.security.credentials import new_guid
from webhooks.security.keys import Keyring, Purpose
from webhooks.store import clients, events, pages, registrations
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import COMPOSITIONS, JOBS

ROOT = Path(__file__).parents[3]
DEFINITIONS = ROOT / "definitions"
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
PAYMENT = {
    "paymentid": "18142",
    "ledgeraccountid": "111927",
    "revision": "1",
    "debtcreditorid": "1",
    "partytypeid": "1",
}
URL = "https://receiver.example/"
EVENT = "ledgerpayment"
QUICK = Pace().faster(200)


Answer = Callable[[str, Sequence[Mapping[str, Any]]], list[Body | EngineError]]


class ScriptedDefinitions(Definitions):
    """A fake: what composes is a function of the test's, for faults that no real ledger gives when it is asked to."""

    def __init__(self, answer: Answer, *events: str) -> None:
        super().__init__(Catalogue.load())
        self.answer = answer
        self.events = events or (EVENT,)
        self.calls: list[tuple[str, int]] = []

    def _load(self) -> None:
        self.is_loaded = True
        self.serve(*self.events)

    def serve(self, *events: str, **faults: str) -> None:
        serving = (DefinitionStatus(event, DefinitionState.SERVING, f"{event}.xml", "0" * 64) for event in events)
        self._served = InService({**InService.of(serving).by_event, **InService.held(faults).by_event})

    def compose_many(self, event: str, messages: Sequence[Mapping[str, Any]]) -> list[Body | EngineError]:
        self.calls.append((event, len(messages)))
        return self.answer(event, messages)


def custom(event: str, message: Mapping[str, Any]) -> Body:
    """A body as a definition makes it."""
    content = json.dumps(message["data"]).encode()
    return Body.custom(event, DefinitionReference(event, f"{event}.xml", "0" * 64), (content,))


@dataclass
class Rig:
    """What the tests of composing work with; `pace` and the definitions may be set before `running`."""

    store: Store
    keyring: Keyring = field(default_factory=lambda: Keyring([bytes(32)]))
    catalogue: Catalogue = field(default_factory=Catalogue.load)
    pace: Pace = QUICK
    client: Client = field(default_factory=lambda: Client(id=new_guid(), name=str(uuid4()), scopes=frozenset(Scope)))

    async def write(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return await self.store.write(lambda connection: function(connection, *arguments, **named))

    def read(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return self.store.read_now(lambda connection: function(connection, *arguments, **named))

    async def register(self, *codes: str, url: str = URL) -> None:
        await self.write(registrations.put, self.client.id, url, codes, {})

    async def publish(self, code: str, *arguments: dict[str, str]) -> list[str]:
        given = [PublishedEvent(code=code, arguments=each) for each in arguments]
        return list(await self.write(events.publish, self.client.id, given))

    def deliveries(self, **wanted: Any) -> list[Delivery]:
        """The oldest first."""
        found = self.read(pages.find, Filter(client_id=self.client.id, limit=100_000, **wanted)).deliveries
        return list(reversed(found))

    def states(self) -> dict[DeliveryState, int]:
        counts: dict[DeliveryState, int] = {}
        for delivery in self.deliveries():
            counts[delivery.state] = counts.get(delivery.state, 0) + 1
        return counts

    def compositions(self) -> list[Any]:
        return list(self.read(lambda c: c.execute(select(COMPOSITIONS).order_by(*COMPOSITIONS.primary_key)).all()))

    def bodies(self) -> list[Body]:
        return [
            Body.load(self.keyring.decrypt(Purpose.BODY, row.body, row_name(row.event_sequence, row.version)))
            for row in self.compositions()
            if row.body is not None
        ]

    def jobs(self) -> list[str]:
        """What the queue holds, like `deliver:…`."""

        def find(connection: Connection) -> list[str]:
            return [f"{kind}:{key}" for kind, key in connection.execute(select(JOBS.c.kind, JOBS.c.key))]

        return sorted(self.read(find))

    @asynccontextmanager
    async def running(self, definitions: Definitions) -> AsyncIterator[Composing]:
        """Composing runs inside the `with`; it is drained at its end.

        Where several processes may take jobs, it has a store of its own, as each of them has.
        """
        url = self.store._engine.url.render_as_string(hide_password=False)
        with nullcontext(self.store) if self.store.is_embedded else Store(url) as store:
            queue = open_queue(store)
            composing = Composing(store, queue, self.keyring, definitions, self.pace)
            task = asyncio.ensure_future(composing.run())
            try:
                yield composing
            finally:
                composing.stop()
                await task
                await queue.close()
                definitions.close()

    def by_ledger(self, ledger: str, folder: Path = DEFINITIONS, **options: Any) -> Definitions:
        source = LoadOptions(folder=folder, ledger=ledger, **{"ledger_schema": SCHEMA, **options})
        return Definitions(self.catalogue, source)

    def by_default(self) -> Definitions:
        return Definitions(self.catalogue)

    def scripted(self, answer: Answer, *events: str) -> ScriptedDefinitions:
        return ScriptedDefinitions(answer, *events)

    async def until(self, holds: Callable[[], object]) -> None:
        """Waits until something holds."""
        await until_true(holds, lambda: (self.states(), self.compositions()[:3]))

    def are_all(self, *states: DeliveryState) -> bool:
        return set(self.states()) <= set(states)

    def are_composed(self) -> bool:
        query = select(func.count()).where(COMPOSITIONS.c.state != "composed")
        return self.read(lambda connection: connection.scalar(query)) == 0


def add_client(connection: Connection, client: Client) -> None:
    clients.add(connection, client, secret_hash=uuid4().bytes, api_key_hash=uuid4().bytes)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store_url(store_kind: str, new_database: Callable[[str], str]) -> str:
    return new_database(store_kind)


@pytest.fixture
def rig(store_url: str) -> Iterator[Rig]:
    with Store(store_url) as store:
        made = Rig(store)
        asyncio.run(made.write(add_client, made.client))
        yield made


@pytest.fixture
def run() -> Callable[[Awaitable[None]], None]:
    """Runs a test in an event loop, for a minute at most."""

    async def within(test: Awaitable[None]) -> None:
        await asyncio.wait_for(test, 60)

    return lambda test: asyncio.run(within(test))


@pytest.fixture
def make_custom() -> Callable[..., Body]:
    """A body as a definition makes it."""
    return custom
