"""`kill -9` between every two steps of an event whose attempt is begun in the transaction that writes its body.

That is the one that writes what was composed; or it is the intake's, which makes a default body itself.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from webhooks.model import Client, PublishedEvent, Scope
from webhooks.store import clients, events, registrations
from webhooks.store.store import Store

ACME = Client(id="ACME", name="acme", scopes=frozenset({Scope.WEBHOOKS}))
HOOK = "https://receiver.example/hook"

# Composes and sends what a store holds; each line on its input is a store, a file for the ids of requests, the step at
# which it dies, or "none", and whether it publishes two events, and dies at that step of the second one. A fork for
# each, after the modules were imported once: that is what takes time. The sender is a fake that writes down what it was
# given.
PROCESS = """
import asyncio, os, signal, sys
from engine.catalogue import Catalogue
from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions
from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.judging import Judge, RetrySchedule
from webhooks.dispatch.request import Requests
from webhooks.dispatch.turns import Limits
from webhooks.metrics import Metrics
from webhooks.model import PublishedEvent
from webhooks.queue.opening import open_queue
from webhooks.security.keys import Keyring
from webhooks.sending.interface import Outcome, Reach
from webhooks.store import attempts, ended_attempts, results
from webhooks.store.events import Publish
from webhooks.store.store import Store
from webhooks.store.writer import Writer

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def dying(work, when, is_meant):
    def run(*given, **named):
        if when == "before" and is_meant(*given):
            die()
        found = work(*given, **named)
        if when == "after" and is_meant(*given):
            die()
        return found
    return run

begun = []

def noting(work):
    def run(connection, given, *at):
        begun.extend(given)
        return work(connection, given, *at)
    return run

def plant(step):
    FakeSender.step = step
    for name in ("begin", "add_first"):  # as the body is written after composing, or at intake
        work = getattr(attempts, name)
        if step == "the body is written":
            setattr(attempts, name, dying(work, "before", lambda connection, given, *at: given))
        if step == "the attempt is written":
            setattr(attempts, name, dying(work, "after", lambda connection, given, *at: given))
        if step == "both are committed":
            setattr(attempts, name, noting(work))
            Writer._tell = dying(Writer._tell, "before", lambda *_: begun)
    if step == "the attempt's end is written":
        ended_attempts.write = dying(ended_attempts.write, "after", lambda connection, ended: True)

class FakeSender:
    step = "none"

    def __init__(self, notes):
        self.notes = notes

    async def send(self, request):
        if self.step == "the sender has it":
            die()
        with open(self.notes, "a") as file:
            file.write(dict(request.headers)["webhook-id"] + "\\n")
        if self.step == "the receiver has it":
            die()
        return Outcome(status=200, duration=0.01, is_cheap=True)

async def publish(store, bodies, count, step):
    event = PublishedEvent(code="statuschange", arguments={"ledgeraccountid": "1", "status": "PAID"})
    for _ in range(2):
        await bodies.publish(store, Publish("back end", [event], bodies))
        while store.read_now(count):
            await asyncio.sleep(0.01)
        plant(step)

async def main(url, notes, step, publishes):
    keyring = Keyring([bytes(32)])
    with Store(url) as store:
        queue = open_queue(store)
        dispatcher = Dispatcher(
            store, queue, sender=FakeSender(notes), requests=Requests(keyring, Reach()),
            judge=Judge(keyring, RetrySchedule((0.05,) * 5), Metrics()), limits=Limits(endpoint=4, rate=1000),
            tell=lambda _: None,
        )
        onward = dispatcher.write_and_send
        if step == "it is composed":
            async def onward(to, at, write):
                die()
        definitions = Definitions(Catalogue.load())
        composing = Composing(store, queue, keyring, definitions, onward=onward)
        running = [asyncio.ensure_future(each.run()) for each in (composing, dispatcher)]
        count = lambda c: c.exec_driver_sql("SELECT count(*) FROM delivery WHERE state != 'delivered'").scalar()
        if publishes == "yes":
            while not definitions.is_loaded:
                await asyncio.sleep(0.01)
            bodies = BodiesAtIntake(definitions, keyring, Metrics())
            bodies.sending = dispatcher
            await publish(store, bodies, count, step)
        while store.read_now(count):
            await asyncio.sleep(0.01)
        dispatcher.stop()
        composing.stop()
        await asyncio.gather(*running)
        await queue.close()

for line in sys.stdin:
    url, notes, step, publishes = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        if publishes == "no":
            plant(step)
        asyncio.run(main(url, notes, step, publishes))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
STEPS = (
    "it is composed",
    "the body is written",
    "the attempt is written",
    "both are committed",
    "the sender has it",
    "the receiver has it",
    "the attempt's end is written",
)


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., int]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(url: str, notes: Path, step: str, *, publishes: bool = False) -> int:
            """How the process ended: 0, or its signal."""
            stdin.write(f"{url}\t{notes}\t{step}\t{'yes' if publishes else 'no'}\n")
            stdin.flush()
            return int(stdout.readline())

        yield ask
        process.kill()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_dies_after_any_step_is_delivered_by_the_next_process(
    kind: str, step: str, run: Callable[..., int], new_database: Any, tmp_path: Path
) -> None:
    url, notes = new_database(kind), tmp_path / "notes"
    with Store(url) as store:
        asyncio.run(prepare(store, count=2))
    notes.touch()
    assert run(url, notes, step) == 9
    check_attempts(url, notes)
    assert run(url, notes, "none") == 0
    assert all_delivered(url, notes) == 2


@pytest.mark.parametrize("step", STEPS[1:])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_dies_after_any_step_of_its_intake_is_delivered_by_the_next_process(
    kind: str, step: str, run: Callable[..., int], new_database: Any, tmp_path: Path
) -> None:
    """Or it is not there at all, where nobody has heard that it was taken."""
    url, notes = new_database(kind), tmp_path / "notes"
    with Store(url) as store:
        asyncio.run(prepare(store, count=0))
    notes.touch()
    assert run(url, notes, step, publishes=True) == 9
    check_attempts(url, notes)
    assert run(url, notes, "none") == 0
    assert all_delivered(url, notes) == (1 if step in ("the body is written", "the attempt is written") else 2)


def check_attempts(url: str, notes: Path) -> None:
    """Each was on disk before its request was seen."""
    with Store(url) as store:
        attempts = store.read_now(lambda c: c.exec_driver_sql("SELECT delivery_id FROM attempt").scalars().all())
    assert set(notes.read_text().split()) <= set(attempts)


def all_delivered(url: str, notes: Path) -> int:
    """How many deliveries there are; each was sent, and never without an attempt of its own."""
    with Store(url) as store:
        query = "SELECT delivery.id, state, count(*) FROM delivery JOIN attempt ON delivery_id = id GROUP BY 1, 2"
        found = store.read_now(lambda c: [tuple(row) for row in c.exec_driver_sql(query)])
        states = store.read_now(lambda c: c.exec_driver_sql("SELECT count(*), min(state) FROM composition").one())
    sent = notes.read_text().split()
    assert sorted(id_ for id_, _, _ in found) == sorted(set(sent))
    assert {state for _, state, _ in found} == {"delivered"}
    assert all(sent.count(id_) <= count for id_, _, count in found)
    assert tuple(states) == (len(found), "composed")
    return len(found)


async def prepare(store: Store, *, count: int) -> None:
    """A receiver, and so many events for it."""
    published = [PublishedEvent(code="statuschange", arguments={"ledgeraccountid": "1", "status": "PAID"})] * count

    def write(connection: Any) -> None:
        """All that the processes find."""
        clients.add(connection, ACME, secret_hash=b"1", api_key_hash=b"2")
        registrations.put(connection, ACME.id, HOOK, ("statuschange",), {})
        if published:
            events.publish(connection, "back end", published)

    await store.write(write)
