"""A dispatcher over a real store; its sender is a fake, named so, which answers as a test plans."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from waiting import PATIENCE_SECONDS, until_true

from engine.body import default_body
from engine.catalogue import Catalogue
from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.judging import Judge, RetrySchedule
from webhooks.dispatch.request import Requests
from webhooks.dispatch.tallying import Tallying
from webhooks.dispatch.turns import Limits
from webhooks.metrics import Metrics
from webhooks.model import Client, Delivery, PublishedEvent, Scope
from webhooks.queue.opening import open_queue
from webhooks.security.keys import Keyring, Purpose
from webhooks.sending.interface import Outcome, OutgoingRequest, Reach
from webhooks.store import clients, compositions, deliveries, events, jobs, pages, registrations, results
from webhooks.store.clock import now
from webhooks.store.jobs import Job, Kind
from webhooks.store.pages import Filter
from webhooks.store.results import Composed, Written
from webhooks.store.store import Store

ACME = Client(id="ACME", name="acme", scopes=frozenset({Scope.WEBHOOKS}))
LIMITS = Limits(endpoint=32, rate=1000)
KEYRING = Keyring([bytes(32)])
CATALOGUE = Catalogue.load(None)


class FakeSender:
    """Keeps each request, and answers with what `plan` gives for it (a status, an Outcome, or an awaitable)."""

    def __init__(self) -> None:
        self.requests: list[OutgoingRequest] = []
        self.plan: Callable[[OutgoingRequest], Any] = lambda _: 200

    async def send(self, request: OutgoingRequest) -> Outcome:
        self.requests.append(request)
        answer = self.plan(request)
        if isinstance(answer, Awaitable):
            answer = await answer
        return answer if isinstance(answer, Outcome) else Outcome(status=answer, duration=0.01)

    async def close(self) -> None:
        """Has nothing to close."""


class World:
    """A store with one client, and what a test does to it."""

    def __init__(self, store: Store, sender: FakeSender, limits: Limits, schedule: tuple[float, ...]) -> None:
        self.store = store
        self.tallying = Tallying(store)
        self.sender = sender
        self._limits = limits
        self._schedule = RetrySchedule(schedule)

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[Dispatcher]:
        queue = open_queue(self.store)
        dispatcher = Dispatcher(
            self.store,
            queue,
            sender=self.sender,
            requests=Requests(KEYRING, Reach()),
            judge=Judge(KEYRING, self._schedule, Metrics()),
            limits=self._limits,
            tell=self.tallying.tell,
        )
        running = asyncio.ensure_future(dispatcher.run())
        try:
            yield dispatcher
        finally:
            dispatcher.stop()
            await asyncio.wait_for(running, PATIENCE_SECONDS)
            await queue.close()

    async def register(self, url: str, *names: str, secret: str | None = None) -> None:
        row = registrations.row_name(ACME.id, url)
        changes = {} if secret is None else {"secret": KEYRING.encrypt(Purpose.SECRET, secret.encode(), row)}
        await self.store.write(
            lambda connection: registrations.put(connection, ACME.id, url, names or ("statuschange",), changes)
        )

    async def publish(self, count: int = 1, code: str = "statuschange", *, erased: int = 0) -> None:
        """Publishes events, and composes them as the default body; the first of these bodies are erased then."""
        published, body = [_published(code)] * count, _body(code)

        def write(connection: Any) -> None:
            before = connection.scalar(text("SELECT coalesce(max(sequence), 0) FROM event"))
            events.publish(connection, "back end", published)
            for sequence in range(before + 1, before + count + 1):
                jobs.finish(connection, [Job(Kind.COMPOSE, compositions.key_of(sequence, 0), 0)])
                is_erased = sequence <= before + erased
                sealed = None if is_erased else KEYRING.encrypt(Purpose.BODY, body, compositions.row_name(sequence, 0))
                connection.execute(
                    text(
                        "UPDATE composition SET state = 'composed', body = :body, due_at = NULL"
                        " WHERE event_sequence = :s"
                    ),
                    {"body": sealed, "s": sequence},
                )
                for delivery in deliveries.of_event(connection, sequence):
                    jobs.add(connection, [Job(Kind.DELIVER, delivery.id, now())] if delivery.next_attempt_at else [])

        await self.store.write(write)

    async def compose_and_send(self, dispatcher: Dispatcher, count: int = 1, code: str = "statuschange") -> None:
        """Publishes events, and composes them as `Composing` does: the dispatcher has them written."""
        ids = await self.store.write(lambda c: events.publish(c, "back end", [_published(code)] * count))
        last = self.rows("SELECT max(sequence) FROM event")[0][0]
        keys = [compositions.key_of(sequence, 0) for sequence in range(last - len(ids) + 1, last + 1)]
        found = self.store.read_now(lambda c: compositions.find(c, keys, most_addressed=64)).values()
        composed = [
            Composed(
                sequence=item.sequence,
                version=0,
                body=KEYRING.encrypt(Purpose.BODY, _body(code), compositions.row_name(item.sequence, 0)),
                code=None,
            )
            for item in found
        ]
        taken, at = [compositions.job_of(item.sequence, 0, 0) for item in found], now()

        async def write(begin: Collection[str], room: Callable[[int], int]) -> Written:
            return await self.store.write(lambda c: results.write(c, composed, taken, at=at, begin=begin, room=room))

        await dispatcher.write_and_send([each for item in found for each in item.to], at, write)

    async def forget_jobs(self) -> None:
        """As after a crash that nobody foresaw."""
        await self.store.write(lambda connection: connection.execute(text("DELETE FROM job")))

    def deliveries(self) -> list[Delivery]:
        wanted = Filter(client_id=None, limit=10**6)
        return list(self.store.read_now(lambda connection: pages.find(connection, wanted)).deliveries)

    def states(self) -> dict[str, int]:
        """How many deliveries stand in each state."""
        found = [delivery.state.value for delivery in self.deliveries()]
        return {state: found.count(state) for state in sorted(set(found))}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.store.read_now(lambda connection: [tuple(row) for row in connection.execute(text(query))])

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Waits until it is so; fails with the states where it never is."""
        await until_true(is_so, self.states)


def _published(code: str) -> PublishedEvent:
    arguments = {argument.name: argument.example or "1" for argument in CATALOGUE.events[code].arguments}
    return PublishedEvent(code=code, arguments=arguments)


def _body(code: str) -> bytes:
    return default_body(CATALOGUE.events[code], _published(code).arguments).dump().encode()


Scene = Callable[[World], Awaitable[None]]


@pytest.fixture(params=["sqlite", "postgresql"])
def play(request: pytest.FixtureRequest, new_database: Any) -> Callable[..., None]:
    """Plays a scene with a store of its own, of each kind."""

    def run(scene: Scene, limits: Limits = LIMITS, schedule: tuple[float, ...] = (0.05, 0.05)) -> None:
        with Store(new_database(request.param)) as store:
            store.read_now(lambda connection: None)

            async def whole() -> None:
                world = World(store, FakeSender(), limits, schedule)
                await store.write(lambda connection: clients.add(connection, ACME, secret_hash=b"1", api_key_hash=b"2"))
                await scene(world)

            asyncio.run(whole())

    return run
